import { page } from '$app/state';
import type { TodayItem } from '$bindings/TodayItem';
import { getContext, setContext } from 'svelte';
import { query, type Query } from '$lib/bridge/query.svelte';
import { looking } from './lens.svelte';
import { isToday } from './places';
import { session } from './session.svelte';

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

/** Whether it is on a colleague: what anybody of the company may do, but somebody else owns. */
export const isColleagues = (item: TodayItem): boolean =>
	item.kind === 'milestone' &&
	item.person?.side === 'us' &&
	item.person.id !== session.program(item.program)?.me.id;

export const today = (): Query<'today'> => getContext<Query<'today'>>(key);
