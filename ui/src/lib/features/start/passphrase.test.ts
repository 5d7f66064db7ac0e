import { describe, expect, it } from 'vitest';
import { judge } from './passphrase';

describe('a new passphrase', () => {
	it('is too short below eight characters and says how many are missing', () => {
		expect(judge('').score).toBe(0);
		expect(judge('boats').hint).toBe('3\u00a0more characters.');
		expect(judge('harbour').hint).toBe('1\u00a0more character.');
	});

	it('is weak when it only repeats or counts', () => {
		expect(judge('aaaaaaaaaaaaaaaa').score).toBe(1);
		expect(judge('123456789012345').score).toBe(1);
	});

	it('is weak when it is a famous word with decoration', () => {
		expect(judge('Password123!!').label).toBe('Weak');
	});

	it('is good or strong when it is a few unrelated words', () => {
		expect(judge('quay lantern oboe').score).toBeGreaterThanOrEqual(3);
		expect(judge('quay lantern oboe thistle').score).toBe(4);
	});

	it('counts characters, not code units', () => {
		expect(judge('🚢🚢🚢🚢🚢🚢').label).toBe('Too short');
	});

	it('has an end', () => {
		expect(judge('ä quay '.repeat(200)).label).toBe('Too long');
	});
});
