import { describe, expect, it } from 'vitest';
import { narrow, revocable, roleMeans, rolesOf } from './roles';

describe('roles', () => {
	it('leave decisions to the vendor', () => {
		expect(rolesOf('partner')).not.toContain('channel_manager');
		expect(rolesOf('vendor')).toContain('channel_manager');
	});

	it('each have a meaning on either side', () => {
		for (const side of ['vendor', 'partner'] as const) {
			for (const role of rolesOf(side)) {
				expect(roleMeans(role, side)).toMatch(/\.$/);
			}
		}
	});
});

describe('an invitation', () => {
	it('can be revoked while somebody could still take it', () => {
		expect(revocable('open') && revocable('queued')).toBe(true);
		expect(revocable('accepted') || revocable('revoked') || revocable('expired')).toBe(false);
	});
});

describe('finding people', () => {
	const member = (name: string) => ({
		person: { id: name, name, organization: 'o', organization_name: 'Halden', side: 'them' as const },
		role: 'seller' as const,
		is_me: false,
		may_remove: false
	});
	const organizations = [
		{ id: 'h', name: 'Halden Systems', side: 'vendor' as const, queued: false, ended: false, may_end: false, members: [member('Tomás Ferreira'), member('Orla Brennan')] },
		{ id: 'n', name: 'Northbeam GmbH', side: 'partner' as const, queued: false, ended: false, may_end: false, members: [member('Priya Nair')] }
	];

	it('ignores accents and case', () => {
		const found = narrow(organizations, ' TOMAS ');
		expect(found.map((organization) => organization.id)).toEqual(['h']);
		expect(found[0]?.members).toHaveLength(1);
	});

	it('keeps everybody of a company that matches', () => {
		expect(narrow(organizations, 'halden')[0]?.members).toHaveLength(2);
		expect(narrow(organizations, '')).toHaveLength(2);
		expect(narrow(organizations, 'zzz')).toEqual([]);
	});
});
