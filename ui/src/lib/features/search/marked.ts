import type { Marked } from '$bindings/Marked';

export interface Piece {
	text: string;
	marked: boolean;
}

/** Cuts a text at its marks, which are in order and in the units that a string counts in. */
export function pieces({ text, marks }: Marked): Piece[] {
	const cut: Piece[] = [];
	let at = 0;
	const put = (to: number, marked: boolean) => {
		if (to > at) cut.push({ text: text.slice(at, to), marked });
		at = Math.max(at, to);
	};
	for (const [from, to] of marks) {
		put(from, false);
		put(to, true);
	}
	put(text.length, false);
	return cut;
}
