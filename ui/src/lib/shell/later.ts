/**
 * What the shell loads once its first screen is seen. Asked for earlier, it comes as soon as it can.
 */
export const later = {
	palette: () => import('./Palette.svelte'),
	keys: () => import('./KeySheet.svelte')
};
