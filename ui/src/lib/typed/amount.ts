import type { Money } from '$bindings/Money';
import { minorDigits } from '$lib/design/format';
import type { Native } from './native';
import { native } from './spoken';

/** Signs that stand for exactly one currency; `$` is whatever the program deals in. */
const signs: Record<string, string> = { r$: 'BRL', '€': 'EUR', '£': 'GBP', '¥': 'JPY', '₹': 'INR', '₩': 'KRW' };
const scales: Record<string, number> = { k: 1e3, m: 1e6, mio: 1e6, mn: 1e6, bn: 1e9 };
const largest = 2 ** 53;

/**
 * An amount as people write it: `41 500`, `41.5k`, `1,2m`, `41.500,00`, `USD 41,500`, `€ 41'500`.
 * Null when it is no amount, negative, or more than can be counted exactly. Read in the language of the window and in
 * English.
 */
export function parseAmount(typed: string, currency: string, spoken: Native | null = native): Money | null {
	const marks = marksOf(spoken?.locale ?? 'en');
	return (spoken && readAmount(spoken.amount(typed), currency, marks)) ?? readAmount(typed, currency, marks);
}

interface Marks {
	decimal: string;
	group: string;
}

function marksOf(locale: string): Marks {
	const parts = new Intl.NumberFormat(locale).formatToParts(12_345.6);
	const mark = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
	return { decimal: mark('decimal'), group: mark('group') };
}

function readAmount(typed: string, currency: string, marks: Marks): Money | null {
	let text = typed.normalize('NFKC').trim().toLowerCase();
	let code = currency;

	for (const [sign, meant] of Object.entries(signs)) {
		if (text.includes(sign)) {
			code = meant;
			text = text.replace(sign, '').trim();
		}
	}
	text = text.replace('$', '').trim();
	const named = /^([a-z]{3})\s*(?=\d)|(?<=\d|\s|k|m)\s*([a-z]{3})$/.exec(text);
	const word = named?.[1] ?? named?.[2];
	if (named && word && !(word in scales)) {
		code = word.toUpperCase();
		text = text.replace(named[0], '').trim();
	}

	const parts = /^(\d[\d\s.,'’_]*?)\s*(k|m|mio|mn|bn)?$/.exec(text);
	if (!parts) return null;
	const number = readNumber(parts[1] ?? '', parts[2] !== undefined, minorDigits(code) === 3, marks);
	if (number === null) return null;
	const scaled = number * (scales[parts[2] ?? ''] ?? 1) * 10 ** minorDigits(code);
	const minor = Math.round(scaled);
	return minor < largest ? { minor, currency: code } : null;
}

/** An amount the way it is typed back into a field: `41,500` or `41,500.50`, `41.500,50` where that is how it is written. */
export function amountText({ minor, currency }: Money, spoken: Native | null = native): string {
	const digits = minorDigits(currency);
	const whole = minor % 10 ** digits === 0;
	return new Intl.NumberFormat(spoken?.locale ?? 'en', {
		minimumFractionDigits: whole ? 0 : digits,
		maximumFractionDigits: whole ? 0 : digits
	}).format(minor / 10 ** digits);
}

function readNumber(written: string, scaled: boolean, thousandths: boolean, marks: Marks): number | null {
	const text = written.replace(/[\s'’_]/g, '');
	const last = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
	if (last < 0) return Number(text);

	const mark = text.charAt(last);
	const other = mark === '.' ? ',' : '.';
	const repeated = text.indexOf(mark) !== last;
	const tail = text.slice(last + 1);
	// `41.500` groups thousands, `41.5k` and `41.50` do not; with both marks the last one decides. What the language of
	// the window groups by, it groups by before a word as well: `1.200 Mio.`
	const decimal =
		!repeated &&
		(text.includes(other) ||
			tail.length !== 3 ||
			(scaled && mark !== marks.group) ||
			(thousandths && mark === marks.decimal));
	const digits = decimal ? text.slice(0, last) : text;
	if (repeated && text.includes(other) && text.indexOf(other) < text.indexOf(mark)) return null;
	if (!grouped(digits)) return null;
	const plain = digits.replace(/[.,]/g, '') + (decimal ? `.${tail}` : '');
	return /^\d+(\.\d*)?$/.test(plain) ? Number(plain) : null;
}

/** Groups, where there are any, are three digits long. */
function grouped(digits: string): boolean {
	const groups = digits.split(/[.,]/);
	return groups.length === 1 || (groups[0] !== '' && groups.slice(1).every((group) => group.length === 3));
}
