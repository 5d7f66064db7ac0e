declare global {
	namespace App {
		interface PageState {
			/** Where focus should land after a navigation made by a key. */
			focus?: 'composer' | 'plan';
			/** The message to go to. */
			message?: { id: string; position: number | null };
			/** Escape leads back to where one came from. */
			back?: boolean;
		}
	}
	interface Window {
		__TAURI_INTERNALS__?: unknown;
		/** Set by the shell before the page runs. */
		__LOCKSTEP_LANGUAGE__?: string;
	}
}

export {};
