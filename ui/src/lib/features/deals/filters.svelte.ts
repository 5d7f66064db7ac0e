import type { Court } from '$bindings/Court';
import type { DealSort } from '$bindings/DealSort';
import type { RegistrationStatus } from '$bindings/RegistrationStatus';
import type { StageName } from '$bindings/StageName';
import { stageWord, statusWord } from '$lib/design/words';

/** What the stage filter offers: a registration's status stands before the stages of selling. */
export type StageChoice = 'any' | `status:${RegistrationStatus}` | `stage:${StageName}`;

// Kept while one is in a room, so that coming back finds the list as it was left.
export const filters = $state<{
	text: string;
	stage: StageChoice;
	court: Court | 'any';
	closed: boolean;
	sort: DealSort;
	/** Row the keys are on. */
	at: number;
	/** The saved view that set them; null when the person did. */
	view: string | null;
}>({ text: '', stage: 'any', court: 'any', closed: false, sort: 'activity', at: 0, view: null });

// What was set before a view was opened.
let before: Partial<typeof filters> = {};

/** Sets the filters of a saved view, until one leaves it. */
export function openView(id: string, wanted: Partial<typeof filters>): void {
	if (filters.view === null) before = { ...filters };
	Object.assign(filters, wanted, { at: 0, view: id });
}

/** Back to the filters that were set before a view was opened. */
export function leaveView(): void {
	if (filters.view !== null) Object.assign(filters, before, { view: null });
}

export const stageOptions: { value: StageChoice; label: string }[] = [
	{ value: 'any', label: 'Any' },
	{ value: 'status:draft', label: 'Draft' },
	{ value: 'status:submitted', label: 'Submitted' },
	{ value: 'status:in_review', label: 'In review' },
	{ value: 'status:action_required', label: statusWord.action_required },
	{ value: 'status:conflict_hold', label: statusWord.conflict_hold },
	{ value: 'status:appealed', label: statusWord.appealed },
	{ value: 'status:extension_requested', label: statusWord.extension_requested },
	{ value: 'status:expired', label: statusWord.expired },
	...(Object.entries(stageWord) as [StageName, string][]).map(([stage, label]) => ({
		value: `stage:${stage}` as const,
		label
	})),
	{ value: 'status:rejected', label: 'Rejected' }
];

export const courtOptions: { value: Court | 'any'; label: string }[] = [
	{ value: 'any', label: 'Any' },
	{ value: 'us', label: 'Us' },
	{ value: 'them', label: 'Them' },
	{ value: 'customer', label: 'Customer' }
];

export const sortOptions: { value: DealSort; label: string }[] = [
	{ value: 'activity', label: 'Activity' },
	{ value: 'close_date', label: 'Close date' },
	{ value: 'amount', label: 'Amount' },
	{ value: 'title', label: 'Title' }
];

export const filtered = (): boolean =>
	filters.text !== '' || filters.stage !== 'any' || filters.court !== 'any';

export function clearFilters(): void {
	Object.assign(filters, { text: '', stage: 'any', court: 'any', at: 0 });
}

/** The two halves of a stage choice, as the query takes them. */
export function stageOf(choice: StageChoice): {
	stage: StageName | null;
	status: RegistrationStatus | null;
} {
	const [kind, name] = choice.split(':');
	return {
		stage: kind === 'stage' ? (name as StageName) : null,
		status: kind === 'status' ? (name as RegistrationStatus) : kind === 'stage' ? 'approved' : null
	};
}
