import { expect, test } from 'vitest';
import { clock, clockTimes, minutesOf } from './hours';

test('minutes of the day and the clock are the same', () => {
	expect(clock(0)).toBe('00:00');
	expect(clock(20 * 60 + 5)).toBe('20:05');
	expect(minutesOf('07:30')).toBe(450);
	for (const { value } of clockTimes()) expect(clock(minutesOf(value))).toBe(value);
	expect(clockTimes()).toHaveLength(48);
	expect(clockTimes().at(-1)?.value).toBe('23:30');
});
