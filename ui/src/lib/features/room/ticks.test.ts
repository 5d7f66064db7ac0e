import { describe, expect, it } from 'vitest';
import type { MilestoneRow } from '$bindings/MilestoneRow';
import { stillTicking, withTicks, type Tick } from './ticks';

const row = (id: string, done_at: number | null) => ({ id, done_at }) as MilestoneRow;
const tick = (milestone: string, done_at: number | null, saved: number | null = null): Tick => ({ milestone, done_at, saved });

describe('a step that was ticked just now', () => {
	it('is shown as done before the store says so', () => {
		const rows = [row('a', null), row('b', 5)];
		const shown = withTicks(rows, [tick('a', 9)]);
		expect(shown.map((one) => one.done_at)).toEqual([9, 5]);
		expect(shown[1]).toBe(rows[1]);
	});

	it('can be opened again before the store says so', () => {
		expect(withTicks([row('b', 5)], [tick('b', null)])[0]?.done_at).toBeNull();
	});

	it('waits for a store that was asked after it was saved', () => {
		expect(stillTicking([tick('a', 9)], 100)).toHaveLength(1);
		expect(stillTicking([tick('a', 9, 101)], 100)).toHaveLength(1);
		expect(stillTicking([tick('a', 9, 99)], 100)).toHaveLength(0);
	});
});
