import { describe, expect, it } from 'vitest';
import type { ImportJob } from '$bindings/ImportJob';
import { ending, fileSize, outcome, readable } from './wording';

const job: ImportJob = {
	id: 'j',
	program: 'p',
	name: 'accounts.csv',
	total: 50_000,
	done: 1,
	skipped: 0,
	state: 'cancelled',
	message: null
};

// Numbers and their nouns are held together by a space that does not break.
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('what an import says', () => {
	it('leaves out what did not occur', () => {
		expect(plain(outcome({ good: 3, duplicates: 0, bad: 0 }))).toBe('3 accounts will be added.');
		expect(plain(outcome({ good: 6, duplicates: 2, bad: 1 }))).toBe(
			'6 accounts will be added, 2 rows left out as already there, 1 row cannot be read.'
		);
	});

	it('tells a stop from an end', () => {
		expect(plain(ending(job).title)).toBe('Stopped after 1 account');
		expect(ending(job).tone).toBe('warn');
		expect(plain(ending({ ...job, state: 'finished', done: 50_000 }).title)).toBe('50,000 accounts imported');
		expect(ending({ ...job, state: 'failed' }).tone).toBe('danger');
	});

	it('prints sizes people know', () => {
		expect([840, 12_400, 3_440_000].map(fileSize)).toEqual(['840 B', '12 KB', '3.4 MB']);
	});

	it('takes what the importer reads', () => {
		expect(['a.csv', 'B.XLSX', 'c.tsv'].every(readable)).toBe(true);
		expect(['a.xls', 'b.pdf', 'csv'].some(readable)).toBe(false);
	});
});
