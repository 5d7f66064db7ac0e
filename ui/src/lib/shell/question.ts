import type { PaletteHit } from '$bindings/PaletteHit';
import type { PaletteKind } from '$bindings/PaletteKind';

/** What a command of the palette asks before it runs: one thing after the other, each with what may answer it. */
export interface Question {
	/** A few words with a question mark: in the empty field, and said when it is asked. */
	ask: string;
	/** What to write when nothing that was typed answers. */
	hint?: string;
	/** Objects whose names may answer. */
	objects?: readonly PaletteKind[];
	/** What answers to `typed`; `found` are the objects of these names. */
	answers: (typed: string, found: readonly PaletteHit[]) => Answer[];
}

export interface Answer {
	key: string;
	/** As it is listed, and as it stands before the next question. */
	title: string;
	detail?: string;
	/** What is asked next; without it the command runs. */
	next?: Question;
	run?: () => unknown;
}
