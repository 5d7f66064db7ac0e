let single = $state(true);

/** Whether keys that print a character do something by themselves (WCAG 2.1.4). */
export const keyChoice = {
	get single(): boolean {
		return single;
	},
	set single(next: boolean) {
		single = next;
	}
};
