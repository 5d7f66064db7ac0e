import { describe, expect, it } from 'vitest';
import type { MessageRow } from '$bindings/MessageRow';
import type { RoomWindow } from '$bindings/RoomWindow';
import { hasHole, lastPosition, lines, nothing, stillSaying, withNewest, withOlder } from './timeline';

const noon = new Date(2026, 10, 24, 12).getTime();

function message(position: number | null, more: Partial<MessageRow> = {}): MessageRow {
	return {
		id: position === null ? 'waiting' : `m${position}`,
		author: { id: 'orla', name: 'Orla Byrne', organization: 'h', organization_name: 'Halden', side: 'them' },
		mine: false,
		body: 'Hello',
		reply_to: null,
		position,
		at: noon + (position ?? 99) * 60_000,
		mark: position === null ? 'queued' : 'synced',
		...more
	};
}

const room = (positions: (number | null)[], has_older: boolean): RoomWindow => ({
	messages: positions.map((position) => message(position)),
	has_older,
	unread_from: null
});

const positions = (messages: readonly MessageRow[]) => messages.map((one) => one.position);

describe('a conversation read in windows', () => {
	it('grows at the end without losing what was read above', () => {
		const first = withNewest(nothing, room([4, 5, 6], true));
		const more = withOlder(first, room([1, 2, 3], false));
		const next = withNewest(more, room([5, 6, 7], true));
		expect(positions(next.messages)).toEqual([1, 2, 3, 4, 5, 6, 7]);
		expect(next.hasOlder).toBe(false);
	});

	it('moves a waiting message to its place once the hub has placed it', () => {
		const waiting = withNewest(nothing, room([1, 2, null], false));
		expect(positions(waiting.messages)).toEqual([1, 2, null]);
		const placed = withNewest(waiting, room([1, 2, 3], false));
		expect(positions(placed.messages)).toEqual([1, 2, 3]);
	});

	it('drops a waiting message that was discarded', () => {
		const waiting = withNewest(nothing, room([1, 2, null], false));
		expect(positions(withNewest(waiting, room([1, 2], false)).messages)).toEqual([1, 2]);
	});

	it('never shows a conversation with a hole in it', () => {
		const before = withNewest(nothing, room([1, 2, 3], false));
		const after = withNewest(before, room([40, 41, 42], true));
		expect(positions(after.messages)).toEqual([40, 41, 42]);
		expect(after.hasOlder).toBe(true);
	});

	it('knows a hole, and sees none once it is filled', () => {
		const known = withNewest(nothing, room([1, 2, 3], false));
		expect(hasHole(known, room([6, 7, null], true))).toBe(true);
		expect(hasHole(known, room([3, 4, 5, 6, 7, null], true))).toBe(false);
		expect(hasHole(known, room([4, 5], false))).toBe(false);
		expect(hasHole(known, room([null], true))).toBe(false);
	});

	it('keeps what it has when only waiting messages come', () => {
		const before = withNewest(nothing, room([1, 2], false));
		expect(positions(withNewest(before, room([null], true)).messages)).toEqual([1, 2, null]);
	});

	it('does not repeat a message that two windows hold', () => {
		const first = withNewest(nothing, room([3, 4], true));
		expect(positions(withOlder(first, room([2, 3], false)).messages)).toEqual([2, 3, 4]);
	});

	it('knows how far it has read', () => {
		expect(lastPosition([message(1), message(2), message(null)])).toBe(2);
		expect(lastPosition([message(null)])).toBeNull();
	});
});

describe('what is drawn above a message', () => {
	it('is the head of the author, unless the same one goes on', () => {
		const priya = { id: 'priya', name: 'Priya', organization: 'n', organization_name: 'N', side: 'us' as const };
		const drawn = lines([message(1), message(2), message(3, { author: priya }), message(20, { author: priya })], null);
		expect(drawn.map((line) => line.continued)).toEqual([false, true, false, false]);
	});

	it('is the day, once', () => {
		const drawn = lines([message(1), message(2, { at: noon + 86_400_000 })], null);
		expect(drawn.map((line) => line.newDay)).toEqual([true, true]);
	});

	it('is the unread divider, once and never above my own words', () => {
		const drawn = lines([message(1), message(2, { mine: true }), message(3), message(4)], 2);
		expect(drawn.map((line) => line.firstUnread)).toEqual([false, false, true, false]);
	});

	it('is not drawn anew while a message and what stands above it are as they were', () => {
		const room = [message(1), message(2)];
		const first = lines(room, null);
		const more = lines([...room, message(3)], null, first);
		expect(more.slice(0, 2)).toEqual(first);
		expect(more.every((line, index) => index > 1 || line === first[index])).toBe(true);
		const divided = lines([...room, message(3)], 2, more);
		expect(divided[0]).toBe(first[0]);
		expect(divided[1]).not.toBe(first[1]);
	});
});

describe('a message said just now', () => {
	const said = { message: message(null, { id: 'new', mine: true }), saved: false };

	it('is drawn until the room that was read has it', () => {
		expect(stillSaying([said], withNewest(nothing, room([1, 2], false)))).toEqual([said]);
		const read = { messages: [message(1), said.message], hasOlder: false };
		expect(stillSaying([said], read)).toEqual([]);
	});

	it('goes when it was saved and is in the room no more', () => {
		expect(stillSaying([{ ...said, saved: true }], withNewest(nothing, room([1], false)))).toEqual([]);
	});
});
