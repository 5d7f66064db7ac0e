import type { CheckName } from '$bindings/CheckName';
import type { Course } from '$bindings/Course';
import type { EffectName } from '$bindings/EffectName';
import type { HitView } from '$bindings/HitView';
import type { MatchKeyName } from '$bindings/MatchKeyName';
import type { RelationName } from '$bindings/RelationName';
import type { RulesVersion } from '$bindings/RulesVersion';
import type { TermsForm } from '$bindings/TermsForm';
import { percentText, plural } from '$lib/design/format';
import { spoken } from '$lib/words';

// The words of the rules of engagement, the same wherever they are shown.

export const checkWord: Record<CheckName, string> = {
	existing_customer: 'Existing customer',
	open_opportunity: 'Open opportunity',
	named_account: 'Named account',
	public_tender: 'Public tender',
	other_registration: 'Another partner’s registration'
};

/** What is looked for, as a line under the name. */
export const checkDetail: Record<CheckName, string> = {
	existing_customer: 'The customer is one on the vendor’s list.',
	open_opportunity: 'The vendor works an opportunity there.',
	named_account: 'The vendor keeps the account for its own people.',
	public_tender: 'The partner says that the customer buys by public tender.',
	other_registration: 'What seems to be the same customer, for the same product and region.'
};

/** As an answer to "What follows?". */
export const effectWord: Record<EffectName, string> = {
	off: 'Not looked for',
	note: 'Noted, the vendor decides',
	hold: 'Held until the vendor decides',
	reject: 'Rejected at once'
};

export const courseWord: Record<Course, string> = {
	goes: 'Goes to the vendor',
	held: 'Held until the vendor decides',
	rejected: 'Rejected at once'
};

export const keyWord: Record<MatchKeyName, string> = {
	domain: spoken('same domain'),
	duns: spoken('same DUNS number'),
	email: spoken('domain of the contact'),
	name: spoken('name and country')
};

export const relationWord: Record<RelationName, string> = {
	prospect: 'Not a customer yet',
	open_opportunity: 'Open opportunity',
	customer: 'Customer'
};

/** By what and how sure: `name and country, 85 %`. */
export const sureText = (key: MatchKeyName | null, score: number): string =>
	key === null ? '' : spoken(`${keyWord[key]}, ${percentText(score)}`);

/** What follows from a hit, as a clause. */
export function follows(hit: HitView): string {
	if (hit.effect === 'hold') return spoken('held by the rules');
	return hit.effect === 'reject' ? spoken('rejected by the rules') : '';
}

/** One changed number or answer of the rules. */
export interface Difference {
	key: string;
	label: string;
	from: string;
	to: string;
}

const days = (count: number): string => plural(count, ['# day', '# days']);
const businessDays = (count: number): string => plural(count, ['# business day', '# business days']);

/** What is different between two versions, in the order of the page. */
export function differences(before: TermsForm, after: TermsForm): Difference[] {
	const found: Difference[] = [];
	const compare = (key: keyof TermsForm, label: string, text: (value: number) => string) => {
		const [from, to] = [before[key], after[key]];
		if (typeof from === 'number' && typeof to === 'number' && from !== to) {
			found.push({ key, label, from: text(from), to: text(to) });
		}
	};
	compare('protection_days', 'Protection', days);
	compare('decision_days', 'Time to decide', businessDays);
	for (const { check, effect } of after.checks) {
		const was = before.checks.find((rule) => rule.check === check)?.effect ?? 'off';
		if (was !== effect) {
			found.push({ key: check, label: checkWord[check], from: effectWord[was], to: effectWord[effect] });
		}
	}
	compare('activity_days', 'An opportunity counts as open', days);
	compare('second_share', 'Share of the second', percentText);
	compare('same_from', 'The same company from', percentText);
	compare('domain', 'Domain', percentText);
	compare('duns', 'DUNS number', percentText);
	compare('email', 'Domain of the contact', percentText);
	compare('name', 'Name and country', percentText);
	return found;
}

/** What a version changed; nothing for the first one. */
export function changedBy(versions: RulesVersion[], at: number): Difference[] {
	const [version, before] = [versions[at], versions[at + 1]];
	return version && before ? differences(before.terms, version.terms) : [];
}
