import { describe, expect, it } from 'vitest';
import { parseMoment } from './moment';

// Thursday, 26 November 2026, twenty past two in the afternoon.
const now = new Date(2026, 10, 26, 14, 20);

function read(typed: string): string | null {
	const moment = parseMoment(typed, now);
	if (moment === null || moment === 'news') return moment;
	const at = new Date(moment.at);
	const two = (part: number) => String(part).padStart(2, '0');
	return `${at.getMonth() + 1}-${at.getDate()} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

describe('a moment as people write it', () => {
	it.each([
		['tue 9', '12-1 09:00'],
		['Tue at 9:30', '12-1 09:30'],
		['tue 2', '12-1 14:00'],
		['tue 2am', '12-1 02:00'],
		['tomorrow', '11-27 09:00'],
		['tomorrow 17:45', '11-27 17:45'],
		['tomorrow afternoon', '11-27 14:00'],
		['in 3 days', '11-29 09:00'],
		['in 3 days at 4pm', '11-29 16:00'],
		['tomorrow at 4 pm', '11-27 16:00'],
		['next week', '11-30 09:00'],
		['next week 11', '11-30 11:00'],
		['12 dec', '12-12 09:00'],
		['dec 12 8:15', '12-12 08:15'],
		['in 2 hours', '11-26 16:20'],
		['30 min', '11-26 14:50'],
		['later today', '11-26 17:20'],
		['16:00', '11-26 16:00'],
		['9', '11-27 09:00'],
		['tonight', '11-26 20:00'],
		['this evening', '11-26 18:00'],
		['when they reply', 'news'],
		['when Orla replies', 'news'],
		['until he answers', 'news']
	])('%s', (typed, expected) => {
		expect(read(typed)).toBe(expected);
	});

	it.each(['', 'soon', 'yesterday', 'today 9', 'tue 25', '13pm', 'tue 9:75', 'blue 9', '2020-01-01'])(
		'is not guessed from %j',
		(typed) => {
			expect(read(typed)).toBeNull();
		}
	);
});
