import toRuntime, { type CatalogModule, type Runtime } from 'wuchale/runtime';
import { loadCatalog as deals } from '../locales/.wuchale/deals.proxy.js';
import { loadCatalog as first } from '../locales/.wuchale/first.proxy.js';
import { loadCatalog as needsyou } from '../locales/.wuchale/needsyou.proxy.js';
import { loadCatalog as others } from '../locales/.wuchale/others.proxy.js';
import { loadCatalog as settings } from '../locales/.wuchale/settings.proxy.js';
import { loadCatalog as start } from '../locales/.wuchale/start.proxy.js';
import { direction, language } from './language';
import { isToday } from './paths';

type Load = (group: string, language: string) => Promise<CatalogModule>;

// The groups of wuchale.config.js.
const groups = { first, deals, needsyou, settings, start, others } satisfies Record<string, Load>;
type Group = keyof typeof groups;

const known: Partial<Record<Group, Runtime>> = {};

async function load(group: Group): Promise<void> {
	const name = `${group}_words`;
	if (language === 'en-XA' || language === 'ar-XB') {
		const [{ pseudo }, english] = await Promise.all([import('./pseudo'), groups[group](name, 'en')]);
		known[group] = isolating(toRuntime(pseudo(english, language), language));
	} else {
		known[group] = isolating(toRuntime(await groups[group](name, language), language));
	}
}

let seen: Promise<void> | undefined;
let all: Promise<void> | undefined;

const loadFirst = (): Promise<void> => (seen ??= load('first'));

/** Loads all words. */
export const loadAll = (): Promise<void> =>
	(all ??= Promise.all([loadFirst(), ...(Object.keys(groups) as Group[]).filter((group) => group !== 'first').map(load)]).then(
		() => undefined
	));

/**
 * Loads the words of a place: Today's are those of the first screen, any other has all. To be awaited before anything
 * that has words is imported: modules that wait by themselves, with `await` at their top, are not evaluated reliably
 * by WebKit when several import them.
 */
export const wordsFor = (pathname: string): Promise<void> => (isToday(pathname) ? loadFirst() : loadAll());

/** Imports a part of the window that is no part of its first screen, once its words are there. */
export const withWords = <Part>(part: () => Promise<Part>): Promise<Part> => loadAll().then(part);

/** What the loaders of src/locales hand out: the words of a group, which have been loaded by the time they are used. */
export function wordsOf(group: Group): Runtime {
	const words = (): Runtime => {
		const loaded = known[group];
		if (!loaded) throw new Error(`The words of “${group}” are used before they are loaded.`);
		return loaded;
	};
	const use = (id: number, values?: unknown[]) => words()(id, values);
	const parts = ['_', 'l', 'c', 'x', 't', 'p'] as const;
	const getters = parts.map((part) => [part, { get: () => words()[part] }]);
	return Object.defineProperties(use, Object.fromEntries(getters) as PropertyDescriptorMap) as Runtime;
}

/** Among words that run from right to left, what is put in keeps to itself: a name in Latin letters reorders nothing. */
function isolating(words: Runtime): Runtime {
	if (direction === 'ltr') return words;
	const parts = (id: number) => apart([words.c(id)].flat() as Part[], false);
	return Object.assign((id: number, values?: unknown[]) => words.x(parts(id) as Mixed, values, 0), words, { c: parts });
}

type Part = string | number | Part[];
type Mixed = Parameters<Runtime['x']>[0];

/** A number stands for what is put in, except the first of a list, which says in what element the rest is. */
const apart = (parts: Part[], nested: boolean): Part[] =>
	parts.flatMap((part, at): Part[] => {
		if (Array.isArray(part)) return [apart(part, true)];
		return typeof part === 'number' && (!nested || at > 0) ? ['\u2068', part, '\u2069'] : [part];
	});

/** Marks words in a script that the rules in wuchale.config.js would take for names: these are translated. */
export const spoken = (words: string): string => words;
