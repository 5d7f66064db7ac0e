import { describe, expect, it } from 'vitest';
import { daysUntil, localToday, parseDay, typedDay } from './day';

// A Thursday.
const today = '2026-11-26';

describe('a day as people write it', () => {
	it.each([
		['today', '2026-11-26'],
		['Tomorrow', '2026-11-27'],
		['in 3 weeks', '2026-12-17'],
		['in two weeks', '2026-12-10'],
		['10 days', '2026-12-06'],
		['+14', '2026-12-10'],
		['2w', '2026-12-10'],
		['in 3 months', '2027-02-26'],
		['next week', '2026-12-03'],
		['12 dec', '2026-12-12'],
		['12. Dec.', '2026-12-12'],
		['dec 12', '2026-12-12'],
		['12th of december', '2026-12-12'],
		['December 12, 2027', '2027-12-12'],
		['3 jan', '2027-01-03'],
		['26 nov', '2026-11-26'],
		['25 nov', '2027-11-25'],
		['12 dec 27', '2027-12-12'],
		["12 dec '27", '2027-12-12'],
		['end of jan', '2027-01-31'],
		['end jan', '2027-01-31'],
		['end of feb 2028', '2028-02-29'],
		['mid feb', '2027-02-14'],
		['start of march', '2027-03-01'],
		['early mar', '2027-03-01'],
		['end of month', '2026-11-30'],
		['eom', '2026-11-30'],
		['end of next month', '2026-12-31'],
		['end of this month', '2026-11-30'],
		['eoq', '2026-12-31'],
		['end of next quarter', '2027-03-31'],
		['q1', '2027-03-31'],
		['end of q4', '2026-12-31'],
		['q2 2027', '2027-06-30'],
		['start of q1', '2027-01-01'],
		['eoy', '2026-12-31'],
		['end of year', '2026-12-31'],
		['end of 2027', '2027-12-31'],
		['fri', '2026-11-27'],
		['thursday', '2026-12-03'],
		['next fri', '2026-12-04'],
		['this sunday', '2026-11-29'],
		['eow', '2026-11-27'],
		['feb', '2027-02-28'],
		['sept', '2027-09-30'],
		['2026-12-12', '2026-12-12'],
		['12.12.2026', '2026-12-12'],
		['12.12.', '2026-12-12'],
		['3/4', '2027-04-03'],
		['12/31', '2026-12-31'],
		['29 feb', '2028-02-29']
	])('%s', (typed, meant) => {
		expect(parseDay(typed, today)).toBe(meant);
	});

	it.each(['', 'soon', 'end of', '31 feb 2027', '32 dec', 'q5', '2026-13-01', 'marvel', 'friendly', '12 foo', '99'])(
		'%s names no day',
		(typed) => {
			expect(parseDay(typed, today)).toBeNull();
		}
	);

	it('gives a shorter month its last day', () => {
		expect(parseDay('in 1 month', '2027-01-31')).toBe('2027-02-28');
	});

	it('is written into a field in a way it can be read back', () => {
		expect(typedDay('2026-12-05')).toBe('5 Dec 2026');
		for (const day of ['2026-01-01', '2027-05-31', '2028-02-29']) {
			expect(parseDay(typedDay(day), today)).toBe(day);
		}
		expect(typedDay('')).toBe('');
	});

	it('counts the days between', () => {
		expect(daysUntil('2026-12-12', today)).toBe(16);
		expect(daysUntil('2026-11-20', today)).toBe(-6);
		expect(daysUntil('never', today)).toBeNull();
	});

	it('takes today from the calendar on the wall', () => {
		expect(localToday(new Date(2026, 0, 5, 23, 59))).toBe('2026-01-05');
	});
});
