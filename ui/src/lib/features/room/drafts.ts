import type { ReplyPreview } from '$bindings/ReplyPreview';
import { send } from '$lib/bridge/bridge';

/** What was being written in each room. Here for as long as the page lives; the core has it for whatever page comes next. */
export interface Unsent {
	text: string;
	reply: ReplyPreview | null;
}

const nothing: Unsent = { text: '', reply: null };
/** The core hears of it once one pauses. */
const pause = 250;

const rooms = new Map<string, Unsent>();
// What the core was told last of each room: nothing, as long as nothing was.
const told = new Map<string, string>();
const telling = new Map<string, ReturnType<typeof setTimeout>>();

export const unsent = (room: string): Unsent => rooms.get(room) ?? nothing;

/** Puts `text` below whatever is being written in a room, to be sent or not. */
export function draftInto(room: string, text: string): void {
	const draft = unsent(room);
	keepUnsent(room, { ...draft, text: draft.text ? `${draft.text}\n${text}` : text });
}

export function keepUnsent(room: string, draft: Unsent): void {
	if (draft.text || draft.reply) rooms.set(room, draft);
	else rooms.delete(room);
	clearTimeout(telling.get(room));
	if (told.get(room) === said(draft) || (!told.has(room) && said(draft) === said(nothing))) return;
	telling.set(room, setTimeout(() => tell(room), pause));
}

/** What was being written in a room in another window, or before this page was there. */
export async function recall(room: string): Promise<Unsent> {
	const [program = '', id = ''] = room.split('/');
	try {
		const kept = await send('draft_of', { program, id });
		if (!kept) return nothing;
		const draft = { text: kept.text, reply: kept.reply };
		told.set(room, said(draft));
		return draft;
	} catch {
		return nothing;
	}
}

/** Another window goes on writing: this page forgets it, and the core does not. */
export function handOver(room: string): void {
	rooms.delete(room);
	told.set(room, said(nothing));
}

/** Tells the core now, for whoever asks it next. */
export async function tell(room: string): Promise<void> {
	clearTimeout(telling.get(room));
	const draft = unsent(room);
	if (told.get(room) === said(draft) || (!told.has(room) && said(draft) === said(nothing))) return;
	const [program = '', deal = ''] = room.split('/');
	told.set(room, said(draft));
	try {
		await send('draft_keep', { program, deal, ...draft });
	} catch {
		// It is still here, and said again with the next word.
		told.delete(room);
	}
}

const said = (draft: Unsent): string => JSON.stringify([draft.text, draft.reply?.id ?? null]);
