import { describe, expect, it } from 'vitest';
import { shutWords } from './words';

describe('a program that stays shut', () => {
	it('is never given up where nothing is broken', () => {
		expect(shutWords.too_new.remove).toBe(false);
		expect(shutWords.disk.remove).toBe(false);
	});

	it('offers to save only what a key can read', () => {
		expect(shutWords.damaged.rescue).toBe(true);
		expect(shutWords.key_lost.rescue).toBe(false);
	});

	it('says what happened and what to do in sentences', () => {
		for (const words of Object.values(shutWords)) {
			expect(words.what).toMatch(/\.$/);
			expect(words.first).toMatch(/\.$/);
		}
	});
});
