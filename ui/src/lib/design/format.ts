import type { Money } from '$bindings/Money';

// Everything a person reads as a number, a sum or a day. The language of the window is English
// for now; the formats follow it rather than the system, so that words and numbers agree.
const language = 'en-GB';

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

/** `EUR 84,000`; cents only when there are any. */
export function moneyText({ minor, currency }: Money): string {
	const digits = minorDigits(currency);
	const scale = 10 ** digits;
	const whole = minor % scale === 0;
	const number = new Intl.NumberFormat('en', {
		minimumFractionDigits: whole ? 0 : digits,
		maximumFractionDigits: whole ? 0 : digits
	}).format(minor / scale);
	return `${currency}\u00a0${number}`;
}

const dayYear = new Intl.DateTimeFormat(language, {
	day: 'numeric',
	month: 'short',
	year: 'numeric',
	timeZone: 'UTC'
});
const dayOnly = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const dayLong = new Intl.DateTimeFormat(language, {
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
	if (days === 0) return 'today';
	return days > 0 ? `${days} d left` : `${-days} d late`;
}

const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
const weekdayDay = new Intl.DateTimeFormat(language, { weekday: 'short', day: 'numeric', month: 'short' });
const fullMoment = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short' });
const momentDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
const momentYear = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' });

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
	return `${new Date(at).toDateString() === new Date(now).toDateString() ? 'at' : 'on'} ${whenText(at, now)}`;
}

/** A moment from now: `in 20 s`, `3 min ago`. Coarse on purpose; nothing on screen ticks. */
export function agoText(at: number, now: number = Date.now()): string {
	const seconds = Math.round((at - now) / 1000);
	const size = Math.abs(seconds);
	const amount =
		size < 60
			? `${size} s`
			: size < 3600
				? `${Math.round(size / 60)} min`
				: size < 86_400
					? `${Math.round(size / 3600)} h`
					: `${Math.round(size / 86_400)} d`;
	if (size < 5) return 'just now';
	return seconds < 0 ? `${amount} ago` : `in ${amount}`;
}

/** When something comes back: `at 16:20`, `Tue, 1 Dec at 09:00`. */
export function returnText(at: number, now: number = Date.now()): string {
	const then = new Date(at);
	if (then.toDateString() === new Date(now).toDateString()) return `at ${clock.format(then)}`;
	const day = then.getFullYear() === new Date(now).getFullYear() ? weekdayDay : momentYear;
	return `${day.format(then)} at ${clock.format(then)}`;
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

export const countText = (count: number): string => new Intl.NumberFormat('en').format(count);

/** `1 deal`, `2 deals`. */
export const plural = (count: number, one: string, many: string): string =>
	`${countText(count)}\u00a0${count === 1 ? one : many}`;

/** What a person is called where there is little room: the first word of the name. */
export const firstName = (name: string): string => name.split(' ')[0] || name;

/** The first `longest` characters, the last of them an ellipsis when there is more. Never cuts a character in two. */
export function shortened(text: string, longest: number): string {
	const characters = [...text];
	return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('').trimEnd()}…`;
}
