import type { FieldName } from '$bindings/FieldName';
import type { FieldValue } from '$bindings/FieldValue';
import type { OverwrittenField } from '$bindings/OverwrittenField';
import { dayFull, firstName, moneyText } from '$lib/design/format';
import { stageWord } from '$lib/design/words';
import { spoken } from '$lib/words';

export const fieldWord: Record<FieldName, string> = {
	title: 'Title',
	amount: 'Amount',
	close_date: 'Expected close',
	stage: 'Stage',
	need: 'What the customer needs',
	customer: 'Customer',
	product: 'Product',
	region: 'Region',
	contact: 'Contact',
	duns: 'DUNS number',
	tender: 'Public tender',
	lost_reason: 'Lost because',
	owner: 'Owner',
	due: 'Due date',
	done_condition: 'Done when'
};

const sideWord = { vendor: spoken('the vendor'), partner: spoken('the partner'), customer: spoken('the customer') } as const;

/** A value in words; what is empty says so. */
export function valueText(value: FieldValue): string {
	switch (value.kind) {
		case 'text':
			return value.text.trim() || spoken('nothing');
		case 'money':
			return moneyText(value.money);
		case 'day':
			return value.day ? dayFull(value.day) : spoken('no date');
		case 'stage':
			return stageWord[value.stage];
		case 'owner':
			return value.person?.name ?? sideWord[value.side];
	}
}

/** `Expected close`, or `Due date of Pen test` for a field of a milestone. */
export function fieldTitle(field: FieldName, milestone: string | null): string {
	return milestone ? /* @wc-context: a field of a milestone */ `${fieldWord[field]} of ${milestone}` : fieldWord[field];
}

/** What is written into the room to talk about it: both values, and no verdict. */
export function question(item: OverwrittenField): string {
	const what = fieldTitle(item.field, item.milestone_title);
	return `${what}: I had ${valueText(item.mine.value)}, ${firstName(item.theirs.person.name)} had ${valueText(item.theirs.value)}. Which one is right?`;
}
