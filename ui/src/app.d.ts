declare global {
	namespace App {
		interface PageState {
			/** Where focus should land after a navigation made by a key. */
			focus?: 'composer' | 'plan';
		}
	}
	interface Window {
		__TAURI_INTERNALS__?: unknown;
	}
}

export {};
