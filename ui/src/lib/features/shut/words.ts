import type { ProgramTrouble } from '$bindings/ProgramTrouble';

interface ShutWords {
	/** What happened. */
	what: string;
	/** What to try before anything is given up. */
	first: string;
	/** Whether a part of it may still be readable. */
	rescue: boolean;
	/** Whether removing it is a way out; where it is not, nothing is broken. */
	remove: boolean;
}

export const shutWords: Record<ProgramTrouble, ShutWords> = {
	damaged: {
		what: 'Parts of its file on this disk can no longer be read. A failing disk or a power cut can cause this. Lockstep has changed nothing in it.',
		first: 'If you have a backup of this device, bring the profile folder back and try again.',
		rescue: true,
		remove: true
	},
	key_lost: {
		what: 'Its file is here, but the key to it is missing or was changed. Without that key nobody can read the file, Lockstep included.',
		first: 'If you have a backup of this device, bring the profile folder back and try again.',
		rescue: false,
		remove: true
	},
	missing: {
		what: 'Its file is gone from the profile folder.',
		first: 'If it was moved, or you have a backup, put it back and try again.',
		rescue: false,
		remove: true
	},
	disk: {
		what: 'The disk did not give its file: it is full, read-only or failing, or another process holds the file.',
		first: 'Make room, check that the folder can be written, then try again.',
		rescue: true,
		remove: false
	},
	too_new: {
		what: 'A newer version of Lockstep wrote its file, in a way this version does not know.',
		first: 'Install the current version. Everything is then as you left it.',
		rescue: false,
		remove: false
	}
};
