import type { Theme } from '$bindings/Theme';
import { act } from '$lib/bridge/act';
import { attributesOf } from './look';

let shown = $state<Theme>('system');
let system: MediaQueryList | undefined;

export const appearance = {
	get choice(): Theme {
		return shown;
	},
	/** Shows what the device remembers. */
	show(theme: Theme): void {
		shown = theme;
		if (!system) {
			system = window.matchMedia('(prefers-color-scheme: dark)');
			system.addEventListener('change', apply);
		}
		apply();
	},
	/** Shows a look at once, and has the device remember it. */
	choose(theme: Theme): void {
		appearance.show(theme);
		void act('appearance_set', { theme });
	}
};

function apply(): void {
	const { theme, contrast } = attributesOf(shown, system?.matches ?? false);
	set('theme', theme);
	set('contrast', contrast);
}

function set(name: string, value: string | null): void {
	if (value === null) delete document.documentElement.dataset[name];
	else document.documentElement.dataset[name] = value;
}
