import type { Tag } from '$bindings/Tag';
import { asFailure, onChange, send, type Args, type CommandFailed, type CommandName, type Reply } from './bridge';
import { latest, perFrame } from './latest';
import { firstAnswer } from './settled';

export interface Query<C extends CommandName> {
	/** The latest answer; kept while a newer one is on its way. */
	readonly data: Reply<C> | undefined;
	/** The arguments `data` belongs to, which may be older than the ones asked for now. */
	readonly args: Args<C> | undefined;
	readonly error: CommandFailed | undefined;
	readonly loading: boolean;
	/** Asks again, for a Retry button. */
	again(): void;
}

/**
 * A live question to the core. Runs again when what `args` reads changes and when a change note
 * carries one of `tags`. `args` may return undefined to ask nothing (yet). Call it while a
 * component is being set up, like any effect.
 */
export function query<C extends CommandName>(
	command: C,
	args: () => Args<C> | undefined,
	tags: readonly Tag[]
): Query<C> {
	let data = $state.raw<Reply<C>>();
	let dataArgs = $state.raw<Args<C>>();
	let error = $state.raw<CommandFailed>();
	let loading = $state(true);
	let wanted: Args<C> | undefined;
	let answered: (() => void) | undefined;

	const requests = latest<Args<C>, Reply<C>>(
		(asked) => send(command, asked),
		(outcome, idle) => {
			if ('data' in outcome) {
				data = outcome.data;
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

	$effect(() => {
		wanted = args();
		run();
	});

	$effect(() => {
		const forget = onChange((note) => {
			if (note.tags.some((tag) => tags.includes(tag))) frame.ask();
		});
		return () => {
			forget();
			frame.stop();
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
		get error() {
			return error;
		},
		get loading() {
			return loading;
		},
		again: run
	};
}
