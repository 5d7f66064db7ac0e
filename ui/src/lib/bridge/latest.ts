/** Runs overlapping requests and reports only what is still wanted: a reply that arrives after a
 * newer request has answered is stale and dropped, and so is everything after `stop`. */
export interface Latest<A, R> {
	run(args: A): Promise<void>;
	stop(): void;
}

export function latest<A, R>(
	request: (args: A) => Promise<R>,
	settle: (outcome: { args: A; data: R } | { args: A; error: unknown }, idle: boolean) => void
): Latest<A, R> {
	let asked = 0;
	let answered = 0;
	let stopped = false;

	return {
		async run(args) {
			const turn = ++asked;
			let outcome: { args: A; data: R } | { args: A; error: unknown };
			try {
				outcome = { args, data: await request(args) };
			} catch (error) {
				outcome = { args, error };
			}
			if (stopped || turn < answered) return;
			answered = turn;
			settle(outcome, turn === asked);
		},
		stop() {
			stopped = true;
		}
	};
}

/** Turns many calls within one frame into one. */
export function perFrame(
	run: () => void,
	schedule: (callback: () => void) => number = requestAnimationFrame,
	cancel: (handle: number) => void = cancelAnimationFrame
): { ask(): void; stop(): void } {
	let pending: number | null = null;
	return {
		ask() {
			pending ??= schedule(() => {
				pending = null;
				run();
			});
		},
		stop() {
			if (pending !== null) cancel(pending);
			pending = null;
		}
	};
}
