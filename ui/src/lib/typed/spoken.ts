import { language } from '$lib/language';
import type { Native } from './native';

const phrases = import.meta.glob<string>('./phrases/*.ts', { import: 'default' });
const own = phrases[`./phrases/${language}.ts`];

async function load(): Promise<Native | null> {
	if (!own) return null;
	const [{ nativeOf }, said] = await Promise.all([import('./native'), own()]);
	return nativeOf(language, said);
}

/** How people type in the language of this window; null in English, and until it is loaded. */
export let native: Native | null = null;

/** To be awaited before any field that reads it, like the words of the window. */
export async function loadNative(): Promise<void> {
	native = await load();
}
