// Where something that is dragged in a list would stand, as pure arithmetic.

/** The gap nearest to the pointer: so many rows are above it. `middles` are those of the rows, from the top. */
export const gapAt = (middles: readonly number[], y: number): number =>
	middles.filter((middle) => middle < y).length;

/**
 * Which of `keys` the one at `from` is put before when it is dropped into a gap: null for the end, undefined when it
 * stays where it is.
 */
export function beforeIn(keys: readonly string[], from: number, gap: number): string | null | undefined {
	if (from < 0 || gap === from || gap === from + 1) return undefined;
	return keys[gap] ?? null;
}

/** The same for a step by keyboard: -1 up, 1 down. */
export function beforeAfterStep(keys: readonly string[], from: number, by: 1 | -1): string | null | undefined {
	const to = from + by;
	if (from < 0 || to < 0 || to >= keys.length) return undefined;
	return beforeIn(keys, from, by < 0 ? to : to + 1);
}
