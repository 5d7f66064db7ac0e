/** How loud something is said: `polite` waits for the voice to pause, `assertive` interrupts it. */
export type Loudness = 'polite' | 'assertive';

export interface Spoken {
	polite: string;
	assertive: string;
}

/** Time between two announcements of one region: a voice needs it to begin, and to be understood. */
const pause = 1000;
/** More than this at once helps nobody; the oldest are left out. */
const most = 4;

interface Waiting {
	text: string;
	topic: string | undefined;
}

/**
 * What is to be said next, and when. Knows no clock and no page: `later` calls back after some
 * milliseconds, `speak` puts the texts where a screen reader finds them.
 */
export class Announcements {
	#speak: (spoken: Spoken) => void;
	#later: (run: () => void, ms: number) => void;
	#spoken: Spoken = { polite: '', assertive: '' };
	#waiting: Record<Loudness, Waiting[]> = { polite: [], assertive: [] };
	#busy: Record<Loudness, boolean> = { polite: false, assertive: false };

	constructor(speak: (spoken: Spoken) => void, later: (run: () => void, ms: number) => void) {
		this.#speak = speak;
		this.#later = later;
	}

	/** Says a sentence. A newer one on the same topic takes the place of one that still waits. */
	say(text: string, { loudness = 'polite', topic }: { loudness?: Loudness; topic?: string } = {}): void {
		const said = text.trim();
		if (said === '') return;
		const waiting = this.#waiting[loudness];
		const same = waiting.findIndex((entry) =>
			topic === undefined ? entry.text === said : entry.topic === topic
		);
		if (same >= 0) waiting.splice(same, 1);
		waiting.push({ text: said, topic });
		if (waiting.length > most) waiting.shift();
		if (!this.#busy[loudness]) this.#next(loudness);
	}

	#next(loudness: Loudness): void {
		const next = this.#waiting[loudness].shift();
		this.#busy[loudness] = next !== undefined;
		// Emptied in between: the same words twice are two announcements, and old words are not found later.
		this.#put(loudness, '');
		if (next === undefined) return;
		this.#later(() => this.#put(loudness, next.text), 50);
		this.#later(() => this.#next(loudness), 50 + pause);
	}

	#put(loudness: Loudness, text: string): void {
		if (this.#spoken[loudness] === text) return;
		this.#spoken = { ...this.#spoken, [loudness]: text };
		this.#speak(this.#spoken);
	}
}
