import toRuntime, { type CatalogModule, type Runtime } from 'wuchale/runtime';
import { direction, language } from './language';

type Load = (group: string, language: string) => Promise<CatalogModule>;

/** Loads the words of one group. The modules that use them wait for this before they run. */
export async function loadWords(group: string, load: Load): Promise<Runtime> {
	if (language === 'en-XA' || language === 'ar-XB') {
		const [{ pseudo }, english] = await Promise.all([import('./pseudo'), load(group, 'en')]);
		return isolating(toRuntime(pseudo(english, language), language));
	}
	return isolating(toRuntime(await load(group, language), language));
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
