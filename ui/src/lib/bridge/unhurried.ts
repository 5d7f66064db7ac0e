/** How long a question that is not urgent waits: what was done is drawn by then, and what many changes
 * in a row ask for is asked once. Milliseconds. */
const pause = 80;

const asked = new Set<() => void>();
let waiting = false;

/** Questions that may wait until the window has drawn what a person looks at. */
export const unhurried = {
	/** Runs it soon, once, however often it is asked for until then. */
	ask(run: () => void): void {
		asked.add(run);
		if (waiting) return;
		waiting = true;
		setTimeout(() => {
			waiting = false;
			const now = [...asked];
			asked.clear();
			for (const run of now) run();
		}, pause);
	},
	forget(run: () => void): void {
		asked.delete(run);
	}
};
