// What holds for every language; what is typed in each of them stands in native/.
import PO from 'pofile';
import { describe, expect, it } from 'vitest';
import { languages } from '$lib/language';
import { amountText, parseAmount } from './amount';
import { parseDay, typedDay } from './day';
import { parseMoment } from './moment';
import { k, moment, natives, now, of, today } from './native/reads';

describe.each([...natives.keys()])('in %s', (language) => {
	it('reads English besides', () => {
		expect(parseDay('end of jan', today, of(language))).toBe('2027-01-31');
		expect(parseDay('12 dec', today, of(language))).toBe('2026-12-12');
		expect(parseDay('dec 12', today, of(language))).toBe('2026-12-12');
		expect(parseDay('next fri', today, of(language))).toBe('2026-12-04');
		expect(parseDay('in 6 weeks', today, of(language))).toBe('2027-01-07');
		expect(moment('tue 9', language)).toBe('12-1 09:00');
		for (const preset of ['later today', 'tomorrow', 'next week', 'when they reply']) {
			expect(moment(preset, language)).toBe(moment(preset, 'en'));
		}
		expect(parseAmount('41.5k', 'EUR', of(language))).toEqual({ minor: 41.5 * k, currency: 'EUR' });
		expect(parseAmount('41.500k', 'EUR', null)).toEqual({ minor: 41.5 * k, currency: 'EUR' });
	});
});

describe.each(Object.keys(languages))('what is put into a field in %s', (language) => {
	it('is read as the same day', () => {
		for (let month = 1; month <= 12; month++) {
			for (const date of ['01', '12', '28']) {
				const day = `2027-${String(month).padStart(2, '0')}-${date}`;
				const text = typedDay(day, of(language));
				expect(parseDay(text, today, of(language)), text).toBe(day);
				const options = { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' } as const;
				if (language !== 'en') expect(text).toBe(new Intl.DateTimeFormat(of(language)?.locale, options).format(new Date(day)));
			}
		}
		expect(typedDay('', of(language))).toBe('');
	});

	it('is read as the same amount', () => {
		for (const currency of ['EUR', 'JPY', 'KWD']) {
			for (const minor of [0, 7, 500, 41_500, 41_500_50, 41_500_00, 1_234_567_89]) {
				const text = amountText({ minor, currency }, of(language));
				expect(parseAmount(text, currency, of(language)), text).toEqual({ minor, currency });
			}
		}
	});
});

const catalogs = import.meta.glob<string>('../../locales/*.po', { query: '?raw', import: 'default', eager: true });

describe.each([...natives.keys()])('the examples shown in %s', (language) => {
	const { items } = PO.parse(catalogs[`../../locales/${language}.po`] ?? '');
	const shown = items
		.filter((item) => /41\.5k|12 dec|end of jan|tue 9|30 jan/.test(item.msgid))
		.flatMap((item) => [...(item.msgstr[0] ?? '').matchAll(/[“„「«]\s?(.+?)\s?[“”」»]/g)].map((match) => match[1] ?? ''));

	it('are read', () => {
		expect(shown.length).toBeGreaterThan(15);
		for (const typed of shown) {
			const spoken = of(language);
			const read = parseDay(typed, today, spoken) ?? parseMoment(typed, now, spoken) ?? parseAmount(typed, 'EUR', spoken);
			expect(read, typed).not.toBeNull();
		}
	});
});

it('writes a day as it is written there', () => {
	expect(typedDay('2026-12-05', of('de'))).toBe('5. Dez. 2026');
	expect(typedDay('2026-12-05', of('fr'))).toBe('5 déc. 2026');
	expect(typedDay('2026-12-05', of('es'))).toBe('5 dic 2026');
	expect(typedDay('2026-12-05', of('pt-BR'))).toBe('5 de dez. de 2026');
	expect(typedDay('2026-12-05', of('ja'))).toBe('2026年12月5日');
	expect(typedDay('2026-12-05', of('ar'))).toBe('5 ديسمبر 2026');
	expect(typedDay('2026-12-05', of('ar-XB'))).toBe('5 Dec 2026');
});

it('knows every language of the window', () => {
	expect([...natives.keys(), 'en'].sort()).toEqual(Object.keys(languages).sort());
	const tables = Object.keys(import.meta.glob('./native/*.test.ts')).map((path) => /([^/]+)\.test\.ts$/.exec(path)?.[1]);
	expect([...natives.keys()].sort()).toEqual(tables.sort());
});

it('does not read another language than that of the window', () => {
	expect(parseDay('übermorgen', today, of('en'))).toBeNull();
	expect(parseDay('übermorgen', today, of('fr'))).toBeNull();
	expect(parseDay('mañana', today, of('de'))).toBeNull();
	expect(parseDay('12月5日', today, of('en'))).toBeNull();
});
