import type { DealForm } from '$bindings/DealForm';
import { amountText, parseAmount } from '$lib/typed/amount';
import { localToday, parseDay, typedDay } from '$lib/typed/day';
import { western } from '$lib/typed/number';

/** The form as it is typed: words, not values. */
export interface Draft {
	program: string;
	deal: string | null;
	customer: string;
	domain: string;
	title: string;
	amount: string;
	close: string;
	country: string;
	product: string;
	region: string;
	need: string;
	contact: string;
	duns: string;
	tender: boolean;
}

export const emptyDraft = (program: string): Draft => ({
	program,
	deal: null,
	customer: '',
	domain: '',
	title: '',
	amount: '',
	close: '',
	country: '',
	product: '',
	region: '',
	need: '',
	contact: '',
	duns: '',
	tender: false
});

// Leaving the form loses nothing: what was typed is here when one comes back.
let kept = $state.raw<Draft | null>(null);

export const keep = (draft: Draft): void => {
	kept = isEmpty(draft) ? null : { ...draft };
};
export const takeKept = (): Draft | null => kept;
export const forget = (): void => {
	kept = null;
};

function isEmpty(draft: Draft): boolean {
	return !draft.tender && ![draft.customer, draft.domain, draft.title, draft.amount, draft.close, draft.need, draft.contact, draft.duns].some(
		(text) => text.trim()
	);
}

export function fromForm(form: DealForm): Draft {
	return {
		program: form.program,
		deal: form.deal,
		customer: form.customer,
		domain: form.domain,
		title: form.title,
		amount: form.amount.minor === 0 ? '' : `${form.amount.currency} ${amountText(form.amount)}`,
		close: typedDay(form.close_date),
		country: form.country,
		product: form.product,
		region: form.region,
		need: form.need,
		contact: form.contact,
		duns: form.duns,
		tender: form.tender
	};
}

export type FieldName = 'customer' | 'domain' | 'title' | 'amount' | 'close' | 'country' | 'contact' | 'duns';
export type Faults = Partial<Record<FieldName, string>>;

/** The host part of what was pasted: a whole address is as good as a bare domain. */
export function bareDomain(typed: string): string {
	return typed
		.trim()
		.toLowerCase()
		.replace(/^[a-z]+:\/\//, '')
		.replace(/^[^@/]*@/, '')
		.replace(/[/?#:].*$/, '')
		.replace(/^www\./, '')
		.replace(/\.$/, '');
}

/** What still keeps the form from being sent. The core has the last word; this one is for speed. */
export function check(draft: Draft, currency: string, today: string = localToday()): Faults {
	const faults: Faults = {};
	if (!draft.customer.trim()) faults.customer = 'Which company buys?';
	if (!draft.title.trim()) faults.title = 'What would you call this deal?';
	const domain = bareDomain(draft.domain);
	if (!domain) faults.domain = 'The customer’s web domain, for example polderport.nl';
	else if (!/^[^\s.]+(\.[^\s.]+)+$/.test(domain)) faults.domain = `“${domain}” is no web domain.`;
	const amount = parseAmount(draft.amount, currency);
	if (!draft.amount.trim()) faults.amount = 'About how much? 41.5k will do.';
	else if (!amount) faults.amount = 'That does not read as an amount. Try 41 500 or 41.5k.';
	else if (amount.minor === 0) faults.amount = 'The amount has to be more than nothing.';
	const close = parseDay(draft.close, today);
	if (!draft.close.trim()) faults.close = 'When should it close? “end of jan” will do.';
	else if (!close) faults.close = 'That does not read as a day. Try 12 dec or end of jan.';
	else if (close < today) faults.close = 'That day has passed.';
	if (draft.country.trim() && !/^[a-z]{2}$/i.test(draft.country.trim()))
		faults.country = 'Two letters, for example NL.';
	if (draft.contact.trim() && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(draft.contact.trim()))
		faults.contact = 'An e-mail address, for example ana@polderport.nl';
	if (draft.duns.trim() && western(draft.duns).replace(/[-\s]/g, '').match(/^\d{9}$/) === null)
		faults.duns = 'Nine digits. Leave it empty if you do not know it.';
	return faults;
}

/** The values behind the words. A draft may be kept half written: what cannot be read stays empty. */
export function toForm(draft: Draft, currency: string, submit: boolean): DealForm {
	return {
		program: draft.program,
		deal: draft.deal,
		customer: draft.customer.trim(),
		domain: bareDomain(draft.domain),
		title: draft.title.trim(),
		amount: parseAmount(draft.amount, currency) ?? { minor: 0, currency },
		close_date: parseDay(draft.close) ?? '',
		country: draft.country.trim().toUpperCase(),
		product: draft.product,
		region: draft.region,
		need: draft.need.trim(),
		contact: draft.contact.trim(),
		duns: western(draft.duns),
		tender: draft.tender,
		submit
	};
}
