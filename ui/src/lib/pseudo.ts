import type { CatalogModule } from 'wuchale/runtime';
import type { PseudoLanguage } from './language';

type Words = CatalogModule['c'][number];

const accented = new Map([...'aeiouycnszAEIOUYCNSZ'].map((plain, at) => [plain, [...'åéîöûýçñšžÅÉÎÖÛÝÇÑŠŽ'][at] ?? plain]));

/** Brackets show where words begin and end, the padding what two fifths more would take. */
function stretched(text: string): string {
	if (!/\p{L}/u.test(text)) return text;
	const letters = [...text].map((letter) => accented.get(letter) ?? letter).join('');
	return `[${letters}${'·'.repeat(Math.ceil(text.length * 0.4))}]`;
}

/** Shown from right to left, letter by letter, as Arabic is. */
const mirrored = (text: string): string => (/\p{L}/u.test(text) ? `\u202e${text}\u202c` : text);

/** The words of a group as one of the made-up languages has them. */
export function pseudo(words: CatalogModule, as: PseudoLanguage): CatalogModule {
	const change = as === 'en-XA' ? stretched : mirrored;
	const changed = (entry: Words): Words =>
		(typeof entry === 'string' ? change(entry) : Array.isArray(entry) ? entry.map((part) => changed(part as Words)) : entry) as Words;
	return { ...words, c: words.c.map(changed) };
}
