// Which rows of a long list exist, as pure arithmetic.

/** Rows beyond both edges: a fast wheel must not outrun one frame. */
const margin = 8;

export interface RowWindow {
	first: number;
	/** One past the last. */
	last: number;
	/** Size of the ring in which rows are used again; never smaller than the window. */
	ring: number;
}

/**
 * The rows to draw when the list is scrolled to `top`. All lengths in pixels. While a list is longer than
 * the ring, every window has the size of the ring: one step takes a row from one end and puts it to the other.
 */
export function windowAt(list: { top: number; height: number; rowHeight: number; count: number }): RowWindow {
	const { top, height, rowHeight, count } = list;
	const ring = Math.max(1, Math.ceil(height / rowHeight) + 1 + 2 * margin);
	const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - margin, count - ring));
	return { first, last: Math.min(count, first + ring), ring };
}

/** How far a row is looked for; further away nobody can tell that it moved. */
const reach = 400;

/**
 * Where the row of this key is now, looked for around the place it had. It keeps its place when it is not
 * found: then it was itself removed, or lies outside of what has been read.
 */
export function movedTo(
	key: string,
	from: number,
	count: number,
	keyOf: (index: number) => string | undefined
): number {
	for (let step = 0; step <= reach; step += 1) {
		if (from + step < count && keyOf(from + step) === key) return from + step;
		if (step > 0 && from - step >= 0 && from - step < count && keyOf(from - step) === key) return from - step;
	}
	return from;
}
