import type { InvitationStatus } from '$bindings/InvitationStatus';
import type { OrganizationCard } from '$bindings/OrganizationCard';
import type { RoleName } from '$bindings/RoleName';
import type { Side } from '$bindings/Side';

/** What a role may do, for the moment in which one is chosen. */
export function roleMeans(role: RoleName, side: Side): string {
	switch (role) {
		case 'admin':
			return side === 'vendor'
				? 'Invites people, adds partner companies and runs the program.'
				: 'Invites people of the company and works on its deals.';
		case 'channel_manager':
			return 'Decides registrations and adds partner companies.';
		case 'seller':
			return side === 'vendor' ? 'Works on deals together with partners.' : 'Registers deals and works on them.';
		case 'member':
			return 'Reads and writes in deal rooms; decides nothing.';
	}
}

/** Only a vendor decides registrations, so only a vendor has people for it. */
export function rolesOf(side: Side): RoleName[] {
	return side === 'vendor' ? ['seller', 'channel_manager', 'admin', 'member'] : ['seller', 'admin', 'member'];
}

export const statusNames: Record<InvitationStatus, string> = {
	queued: 'Queued',
	open: /* @wc-context: an invitation that nobody has used yet */ 'Open',
	accepted: 'Accepted',
	revoked: 'Revoked',
	expired: 'Expired'
};

/** A link that nobody can take any more needs no Revoke. */
export const revocable = (status: InvitationStatus): boolean => status === 'open' || status === 'queued';

/** Companies and people whose name contains the words. A company that matches keeps all its people. */
export function narrow(organizations: OrganizationCard[], words: string): OrganizationCard[] {
	const wanted = fold(words);
	if (wanted === '') return organizations;
	return organizations.flatMap((organization) => {
		if (fold(organization.name).includes(wanted)) return [organization];
		const members = organization.members.filter((member) => fold(member.person.name).includes(wanted));
		return members.length > 0 ? [{ ...organization, members }] : [];
	});
}

/** `Tomás` is found by `tomas`. */
const fold = (text: string): string =>
	text.trim().normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
