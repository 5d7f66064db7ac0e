import { untrack } from 'svelte';
import type { ChangeNote } from '$bindings/ChangeNote';
import type { Tag } from '$bindings/Tag';
import { asFailure, onChange, send, type Args, type CommandFailed, type CommandName, type Reply } from './bridge';
import { latest, perFrame } from './latest';
import { samePartsKept } from './same';
import { firstAnswer } from './settled';
import { unhurried } from './unhurried';

export interface Query<C extends CommandName> {
	/** The latest answer; kept while a newer one is on its way. */
	readonly data: Reply<C> | undefined;
	/** The arguments `data` belongs to, which may be older than the ones asked for now. */
	readonly args: Args<C> | undefined;
	/** When `data` was asked for, as `performance.now()` says it: what was saved later may not be in it. */
	readonly asked: number;
	readonly error: CommandFailed | undefined;
	readonly loading: boolean;
	/** Asks again, for a Retry button. */
	again(): void;
}

export interface Hearing {
	/** These tags have it asked again too, but only once the window has drawn what was more urgent. */
	unhurried?: readonly Tag[];
	/** Whether a change that carries one of the tags has to be seen at once. Always, when left out. */
	urgent?: (note: ChangeNote) => boolean;
}

/** Whether a change note is, or may be, about an object. */
export const names = (note: ChangeNote, id: string): boolean => note.ids.length === 0 || note.ids.includes(id);

/**
 * A live question to the core. Runs again when what `args` reads changes and when a change note
 * carries one of `tags`. `args` may return undefined to ask nothing (yet). Call it while a
 * component is being set up, like any effect.
 */
export function query<C extends CommandName>(
	command: C,
	args: () => Args<C> | undefined,
	tags: readonly Tag[],
	{ unhurried: later = [], urgent = () => true }: Hearing = {}
): Query<C> {
	let data = $state.raw<Reply<C>>();
	let dataArgs = $state.raw<Args<C>>();
	let dataAsked = $state.raw(0);
	let error = $state.raw<CommandFailed>();
	let loading = $state(true);
	let wanted: Args<C> | undefined;
	let answered: (() => void) | undefined;

	const requests = latest<Args<C>, { asked: number; reply: Reply<C> }>(
		async (args) => ({ asked: performance.now(), reply: await send(command, args) }),
		(outcome, idle) => {
			if ('data' in outcome) {
				dataAsked = outcome.data.asked;
				// What did not change stays the same object, and is not drawn again.
				data = samePartsKept(untrack(() => data), outcome.data.reply);
				dataArgs = outcome.args;
				error = undefined;
			} else {
				error = asFailure(outcome.error);
			}
			if (idle) loading = false;
			answered?.();
		}
	);
	const run = () => {
		if (wanted === undefined) return;
		loading = true;
		answered ??= firstAnswer();
		void requests.run(wanted);
	};
	const frame = perFrame(run);
	const hear = (note: ChangeNote) => {
		const carries = note.tags.some((tag) => tags.includes(tag));
		if (carries && urgent(note)) frame.ask();
		else if (carries || note.tags.some((tag) => later.includes(tag))) unhurried.ask(run);
	};

	$effect(() => {
		wanted = args();
		run();
	});

	$effect(() => {
		const forget = onChange(hear);
		return () => {
			forget();
			frame.stop();
			unhurried.forget(run);
			requests.stop();
			answered?.();
		};
	});

	return {
		get data() {
			return data;
		},
		get args() {
			return dataArgs;
		},
		get asked() {
			return dataAsked;
		},
		get error() {
			return error;
		},
		get loading() {
			return loading;
		},
		again: run
	};
}
