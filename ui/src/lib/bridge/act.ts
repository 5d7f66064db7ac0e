import { toast } from '$lib/design/toast.svelte';
import { asFailure, send, type Args, type CommandName, type Reply } from './bridge';

interface Change {
	token: string;
	what: string;
}

// What Ctrl+Z meets, newest last: a change, or why something stays as it is. Tokens die with the window;
// so do these lists.
const undoable: (Change | { stays: string })[] = [];
const redoable: Change[] = [];
const deepest = 50;
// One after the other, however fast the keys are: the core answers several at a time, and each change, and each
// step back, stands on the one before.
let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs a command that changes something. A refusal becomes a toast and `undefined`; a success is
 * reported as by `say`.
 */
export function act<C extends CommandName>(
	command: C,
	args: Args<C>,
	said?: string
): Promise<Reply<C> | undefined> {
	return inTurn(async () => {
		try {
			const reply = await send(command, args);
			say(reply, said);
			return reply;
		} catch (cause) {
			toast(asFailure(cause).message, { tone: 'danger' });
			return undefined;
		}
	});
}

/** Remembers for Ctrl+Z what a command answered and, when there are words, offers it in a toast. */
export function say(reply: unknown, said?: string): void {
	const token = text(reply, 'undo');
	const stays = text(reply, 'stays');
	const change = token === null ? null : { token, what: said ?? '' };
	if (change) {
		remember(change);
		redoable.length = 0;
	} else if (stays !== null) {
		remember({ stays });
	}
	if (said) toast(said, change ? { undo: () => inTurn(() => takeBack(change)) } : {});
}

/** Ctrl+Z. */
export const undoLast = (): Promise<void> =>
	inTurn(async () => {
		const last = undoable.at(-1);
		if (!last) return toast('Nothing to undo.');
		if ('token' in last) return takeBack(last);
		// Said once; the next one goes on to what was done before.
		undoable.pop();
		toast(last.stays);
	});

/** Ctrl+Shift+Z. */
export const redoLast = (): Promise<void> =>
	inTurn(async () => {
		const last = redoable.pop();
		if (!last) return toast('Nothing to redo.');
		const token = await sent(last.token);
		if (token) remember({ ...last, token });
		if (token !== undefined) toast(last.what ? `Redone: ${last.what}` : 'Redone.');
	});

async function takeBack(change: Change): Promise<void> {
	const at = undoable.indexOf(change);
	if (at >= 0) undoable.splice(at, 1);
	const token = await sent(change.token);
	if (token) redoable.push({ ...change, token });
	if (token !== undefined) toast(change.what ? `Undone: ${change.what}` : 'Undone.');
}

/** Has a step taken; the token that takes it back, if there is one, and `undefined` when it was refused. */
async function sent(token: string): Promise<string | null | undefined> {
	try {
		return text(await send('undo', { token }), 'undo');
	} catch (cause) {
		toast(asFailure(cause).message, { tone: 'danger' });
		return undefined;
	}
}

function inTurn<T>(step: () => Promise<T>): Promise<T> {
	const done = turn.then(step);
	turn = done;
	return done;
}

function remember(step: (typeof undoable)[number]): void {
	undoable.push(step);
	if (undoable.length > deepest) undoable.shift();
}

function text(reply: unknown, name: string): string | null {
	const value: unknown = typeof reply === 'object' && reply !== null ? (reply as Record<string, unknown>)[name] : null;
	return typeof value === 'string' ? value : null;
}
