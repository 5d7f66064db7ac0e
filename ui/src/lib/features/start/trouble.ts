import type { Code } from '$bindings/Code';
import type { CommandError } from '$bindings/CommandError';

/** Why joining did not work and what the person can do about it. */
export interface Trouble {
	title: string;
	next: string;
	/** Whether the same link may work when it is tried again as it is. */
	again: boolean;
}

/** `hub` is the host the link points to, when it could be read. */
export function trouble(error: CommandError, hub?: string): Trouble {
	const known: Partial<Record<Code, Trouble>> = {
		invitation_malformed: {
			title: 'This is not an invitation link',
			next: 'Copy the whole link from the message you were sent. Long links are easily cut at a line break.',
			again: false
		},
		invitation_expired: {
			title: 'This invitation has expired',
			next: 'Ask the person who invited you for a new link. The old one cannot be extended.',
			again: false
		},
		invitation_used: {
			title: 'This invitation was already used',
			next: 'Each link works once. If it was not you who used it, tell the person who invited you, and ask for a new one.',
			again: false
		},
		invitation_foreign: {
			title: 'This invitation belongs to another hub',
			next: hub
				? `${hub} does not know it. Check that you copied the link you were sent most recently.`
				: 'The hub does not know it. Check that you copied the link you were sent most recently.',
			again: false
		},
		hub_unreachable: {
			title: hub ? `${hub} cannot be reached` : 'The hub cannot be reached',
			next: 'Check your connection, then try again. Joining needs the network once; the invitation stays unused.',
			again: true
		},
		hub_incompatible: {
			title: hub ? `${hub} speaks another version` : 'The hub speaks another version',
			next: 'Update this application, or ask the vendor to update the hub. The invitation stays unused.',
			again: true
		},
		already_joined: {
			title: 'You have already joined this program here',
			next: 'It is in the lens at the top of the sidebar. To use it on another device, link that device in Settings.',
			again: false
		},
		disk_full: {
			title: 'There is no room on this disk',
			next: 'Free some space, then try again. Nothing was changed.',
			again: true
		},
		vault_closed: {
			title: 'The local data is locked',
			next: 'Unlock it first, then paste the link again.',
			again: false
		}
	};
	return known[error.code] ?? { title: 'Joining did not work', next: error.message, again: true };
}

/** What people paste: with spaces, in angle brackets or quotes, or broken over lines. */
export function tidyLink(pasted: string): string {
	return pasted.replace(/\s+/g, '').replace(/^[<"'“‘(]+/, '').replace(/[>"'”’).,]+$/, '');
}
