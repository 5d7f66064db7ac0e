export type Appearance = 'system' | 'light' | 'dark' | 'contrast';

/** The attributes on the root element that a choice stands for; null takes one away. */
export function attributesOf(
	choice: Appearance,
	systemIsDark: boolean
): { theme: 'light' | 'dark' | null; contrast: 'more' | null } {
	switch (choice) {
		case 'system':
			return { theme: null, contrast: null };
		case 'contrast':
			// High contrast goes on top of a theme, so the system's has to be named.
			return { theme: systemIsDark ? 'dark' : 'light', contrast: 'more' };
		default:
			return { theme: choice, contrast: null };
	}
}

// Lasts as long as the window: where it could be kept, there is no command for it yet.
let chosen = $state<Appearance>('system');
let system: MediaQueryList | undefined;

export const appearance = {
	get choice(): Appearance {
		return chosen;
	},
	choose(next: Appearance): void {
		chosen = next;
		if (!system) {
			system = window.matchMedia('(prefers-color-scheme: dark)');
			system.addEventListener('change', apply);
		}
		apply();
	}
};

function apply(): void {
	const { theme, contrast } = attributesOf(chosen, system?.matches ?? false);
	set('theme', theme);
	set('contrast', contrast);
}

function set(name: string, value: string | null): void {
	if (value === null) delete document.documentElement.dataset[name];
	else document.documentElement.dataset[name] = value;
}
