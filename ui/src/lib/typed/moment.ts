/**
 * Moments as people write them when they put something off: "tue 9", "tomorrow", "in 3 days", "next
 * week", "in 2 hours", "when they reply". A day without a time means nine in the morning, an hour
 * from one to six without more means the afternoon. Moments are by this device's clock. Read in the language of the
 * window (native.ts) and in English.
 */
import { localToday, parseDay } from './day';
import type { Native } from './native';
import { native } from './spoken';

/** The hour at which a day without a time begins. */
const morning = 9;
const hourMs = 3_600_000;
const named: Record<string, number> = { morning, noon: 12, midday: 12, afternoon: 14, evening: 18, tonight: 20 };

/** What was understood: a moment in milliseconds since 1970, or `news` for "when they reply". */
export type Moment = { at: number } | 'news';

/** The moment that `typed` names, or null when it names none that lies ahead. */
export function parseMoment(typed: string, now: Date = new Date(), spoken: Native | null = native): Moment | null {
	return (spoken && readMoment(spoken.moment(typed), now)) ?? readMoment(typed, now);
}

function readMoment(typed: string, now: Date): Moment | null {
	const text = typed.toLowerCase().normalize('NFKC').replace(/[,]/g, ' ').replace(/\s+/g, ' ').replace(/(\d) (am|pm)\b/, '$1$2').trim();
	if (!text) return null;
	if (/^(when|once|until|till) .*(repl(y|ies)|answers?|writes?|responds?)$/.test(text)) return 'news';
	const at = span(text, now) ?? atDay(text, null, now) ?? atTime(text, now);
	return at !== null && at > now.getTime() ? { at } : null;
}

/** "in 2 hours", "in 30 min", "later today". */
function span(text: string, now: Date): number | null {
	if (text === 'later' || text === 'later today' || text === 'today') return now.getTime() + 3 * hourMs;
	const match = /^(?:in |\+)?(\d{1,3}|an?|half an) ?(h|hrs?|hours?|min|mins|minutes?)$/.exec(text);
	if (!match) return null;
	const written = match[1] ?? '';
	const many = written === 'half an' ? 0.5 : written.startsWith('a') ? 1 : Number(written);
	return now.getTime() + many * ((match[2] ?? '').startsWith('h') ? hourMs : 60_000);
}

function atDay(text: string, time: [number, number] | null, now: Date): number | null {
	const monday = text === 'next week' ? 'next monday' : text;
	const day = parseDay(monday, localToday(now), null);
	if (day === null) return null;
	const [year, month, date] = day.split('-').map(Number);
	const [hour, minute] = time ?? [morning, 0];
	// By the parts, so that nine stays nine across a clock change.
	return new Date(year ?? 0, (month ?? 1) - 1, date, hour, minute).getTime();
}

/** A time at the end, with or without a day before it. */
function atTime(text: string, now: Date): number | null {
	const match = /^(?:(.*) )?(?:at |@ ?)?(?:(\d{1,2})(?:[:.h](\d{2}))? ?(am|pm|h)?|(?:in the |this )?([a-z]+))$/.exec(text);
	if (!match) return null;
	const time = match[5] === undefined ? clock(match[2], match[3], match[4]) : hour(named[match[5]]);
	if (!time) return null;
	const before = (match[1] ?? '').replace(/ ?\b(at|in the|this)$/, '').trim();
	if (before) return atDay(before, time, now);
	const today = atDay('today', time, now);
	return today !== null && today > now.getTime() ? today : atDay('tomorrow', time, now);
}

const hour = (at: number | undefined): [number, number] | null => (at === undefined ? null : [at, 0]);

function clock(hours = '', minutes = '00', half: string | undefined): [number, number] | null {
	const [written, minute] = [Number(hours), Number(minutes)];
	if (written > 23 || minute > 59) return null;
	if (half === 'am' || half === 'pm') {
		if (written < 1 || written > 12) return null;
		return [(written % 12) + (half === 'pm' ? 12 : 0), minute];
	}
	const bare = half === undefined && hours.length === 1 && written >= 1 && written <= 6;
	return [bare ? written + 12 : written, minute];
}
