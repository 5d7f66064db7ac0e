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
	const isolated = (value: unknown) => (typeof value === 'string' ? `\u2068${value}\u2069` : value);
	return Object.assign((id: number, values?: unknown[]) => words(id, values?.map(isolated)), words);
}

/** Marks words in a script that the rules in wuchale.config.js would take for names: these are translated. */
export const spoken = (words: string): string => words;
