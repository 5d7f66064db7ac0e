// When preparing for a trip began; it goes on while its dialog is closed.
let since = $state<number | null>(null);

export const preparing = {
	get since(): number | null {
		return since;
	},
	begin(now: number) {
		since = now;
	},
	stop() {
		since = null;
	}
};
