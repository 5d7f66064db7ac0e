import { language } from '$lib/language';
import type { Native } from './native';

const phrases = import.meta.glob<string>('./phrases/*.ts', { import: 'default' });
const own = phrases[`./phrases/${language}.ts`];

async function load(): Promise<Native | null> {
	if (!own) return null;
	const [{ nativeOf }, said] = await Promise.all([import('./native'), own()]);
	return nativeOf(language, said);
}

/** How people type in the language of this window; null in English. There before any field that reads it, like its words. */
export const native: Native | null = await load();
