import { announce } from './announcer.svelte';

/** Nobody wants to hear every count while words are still being typed. */
const quiet = 600;

/**
 * Says how many rows a list has after the person asked it something else: a filter, words. `words` are the
 * count as printed, undefined while there is no answer; `asked` is the question as one text. The first count of
 * a screen is not said, and neither is one that changes by itself.
 */
export function announceCount(words: () => string | undefined, asked: () => string): void {
	let before: string | undefined;
	let waits = false;
	$effect(() => {
		const [question, said] = [asked(), words()];
		if (before !== undefined && question !== before) waits = true;
		before = question;
		if (!waits || said === undefined) return;
		const timer = setTimeout(() => {
			waits = false;
			announce(said, { topic: 'results' });
		}, quiet);
		return () => clearTimeout(timer);
	});
}
