import { describe, expect, it, vi } from 'vitest';
import type { PaletteHit } from '$bindings/PaletteHit';
import { entriesFor, matches, readTyped } from './palette';

const deal: PaletteHit = { kind: 'deal', program: 'p', id: 'd', title: 'Polder rollout', detail: 'Polder Port' };
const person: PaletteHit = { kind: 'person', program: 'p', id: 'o', title: 'Orla Byrne', detail: 'Halden' };
const verbs = [
	{ keys: 'c', label: 'Register a deal', run: () => {} },
	{ keys: 'j', label: 'Down', hidden: true, run: () => {} },
	{ keys: 'a', label: 'Approve the registration', when: () => false, run: () => {} },
	{ keys: '', label: 'Work offline', run: () => {} }
];
const recent = { path: '/deals/p/d9', title: 'Brightwater renewal', detail: 'Brightwater' };

const titles = (typed: string, hits: PaletteHit[] = [deal, person]) =>
	entriesFor(readTyped(typed), { verbs, hits, recents: [recent], openHit: () => {}, searchFor: () => {} }).map((entry) => entry.title);

describe('the palette', () => {
	it('starts with the rooms one comes from, then what can be done', () => {
		expect(titles('', [])).toEqual(['Brightwater renewal', 'Register a deal', 'Work offline']);
	});

	it('offers what the screen can do before what can be done anywhere', () => {
		const all = [
			{ keys: '', label: 'Save diagnostics', run: () => {} },
			{ keys: 'mod+1', label: 'Look through Halden', group: 'Lens', run: () => {} },
			{ keys: 'g d', label: 'Go to Deals', group: 'Go', run: () => {} },
			{ keys: 'c', label: 'Register a deal', run: () => {} },
			{ keys: 's', label: 'Change the stage', group: 'Room', run: () => {} }
		];
		const entries = entriesFor(readTyped(''), { verbs: all, hits: [], recents: [], openHit: () => {}, searchFor: () => {} });
		expect(entries.map((entry) => entry.title)).toEqual([
			'Change the stage',
			'Register a deal',
			'Save diagnostics',
			'Go to Deals',
			'Look through Halden'
		]);
	});

	it('narrows by the first character', () => {
		expect(titles('>work')).toEqual(['Work offline']);
		expect(titles('#pol')).toEqual(['Polder rollout', 'Search for “pol”']);
		expect(titles('@orla')).toEqual(['Orla Byrne', 'Search for “orla”']);
		expect(titles('@', [])).toEqual([]);
	});

	it('mixes commands and objects otherwise', () => {
		expect(titles('deal')).toEqual([
			'Register a deal',
			'Polder rollout',
			'Orla Byrne',
			'Search for “deal”'
		]);
	});

	it('goes on to the place where everything is searched', () => {
		const searchFor = vi.fn();
		const from = { verbs: [], hits: [], recents: [], openHit: () => {}, searchFor };
		entriesFor(readTyped(' sluice '), from).at(-1)?.run();
		expect(searchFor).toHaveBeenCalledWith('sluice');
		expect(entriesFor(readTyped('>sluice'), from)).toEqual([]);
	});

	it('finds commands by the beginnings of words, in any order', () => {
		expect(matches('Register a deal', 'de reg')).toBe(true);
		expect(matches('Register a deal', 'gister')).toBe(false);
	});

	it('opens a recent room like one that was found', () => {
		const openHit = vi.fn();
		entriesFor(readTyped(''), { verbs: [], hits: [], recents: [recent], openHit, searchFor: () => {} })[0]?.run();
		expect(openHit).toHaveBeenCalledWith(expect.objectContaining({ kind: 'deal', program: 'p', id: 'd9' }));
	});
});
