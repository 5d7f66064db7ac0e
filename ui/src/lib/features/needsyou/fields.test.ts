import { expect, test } from 'vitest';
import type { OverwrittenField } from '$bindings/OverwrittenField';
import { fieldTitle, question, valueText } from './fields';

const person = (name: string) => ({ id: name, name, organization: 'o', organization_name: 'Halden', side: 'them' as const });

test('a value says what it is, also when it is empty', () => {
	expect(valueText({ kind: 'text', text: ' ' })).toBe('nothing');
	expect(valueText({ kind: 'day', day: null })).toBe('no date');
	expect(valueText({ kind: 'day', day: '2026-12-12' })).toBe('Sat, 12 Dec 2026');
	expect(valueText({ kind: 'money', money: { minor: 8_400_000, currency: 'EUR' } })).toBe('EUR\u00a084,000');
	expect(valueText({ kind: 'stage', stage: 'technical_validation' })).toBe('Technical fit');
	expect(valueText({ kind: 'owner', side: 'vendor', person: null })).toBe('the vendor');
	expect(valueText({ kind: 'owner', side: 'vendor', person: person('Orla Byrne') })).toBe('Orla Byrne');
});

test('a field of a milestone names the milestone', () => {
	expect(fieldTitle('due', 'Pen test')).toBe('Due date of Pen test');
	expect(fieldTitle('close_date', null)).toBe('Expected close');
});

test('the question for the room holds both values and blames nobody', () => {
	const item: OverwrittenField = {
		id: '1',
		deal: '2',
		deal_title: 'Brightwater',
		milestone: null,
		milestone_title: null,
		field: 'close_date',
		mine: { person: person('Alice Ames'), at: 1, value: { kind: 'day', day: '2026-12-12' } },
		theirs: { person: person('Orla Byrne'), at: 2, value: { kind: 'day', day: '2026-12-19' } },
		mine_stands: true
	};
	const asked = question(item);
	expect(asked).toBe(
		'Expected close: I had Sat, 12 Dec 2026, Orla had Sat, 19 Dec 2026. Which one is right?'
	);
	expect(asked).not.toMatch(/conflict|crdt/i);
});
