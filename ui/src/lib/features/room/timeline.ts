import type { MessageRow } from '$bindings/MessageRow';
import type { RoomWindow } from '$bindings/RoomWindow';

/** The part of a conversation that this window has read: always without a hole, newest last,
 * with what waits to be sent at the very end. */
export interface Timeline {
	messages: readonly MessageRow[];
	hasOlder: boolean;
}

/** Messages that are asked for again with every change: a tall window full, and some to scroll into. */
export const newestCount = 40;

export const nothing: Timeline = { messages: [], hasOlder: false };

/** Whether there may be messages nobody has read yet between what is known and what came, after a long time
 * offline for example. */
export function hasHole(known: Timeline, newest: RoomWindow): boolean {
	const from = firstPosition(newest.messages);
	const reach = lastPosition(known.messages);
	return newest.has_older && from !== null && reach !== null && reach < from;
}

/** Takes in the newest window, which is right about everything from its first message on. Behind a hole
 * it stands alone; scrolling up reads the rest. */
export function withNewest(known: Timeline, newest: RoomWindow): Timeline {
	const { messages } = newest;
	const from = firstPosition(messages) ?? Infinity;
	const older = known.messages.filter((message) => message.position !== null && message.position < from);
	if (older.length === 0 || hasHole(known, newest)) return { messages, hasOlder: newest.has_older };
	return { messages: [...older, ...messages], hasOlder: known.hasOlder };
}

/** Takes in a window that ends just before the oldest known message. */
export function withOlder(known: Timeline, older: RoomWindow): Timeline {
	const ids = new Set(known.messages.map((message) => message.id));
	return {
		messages: [...older.messages.filter((message) => !ids.has(message.id)), ...known.messages],
		hasOlder: older.has_older
	};
}

/** A message said in this window that may not be read back from the store yet. */
export interface Saying {
	message: MessageRow;
	/** Whether the store has it. */
	saved: boolean;
}

/** What has to be drawn beside a window that was read just now. A saved message that is not in it is
 * not in the room any more. */
export function stillSaying(saying: readonly Saying[], read: Timeline): readonly Saying[] {
	if (saying.length === 0) return saying;
	const ids = new Set(read.messages.map((message) => message.id));
	return saying.filter((one) => !one.saved && !ids.has(one.message.id));
}

/** Position of the oldest message that the hub has placed. */
export function firstPosition(messages: readonly MessageRow[]): number | null {
	return messages.find((message) => message.position !== null)?.position ?? null;
}

/** Position of the newest message that the hub has placed. */
export function lastPosition(messages: readonly MessageRow[]): number | null {
	return messages.findLast((message) => message.position !== null)?.position ?? null;
}

/** One message with what is drawn above it. */
export interface Line {
	message: MessageRow;
	/** First message of its day. */
	newDay: boolean;
	/** The unread divider stands above it. */
	firstUnread: boolean;
	/** Same author shortly after: no head of its own. */
	continued: boolean;
}

const breath = 5 * 60_000;

/** Lines that are as `known` has them stay the same objects, so that nothing of them is drawn anew. */
export function lines(
	messages: readonly MessageRow[],
	unreadFrom: number | null,
	known: readonly Line[] = []
): Line[] {
	const drawn = new Map(known.map((line) => [line.message, line]));
	let unreadSeen = false;
	return messages.map((message, index) => {
		const before = messages[index - 1];
		const newDay = !before || !sameDay(before.at, message.at);
		const firstUnread =
			!unreadSeen &&
			unreadFrom !== null &&
			!message.mine &&
			message.position !== null &&
			message.position >= unreadFrom;
		unreadSeen ||= firstUnread;
		const continued =
			!newDay &&
			!firstUnread &&
			message.reply_to === null &&
			before?.author.id === message.author.id &&
			message.at - before.at < breath;
		const old = drawn.get(message);
		const same = old?.newDay === newDay && old.firstUnread === firstUnread && old.continued === continued;
		return same ? old : { message, newDay, firstUnread, continued };
	});
}

function sameDay(a: number, b: number): boolean {
	return new Date(a).toDateString() === new Date(b).toDateString();
}
