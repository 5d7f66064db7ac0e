import type { CheckName } from '$bindings/CheckName';
import type { EffectName } from '$bindings/EffectName';
import type { TermsForm } from '$bindings/TermsForm';
import { percentText } from '$lib/design/format';
import { parsePercent, parseWhole } from '$lib/typed/number';

export type NumberName = Exclude<keyof TermsForm, 'checks'>;

interface NumberField {
	label: string;
	unit: string;
	/** Said when what is typed is none. */
	fault: string;
	read: (typed: string) => number | undefined;
	write: (value: number) => string;
}

const days = (label: string, unit: string, most: number, fault: string): NumberField => ({
	label,
	unit,
	fault,
	read: (typed) => parseWhole(typed, 1, most),
	write: String
});

const percent = (label: string, least: number, most: number, fault: string): NumberField => ({
	label,
	unit: '',
	fault,
	read: (typed) => parsePercent(typed, least, most),
	write: percentText
});

/** The numbers of the rules: what they are called, and what may be typed. Parts are in basis points. */
export const numbers: Record<NumberName, NumberField> = {
	decision_days: days('Time to decide', 'Business days', 60, 'A number of days from 1 to 60.'),
	protection_days: days('Protection after an approval', 'Days', 730, 'A number of days from 1 to 730.'),
	activity_days: days('An opportunity counts as open for', 'Days after the last activity', 730, 'A number of days from 1 to 730.'),
	second_share: percent('Share of whoever registers second', 1, 9_999, 'More than nothing and less than all, such as 50.'),
	same_from: percent('The same company from', 5_000, 10_000, 'From 50 to 100 percent.'),
	domain: percent('The same domain counts', 0, 10_000, 'From 0 to 100 percent.'),
	duns: percent('The same DUNS number counts', 0, 10_000, 'From 0 to 100 percent.'),
	email: percent('The domain of the contact counts', 0, 10_000, 'From 0 to 100 percent.'),
	name: percent('Name and country count at most', 0, 10_000, 'From 0 to 100 percent.')
};

const names = Object.keys(numbers) as NumberName[];

/** The numbers of some rules, as they are typed. */
export const typedOf = (terms: TermsForm): Record<NumberName, string> =>
	Object.fromEntries(names.map((name) => [name, numbers[name].write(terms[name])])) as Record<NumberName, string>;

/** What is typed, as numbers; undefined while one of them is none. */
export function read(typed: Record<NumberName, string>): Omit<TermsForm, 'checks'> | undefined {
	const found = names.map((name) => [name, numbers[name].read(typed[name])] as const);
	return found.some(([, value]) => value === undefined)
		? undefined
		: (Object.fromEntries(found) as Omit<TermsForm, 'checks'>);
}

/** A version that is being written. */
export interface Kept {
	program: string;
	/** The version that it changes. */
	version: number;
	typed: Record<NumberName, string>;
	effects: Record<CheckName, EffectName>;
	note: string;
}

let kept: Kept | undefined;

/** Keeps what is being written while one looks elsewhere. */
export const keep = (what: Kept | undefined): void => {
	kept = what;
};

/** What was being written on top of this version. */
export const takeKept = (program: string, version: number): Kept | undefined =>
	kept?.program === program && kept.version === version ? kept : undefined;
