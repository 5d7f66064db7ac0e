import type { Connection } from '$bindings/Connection';
import type { FirstCatchUp } from '$bindings/FirstCatchUp';
import type { ProgramSync } from '$bindings/ProgramSync';
import type { SyncStatus } from '$bindings/SyncStatus';
import type { WaitingItem } from '$bindings/WaitingItem';
import { agoText, countText, decimalText, plural } from '$lib/design/format';
import { connectionWord } from '$lib/design/words';
import { spoken } from '$lib/words';

/** The line to a hub in words. `now` and the times are milliseconds. */
export function line(sync: ProgramSync, workOffline: boolean, now: number): string {
	if (workOffline && sync.connection !== 'revoked') return `Working offline · ${syncedAge(sync.synced_at, now)}`;
	switch (sync.connection) {
		case 'online':
			return upToDate(sync.synced_at, now);
		case 'catching_up':
			return sync.first === null ? 'Online · catching up' : `Online · downloading, ${percent(sync.first)} %`;
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

/** When the oldest data here was last known to be the hub's; null when some never was. */
export function oldestSync(sync: SyncStatus): number | null {
	const times = sync.programs.map((program) => program.synced_at);
	return times.length === 0 || times.includes(null) ? null : Math.min(...times.filter((at) => at !== null));
}

/** The worst line of all programs, for the device as a whole; the age is that of the oldest data. */
export function deviceLine(sync: SyncStatus, now: number): string {
	const oldest = oldestSync(sync);
	if (sync.programs.length === 0) return '';
	if (!sync.work_offline && sync.connection === 'online') return upToDate(oldest, now);
	const word = sync.work_offline ? 'Working offline' : connectionWord[sync.connection];
	return `${word} · ${syncedAge(oldest, now)}`;
}

/** While the line is open, whatever is on the hub comes by itself: the last sign of life counts. */
function upToDate(at: number | null, now: number): string {
	if (at === null) return 'Online · not synced yet';
	return now - at < 60_000 ? 'Up to date, checked just now' : `Up to date, checked ${agoText(at, now)}`;
}

/** How much of a first download is here. Never 100 before all of it is. */
export function percent(first: FirstCatchUp): number {
	const share = first.rows_total > 0 ? first.rows / first.rows_total : 0;
	return Math.min(share < 1 ? 99 : 100, Math.floor(share * 100));
}

/** A first download in words: `12,000 of 55,000 entries · 1.4 of 6.0 MB · about 4 s left`. */
export function firstText(first: FirstCatchUp): string {
	const mb = (bytes: number) => decimalText(bytes / 1_000_000);
	const entries = `${countText(first.rows)} of ${countText(first.rows_total)} entries`;
	const bytes = `${mb(first.bytes)} of ${mb(first.bytes_total)} MB`;
	return [entries, bytes, leftText(first.left_ms)].filter((part) => part !== '').join(' · ');
}

function leftText(ms: number | null): string {
	if (ms === null) return '';
	if (ms < 1_000) return spoken('almost done');
	return ms < 60_000 ? spoken(`about ${Math.ceil(ms / 1_000)} s left`) : spoken(`about ${Math.ceil(ms / 60_000)} min left`);
}

/** All first downloads that are under way as one; `null` when there is none. */
export function firstOfAll(sync: SyncStatus | undefined): FirstCatchUp | null {
	const all = (sync?.programs ?? []).flatMap((program) => (program.first === null ? [] : [program.first]));
	if (all.length === 0) return null;
	const sum = (part: (first: FirstCatchUp) => number) => all.reduce((total, first) => total + part(first), 0);
	const left = all.some((first) => first.left_ms === null) ? null : Math.max(...all.map((first) => first.left_ms ?? 0));
	return {
		rows: sum((first) => first.rows),
		rows_total: sum((first) => first.rows_total),
		bytes: sum((first) => first.bytes),
		bytes_total: sum((first) => first.bytes_total),
		left_ms: left
	};
}

export function syncedAge(at: number | null, now: number): string {
	return at === null ? spoken('not synced yet') : spoken(`synced ${madeAge(at, now)}`);
}

/** Clocks disagree: what lies ahead of ours was just now. */
export const madeAge = (at: number, now: number): string => agoText(Math.min(at, now), now);

/** When the next attempt is made: `in 20 s`, or `now` when it is due. */
export function retryIn(at: number, now: number): string {
	return at - now < 5_000 ? spoken('now') : agoText(at, now);
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
	const unsent = plural(waiting, ['# change that was never sent', '# changes that were never sent']);
	const refused = plural(needsYou, [
		'# refused change you have not dealt with',
		'# refused changes you have not dealt with'
	]);
	if (waiting === 0 && needsYou === 0) return 'Everything you wrote here has reached the hub, so nothing is lost.';
	if (needsYou === 0) return `This destroys ${unsent}. Nobody else has a copy.`;
	if (waiting === 0) return `This destroys ${refused}. Nobody else has a copy.`;
	return `This destroys ${unsent} and ${refused}. Nobody else has a copy.`;
}
