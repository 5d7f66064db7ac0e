import type { DealDetail } from '$bindings/DealDetail';
import type { MilestoneOwner } from '$bindings/MilestoneOwner';
import type { MilestoneRow } from '$bindings/MilestoneRow';
import type { OwnerSideName } from '$bindings/OwnerSideName';

/** An owner as the value of one choice: `vendor`, or `vendor/<member>`. */
export const ownerKey = ({ side, person }: MilestoneOwner): string => (person ? `${side}/${person}` : side);

/** The owner that a choice stands for. */
export function ownerOf(key: string): MilestoneOwner {
	const [side, person] = key.split('/');
	return { side: side as OwnerSideName, person: person ?? null };
}

/** Who can own a milestone: each company, then its people in the room; the customer has no people here. */
export function ownerChoices(
	detail: Pick<DealDetail, 'vendor_name' | 'partner_name' | 'people' | 'my_side' | 'row'>,
	now?: MilestoneRow
): { value: string; label: string }[] {
	const theirs: OwnerSideName = detail.my_side === 'vendor' ? 'partner' : 'vendor';
	const name: Record<OwnerSideName, string> = { vendor: detail.vendor_name, partner: detail.partner_name, customer: detail.row.customer };
	const choices = [detail.my_side as OwnerSideName, theirs].flatMap((side) => {
		const court = side === detail.my_side ? 'us' : 'them';
		const people = detail.people.filter((person) => person.side === court);
		return [
			{ value: ownerKey({ side, person: null }), label: name[side] },
			...people.map((person) => ({
				value: ownerKey({ side, person: person.id }),
				label: `${person.name}, ${name[side]}`
			}))
		];
	});
	choices.push({ value: 'customer', label: detail.row.customer });
	// Somebody who has left still owns what they owned.
	const present = now && ownerKey({ side: now.owner_side, person: now.owner_person?.id ?? null });
	if (present && !choices.some((choice) => choice.value === present)) {
		choices.push({ value: present, label: now.owner_person?.name ?? now.owner_side });
	}
	return choices;
}
