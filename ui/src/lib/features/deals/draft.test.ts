import { describe, expect, it } from 'vitest';
import { bareDomain, check, emptyDraft, fromForm, keep, takeKept, toForm, type Draft } from './draft.svelte';

const today = '2026-11-26';
const polder: Draft = {
	...emptyDraft('halden'),
	customer: 'Polder Port Authority',
	domain: 'https://www.polderport.nl/en/contact',
	title: ' Polder rollout ',
	amount: '41.5k',
	close: 'end of jan',
	country: 'nl'
};

describe('the registration form', () => {
	it('asks for five things and no more', () => {
		expect(Object.keys(check(emptyDraft('halden'), 'EUR', today)).sort()).toEqual([
			'amount',
			'close',
			'customer',
			'domain',
			'title'
		]);
		expect(check(polder, 'EUR', today)).toEqual({});
	});

	it('says what is wrong with what was typed', () => {
		const faults = check({ ...polder, amount: 'lots', close: '2026-11-01', domain: 'polder', country: 'Holland' }, 'EUR', today);
		expect(faults.amount).toContain('41.5k');
		expect(faults.close).toBe('That day has passed.');
		expect(faults.domain).toContain('polder');
		expect(faults.country).toContain('NL');
	});

	it('sends values, not words', () => {
		const form = toForm({ ...polder, close: '2027-01-31' }, 'EUR', true);
		expect(form).toMatchObject({
			domain: 'polderport.nl',
			title: 'Polder rollout',
			amount: { minor: 41_500_00, currency: 'EUR' },
			close_date: '2027-01-31',
			country: 'NL',
			submit: true
		});
	});

	it('opens a draft as it was', () => {
		const form = toForm({ ...polder, amount: 'USD 41,500.50', close: '2027-01-31' }, 'EUR', false);
		expect(toForm(fromForm(form), 'EUR', false)).toEqual(form);
	});

	it('takes a domain out of whatever was pasted', () => {
		expect(bareDomain('jan@polderport.nl')).toBe('polderport.nl');
		expect(bareDomain('HTTP://Polderport.NL:8080/x?y')).toBe('polderport.nl');
		expect(bareDomain(' ')).toBe('');
	});

	it('keeps what was typed, and nothing when nothing was', () => {
		keep(polder);
		expect(takeKept()).toEqual(polder);
		keep(emptyDraft('halden'));
		expect(takeKept()).toBeNull();
	});
});
