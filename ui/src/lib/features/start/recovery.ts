import type { VaultState } from '$bindings/VaultState';

export type RecoveryState = Extract<VaultState, 'key_lost' | 'damaged'>;

interface RecoveryWords {
	title: string;
	lead: string;
	/** The way that keeps everything. */
	repair: { title: string; detail: string };
	/** When that way is closed. */
	gone: string;
	/** Said when trying again changed nothing. */
	still: string;
	/** What starting over means for the files kept aside, where it is not the usual thing. */
	aside?: string;
}

export const recovery: Record<RecoveryState, RecoveryWords> = {
	key_lost: {
		title: 'The key to your data is missing',
		lead: 'There are encrypted files on this device, and your keychain answers, but it no longer has their key. Lockstep does not make a new key by itself, because the old files would then be lost for good.',
		repair: {
			title: 'If you can bring the keychain back',
			detail:
				'Was it reset, or did you log in as somebody else? Restore it from a backup, or log in with the account you used before. Everything is then as you left it.'
		},
		gone: 'If the key is gone',
		still: 'The keychain still does not have the key.'
	},
	damaged: {
		title: 'The data on this device is damaged',
		lead: 'The files that protect your data cannot be read as they are. Lockstep has changed nothing in them, and does not guess.',
		repair: {
			title: 'If you have a backup of this device',
			detail:
				'Close Lockstep, bring its folder back from the backup, and open it again. A full or failing disk can cause this too: make room first, then try again.'
		},
		gone: 'If there is no backup',
		still: 'The files are still damaged.',
		aside: 'A new key is made for the new files. The damaged ones stay as they are.'
	}
};
