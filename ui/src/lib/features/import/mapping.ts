import type { AccountField } from '$bindings/AccountField';
import type { ColumnMapping } from '$bindings/ColumnMapping';
import type { Side } from '$bindings/Side';

export const fieldNames: Record<AccountField, string> = {
	name: 'Company name',
	domain: 'Domain',
	country: 'Country',
	industry: 'Industry',
	owner: 'Owner',
	duns: 'DUNS number',
	relation: 'Relationship',
	named: 'Named account'
};

const fields = Object.keys(fieldNames) as AccountField[];

/** Only a vendor's list says what an account is to the vendor. */
export const fieldsOf = (side: Side | undefined): AccountField[] =>
	side === 'vendor' ? fields : fields.filter((field) => field !== 'relation' && field !== 'named');

/** Feeds `field` from `column`. A field has one source, so another column that fed it lets go. */
export function assign(mapping: ColumnMapping[], column: number, field: AccountField | null): ColumnMapping[] {
	return mapping.map((entry) => {
		if (entry.column === column) return { column, field };
		return field !== null && entry.field === field ? { column: entry.column, field: null } : entry;
	});
}

/** The one field without which there is no account. */
export const lacksName = (mapping: ColumnMapping[]): boolean => !mapping.some((entry) => entry.field === 'name');

/** Columns that have no heading are called what a spreadsheet calls them. */
export function columnName(headers: string[], column: number): string {
	const heading = headers[column]?.trim();
	if (heading) return heading;
	let name = '';
	for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
		name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
	}
	return `Column ${name}`;
}
