/**
 * Days as people write them: "12 dec", "end of jan", "in 3 weeks", "next fri", "q1". A day that
 * names no year is the next such day, because close dates and due dates lie ahead. Days are
 * calendar days (`YYYY-MM-DD`); all arithmetic is in UTC so that no clock change can shift one.
 * Read in the language of the window (native.ts) and in English.
 */
import type { Native } from './native';
import { native } from './spoken';

const dayMs = 86_400_000;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const counts: Record<string, number> = {
	a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10
};

/** The calendar day it is here. */
export function localToday(now: Date = new Date()): string {
	return iso(utc(now.getFullYear(), now.getMonth(), now.getDate()));
}

/** The day that `typed` names, or null when it names none. */
export function parseDay(typed: string, today: string = localToday(), spoken: Native | null = native): string | null {
	return (spoken && readDay(spoken.moment(typed), today)) ?? readDay(typed, today);
}

function readDay(typed: string, today: string): string | null {
	const text = typed
		.toLowerCase()
		.normalize('NFKC')
		.replace(/[,]/g, ' ')
		.replace(/\s+/g, ' ')
		.trim();
	const from = fromIso(today);
	if (!text || from === null) return null;
	const found = relative(text, from) ?? edge(text, from) ?? weekday(text, from) ?? explicit(text, from);
	return found === null ? null : iso(found);
}

