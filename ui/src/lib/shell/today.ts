import { page } from '$app/state';
import { getContext, setContext } from 'svelte';
import { query, type Query } from '$lib/bridge/query.svelte';
import { looking } from './lens.svelte';
import { isToday } from '$lib/paths';

// Asked once for the count in the sidebar and for the screen, which so is there at once.
const key = Symbol('today');

/** Asks what is on Today, for everything inside the component that calls it. */
export function askToday(): void {
	const tags = ['deals', 'messages', 'plans'] as const;
	setContext(
		key,
		query('today', () => ({ lens: looking.lens }), tags, { urgent: () => isToday(page.url.pathname) })
	);
}

export const today = (): Query<'today'> => getContext<Query<'today'>>(key);
