/**
 * What people type in the language of their window, turned into the English that day.ts, moment.ts and amount.ts read.
 * Names of months and weekdays are the engine's own; phrases are in phrases/. What is not known stays as it is, so that
 * the parsers refuse it: nothing is guessed.
 *
 * A file of phrases has one a line: the English, then what is said for it, as a pattern of whole words without accents.
 * They are exchanged one after the other. The first line has the words for 10^9, 10^6 and 10^3, each behind `$`; the
 * second, behind `?`, what stands for "when they reply". Behind `#` are the numbers from one; what has nothing before
 * its `=` says nothing.
 */

/** How people type in one language. */
export interface Native {
	/** What numbers and days are written by. */
	locale: string;
	/** What was typed for a day or a moment, in English as far as it is understood. */
	moment: (typed: string) => string;
	/** What was typed for an amount, likewise. */
	amount: (typed: string) => string;
}

// Names of months differ between countries.
const more: Record<string, string[]> = { de: ['de-AT'], ar: ['ar-SY', 'ar-DZ', 'ar-MA'] };
const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const weekdays = 'sun mon tue wed thu fri sat'.split(' ');
const month = `(?:${months.join('|')})`;
const day = `(?:${weekdays.join('|')})`;

interface Known {
	scales: RegExp[];
	reply: RegExp;
	rules: [RegExp, string][];
}

/** How people type in `spoken`, by its phrases. */
export function nativeOf(spoken: string, phrases: string): Native {
	const table = learn(spoken, phrases);
	return {
		locale: `${spoken}-u-nu-latn`,
		moment: (typed) => inEnglish(typed, spoken, table),
		amount: (typed) => amountInEnglish(typed, spoken, table)
	};
}

/** Without accents, dots of abbreviations and marks of direction; digits are those of Europe. */
const plain = (text: string): string =>
	text
		.normalize('NFKD')
		.replace(/[\p{M}\p{Cf}]/gu, '')
		.replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 15))
		.replace(/ة/g, 'ه')
		.replace(/ى/g, 'ي')
		.replace(/\u0131/g, 'i');

