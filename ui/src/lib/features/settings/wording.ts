import type { Connection } from '$bindings/Connection';
import type { ProgramSync } from '$bindings/ProgramSync';
import type { SyncStatus } from '$bindings/SyncStatus';
import type { WaitingItem } from '$bindings/WaitingItem';
import { agoText } from '$lib/design/format';
import { connectionWord } from '$lib/design/words';

/** The line to a hub in words. `now` and the times are milliseconds. */
export function line(sync: ProgramSync, workOffline: boolean, now: number): string {
	if (workOffline && sync.connection !== 'revoked') return `Working offline · ${syncedAge(sync.synced_at, now)}`;
	switch (sync.connection) {
		case 'online':
			return upToDate(sync.synced_at, now);
		case 'catching_up':
			return 'Online · catching up';
		case 'connecting':
			return `Connecting · ${syncedAge(sync.synced_at, now)}`;
		case 'offline':
			return `Offline · ${syncedAge(sync.synced_at, now)}`;
		case 'revoked':
			return 'Access was ended · the local data is being removed';
		case 'read_only':
			return 'Reading only · update this application to send again';
	}
}

/** The worst line of all programs, for the device as a whole; the age is that of the oldest data. */
export function deviceLine(sync: SyncStatus, now: number): string {
	const times = sync.programs.map((program) => program.synced_at);
	const oldest = times.includes(null) ? null : Math.min(...times.filter((at) => at !== null));
	if (sync.programs.length === 0) return '';
	if (!sync.work_offline && sync.connection === 'online') return upToDate(oldest, now);
	const word = sync.work_offline ? 'Working offline' : connectionWord[sync.connection];
	return `${word} · ${syncedAge(oldest, now)}`;
}

/** While the line is open, whatever is on the hub comes by itself: the last sign of life counts. */
function upToDate(at: number | null, now: number): string {
	if (at === null) return 'Online · not synced yet';
	return `Up to date, checked ${now - at < 60_000 ? 'just now' : agoText(at, now)}`;
}

export function syncedAge(at: number | null, now: number): string {
	return at === null ? 'not synced yet' : `synced ${madeAge(at, now)}`;
}

/** Clocks disagree: what lies ahead of ours was just now. */
export const madeAge = (at: number, now: number): string => agoText(Math.min(at, now), now);

/** When the next attempt is made: `in 20 s`, or `now` when it is due. */
export function retryIn(at: number, now: number): string {
	return at - now < 5_000 ? 'now' : agoText(at, now);
}

/**
 * Where a change is. `sent` only means that it was handed over; nobody has accepted it yet, so
 * the words stop there. `hub` is the vendor's name for a partner, and "the hub" for the vendor.
 */
export function place(item: WaitingItem, hub: string): string {
	return item.sent ? `Sent to ${hub}` : 'Queued on this device';
}

/** Whether an attempt right now could change anything. */
export function canTry(connection: Connection, workOffline: boolean): boolean {
	return !workOffline && connection !== 'revoked' && connection !== 'catching_up';
}

/** What leaving a program destroys, in one sentence. */
export function lostByLeaving(waiting: number, needsYou: number): string {
	const parts: string[] = [];
	if (waiting > 0) parts.push(`${waiting} ${waiting === 1 ? 'change that was' : 'changes that were'} never sent`);
	if (needsYou > 0) parts.push(`${needsYou} refused ${needsYou === 1 ? 'change' : 'changes'} you have not dealt with`);
	if (parts.length === 0) return 'Everything you wrote here has reached the hub, so nothing is lost.';
	return `This destroys ${parts.join(' and ')}. Nobody else has a copy.`;
}
