/** The row that the keys act on, in a list whose rows come and go. */
export interface Choice {
	/** Its place; -1 in an empty list. */
	readonly at: number;
	/** Its key; undefined in an empty list. */
	readonly key: string | undefined;
	/** The row with this key. */
	take(key: string): void;
	/** So many rows further, and into sight. */
	step(by: number): void;
	/** The row at this place, or the nearest, and into sight. */
	choose(index: number): void;
}

/**
 * What was chosen is remembered, not its place: what is done above must not move the choice. When it is gone, its place is
 * what stays. `idOf` is the id of the element that shows a key.
 */
export function createChoice(keys: () => string[], idOf: (key: string) => string): Choice {
	let chosen = $state('');
	let place = $state(0);
	const at = $derived.by(() => {
		const found = keys().indexOf(chosen);
		return found >= 0 ? found : Math.min(place, keys().length - 1);
	});

	function choose(index: number) {
		place = Math.max(0, Math.min(keys().length - 1, index));
		chosen = keys()[place] ?? '';
		document.getElementById(idOf(chosen))?.scrollIntoView({ block: 'nearest' });
	}

	return {
		get at() {
			return at;
		},
		get key() {
			return keys()[at];
		},
		take: (key) => (chosen = key),
		step: (by) => choose(at + by),
		choose
	};
}
