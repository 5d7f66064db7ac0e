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

/** Runs the first call at once and turns all that follow within the same frame into one at its end. */
export function perFrame(
	run: () => void,
	schedule: (callback: () => void) => number = requestAnimationFrame,
	cancel: (handle: number) => void = cancelAnimationFrame
): { ask(): void; stop(): void } {
	let frame: number | null = null;
	let again = false;
	const ask = () => {
		if (frame !== null) {
			again = true;
			return;
		}
		frame = schedule(() => {
			frame = null;
			if (again) ask();
		});
		again = false;
		run();
	};
	return {
		ask,
		stop() {
			if (frame !== null) cancel(frame);
			frame = null;
			again = false;
		}
	};
}
