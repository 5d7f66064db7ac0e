import type { ClientInit } from '@sveltejs/kit';
import { loadNative } from '$lib/typed/spoken';
import { wordsFor } from '$lib/words';

// Runs before any screen is imported: what has words finds them loaded.
export const init: ClientInit = async () => {
	await Promise.all([wordsFor(location.pathname), loadNative()]);
	await import('$lib/shell/verbs');
};
