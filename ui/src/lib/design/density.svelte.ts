import type { Density } from '$bindings/Density';

// The same two heights as `--row` in tokens.css, for what has to count in pixels.
const heights: Record<Density, number> = { compact: 32, comfortable: 40 };

let choice = $state<Density>('compact');

/** How much room rows have. Whoever reads it follows the choice at once. */
export const density = {
	get choice(): Density {
		return choice;
	},
	set choice(next: Density) {
		choice = next;
	},
	/** Pixels of a row with one line. */
	get row(): number {
		return heights[choice];
	},
	/** Pixels of a row with two lines, for narrow windows. */
	get doubleRow(): number {
		return heights[choice] + 22;
	}
};
