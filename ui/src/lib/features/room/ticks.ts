import type { MilestoneRow } from '$bindings/MilestoneRow';

/** A step that was ticked or opened again in this window and may not be read back from the store yet. */
export interface Tick {
	milestone: string;
	done_at: number | null;
	/** Whether the store has it. */
	saved: boolean;
}

/** The steps as they are once what was ticked is saved. Rows without a tick stay the same objects. */
export function withTicks(rows: readonly MilestoneRow[], ticks: readonly Tick[]): readonly MilestoneRow[] {
	if (ticks.length === 0) return rows;
	const by = new Map(ticks.map((tick) => [tick.milestone, tick.done_at]));
	return rows.map((row) => {
		const done_at = by.get(row.id);
		return done_at === undefined || (done_at === null) === (row.done_at === null) ? row : { ...row, done_at };
	});
}

/** What has to be drawn over a plan that was read just now. A saved tick is in it, or was changed since. */
export function stillTicking(ticks: readonly Tick[], read: readonly MilestoneRow[]): readonly Tick[] {
	if (ticks.length === 0) return ticks;
	const done = new Map(read.map((row) => [row.id, row.done_at !== null]));
	return ticks.filter((tick) => !tick.saved && done.get(tick.milestone) !== (tick.done_at !== null));
}
