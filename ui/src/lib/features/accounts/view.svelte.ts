// Kept while one is elsewhere, so that coming back finds the list as it was left.
export const view = $state({
	text: '',
	/** Row the keys are on. */
	at: 0
});
