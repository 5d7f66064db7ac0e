import type { ChangeNote } from '$bindings/ChangeNote';
import type { Commands } from '$bindings/commands';
import type { Uploaded } from '$bindings/Uploaded';
import type { Host } from './host';

export { CommandFailed, asFailure } from './host';

export type CommandName = keyof Commands;
export type Args<C extends CommandName> = Commands[C][0];
export type Reply<C extends CommandName> = Commands[C][1];

const changed = new Set<(note: ChangeNote) => void>();
const sent = new Set<(command: CommandName, args: unknown, reply: unknown) => void>();
const opened = new Set<(path: string) => void>();
// A notification may be clicked before anybody listens.
let unopened: string | null = null;

// The browser half is no part of what the desktop window loads, and the other way round.
const host: Promise<Host> = (
	window.__TAURI_INTERNALS__ ? import('./tauri') : import('./devhost')
).then((module) => {
	module.host.listen((push) => {
		if (!('open' in push)) {
			for (const listener of changed) listener(push);
		} else if (opened.size === 0) {
			unopened = push.open;
		} else {
			for (const listener of opened) listener(push.open);
		}
	});
	return module.host;
});

/** Runs one command of the list. Rejects with `CommandFailed`. */
export async function send<C extends CommandName>(command: C, args: Args<C>): Promise<Reply<C>> {
	const reply = (await (await host).rpc(command, args)) as Reply<C>;
	for (const listener of sent) listener(command, args, reply);
	return reply;
}

/** Hands a file over in one piece. */
export async function upload(file: File): Promise<Uploaded> {
	return (await host).upload(file);
}

/** Hears every change note; returns the way to stop. */
export function onChange(listener: (note: ChangeNote) => void): () => void {
	changed.add(listener);
	return () => changed.delete(listener);
}

/** Hears every command that was answered; returns the way to stop. */
export function onSent(listener: (command: CommandName, args: unknown, reply: unknown) => void): () => void {
	sent.add(listener);
	return () => sent.delete(listener);
}

/** Hears addresses that the shell asks to open, for example after a click on a notification. */
export function onOpen(listener: (path: string) => void): () => void {
	opened.add(listener);
	if (unopened !== null) {
		listener(unopened);
		unopened = null;
	}
	return () => opened.delete(listener);
}

/** Whether this is the desktop program, and not a page in a browser. */
export const onDesktop = typeof window !== 'undefined' && '__TAURI_INTERNALS__' in window;

/** Opens the demo world in a window of its own. */
export async function openDemo(): Promise<void> {
	await (await host).demo?.();
}

/** Ends the desktop program. */
export async function quit(): Promise<void> {
	await (await host).quit?.();
}

/** Opens the room of a deal in a window of its own; whether it is a new one. Rejects with `CommandFailed`. */
export async function popOut(program: string, deal: string): Promise<boolean> {
	return (await (await host).popOut?.(program, deal)) ?? false;
}

/** Closes this window of a room. */
export async function closeWindow(): Promise<void> {
	await (await host).closeWindow?.();
}

/** Goes to another place, which only the main window shows. */
export async function goInMain(route: string): Promise<void> {
	await (await host).goInMain?.(route);
}

/** Call once, after the first paint. */
export async function shown(): Promise<void> {
	await (await host).shown();
}
