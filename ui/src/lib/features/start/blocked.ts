import type { VaultState } from '$bindings/VaultState';

export type BlockedState = Extract<VaultState, 'keychain_locked' | 'keychain_missing' | 'in_use' | 'too_new'>;

interface BlockedWords {
	title: string;
	lead: string;
	steps: string[];
	/** Said when trying again changed nothing. */
	still: string;
	/** What the person need not worry about. */
	safe: string;
}

export const blocked: Record<BlockedState, BlockedWords> = {
	keychain_locked: {
		title: 'Your keychain is locked',
		lead: 'The data on this device is encrypted, and its key lies in the keychain of your system.',
		steps: [
			'Unlock the keychain. Usually a window of your system has asked for its password, which often is the one you log in with.',
			'Try again here.'
		],
		still: 'The keychain is still locked.',
		safe: 'Nothing is lost. As long as the keychain is locked, nobody can read your data, this application included.'
	},
	keychain_missing: {
		title: 'The keychain does not answer',
		lead: 'The data on this device is encrypted, and its key lies in the keychain of your system. No keychain runs in this session.',
		steps: [
			'Log in to your desktop the way you usually do. In a remote or text session the keychain is often not started.',
			'On Linux, make sure that GNOME Keyring or KWallet is running.',
			'Try again here.'
		],
		still: 'There is still no keychain in this session.',
		safe: 'Nothing is lost. The key is where it was; only the program that hands it out is not running.'
	},
	in_use: {
		title: 'Already open in another window',
		lead: 'Another Lockstep window uses this profile. Two at once could damage its data, so this one waits.',
		steps: ['Switch to the other window, or close it.', 'Then try again here.'],
		still: 'The other window is still open.',
		safe: 'If no other window can be seen, it may still be closing, or run in the tray.'
	},
	too_new: {
		title: 'Update Lockstep to open your data',
		lead: 'A newer version of Lockstep was used here and wrote the data in a way that this version does not know.',
		steps: ['Install the current version of Lockstep.', 'Open it again. Everything is then as you left it.'],
		still: 'This version is still older than the one that wrote the data.',
		safe: 'Nothing is lost, and this version changes nothing. Your programs and queued changes wait for the newer one.'
	}
};
