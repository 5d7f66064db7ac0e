import type { Theme } from '$bindings/Theme';

/** The attributes on the root element that a choice stands for; null takes one away. */
export function attributesOf(
	choice: Theme,
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
