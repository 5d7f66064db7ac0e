import type { DealView } from '$bindings/DealView';
import type { Lens } from '$bindings/Lens';
import { filters, stageOf, type StageChoice } from './filters.svelte';

type Filters = typeof filters;

/** What the list shows, in the form in which a view keeps it. */
export const viewOf = (shown: Filters, lens: Lens): DealView => ({
	lens,
	text: shown.text.trim(),
	...stageOf(shown.stage),
	court: shown.court === 'any' ? null : shown.court,
	include_closed: shown.closed,
	sort: shown.sort
});

/** Filters that show what a view keeps. */
export const filtersOf = (view: DealView): Pick<Filters, 'text' | 'stage' | 'court' | 'closed' | 'sort'> => ({
	text: view.text,
	stage: stageChoice(view),
	court: view.court ?? 'any',
	closed: view.include_closed,
	sort: view.sort
});

// A stage of selling is asked for among what is approved.
function stageChoice({ stage, status }: DealView): StageChoice {
	if (stage) return `stage:${stage}`;
	return status ? `status:${status}` : 'any';
}

/** Whether two views show the same. */
export const sameView = (one: DealView, other: DealView): boolean =>
	one.lens.program === other.lens.program &&
	one.lens.counterpart === other.lens.counterpart &&
	one.text === other.text &&
	one.stage === other.stage &&
	one.status === other.status &&
	one.court === other.court &&
	one.include_closed === other.include_closed &&
	one.sort === other.sort;

/** Whether there is anything in it that all deals in their usual order do not have. */
export const worthSaving = (view: DealView): boolean =>
	!sameView(view, {
		lens: { program: null, counterpart: null },
		text: '',
		stage: null,
		status: null,
		court: null,
		include_closed: false,
		sort: 'activity'
	});
