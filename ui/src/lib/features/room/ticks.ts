import type { MilestoneRow } from '$bindings/MilestoneRow';

/** A step that was ticked or opened again in this window and may not be read back from the store yet. */
export interface Tick {
	milestone: string;
	done_at: number | null;
	/** Since when the store has it, as `performance.now()` says it; `null` until then. */
	saved: number | null;
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

/** What has to be drawn over a plan that was read: one that was asked for before a tick was saved may not have it. */
export function stillTicking(ticks: readonly Tick[], asked: number): readonly Tick[] {
	if (ticks.length === 0) return ticks;
	return ticks.filter((tick) => tick.saved === null || tick.saved > asked);
}
