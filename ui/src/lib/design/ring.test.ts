import { describe, expect, it } from 'vitest';
import { movedTo, windowAt } from './ring';

const list = { height: 640, rowHeight: 32, count: 100_000 };

describe('the window of a long list', () => {
	it('holds what is on screen and some beyond', () => {
		const { first, last } = windowAt({ ...list, top: 32_000 });
		expect(first).toBeLessThan(1000);
		expect(last).toBeGreaterThan(1000 + 640 / 32);
	});

	it('has one size all the way, so that rows are used again and none is made', () => {
		for (const top of [0, 1, 31, 32, 500, 1_599_999, 99_980 * 32, 100_000 * 32 - 640]) {
			const { first, last, ring } = windowAt({ ...list, top });
			expect(last - first, `at ${top}`).toBe(ring);
			const keys = new Set(Array.from({ length: last - first }, (_, n) => (first + n) % ring));
			expect(keys.size).toBe(ring);
		}
	});

	it('ends where the list ends, also past it', () => {
		expect(windowAt({ ...list, top: 100_000 * 32 }).last).toBe(100_000);
		expect(windowAt({ ...list, top: 9e9 }).last).toBe(100_000);
		expect(windowAt({ ...list, top: 0, count: 3 })).toMatchObject({ first: 0, last: 3 });
		expect(windowAt({ ...list, top: 640, count: 0 })).toMatchObject({ first: 0, last: 0 });
	});

	it('does not mind a box that has no height yet', () => {
		expect(windowAt({ ...list, top: 0, height: 0 }).first).toBe(0);
	});
});

describe('a row that one reads', () => {
	const rows = Array.from({ length: 1000 }, (_, index) => `row ${index}`);

	it('is found after rows came or went above it', () => {
		const more = ['new 1', 'new 2', ...rows];
		expect(movedTo('row 500', 500, more.length, (index) => more[index])).toBe(502);
		const less = rows.slice(5);
		expect(movedTo('row 500', 500, less.length, (index) => less[index])).toBe(495);
	});

	it('keeps its place when it is gone or was not read', () => {
		expect(movedTo('gone', 500, 1000, (index) => rows[index])).toBe(500);
		expect(movedTo('row 5', 5, 1000, () => undefined)).toBe(5);
	});
});
