import { describe, expect, it } from 'vitest';
import { beforeAfterStep, beforeIn, gapAt } from './reorder';

const keys = ['a', 'b', 'c'];

describe('putting a list in another order', () => {
	it('finds the gap that the pointer is in', () => {
		const middles = [15, 45, 75];
		expect([0, 20, 50, 500].map((y) => gapAt(middles, y))).toEqual([0, 1, 2, 3]);
		expect(gapAt([], 10)).toBe(0);
	});

	it('says before which other it stands, and nothing when it stays', () => {
		expect(beforeIn(keys, 0, 2)).toBe('c');
		expect(beforeIn(keys, 0, 3)).toBeNull();
		expect(beforeIn(keys, 2, 0)).toBe('a');
		expect(beforeIn(keys, 1, 1)).toBeUndefined();
		expect(beforeIn(keys, 1, 2)).toBeUndefined();
		expect(beforeIn(keys, -1, 2)).toBeUndefined();
	});

	it('goes a step at a time and stops at both ends', () => {
		expect(beforeAfterStep(keys, 0, 1)).toBe('c');
		expect(beforeAfterStep(keys, 1, 1)).toBeNull();
		expect(beforeAfterStep(keys, 2, -1)).toBe('b');
		expect(beforeAfterStep(keys, 1, -1)).toBe('a');
		expect(beforeAfterStep(keys, 0, -1)).toBeUndefined();
		expect(beforeAfterStep(keys, 2, 1)).toBeUndefined();
	});
});
