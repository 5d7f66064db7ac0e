import { expect, test } from 'vitest';
import type { Trip } from '$bindings/Trip';
import type { TripProgram } from '$bindings/TripProgram';
import { ageText, bytesText, isOver, isReady, progress, verdict } from './trip';

const now = Date.parse('2026-11-27T12:00:00Z');
const day = 86_400_000;
const halden: TripProgram = {
	program: 'halden',
	name: 'Halden',
	connection: 'online',
	synced_at: now - 1_000,
	trying_at: null,
	first: null,
	message: null,
	locked: false,
	readable_until: now + 30 * day,
	lease_days: 30,
	waiting: 0,
	needs_you: 0,
	rooms: 46,
	deals: 58,
	accounts: 100,
	messages: 40,
	steps: 16,
	bytes: 640_000_000
};
const kestrel: TripProgram = { ...halden, program: 'kestrel', name: 'Kestrel', bytes: 0, deals: 0, accounts: 0, messages: 0, steps: 0 };
const trip = (...programs: TripProgram[]): Trip => ({ programs, shut: [], work_offline: false });
const words = (text: string) => text.replaceAll('\u00a0', ' ');

test('whoever has everything is ready until they land', () => {
	const said = verdict(trip(halden), '2026-12-12', now);
	expect(words(said.title)).toBe('Ready until 12 Dec: 214 items, 640 MB');
	expect(said).toMatchObject({ ready: 'yes', missing: [] });
	expect(words(verdict(trip(halden), null, now).title)).toBe('Ready until 27 Dec: 214 items, 640 MB');
});

test('a lease that ends before is said, with its program and what to do', () => {
	const short = { ...kestrel, readable_until: now + 5 * day, lease_days: 5 };
	const said = verdict(trip(halden, short), '2026-12-12', now);
	expect(said.ready).toBe('no');
	expect(said.missing.map(words)).toEqual([
		'Kestrel can be read until 2 Dec only. Its vendor allows 5 days: connect once before then and they begin anew.'
	]);
	expect(verdict(trip(halden, short), '2026-12-01', now).ready).toBe('yes');
});

test('without network the age of what is here is said, and that it can be read', () => {
	const away: TripProgram = { ...halden, connection: 'offline', synced_at: now - 3 * day, waiting: 2 };
	const said = verdict(trip(away), '2026-12-12', now);
	expect(said.ready).toBe('old');
	expect(words(said.title)).toContain('Readable until 12 Dec');
	expect(said.missing[0]).toContain('from 3 d ago');
	expect(words(said.missing[1] ?? '')).toContain('2 changes of yours');
	expect(ageText(away, now)).toBe('As of 3 d ago');
});

test('what is not here, or cannot be read, is never called ready', () => {
	const first = { rows: 50, rows_total: 100, bytes: 1, bytes_total: 2, left_ms: null };
	for (const program of [
		{ ...halden, connection: 'catching_up', first } as TripProgram,
		{ ...halden, connection: 'offline', synced_at: null } as TripProgram,
		{ ...halden, locked: true }
	]) {
		expect(verdict(trip(program), null, now).ready).toBe('no');
	}
	expect(verdict({ ...trip(halden), shut: ['Old'] }, null, now).missing[0]).toContain('Old cannot be opened');
});

test('preparing ends when each program is done or out of reach', () => {
	const since = now - 2_000;
	expect(isReady(halden, since)).toBe(true);
	expect(isReady({ ...halden, synced_at: since - 120_000 }, since), 'its last sign of life is too old').toBe(false);
	expect(isReady({ ...halden, waiting: 1 }, since)).toBe(false);
	const away: TripProgram = { ...kestrel, connection: 'offline', synced_at: null };
	expect(isOver(away, since, now)).toBe(false);
	expect(isOver(away, since, now + 10_000)).toBe(true);
	const half: TripProgram = { ...kestrel, connection: 'catching_up', first: { rows: 50, rows_total: 100, bytes: 0, bytes_total: 0, left_ms: null } };
	expect(isOver(half, since, now + day), 'a long download is waited for').toBe(false);
	expect(progress(trip(halden, half), since, now)).toEqual({ value: 150, max: 200 });
});

test('bytes are said as people say them', () => {
	expect([1, 12_345, 4_200_000, 640_000_000, 1_230_000_000].map(bytesText)).toEqual(['1 kB', '13 kB', '4.2 MB', '640 MB', '1.2 GB']);
});
