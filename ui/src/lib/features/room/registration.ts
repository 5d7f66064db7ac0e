import type { DealDetail } from '$bindings/DealDetail';
import type { RegistrationAction } from '$bindings/RegistrationAction';
import type { RegistrationStatus } from '$bindings/RegistrationStatus';
import { daysUntil } from '$lib/typed/day';
import { parsePercent } from '$lib/typed/number';

/** What one can be about to say about a registration. */
export type Saying = 'ask' | 'answer' | 'hold' | 'share' | 'appeal' | 'extend' | 'refuse';

export const may = (detail: DealDetail, action: RegistrationAction): boolean =>
	detail.registration.may.includes(action);

/** Whether a decision of this person is waited for. */
export const decides = (detail: DealDetail): boolean => may(detail, 'approve') || may(detail, 'grant_extension');

// While nothing is open about it, the deal itself is what matters.
const quiet: RegistrationStatus[] = ['approved', 'shared', 'converted', 'won', 'lost'];

/** Days before the end of a protection in which it is shown. */
const ending = 14;

/** Days that the protection lasts still, when they are few. */
export function lastDays(detail: DealDetail): number | undefined {
	const { status } = detail.row;
	const until = detail.registration.protected_until;
	if (until === null || (status !== 'approved' && status !== 'shared')) return undefined;
	const days = daysUntil(until);
	return days !== null && days <= ending ? days : undefined;
}

/** Whether there is something to say about it above the room. */
export const isOpen = (detail: DealDetail): boolean =>
	!quiet.includes(detail.row.status) || lastDays(detail) !== undefined;

/** A part as people type it, in basis points: more than nothing, less than all. */
export const parseShare = (text: string): number | undefined => parsePercent(text, 1, 9_999);