/** The same, of what was typed. */
function folded(typed: string, spoken: string): string {
	const text = plain(typed.toLowerCase()).replace(/(?<=\p{L})\./gu, '').replace(/(?<=\p{L})['’-](?=\p{L})/gu, ' ');
	// Who has no umlauts types `naechsten`, `Maerz`.
	return spoken === 'de' ? text.replace(/([aou])e(?!u)/g, '$1') : text;
}

function learn(spoken: string, phrases: string): Known {
	const lines = plain(phrases).split('\n');
	// Words without spaces between them.
	const loose = spoken === 'ja';
	const rule = (english: string, said: string): [RegExp, string] =>
		loose
			? [new RegExp(said, 'gu'), ` ${english} `]
			: [new RegExp(`(?<!\\p{L})${spoken === 'ar' ? '(?:ال)?' : ''}(?:${said})(?![\\p{L}\\d])`, 'gu'), english];

	const rules: [RegExp, string][] = [];
	for (const line of lines.slice(2)) {
		const at = line.indexOf('=');
		if (line.startsWith('#')) line.slice(1).split(' ').forEach((word, index) => rules.push(rule(String(index + 1), word)));
		else rules.push(rule(line.slice(0, at), line.slice(at + 1)));
	}
	return {
		scales: (lines[0] ?? '')
			.split(/ ?\$/)
			.slice(1)
			.map((said) => new RegExp(`(?<=\\d ?)(?:${said || '(?!)'})(?=eur|[^\\p{L}]|$)`, 'gu')),
		reply: new RegExp(`^(?:${(lines[1] ?? '').slice(1)})$`, 'u'),
		rules: [...rules, ...names(spoken, rule)]
	};
}

/** The names of months and weekdays; in alphabets with short names, a month may be cut as long as it is no other. */
function names(spoken: string, rule: (english: string, said: string) => [RegExp, string]): [RegExp, string][] {
	const found = { day: new Map<string, string>(), month: new Map<string, string>() };
	const learned = (kind: 'day' | 'month', english: string, at: number, options: Intl.DateTimeFormatOptions): void => {
		for (const tag of [spoken, ...(more[spoken] ?? [])]) {
			const format = new Intl.DateTimeFormat(`${tag}-u-ca-gregory-nu-latn`, { ...options, timeZone: 'UTC' });
			found[kind].set(folded(format.format(at), spoken).replace(' feira', ''), english);
		}
	};
	for (const style of ['long', 'short'] as const) {
		// The first of January 2023 was a Sunday.
		weekdays.forEach((english, index) => learned('day', english, Date.UTC(2023, 0, 1 + index), { weekday: style }));
		months.forEach((english, index) => learned('month', english, Date.UTC(2023, index), { month: style }));
	}
	if (spoken === 'ja') for (const [name, english] of [...found.day]) found.day.set(name.replace(/曜日$/, '曜'), english);
	else if (spoken !== 'ar') {
		const whole = [...found.month];
		for (const [name, english] of whole) {
			for (let length = 3; length < name.length; length++) {
				const cut = name.slice(0, length);
				if (whole.every(([other, meant]) => meant === english || !other.startsWith(cut))) found.month.set(cut, english);
			}
		}
	}

	const longest = ([a]: [string, string], [b]: [string, string]): number => b.length - a.length;
	const both = [...found.day].filter(([name]) => found.month.has(name));
	return [
		// "mar" is Tuesday; beside a day or a year it is March.
		...both.map(([name, english]) => rule(english, `(?<!\\d\\.? |end |mid |start )${name}(?! 20\\d\\d)`)),
		...[...found.month].sort(longest).map(([name, english]) => rule(english, `(?<!\\d)${name}`)),
		...[...found.day]
			.filter(([name]) => !found.month.has(name))
			.sort(longest)
			// A single sign of Japanese is a weekday only where it stands alone.
			.map(([name, english]) => rule(english, name.length === 1 ? `(?<![\\p{L}\\d])${name}(?=\\s|\\d|$)` : name))
	];
}

function inEnglish(typed: string, spoken: string, table: Known): string {
	let text = folded(typed, spoken).replace(/[,،、\s]+/g, ' ').trim();
	if (table.reply.test(text)) return 'when they reply';
	for (const [pattern, english] of table.rules) text = text.replace(pattern, english);
	return text
		.replace(/\s+/g, ' ')
		.trim()
		.replace(new RegExp(`\\b(?:day (?=${day})|month (?=${month}))`), '')
		.replace(new RegExp(`\\b(today|${day}) tomorrow\\b`), '$1 morning')
		.replace(new RegExp(`\\b(week|month|quarter|year|${day}) next\\b`), 'next $1')
		.replace(new RegExp(`\\bnext week (?=${day})`), 'next ')
		.replace(/\b([1-4])\.? quarter\b/, 'q$1')
		.replace(/^(morning|noon|afternoon|evening|tonight) (.+)/, '$2 $1')
		.replace(/^(.+) (end|mid|start)$/, '$2 $1')
		.replace(/\bin (day|week|month|year|hour)\b/, 'in 1 $1')
		.replace(/^in (?!\d|half)/, '')
		.replace(new RegExp(`^in (?=\\d+\\.? ${month})`), '')
		.replace(/^(today later|later today)$/, 'later');
}

const units: Record<string, number> = { 億: 1e8, 百万: 1e6, 万: 1e4, 千: 1e3, '': 1 };

function amountInEnglish(typed: string, spoken: string, table: Known): string {
	let text = folded(typed, spoken)
		.replace(/٬/g, '')
		// Never three digits long, which would be taken for thousands.
		.replace(/٫(\d+)/, (_, tail: string) => `.${tail}000`)
		.trim();
	['bn', 'mio', 'k'].forEach((english, index) => (text = text.replace(table.scales[index] ?? /(?!)/, english)));
	text = text
		.replace(/(?<=\p{L}|\s)d(?:e|u)? (?=\p{L})/gu, '')
		.replace(/euros?(?!\p{L})|يورو|ユーロ/u, ' eur')
		// ドル, folded.
		.replace(/dollars?|dolar(?:es)?|دولار|トル/u, '$$')
		.replace(/円/, ' jpy')
		.replace(/reais|real(?!\p{L})/u, ' brl');
	// 1億2000万, 4.15万: each part by its unit, the larger before the smaller.
	return text.replace(/(?:[\d.,]+(?:億|百万|万|千))+[\d.,]*/, (written) => {
		const parts = [...written.matchAll(/([\d.,]+)(億|百万|万|千|)/g)];
		const sizes = parts.map(([, , unit = '']) => units[unit] ?? 1);
		if (sizes.some((size, at) => at > 0 && size >= (sizes[at - 1] ?? 0))) return written;
		const sum = parts.reduce((total, [, number = ''], at) => total + Number(number.replace(/,(?=\d{3})/g, '')) * (sizes[at] ?? 1), 0);
		return String(Math.round(sum * 1000) / 1000);
	});
}
