import type { PaletteHit } from '$bindings/PaletteHit';
import type { PaletteKind } from '$bindings/PaletteKind';
import type { Binding } from '$lib/keys';
import { spoken } from '$lib/words';
import { roomPath } from './places';
import type { Recent } from './recents';

export interface Asked {
	text: string;
	/** Whether commands are wanted. */
	verbs: boolean;
	/** Kinds of object that are wanted; null for none. */
	objects: readonly PaletteKind[] | null;
}

export interface Entry {
	key: string;
	kind: PaletteKind | 'verb' | 'recent' | 'search';
	/** Of a command: where it belongs. */
	group?: string;
	icon?: Binding['icon'];
	title: string;
	detail: string;
	keys?: string;
	/** Asks for something first. */
	ask?: Binding['ask'];
	run: () => void;
}

const everything: readonly PaletteKind[] = ['deal', 'account', 'person', 'organization'];

/** `>` narrows to commands, `#` to deals, `@` to people. */
export function readTyped(typed: string): Asked {
	const text = typed.slice(1).trim();
	if (typed.startsWith('>')) return { text, verbs: true, objects: null };
	if (typed.startsWith('#')) return { text, verbs: false, objects: ['deal'] };
	if (typed.startsWith('@')) return { text, verbs: false, objects: ['person', 'organization'] };
	return { text: typed.trim(), verbs: true, objects: everything };
}

/** Every word typed must begin a word of the label, in any order. */
export function matches(label: string, text: string): boolean {
	const name = label.toLowerCase();
	const words = name.split(/[\s,:/]+/);
	// Japanese has no spaces between words.
	const apart = !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(name);
	return text
		.toLowerCase()
		.split(/\s+/)
		.every((part) => (apart ? words.some((word) => word.startsWith(part)) : name.includes(part)));
}

export function entriesFor(
	asked: Asked,
	from: {
		verbs: Binding[];
		hits: PaletteHit[];
		recents: Recent[];
		openHit: (hit: PaletteHit) => void;
		/** Missing until it is known which names match: whoever types fast means one of them. */
		searchFor?: (text: string) => void;
	}
): Entry[] {
	const hits = from.hits
		.filter((hit) => asked.objects?.includes(hit.kind))
		.map((hit, index) => ({
			key: `${hit.kind}:${hit.program}:${hit.id}:${index}`,
			kind: hit.kind,
			title: hit.title,
			detail: hit.detail,
			run: () => from.openHit(hit)
		}));
	const verbs = asked.verbs ? verbEntries(from.verbs, asked.text) : [];
	if (asked.text) {
		// Names are found here; whatever else was written is found in the place for it.
		const { searchFor } = from;
		const further: Entry[] = asked.objects && searchFor
			? [
					{
						key: 'search',
						kind: 'search',
						title: `Search for “${asked.text}”`,
						detail: spoken('in messages, deals, accounts and plans'),
						keys: 'mod+shift+f',
						run: () => searchFor(asked.text)
					}
				]
			: [];
		return [...verbs.slice(0, asked.objects ? 4 : 100), ...hits, ...further];
	}
	if (asked.objects && !asked.verbs) return [];
	const known = new Set(from.hits.map((hit) => roomPath(hit.program, hit.id)));
	const recents = asked.objects
		? from.recents
				.filter((recent) => !known.has(recent.path))
				.map((recent) => ({
					key: recent.path,
					kind: 'recent' as const,
					title: recent.title,
					detail: recent.detail,
					run: () => from.openHit(hitOf(recent))
				}))
		: [];
	return [...recents, ...verbs];
}

/** What the screen itself offers comes first, then what works everywhere, then ways to other places. */
function nearness(verb: Binding): number {
	if (verb.group === 'Lens') return 5;
	if (verb.group === 'Pinned') return 4;
	if (verb.group === 'Go') return 3;
	if (verb.group) return 0;
	return verb.keys ? 1 : 2;
}

function verbEntries(verbs: Binding[], text: string): Entry[] {
	const seen = new Set<string>();
	return verbs
		.filter((verb) => {
			if (verb.hidden || seen.has(verb.label) || !(verb.when?.() ?? true)) return false;
			seen.add(verb.label);
			return !text || matches(verb.label, text);
		})
		.sort((a, b) => nearness(a) - nearness(b))
		.map((verb) => ({
			key: `verb:${verb.label}`,
			kind: 'verb' as const,
			group: verb.group,
			icon: verb.icon,
			title: verb.label,
			detail: '',
			keys: verb.keys || undefined,
			ask: verb.ask,
			run: () => verb.run()
		}));
}

function hitOf(recent: Recent): PaletteHit {
	const [, , program = '', id = ''] = recent.path.split('/');
	return { kind: 'deal', program, id, title: recent.title, detail: recent.detail };
}
