import type { ReplyPreview } from '$bindings/ReplyPreview';

/** What was being written in each room, for as long as the window lives. */
export interface Unsent {
	text: string;
	reply: ReplyPreview | null;
}

const rooms = new Map<string, Unsent>();

export const unsent = (room: string): Unsent => rooms.get(room) ?? { text: '', reply: null };

/** Puts `text` below whatever is being written in a room, to be sent or not. */
export function draftInto(room: string, text: string): void {
	const draft = unsent(room);
	keepUnsent(room, { ...draft, text: draft.text ? `${draft.text}\n${text}` : text });
}

export function keepUnsent(room: string, draft: Unsent): void {
	if (draft.text || draft.reply) rooms.set(room, draft);
	else rooms.delete(room);
}
