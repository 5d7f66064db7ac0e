import { describe, expect, it } from 'vitest';
import { firstAnswer, settled } from './settled';

describe('the first screen', () => {
	it('is settled when nothing was asked', async () => {
		await expect(settled()).resolves.toBeUndefined();
	});

	it('waits for the last first answer', async () => {
		const seen: string[] = [];
		const first = firstAnswer();
		const second = firstAnswer();
		const done = settled().then(() => seen.push('settled'));
		first();
		// Once counts once, however often it is said.
		first();
		await Promise.resolve();
		expect(seen).toEqual([]);
		second();
		await done;
		expect(seen).toEqual(['settled']);
	});
});
