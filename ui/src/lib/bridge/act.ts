import { toast } from '$lib/design/toast.svelte';
import { asFailure, send, type Args, type CommandName, type Reply } from './bridge';

// What Ctrl+Z takes back, newest last. Tokens die with the window; so does this list.
const undoable: { token: string; what: string }[] = [];
const deepest = 50;
// What was asked for and not answered yet: Ctrl+Z may be faster than the answer.
const underWay = new Set<Promise<unknown>>();

/**
 * Runs a command that changes something. A refusal becomes a toast and `undefined`; a success is
 * reported as by `say`.
 */
export async function act<C extends CommandName>(
	command: C,
	args: Args<C>,
	said?: string
): Promise<Reply<C> | undefined> {
	const doing = send(command, args);
	underWay.add(doing);
	try {
		const reply = await doing;
		say(reply, said);
		return reply;
	} catch (cause) {
		toast(asFailure(cause).message, { tone: 'danger' });
		return undefined;
	} finally {
		underWay.delete(doing);
	}
}

/** Remembers for Ctrl+Z what a command answered and, when there are words, offers it in a toast. */
export function say(reply: unknown, said?: string): void {
	const token = undoToken(reply);
	if (token !== null) {
		undoable.push({ token, what: said ?? '' });
		if (undoable.length > deepest) undoable.shift();
	}
	if (said) toast(said, token === null ? {} : { undo: () => takeBack(token) });
}

/** Ctrl+Z. */
export async function undoLast(): Promise<void> {
	await Promise.allSettled(underWay);
	const last = undoable.at(-1);
	if (last) await takeBack(last.token);
	else toast('Nothing to undo.');
}

async function takeBack(token: string): Promise<void> {
	const at = undoable.findIndex((entry) => entry.token === token);
	const entry = at < 0 ? undefined : undoable.splice(at, 1)[0];
	try {
		await send('undo', { token });
		toast(entry?.what ? `Undone: ${entry.what}` : 'Undone.');
	} catch (cause) {
		toast(asFailure(cause).message, { tone: 'danger' });
	}
}

function undoToken(reply: unknown): string | null {
	if (typeof reply !== 'object' || reply === null || !('undo' in reply)) return null;
	return typeof reply.undo === 'string' ? reply.undo : null;
}
