import { Announcements, type Loudness, type Spoken } from './announcements';

let spoken = $state.raw<Spoken>({ polite: '', assertive: '' });

const announcements = new Announcements(
	(next) => (spoken = next),
	(run, ms) => setTimeout(run, ms)
);

/** What the regions hold now; Announcer.svelte draws it. */
export const saying = {
	get now(): Spoken {
		return spoken;
	}
};

/**
 * Says something to people who do not see it happen. `topic` lets a newer sentence replace one that
 * still waits: a count of results, the state of the line.
 */
export function announce(text: string, how: { loudness?: Loudness; topic?: string } = {}): void {
	announcements.say(text, how);
}
