/** Hits that are asked for at first, and how many more when one comes near their end. */
export const step = 60;

// Kept while one is elsewhere, so that coming back finds the search as it was left.
export const view = $state({
	text: '',
	/** Best first, after Enter; newest first while one types. */
	ranked: false,
	/** Row the keys are on; -1 while one types. */
	at: -1,
	limit: step,
	/** The hit that was opened: coming back puts the keys there. */
	opened: false
});

export function look(text: string): void {
	view.text = text;
	view.ranked = false;
	view.at = -1;
	view.limit = step;
}
