import type { ChangeNote } from '$bindings/ChangeNote';
import type { Code } from '$bindings/Code';
import type { CommandError } from '$bindings/CommandError';
import type { Uploaded } from '$bindings/Uploaded';

/** What a host may push: a change to react to, or an address the shell asks to open. */
export type Push = ChangeNote | { open: string };

/** The whole surface between the window and what runs it. There are two: the desktop shell and
 * the loopback server that browsers test against. */
export interface Host {
	rpc(command: string, args: unknown): Promise<unknown>;
	upload(file: File): Promise<Uploaded>;
	listen(push: (note: Push) => void): void;
	/** Tells the shell that the first frame is on screen, so that it can show the window. */
	shown(): Promise<void>;
	/** Opens the demo world in a window of its own; absent where there is no program to start. */
	demo?(): Promise<void>;
	/** Ends the program; absent where there is no program to end. */
	quit?(): Promise<void>;
	/** Opens the room of a deal in a window of its own, or brings that forward. True when it is a new one. */
	popOut?(program: string, deal: string): Promise<boolean>;
	/** Closes this window. */
	closeWindow?(): Promise<void>;
	/** Goes to a place in the main window. */
	goInMain?(route: string): Promise<void>;
}

/** A command that was refused. `code` is for branching, `message` is for people. */
export class CommandFailed extends Error {
	readonly code: Code;

	constructor(error: CommandError) {
		super(error.message);
		this.name = 'CommandFailed';
		this.code = error.code;
	}
}

/** Whatever a host threw, as the one error type the window knows. */
export function asFailure(cause: unknown): CommandFailed {
	if (cause instanceof CommandFailed) return cause;
	if (isCommandError(cause)) return new CommandFailed(cause);
	const message = cause instanceof Error ? cause.message : String(cause);
	return new CommandFailed({ code: 'internal', message });
}

function isCommandError(value: unknown): value is CommandError {
	return (
		typeof value === 'object' &&
		value !== null &&
		typeof (value as CommandError).code === 'string' &&
		typeof (value as CommandError).message === 'string'
	);
}
