import { describe, expect, it } from 'vitest';
import type { DealDetail } from '$bindings/DealDetail';
import type { MilestoneRow } from '$bindings/MilestoneRow';
import type { Person } from '$bindings/Person';
import { ownerChoices, ownerKey, ownerOf } from './owners';

const person = (id: string, name: string, side: Person['side']): Person => ({
	id,
	name,
	organization: side,
	organization_name: side,
	side
});
const detail = {
	vendor_name: 'Halden Systems',
	partner_name: 'Northbeam',
	my_side: 'partner',
	people: [person('1', 'Orla Quinn', 'them'), person('2', 'Priya Nair', 'us')],
	row: { customer: 'Polder Port' }
} as unknown as DealDetail;

describe('who can own a milestone', () => {
	it('is one’s own company and people first, the customer last', () => {
		expect(ownerChoices(detail).map((choice) => choice.label)).toEqual([
			'Northbeam',
			'Priya Nair, Northbeam',
			'Halden Systems',
			'Orla Quinn, Halden Systems',
			'Polder Port'
		]);
	});

	it('still names an owner who has left', () => {
		const step = { owner_side: 'vendor', owner_person: person('9', 'Tomas Reyes', 'them') } as MilestoneRow;
		expect(ownerChoices(detail, step).at(-1)).toEqual({ value: 'vendor/9', label: 'Tomas Reyes' });
	});

	it('survives being a choice', () => {
		for (const owner of [{ side: 'vendor', person: '7' }, { side: 'customer', person: null }] as const) {
			expect(ownerOf(ownerKey(owner))).toEqual(owner);
		}
	});
});
