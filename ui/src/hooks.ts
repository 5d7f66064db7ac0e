import { browser } from '$app/environment';
import type { Reroute } from '@sveltejs/kit';
import { wordsFor } from '$lib/words';

// Every address leads where it says. But Kit asks before it imports the code of a place, to go there or ahead of that,
// and waits for the answer: so its words are there first.
export const reroute: Reroute = async ({ url }) => {
	if (browser) await wordsFor(url.pathname);
};
