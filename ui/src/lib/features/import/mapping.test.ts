import { describe, expect, it } from 'vitest';
import { assign, columnName, lacksName } from './mapping';

const guessed = [
	{ column: 0, field: 'name' as const },
	{ column: 1, field: 'domain' as const },
	{ column: 2, field: null }
];

describe('a column mapping', () => {
	it('gives a field to one column only', () => {
		expect(assign(guessed, 2, 'name')).toEqual([
			{ column: 0, field: null },
			{ column: 1, field: 'domain' },
			{ column: 2, field: 'name' }
		]);
	});

	it('lets any number of columns be left out', () => {
		const none = assign(assign(guessed, 0, null), 1, null);
		expect(none.every((entry) => entry.field === null)).toBe(true);
		expect(lacksName(none)).toBe(true);
		expect(lacksName(guessed)).toBe(false);
	});

	it('does not change what it was given', () => {
		assign(guessed, 0, 'country');
		expect(guessed[0]).toEqual({ column: 0, field: 'name' });
	});
});

describe('a column without a heading', () => {
	it('is named like a spreadsheet names it', () => {
		expect(columnName(['Firma', ' '], 0)).toBe('Firma');
		expect(columnName(['Firma', ' '], 1)).toBe('Column B');
		expect(columnName([], 25)).toBe('Column Z');
		expect(columnName([], 26)).toBe('Column AA');
		expect(columnName([], 701)).toBe('Column ZZ');
	});
});
