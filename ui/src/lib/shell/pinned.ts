import type { PinnedItem } from '$bindings/PinnedItem';
import { getContext, setContext } from 'svelte';
import { query, type Query } from '$lib/bridge/query.svelte';
import { roomPath } from './places';

// Asked once for the sidebar, the list of deals and the room.
const key = Symbol('pinned');

/** Asks what is pinned, for everything inside the component that calls it. */
export function askPinned(): void {
	setContext(
		key,
		query('pinned', () => null, ['pinned', 'app'], { unhurried: ['deals', 'messages', 'plans', 'people'] })
	);
}

export const pinned = (): Query<'pinned'> => getContext<Query<'pinned'>>(key);

export const pinName = (item: PinnedItem): string => (item.kind === 'deal' ? item.title : item.name);

export const pinPath = (item: PinnedItem): string =>
	item.kind === 'deal' ? roomPath(item.program, item.deal) : `/deals?view=${item.id}`;
