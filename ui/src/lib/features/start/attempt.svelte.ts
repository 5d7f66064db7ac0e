import { asFailure } from '$lib/bridge/bridge';

/** One try after the other of something that needs the passphrase. */
export class PassphraseAttempt {
	busy = $state(false);
	/** For the field: why what was typed does not open anything. A typo is corrected, not typed again. */
	wrong = $state<string>();
	/** Whatever else went wrong. */
	failure = $state('');

	/** Runs `work` unless it runs already, then `done` with what came of it. */
	async run<T>(work: () => Promise<T>, done: (answer: T) => void): Promise<void> {
		if (this.busy) return;
		this.forget();
		this.busy = true;
		try {
			done(await work());
		} catch (cause) {
			const error = asFailure(cause);
			if (error.code === 'wrong_passphrase') {
				this.wrong = 'This passphrase is wrong. Check Caps Lock and the keyboard layout.';
			} else {
				this.failure = error.message;
			}
		} finally {
			this.busy = false;
		}
	}

	/** Takes back what was said about the last try. */
	forget(): void {
		this.wrong = undefined;
		this.failure = '';
	}
}
