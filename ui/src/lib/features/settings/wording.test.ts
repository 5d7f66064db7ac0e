import { describe, expect, it } from 'vitest';
import type { ProgramSync } from '$bindings/ProgramSync';
import { canTry, deviceLine, line, lostByLeaving, place, retryIn, syncedAge } from './wording';

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
	discarded: []
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

describe('ages', () => {
	it('never run backwards when clocks disagree', () => {
		expect(syncedAge(now + 60_000, now)).toBe('synced just now');
		expect(retryIn(now - 5_000, now)).toBe('now');
		expect(retryIn(now + 20_000, now)).toBe('in 20 s');
	});
});

describe('where a change is', () => {
	const item = { id: '1', title: 'Message in Polder rollout', at: now, sent: false, deal: null };

	it('never says more than is true', () => {
		expect(place(item, 'Halden')).toBe('Queued on this device');
		expect(place({ ...item, sent: true }, 'Halden')).toBe('Sent to Halden');
	});
});

describe('what would be lost', () => {
	it('is counted', () => {
		expect(lostByLeaving(0, 0)).toMatch(/nothing is lost/);
		expect(lostByLeaving(1, 0)).toBe('This destroys 1 change that was never sent. Nobody else has a copy.');
		expect(lostByLeaving(3, 2)).toMatch(/3 changes that were never sent and 2 refused changes/);
	});
});
