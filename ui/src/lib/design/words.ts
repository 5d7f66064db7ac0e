import type { Connection } from '$bindings/Connection';
import type { Court } from '$bindings/Court';
import type { RegistrationStatus } from '$bindings/RegistrationStatus';
import type { RejectionRule } from '$bindings/RejectionRule';
import type { RoleName } from '$bindings/RoleName';
import type { StageName } from '$bindings/StageName';
import type { SyncMark } from '$bindings/SyncMark';

// One place for the words of closed lists, so that a thing has one name on every screen.

export const courtWord: Record<Court, string> = {
	us: 'Us',
	them: 'Them',
	customer: 'Customer',
	nobody: 'Nobody'
};

/** Whose court it is in, said alone. */
export function moveWord(court: Court): string {
	if (court === 'us') return 'Your move';
	if (court === 'them') return 'Their move';
	return court === 'customer' ? 'The customer’s move' : '';
}

export const stageWord: Record<StageName, string> = {
	prospect: 'Prospect',
	qualified: 'Qualified',
	technical_validation: 'Technical fit',
	business_validation: 'Business case',
	committed: 'Committed',
	launched: 'Won',
	closed_lost: 'Lost'
};

export const statusWord: Record<RegistrationStatus, string> = {
	draft: 'Draft',
	submitted: 'Submitted',
	in_review: 'In review',
	action_required: 'Action required',
	conflict_hold: 'On hold',
	approved: 'Approved',
	shared: 'Approved, shared',
	extension_requested: 'Longer protection asked for',
	expired: 'Protection ended',
	converted: 'Converted',
	won: 'Won',
	lost: 'Lost',
	rejected: 'Rejected',
	appealed: 'Appealed',
	duplicate: 'Duplicate',
	withdrawn: 'Withdrawn'
};

/** Decided in the partner's favour, whatever has become of it since. */
export const granted: readonly RegistrationStatus[] = [
	'approved',
	'shared',
	'extension_requested',
	'expired',
	'converted',
	'won',
	'lost'
];

export const ruleWord: Record<RejectionRule, string> = {
	existing_customer: 'Existing customer',
	open_opportunity: 'Open opportunity',
	named_account: 'Named account',
	public_tender: 'Public tender',
	not_qualified: 'Not qualified',
	other_registration: 'Registered by another partner'
};

export const roleWord: Record<RoleName, string> = {
	admin: 'Admin',
	seller: 'Seller',
	channel_manager: 'Channel manager',
	member: 'Member'
};

export const markWord: Record<Exclude<SyncMark, 'synced'>, string> = {
	queued: 'Saved here, not yet sent',
	sending: 'Sending',
	awaiting_decision: 'Waits for a decision',
	needs_you: 'Needs you'
};

export const connectionWord: Record<Connection, string> = {
	online: 'Online',
	catching_up: 'Catching up',
	connecting: 'Connecting',
	offline: 'Offline',
	revoked: 'Access removed',
	read_only: 'Read only: update Lockstep'
};
