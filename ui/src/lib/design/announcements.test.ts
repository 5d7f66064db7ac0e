import { beforeEach, describe, expect, it } from 'vitest';
import { Announcements, type Loudness } from './announcements';

let now = 0;
let timers: { at: number; run: () => void }[] = [];
let heard: { at: number; loudness: Loudness; text: string }[] = [];
let announcements: Announcements;

/** Lets time pass. */
function pass(ms: number): void {
	const end = now + ms;
	for (;;) {
		timers.sort((a, b) => a.at - b.at);
		const due = timers[0];
		if (!due || due.at > end) break;
		timers.shift();
		now = due.at;
		due.run();
	}
	now = end;
}

beforeEach(() => {
	now = 0;
	timers = [];
	heard = [];
	let before = { polite: '', assertive: '' };
	announcements = new Announcements(
		(spoken) => {
			for (const loudness of ['polite', 'assertive'] as const) {
				if (spoken[loudness] !== before[loudness] && spoken[loudness]) heard.push({ at: now, loudness, text: spoken[loudness] });
			}
			before = spoken;
		},
		(run, ms) => void timers.push({ at: now + ms, run })
	);
});

const texts = () => heard.map((entry) => entry.text);

describe('announcements', () => {
	it('are spoken one after the other, with a pause between them', () => {
		announcements.say('Offline');
		announcements.say('Saved');
		pass(5_000);
		expect(texts()).toEqual(['Offline', 'Saved']);
		expect((heard[1]?.at ?? 0) - (heard[0]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
	});

	it('say only the latest of a topic', () => {
		announcements.say('3 deals', { topic: 'results' });
		for (const count of [9, 8, 7]) announcements.say(`${count} deals`, { topic: 'results' });
		pass(5_000);
		expect(texts()).toEqual(['3 deals', '7 deals']);
	});

	it('say the same words twice when they are meant twice', () => {
		announcements.say('Undone.');
		pass(2_000);
		announcements.say('Undone.');
		pass(2_000);
		expect(texts()).toEqual(['Undone.', 'Undone.']);
	});

	it('do not let errors wait behind what is polite', () => {
		for (let count = 0; count < 4; count += 1) announcements.say(`Note ${count}`);
		announcements.say('The disk is full.', { loudness: 'assertive' });
		pass(100);
		expect(heard.find((entry) => entry.loudness === 'assertive')?.text).toBe('The disk is full.');
	});

	it('leave out the oldest of a flood', () => {
		for (let count = 0; count < 40; count += 1) announcements.say(`Note ${count}`);
		pass(60_000);
		expect(texts()).toEqual(['Note 0', 'Note 36', 'Note 37', 'Note 38', 'Note 39']);
	});

	it('are gone when they have been said', () => {
		let last = { polite: 'something', assertive: '' };
		const once = new Announcements((spoken) => (last = spoken), (run, ms) => void timers.push({ at: now + ms, run }));
		once.say('Saved');
		pass(5_000);
		expect(last.polite).toBe('');
	});
});
