import { describe, expect, it } from 'vitest';
import type { ProgramSync } from '$bindings/ProgramSync';
import {
	canTry,
	deviceLine,
	firstOfAll,
	firstText,
	line,
	lostByLeaving,
	percent,
	place,
	retryIn,
	syncedAge
} from './wording';

const now = 1_795_000_000_000;
const sync: ProgramSync = {
	program: 'p',
	name: 'Halden Partner Program',
	hub: 'hub.halden.example',
	connection: 'online',
	synced_at: now - 8_000,
	retry_at: null,
	message: null,
	waiting: [],
	waiting_total: 0,
	needs_you: [],
	overwritten: [],
	discarded: [],
	first: null
};

describe('the line to a hub', () => {
	it('says how old the data is, whatever the connection', () => {
		expect(line(sync, false, now)).toBe('Up to date, checked just now');
		expect(line({ ...sync, synced_at: now - 150_000 }, false, now)).toBe('Up to date, checked 3 min ago');
		expect(line({ ...sync, synced_at: null }, false, now)).toBe('Online · not synced yet');
		expect(line({ ...sync, connection: 'offline' }, false, now)).toBe('Offline · synced 8 s ago');
		expect(line(sync, true, now)).toBe('Working offline · synced 8 s ago');
		expect(line({ ...sync, connection: 'connecting', synced_at: null }, false, now)).toBe('Connecting · not synced yet');
	});

	it('does not hide a revocation behind working offline', () => {
		expect(line({ ...sync, connection: 'revoked' }, true, now)).toMatch(/^Access was ended/);
	});

	it('of a device is as old as its oldest program', () => {
		const old = { ...sync, program: 'q', connection: 'offline' as const, synced_at: now - 3_600_000 };
		const status = { programs: [sync, old], waiting: 0, needs_you: 0, connection: 'offline' as const, work_offline: false };
		expect(deviceLine(status, now)).toBe('Offline · synced 1 h ago');
		const all = { ...status, programs: [sync, sync], connection: 'online' as const };
		expect(deviceLine(all, now)).toBe('Up to date, checked just now');
		const never = { ...old, synced_at: null };
		expect(deviceLine({ ...status, programs: [sync, never] }, now)).toBe('Offline · not synced yet');
		expect(deviceLine({ ...status, work_offline: true }, now)).toMatch(/^Working offline/);
	});

	it('offers an attempt only where one could help', () => {
		expect(canTry('offline', false)).toBe(true);
		expect(canTry('offline', true)).toBe(false);
		expect(canTry('revoked', false)).toBe(false);
	});
});

describe('a first download', () => {
	const first = { rows: 12_000, rows_total: 55_000, bytes: 1_400_000, bytes_total: 6_000_000, left_ms: 3_400 };
	const downloading = { ...sync, connection: 'catching_up' as const, synced_at: null, first };
	const status = { waiting: 0, needs_you: 0, connection: 'catching_up' as const, work_offline: false };

	it('says what is here, what is to come and how long it takes', () => {
		expect(line(downloading, false, now)).toBe('Online · downloading, 21 %');
		expect(firstText(first)).toBe('12,000 of 55,000 entries · 1.4 of 6.0 MB · about 4 s left');
		expect(firstText({ ...first, left_ms: null })).toBe('12,000 of 55,000 entries · 1.4 of 6.0 MB');
		expect(firstText({ ...first, left_ms: 200_000 })).toMatch(/about 4 min left$/);
		expect(firstText({ ...first, left_ms: 10 })).toMatch(/almost done$/);
	});

	it('is never whole before it is', () => {
		expect(percent({ ...first, rows: 54_999 })).toBe(99);
		expect(percent({ ...first, rows: 55_000 })).toBe(100);
		expect(percent({ ...first, rows: 0, rows_total: 0 })).toBe(0);
	});

	it('of several programs is one sum, as slow as the slowest', () => {
		const slow = { ...first, left_ms: 9_000 };
		const sum = firstOfAll({ ...status, programs: [downloading, { ...downloading, first: slow }, sync] });
		expect(sum).toEqual({ ...slow, rows: 24_000, rows_total: 110_000, bytes: 2_800_000, bytes_total: 12_000_000 });
		expect(firstOfAll({ ...status, programs: [sync] })).toBeNull();
		expect(firstOfAll(undefined)).toBeNull();
	});
});

describe('ages', () => {
	it('never run backwards when clocks disagree', () => {
		expect(syncedAge(now + 60_000, now)).toBe('synced just now');
		expect(retryIn(now - 5_000, now)).toBe('now');
		expect(retryIn(now + 20_000, now)).toBe('in 20 s');
	});
});

describe('where a change is', () => {
	const item = { id: '1', title: 'Message in Polder rollout', says: '', at: now, sent: false, deal: null };

	it('never says more than is true', () => {
		expect(place(item, 'Halden')).toBe('Queued on this device');
		expect(place({ ...item, sent: true }, 'Halden')).toBe('Sent to Halden');
	});
});

describe('what would be lost', () => {
	it('is counted', () => {
		expect(lostByLeaving(0, 0)).toMatch(/nothing is lost/);
		expect(lostByLeaving(1, 0)).toBe('This destroys 1\u00a0change that was never sent. Nobody else has a copy.');
		expect(lostByLeaving(3, 2)).toMatch(/3\u00a0changes that were never sent and 2\u00a0refused changes/);
	});
});
