import type { ClientInit } from '@sveltejs/kit';
import { isToday } from '$lib/paths';
import { loadNative } from '$lib/typed/spoken';
import { loadAll, loadFirst } from '$lib/words';

// Runs before any screen is imported: what has words finds them loaded.
export const init: ClientInit = async () => {
	await Promise.all([isToday(location.pathname) ? loadFirst() : loadAll(), loadNative()]);
	await import('$lib/shell/verbs');
};
