import PO from 'pofile';
import { describe, expect, it } from 'vitest';
import { languages } from './language';

const catalogs: Record<string, string> = import.meta.glob('../locales/*.po', { query: '?raw', import: 'default', eager: true });
const read = (language: string) => PO.parse(catalogs[`../locales/${language}.po`] ?? '');
const english = read('en').items.filter((item) => !item.obsolete);
const others = Object.keys(languages).filter((language) => language !== 'en');
const keyOf = ({ msgid, msgctxt }: { msgid: string; msgctxt?: string }) => `${msgctxt ?? ''}\n${msgid}`;
/** What is put in, and what it stands in: `{0}`, `<0/>`, `<0>`, `%name`. */
const tokens = (text: string) => [...new Set(text.match(/\{\d+\}|<\/?\d+\/?>|%\w+/g) ?? [])].sort();

describe.each(others)('the words of %s', (language) => {
	const po = read(language);
	const forms = Number(/nplurals=(\d)/.exec(po.headers['Plural-Forms'] ?? '')?.[1]);
	const known = new Map(po.items.map((item) => [keyOf(item), item]));

	it('are all there', () => {
		const missing = english.filter((item) => !known.get(keyOf(item))?.msgstr.every(Boolean)).map((item) => item.msgid);
		expect(missing).toEqual([]);
	});

	it('take in what those of English do', () => {
		const different = english
			.filter((item) => !item.msgid_plural)
			.filter((item) => String(tokens(item.msgid)) !== String(tokens(known.get(keyOf(item))?.msgstr[0] ?? '')))
			.map((item) => [item.msgid, known.get(keyOf(item))?.msgstr[0]]);
		expect(different).toEqual([]);
	});

	it('have as many forms of a plural as the language', () => {
		const wrong = english
			.filter((item) => item.msgid_plural)
			.filter((item) => {
				const said = known.get(keyOf(item))?.msgstr ?? [];
				const same = said.every((form) => String(tokens(form)) === String(tokens(item.msgid_plural ?? '')));
				return said.length !== forms || !same || !said.at(-1)?.includes('#');
			})
			.map((item) => item.msgid);
		expect(wrong).toEqual([]);
	});

	it('have a rule for every count', () => {
		const rule = /plural=([^;]+);/.exec(po.headers['Plural-Forms'] ?? '')?.[1] ?? '';
		const numberOf = new Function('n', `return ${rule}`) as (count: number) => number;
		// What the engine knows of the language: one form for each of its categories.
		const categories = new Intl.PluralRules(language);
		const seen = new Map<string, Set<number>>();
		for (let count = 0; count <= 200; count++) {
			const category = categories.select(count);
			seen.set(category, (seen.get(category) ?? new Set()).add(numberOf(count)));
		}
		expect([...seen.values()].every((numbers) => numbers.size === 1)).toBe(true);
		expect(new Set([...seen.values()].flatMap((numbers) => [...numbers])).size).toBe(forms);
	});
});

it('has a catalog for every language, and for no other', () => {
	const named = Object.keys(catalogs).map((path) => /([^/]+)\.po$/.exec(path)?.[1]);
	expect(named.sort()).toEqual(Object.keys(languages).sort());
});
