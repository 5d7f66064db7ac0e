// @wc-ignore-file
import toRuntime, { type CatalogModule, type Runtime } from 'wuchale/runtime';
import { language } from './language';

type Load = (group: string, language: string) => Promise<CatalogModule>;

/** Loads the words of one group. The modules that use them wait for this before they run. */
export async function loadWords(group: string, load: Load): Promise<Runtime> {
	if (language === 'en-XA' || language === 'ar-XB') {
		const [{ pseudo }, english] = await Promise.all([import('./pseudo'), load(group, 'en')]);
		return toRuntime(pseudo(english, language), language);
	}
	return toRuntime(await load(group, language), language);
}

/** Marks words in a script that begin with a small letter, so that they are found and translated. */
export const spoken = (words: string): string => words;
