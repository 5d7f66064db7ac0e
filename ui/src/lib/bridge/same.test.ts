import { describe, expect, it } from 'vitest';
import { samePartsKept } from './same';

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('an answer that came again', () => {
	const before = {
		messages: [
			{ id: 'a', body: 'Hello', author: { id: 'alice', name: 'Alice' } },
			{ id: 'b', body: 'Good day', author: { id: 'bob', name: 'Bob' } }
		],
		unread_from: null as number | null
	};

	it('is the same object while nothing changed', () => {
		expect(samePartsKept(before, copy(before))).toBe(before);
	});

	it('keeps the rows that did not change, wherever they stand now', () => {
		const next = copy(before);
		next.messages.unshift({ id: 'z', body: 'Earlier', author: { id: 'alice', name: 'Alice' } });
		next.messages[2]!.body = 'Good evening';
		const kept = samePartsKept(before, next);
		expect(kept).toEqual(next);
		expect(kept.messages[1]).toBe(before.messages[0]);
		expect(kept.messages[2]).not.toBe(before.messages[1]);
		expect(kept.messages[2]!.author).toBe(before.messages[1]!.author);
	});

	it('notices a row that went, one that moved and a value that appeared', () => {
		expect(samePartsKept([1, 2, 3], [1, 2])).toEqual([1, 2]);
		expect(samePartsKept([{ key: 'a' }, { key: 'b' }], [{ key: 'b' }, { key: 'a' }])).toEqual([
			{ key: 'b' },
			{ key: 'a' }
		]);
		expect(samePartsKept(before, { ...copy(before), unread_from: 7 }).unread_from).toBe(7);
		expect(samePartsKept({ a: undefined }, { b: undefined })).toEqual({ b: undefined });
		expect(samePartsKept({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 });
	});

	it('takes a list for a list and nothing for nothing', () => {
		expect(samePartsKept({}, [])).toEqual([]);
		expect(samePartsKept([], {})).toEqual({});
		expect(samePartsKept(undefined, before)).toBe(before);
		expect(samePartsKept(before, null)).toBe(null);
	});
});
