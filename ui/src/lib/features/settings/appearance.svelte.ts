import type { Appearance } from '$bindings/Appearance';
import { act } from '$lib/bridge/act';
import { density } from '$lib/design/density.svelte';
import { keyChoice } from '$lib/keyChoice.svelte';
import { attributesOf } from './look';

let chosen = $state.raw<Appearance>({
	theme: 'system',
	density: 'compact',
	single_keys: true,
	language: null
});
let system: MediaQueryList | undefined;

export const appearance = {
	get chosen(): Appearance {
		return chosen;
	},
	/** Shows what the device remembers. */
	show(next: Appearance): void {
		chosen = next;
		if (!system) {
			system = window.matchMedia('(prefers-color-scheme: dark)');
			system.addEventListener('change', apply);
		}
		apply();
	},
	/** Changes a part of it at once, and has the device remember it. */
	choose(part: Partial<Appearance>): void {
		const next = { ...chosen, ...part };
		appearance.show(next);
		void act('appearance_set', next);
	}
};

function apply(): void {
	const { theme, contrast } = attributesOf(chosen.theme, system?.matches ?? false);
	set('theme', theme);
	set('contrast', contrast);
	set('density', chosen.density === 'compact' ? null : chosen.density);
	density.choice = chosen.density;
	keyChoice.single = chosen.single_keys;
}

function set(name: string, value: string | null): void {
	if (value === null) delete document.documentElement.dataset[name];
	else document.documentElement.dataset[name] = value;
}
