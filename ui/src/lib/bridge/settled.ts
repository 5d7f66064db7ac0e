// What the first screen waits for: the first answers of all its questions.
let open = 0;
const waiting = new Set<() => void>();

/** Counts a question that was asked for the first time; call what it returns once, when it is answered. */
export function firstAnswer(): () => void {
	open += 1;
	let counted = true;
	return () => {
		if (!counted) return;
		counted = false;
		open -= 1;
		if (open > 0) return;
		for (const resolve of waiting) resolve();
		waiting.clear();
	};
}

/** Resolves as soon as no question waits for its first answer. */
export function settled(): Promise<void> {
	return open === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve));
}
