import { expect, test } from 'vitest';
import { parseShare } from './registration';

test('a share is read as people type it', () => {
	for (const [typed, points] of [
		['40', 4_000],
		[' 40 % ', 4_000],
		['12.5', 1_250],
		['12,25', 1_225],
		['0.01', 1],
		['99.99', 9_999],
		['٤٠٪', 4_000],
		['１２．５％', 1_250]
	] as const) {
		expect(parseShare(typed), typed).toBe(points);
	}
	for (const typed of ['', '0', '100', '-4', '4 0', 'half', '12.345']) expect(parseShare(typed), typed).toBeUndefined();
});