/** A day as somebody would type it into a field, year and all: `12 Dec 2026`, `12. Dez. 2026`. Empty stays empty. */
export function typedDay(day: string, spoken: Native | null = native): string {
	const [year, month, date] = day.split('-');
	const name = months[Number(month) - 1];
	const at = fromIso(day);
	if (!year || !date || !name || at === null) return day;
	if (spoken) {
		const options = { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' } as const;
		const text = new Intl.DateTimeFormat(spoken.locale, options).format(at);
		// What an engine writes otherwise than expected must not be put where it would not be read.
		if (parseDay(text, day, spoken) === day) return text;
	}
	return `${Number(date)} ${name[0]?.toUpperCase()}${name.slice(1)} ${year}`;
}

/** Whole days from `today` to `day`. */
export function daysUntil(day: string, today: string = localToday()): number | null {
	const a = fromIso(day);
	const b = fromIso(today);
	return a === null || b === null ? null : Math.round((a - b) / dayMs);
}

/** The day that comes `days` after `day`. */
export function addDays(day: string, days: number): string {
	const at = fromIso(day);
	return at === null ? day : iso(at + days * dayMs);
}

function relative(text: string, from: number): number | null {
	if (text === 'today' || text === 'tod') return from;
	if (text === 'tomorrow' || text === 'tom') return from + dayMs;
	if (text === 'yesterday') return from - dayMs;
	const words = /^(?:in |\+)?(\d{1,3}|[a-z]+) ?(d|days?|w|wks?|weeks?|m|mo|months?|y|yrs?|years?)$/.exec(text);
	const plain = /^\+(\d{1,3})$/.exec(text);
	if (plain) return from + Number(plain[1]) * dayMs;
	if (text === 'next week') return from + 7 * dayMs;
	if (text === 'next month') return addMonths(from, 1);
	if (text === 'next year') return addMonths(from, 12);
	if (!words) return null;
	const many = counts[words[1] ?? ''] ?? Number(words[1]);
	const unit = words[2] ?? '';
	if (!Number.isInteger(many)) return null;
	if (unit.startsWith('d')) return from + many * dayMs;
	if (unit.startsWith('w')) return from + many * 7 * dayMs;
	return addMonths(from, unit.startsWith('y') ? many * 12 : many);
}

/** "end of jan", "mid feb 2027", "start of next month", "eom", "eoq", "q1", "end of year". */
function edge(text: string, from: number): number | null {
	const short: Record<string, string> = {
		eow: 'end of week',
		eom: 'end of month',
		eoq: 'end of quarter',
		eoy: 'end of year'
	};
	const match = /^(end|mid|middle|start|beginning|begin|early|late)(?: of)?(?: the| this)? (.+)$/.exec(
		short[text] ?? (quarter(text, from) ? `end of ${text}` : text)
	);
	if (!match) return null;
	const period = periodOf(match[2] ?? '', from);
	if (!period) return null;
	const [start, end] = period;
	switch (match[1]) {
		case 'end':
		case 'late':
			return end;
		case 'mid':
		case 'middle':
			return start + Math.floor((end - start) / dayMs / 2) * dayMs;
		default:
			return start;
	}
}

/** First and last day of a named period that is not over yet. */
function periodOf(name: string, from: number): [number, number] | null {
	const now = new Date(from);
	const year = now.getUTCFullYear();
	const month = now.getUTCMonth();
	const span = (y: number, m: number, length: number): [number, number] => [
		utc(y, m, 1),
		utc(y, m + length, 0)
	];
	const next = name.startsWith('next ');
	switch (next ? name.slice(5) : name) {
		case 'week': {
			const monday = from - ((now.getUTCDay() + 6) % 7) * dayMs + (next ? 7 * dayMs : 0);
			return [monday, monday + 4 * dayMs];
		}
		case 'month':
			return span(year, month + (next ? 1 : 0), 1);
		case 'quarter':
			return span(year, month - (month % 3) + (next ? 3 : 0), 3);
		case 'year':
			return span(year + (next ? 1 : 0), 0, 12);
	}
	const known = quarter(name, from);
	if (known) return known;
	const named = /^([a-z]+)\.?(?: (\d{4}|'?\d{2}))?$/.exec(name);
	const index = named ? monthOf(named[1] ?? '') : null;
	if (named && index !== null) {
		const written = named[2] === undefined ? null : yearOf(named[2]);
		return span(written ?? (index < month ? year + 1 : year), index, 1);
	}
	return /^\d{4}$/.test(name) ? span(Number(name), 0, 12) : null;
}

function quarter(name: string, from: number): [number, number] | null {
	const match = /^q([1-4])(?: ?[/ ]?(\d{4}|'?\d{2}))?$/.exec(name);
	if (!match) return null;
	const start = (Number(match[1]) - 1) * 3;
	const now = new Date(from);
	const written = match[2] === undefined ? null : yearOf(match[2]);
	const over = start + 2 < now.getUTCMonth();
	const year = written ?? now.getUTCFullYear() + (over ? 1 : 0);
	return [utc(year, start, 1), utc(year, start + 3, 0)];
}

/** "fri", "next fri", "on friday". Today's own name means a week from now. */
function weekday(text: string, from: number): number | null {
	const match = /^(?:on |(next|this) )?([a-z]{3,9})\.?$/.exec(text);
	const name = match?.[2] ?? '';
	const index = weekdays.findIndex((day) => name.startsWith(day) && fullWeekday(day).startsWith(name));
	if (!match || index < 0) return null;
	const ahead = (index - new Date(from).getUTCDay() + 7) % 7 || 7;
	// "next fri" on a Monday is Friday of the week after this one.
	const monday = from - ((new Date(from).getUTCDay() + 6) % 7) * dayMs;
	if (match[1] === 'next') return monday + (7 + ((index + 6) % 7)) * dayMs;
	return from + ahead * dayMs;
}

function explicit(text: string, from: number): number | null {
	const full = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
	if (full) return real(Number(full[1]), Number(full[2]) - 1, Number(full[3]));

	const dayFirst = /^(\d{1,2})(?:st|nd|rd|th|\.)?(?: of)? ?([a-z]{3,9})\.?(?: (\d{4}|'?\d{2}))?$/.exec(text);
	if (dayFirst) return dated(dayFirst[1], monthOf(dayFirst[2] ?? ''), dayFirst[3], from);

	const monthFirst = /^([a-z]{3,9})\.? ?(\d{1,2})(?:st|nd|rd|th)?(?: (\d{4}))?$/.exec(text);
	if (monthFirst) return dated(monthFirst[2], monthOf(monthFirst[1] ?? ''), monthFirst[3], from);

	// Day before month, as most of the world writes it; the form prints what was understood.
	const numbers = /^(\d{1,2})[./-] ?(\d{1,2})[./-]? ?(\d{4}|\d{2})?$/.exec(text);
	if (numbers) {
		const [a, b] = [Number(numbers[1]), Number(numbers[2])];
		return b > 12 && a <= 12
			? dated(numbers[2], a - 1, numbers[3], from)
			: dated(numbers[1], b - 1, numbers[3], from);
	}

	const alone = monthOf(text);
	return alone === null ? null : (periodOf(text, from)?.[1] ?? null);
}

function dated(
	day: string | undefined,
	month: number | null,
	written: string | undefined,
	from: number
): number | null {
	if (month === null) return null;
	if (written !== undefined) return real(yearOf(written), month, Number(day));
	const year = new Date(from).getUTCFullYear();
	// Eight years, for the 29th of February.
	for (let ahead = 0; ahead <= 8; ahead++) {
		const found = real(year + ahead, month, Number(day));
		if (found !== null && found >= from) return found;
	}
	return null;
}

function monthOf(name: string): number | null {
	if (name.length < 3) return null;
	const index = months.indexOf(name.slice(0, 3));
	return index >= 0 && (fullMonth(index).startsWith(name) || name === 'sept') ? index : null;
}

function fullMonth(index: number): string {
	return [
		'january', 'february', 'march', 'april', 'may', 'june',
		'july', 'august', 'september', 'october', 'november', 'december'
	][index] as string;
}

function fullWeekday(short: string): string {
	const full: Record<string, string> = {
		sun: 'sunday', mon: 'monday', tue: 'tuesday', wed: 'wednesday', thu: 'thursday', fri: 'friday', sat: 'saturday'
	};
	return full[short] ?? '';
}

function yearOf(written: string): number {
	const digits = Number(written.replace("'", ''));
	return digits < 100 ? 2000 + digits : digits;
}

/** The last day of a shorter month stands in for a day it does not have. */
function addMonths(from: number, many: number): number {
	const at = new Date(from);
	const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth() + many, at.getUTCDate()];
	return Math.min(utc(year, month, day), utc(year, month + 1, 0));
}

function real(year: number, month: number, day: number): number | null {
	const at = utc(year, month, day);
	const back = new Date(at);
	const same = back.getUTCMonth() === month && back.getUTCDate() === day;
	return same && year >= 2000 && year < 2100 ? at : null;
}

const utc = (year: number, month: number, day: number): number => Date.UTC(year, month, day);
const iso = (at: number): string => new Date(at).toISOString().slice(0, 10);

function fromIso(day: string): number | null {
	const at = Date.parse(`${day}T00:00:00Z`);
	return Number.isNaN(at) ? null : at;
}
