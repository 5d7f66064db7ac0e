import { describe, expect, it } from 'vitest';
import type { SearchFilter } from '$bindings/SearchFilter';
import { pieces } from './marked';
import { filterText, foundText, without, wordsOnly } from './wording';

const filter = (typed: string, text: string, more: Partial<SearchFilter> = {}): SearchFilter => {
	const [name = '', value = ''] = typed.split(':');
	const start = text.indexOf(typed);
	return { name, value, first: null, last: null, understood: true, start, end: start + typed.length, ...more };
};

describe('what was found', () => {
	it('is marked by cutting the text, signs of two units and all', () => {
		expect(pieces({ text: '🙂 the pump <b>', marks: [[7, 11]] })).toEqual([
			{ text: '🙂 the ', marked: false },
			{ text: 'pump', marked: true },
			{ text: ' <b>', marked: false }
		]);
		expect(pieces({ text: '', marks: [] })).toEqual([]);
		expect(pieces({ text: 'pump', marks: [[0, 2], [2, 4]] }).map((piece) => piece.text).join('')).toBe('pump');
	});

	it('is counted up to a limit', () => {
		const answer = { hits: [], filters: [], indexing: null };
		expect(foundText({ ...answer, count: 12, more: false })).toBe('12\u00a0found');
		expect(foundText({ ...answer, count: 1000, more: true })).toBe('More than 1,000 found');
	});
});

describe('filters', () => {
	const text = 'budget from:orla in:polder now';
	const from = filter('from:orla', text);
	const inside = filter('in:polder', text);

	it('are taken out of what was typed one by one, or all', () => {
		expect(without(text, from)).toBe('budget in:polder now');
		expect(wordsOnly(text, [from, inside])).toBe('budget now');
		expect(wordsOnly('from:orla', [filter('from:orla', 'from:orla')])).toBe('');
	});

	it('say how they were understood', () => {
		expect(filterText(from)).toBe('From orla');
		const week = { first: '2020-11-16', last: '2020-11-22' };
		expect(filterText(filter('after:last week', text, week))).toBe('Since 16 Nov 2020');
		expect(filterText(filter('on:last week', text, week))).toBe('16 Nov 2020 to 22 Nov 2020');
		expect(filterText(filter('before:soon', text, { understood: false }))).toContain('Try a day');
		expect(filterText(filter('has:', text, { understood: false }))).toBe('has: …');
	});
});
