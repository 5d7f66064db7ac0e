import type { Money } from '$bindings/Money';
import { locale } from '$lib/language';
import { spoken } from '$lib/words';

// Everything a person reads as a number, a sum or a day. The formats follow the language of the window
// rather than the system, so that words and numbers agree.

const fractions = new Map<string, number>();

/** Digits after the decimal point that a currency has; two when the code is unknown. */
export function minorDigits(currency: string): number {
	let digits = fractions.get(currency);
	if (digits === undefined) {
		try {
			const options = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
			digits = options.maximumFractionDigits ?? 2;
		} catch {
			digits = 2;
		}
		fractions.set(currency, digits);
	}
	return digits;
}

/** `EUR 84,000`, or `84.000 EUR` where that is how it is written; cents only when there are any. */
export function moneyText({ minor, currency }: Money): string {
	const digits = minorDigits(currency);
	const scale = 10 ** digits;
	const whole = minor % scale === 0;
	const shown = whole ? 0 : digits;
	const options = { minimumFractionDigits: shown, maximumFractionDigits: shown };
	const known = /^[A-Z]{3}$/.test(currency);
	const style = known ? ({ style: 'currency', currency, currencyDisplay: 'code' } as const) : {};
	const text = new Intl.NumberFormat(locale, { ...style, ...options }).format(minor / scale);
	return known ? text : `${currency}\u00a0${text}`;
}

const dayYear = new Intl.DateTimeFormat(locale, {
	day: 'numeric',
	month: 'short',
	year: 'numeric',
	timeZone: 'UTC'
});
const dayOnly = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const dayLong = new Intl.DateTimeFormat(locale, {
	weekday: 'short',
	day: 'numeric',
	month: 'short',
	year: 'numeric',
	timeZone: 'UTC'
});

/** A calendar day (`2026-12-12`) as `12 Dec`; with the year only where one could take it for another. */
export function dayText(day: string, today: Date = new Date()): string {
	const at = new Date(`${day}T00:00:00Z`);
	if (Number.isNaN(at.getTime())) return day;
	const away = (at.getTime() - today.getTime()) / 86_400_000;
	return (away > -90 && away < 275 ? dayOnly : dayYear).format(at);
}

/** A calendar day in full: `Sat, 12 Dec 2026`. */
export function dayFull(day: string): string {
	const at = new Date(`${day}T00:00:00Z`);
	return Number.isNaN(at.getTime()) ? day : dayLong.format(at);
}

/** `today`, `3 d left`, `2 d late`. */
export function daysLeftText(days: number): string {
	if (days === 0) return spoken('today');
	return days > 0 ? spoken(`${days} d left`) : spoken(`${-days} d late`);
}

/** `Thursday 26 November`: what day it is. */
export const dayOfToday = (now: Date = new Date()): string =>
	new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(now);

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const weekdayDay = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short' });
const fullMoment = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });
const momentDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const momentYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });

export const clockText = (at: number): string => clock.format(at);
export const momentText = (at: number): string => fullMoment.format(at);

/** A moment, short: the time today, the day otherwise. */
export function whenText(at: number, now: number = Date.now()): string {
	const then = new Date(at);
	const today = new Date(now);
	if (then.toDateString() === today.toDateString()) return clock.format(then);
	return (then.getFullYear() === today.getFullYear() ? momentDay : momentYear).format(then);
}

/** A moment as a part of a sentence: `at 12:14`, `on 30 Sept`. */
export function onText(at: number, now: number = Date.now()): string {
	const when = whenText(at, now);
	return new Date(at).toDateString() === new Date(now).toDateString() ? spoken(`at ${when}`) : spoken(`on ${when}`);
}

/** A moment from now: `in 20 s`, `3 min ago`. Coarse on purpose; nothing on screen ticks. */
export function agoText(at: number, now: number = Date.now()): string {
	const seconds = Math.round((at - now) / 1000);
	const size = Math.abs(seconds);
	const past = seconds < 0;
	if (size < 5) return spoken('just now');
	if (size < 60) return past ? spoken(`${size} s ago`) : spoken(`in ${size} s`);
	const minutes = Math.round(size / 60);
	if (size < 3600) return past ? spoken(`${minutes} min ago`) : spoken(`in ${minutes} min`);
	const hours = Math.round(size / 3600);
	if (size < 86_400) return past ? spoken(`${hours} h ago`) : spoken(`in ${hours} h`);
	const days = Math.round(size / 86_400);
	return past ? spoken(`${days} d ago`) : spoken(`in ${days} d`);
}

/** When something comes back: `at 16:20`, `Tue, 1 Dec at 09:00`. */
export function returnText(at: number, now: number = Date.now()): string {
	const then = new Date(at);
	if (then.toDateString() === new Date(now).toDateString()) return spoken(`at ${clock.format(then)}`);
	const day = then.getFullYear() === new Date(now).getFullYear() ? weekdayDay : momentYear;
	return spoken(`${day.format(then)} at ${clock.format(then)}`);
}

/** Heading of a day in a conversation. */
export function daySection(at: number, now: number = Date.now()): string {
	const day = new Date(at).toDateString();
	if (day === new Date(now).toDateString()) return 'Today';
	if (day === new Date(now - 86_400_000).toDateString()) return 'Yesterday';
	const then = new Date(at);
	return then.getFullYear() === new Date(now).getFullYear()
		? weekdayDay.format(then)
		: momentYear.format(then);
}

const wholeNumber = new Intl.NumberFormat(locale);
const oneDigit = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const countText = (count: number): string => wholeNumber.format(count);
/** `3.4`: one digit after the point. */
export const decimalText = (value: number): string => oneDigit.format(value);

const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 });
/** Basis points as percent: `12.5%`. */
export const percentText = (basisPoints: number): string => percent.format(basisPoints / 10_000);

const lists = new Intl.ListFormat(locale, { type: 'unit', style: 'short' });
/** `a, b, c`, as the language lists things. */
export const listText = (parts: readonly string[]): string => lists.format(parts);

const comma = locale.startsWith('ar') ? '، ' : locale.startsWith('ja') ? '、' : ', ';
/** `Us, Priya Nair`: who it is in particular stands behind a comma, not behind an "and" as in a list. */
export const namedText = (whose: string, name: string): string => `${whose}${comma}${name}`;

const english = (count: number): number => (count === 1 ? 0 : 1);

/**
 * `plural(2, ['# deal', '# deals'])` is `2 deals`. Written with the two forms of English; `rule` and the forms of
 * another language are put in when its words are. `values` stand where their names do: `%name`.
 */
export function plural(
	count: number,
	forms: readonly string[] | string,
	values: Record<string, string> = {},
	rule: (count: number) => number = english
): string {
	// A language with one form has no list.
	const form = typeof forms === 'string' ? forms : (forms[rule(count)] ?? forms.at(-1) ?? '');
	return form
		.replace(/#( ?)/, (_, space: string) => countText(count) + (space && '\u00a0'))
		.replace(/%(\w+)/g, (token, name: string) => values[name] ?? token);
}

/** What a person is called where there is little room: the first word of the name. */
export const firstName = (name: string): string => name.trim().split(/\s+/)[0] || name;

/** The first `longest` characters, the last of them an ellipsis when there is more. Never cuts a character in two. */
export function shortened(text: string, longest: number): string {
	const characters = [...text];
	return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('').trimEnd()}…`;
}
