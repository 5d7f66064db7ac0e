import type { Weekday } from '$bindings/Weekday';

/** The week, from Monday. */
export const weekdays: readonly Weekday[] = [
	'monday',
	'tuesday',
	'wednesday',
	'thursday',
	'friday',
	'saturday',
	'sunday'
];

/** Minutes of a day as a clock shows them: `20:30`. */
export function clock(minutes: number): string {
	const two = (value: number) => String(value).padStart(2, '0');
	return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Minutes of the day that a clock shows. */
export function minutesOf(time: string): number {
	const [hours = 0, minutes = 0] = time.split(':').map(Number);
	return hours * 60 + minutes;
}

/** Every half hour of a day, to choose from. */
export function clockTimes(): { value: string; label: string }[] {
	return Array.from({ length: 48 }, (_, half) => clock(half * 30)).map((time) => ({ value: time, label: time }));
}

/** What the days are called. */
export function dayNames(): Record<Weekday, string> {
	return {
		monday: 'Monday',
		tuesday: 'Tuesday',
		wednesday: 'Wednesday',
		thursday: 'Thursday',
		friday: 'Friday',
		saturday: 'Saturday',
		sunday: 'Sunday'
	};
}
