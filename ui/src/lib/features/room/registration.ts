import type { DealDetail } from '$bindings/DealDetail';
import type { RegistrationAction } from '$bindings/RegistrationAction';
import type { RegistrationStatus } from '$bindings/RegistrationStatus';
import { daysUntil } from '$lib/typed/day';

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

/** Digits as they are counted with, whatever script they are typed in. */
const western = (text: string): string =>
	text.normalize('NFKC').trim().replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 15));

/** A part as people type it, `40`, `40 %` or `12,5`, in basis points; undefined when it is no part. */
export function parseShare(text: string): number | undefined {
	const number = /^(\d{1,2})(?:[.,٫](\d{1,2}))?\s*[%٪]?$/.exec(western(text));
	if (!number) return undefined;
	const points = Number(number[1]) * 100 + Number((number[2] ?? '').padEnd(2, '0'));
	return points > 0 && points < 10_000 ? points : undefined;
}
