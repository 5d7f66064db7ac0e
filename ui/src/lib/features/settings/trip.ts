import type { Trip } from '$bindings/Trip';
import type { TripProgram } from '$bindings/TripProgram';
import { agoText, countText, dayText, decimalText, plural, whenText } from '$lib/design/format';
import { percent } from './wording';

/** A hub that does not answer within this time counts as out of reach, milliseconds. */
const graceMs = 4_000;
const patienceMs = 30_000;
/** While a line is open, what is new comes by itself; so old may its last sign of life be. */
const signMs = 60_000;

/** Everything of a program is here and at its hub, seen from when preparing began at `since`. */
export const isReady = (program: TripProgram, since: number): boolean =>
	program.connection === 'online' &&
	program.first === null &&
	program.waiting === 0 &&
	program.synced_at !== null &&
	program.synced_at >= since - signMs;

/** Nothing more comes of waiting for this program. */
export function isOver(program: TripProgram, since: number, now: number): boolean {
	if (isReady(program, since)) return true;
	switch (program.connection) {
		case 'offline':
			return now - since > graceMs;
		case 'connecting':
			return now - since > patienceMs;
		case 'online':
			// What the hub does not take within this time waits for something else.
			return program.first === null && now - since > patienceMs;
		case 'catching_up':
			return false;
		default:
			return true;
	}
}

/** How far preparing is, in percent of each program. */
export function progress(trip: Trip, since: number, now: number): { value: number; max: number } {
	const share = (program: TripProgram) =>
		isOver(program, since, now) ? 100 : program.first === null ? 0 : percent(program.first);
	return {
		value: trip.programs.reduce((sum, program) => sum + share(program), 0),
		max: trip.programs.length * 100
	};
}

/** What can be opened without network. */
export const items = (trip: Trip): number =>
	trip.programs
		.filter((program) => !program.locked)
		.reduce((sum, program) => sum + program.deals + program.accounts + program.messages + program.steps, 0);

/** Bytes as people say them: `640 MB`. */
export function bytesText(bytes: number): string {
	if (bytes < 1_000_000) return `${countText(Math.ceil(bytes / 1_000))} kB`;
	if (bytes < 10_000_000) return `${decimalText(bytes / 1_000_000)} MB`;
	return bytes < 1_000_000_000 ? `${countText(Math.round(bytes / 1_000_000))} MB` : `${decimalText(bytes / 1_000_000_000)} GB`;
}

/** What is here of a program, in words. */
export function hereText(program: TripProgram): string {
	return [
		plural(program.rooms, ['# room', '# rooms']),
		plural(program.deals, ['# deal', '# deals']),
		plural(program.accounts, ['# account', '# accounts']),
		plural(program.messages, ['# message', '# messages']),
		bytesText(program.bytes)
	].join(' · ');
}

/** How old what is here is. */
export function ageText(program: TripProgram, now: number): string {
	if (program.first !== null) return `Being downloaded, ${percent(program.first)} % is here`;
	if (program.synced_at === null) return 'Not all of it is here yet';
	if (program.connection === 'online') return 'Up to date';
	return `As of ${agoText(Math.min(program.synced_at, now), now)}`;
}

/** Until when a program can be read without network. */
export function readableText(program: TripProgram, now: number): string {
	if (program.locked) return 'Closed until it has met its hub again';
	return program.readable_until === null ? '' : `Readable offline until ${whenText(program.readable_until, now)}`;
}

export interface Verdict {
	/** `yes`: everything is here and new; `old`: one can leave, with what is older; `no`: something is missing. */
	ready: 'yes' | 'old' | 'no';
	title: string;
	/** What is missing, and what to do about it. */
	missing: string[];
}

/** Whether a person can leave until the day `day`, or for as long as it goes when they named none. */
export function verdict(trip: Trip, day: string | null, now: number): Verdict {
	const until = day === null ? null : Date.parse(`${day}T23:59:59`);
	const missing: string[] = [];
	const older: string[] = [];
	for (const program of trip.programs) {
		const { name } = program;
		if (program.locked) {
			missing.push(`${name} is closed: it has not met its hub for too long. Connect once to open it.`);
			continue;
		}
		if (program.first !== null) {
			missing.push(`${name} is still being downloaded: ${percent(program.first)} % is here. Stay connected.`);
		} else if (program.synced_at === null && program.connection !== 'online') {
			missing.push(`${name} has not been downloaded to this device. Connect, and stay until it has.`);
		} else if (program.connection !== 'online' && program.synced_at !== null) {
			older.push(`${name} is not connected. What is here is from ${agoText(program.synced_at, now)}.`);
		}
		if (until !== null && program.readable_until !== null && program.readable_until < until) {
			const ends = whenText(program.readable_until, now);
			missing.push(
				`${name} can be read until ${ends} only. Its vendor allows ${plural(program.lease_days, ['# day', '# days'])}: connect once before then and they begin anew.`
			);
		}
		if (program.waiting > 0) {
			older.push(
				plural(
					program.waiting,
					[
						'# change of yours in %name waits to be sent. It is kept and goes out when there is network.',
						'# changes of yours in %name wait to be sent. They are kept and go out when there is network.'
					],
					{ name }
				)
			);
		}
		if (program.needs_you > 0) {
			older.push(
				plural(
					program.needs_you,
					['# change of yours in %name was refused and needs you.', '# changes of yours in %name were refused and need you.'],
					{ name }
				)
			);
		}
	}
	for (const name of trip.shut) missing.push(`${name} cannot be opened on this device. Its place in the sidebar says why.`);

	const ends = trip.programs.flatMap((program) =>
		program.locked || program.readable_until === null ? [] : [program.readable_until]
	);
	const date = day !== null ? dayText(day, new Date(now)) : ends.length > 0 ? whenText(Math.min(...ends), now) : '';
	const size = `${plural(items(trip), ['# item', '# items'])}, ${bytesText(trip.programs.reduce((sum, one) => sum + one.bytes, 0))}`;
	if (missing.length > 0) return { ready: 'no', title: 'Not everything is ready', missing: [...missing, ...older] };
	if (older.length > 0) return { ready: 'old', title: `Readable until ${date}, but not all of it is up to date: ${size}`, missing: older };
	return { ready: 'yes', title: `Ready until ${date}: ${size}`, missing: [] };
}
