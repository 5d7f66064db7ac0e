import type { Practised } from '$bindings/Practised';
import { onSent, send } from '$lib/bridge/bridge';
import { session } from '$lib/shell/session.svelte';
import { practised } from './steps';

/** Ticks what is done in the demo, wherever it is done; returns the way to stop. */
export function watchPractice(): () => void {
	const seen = practised();
	// What was ticked a moment ago is in no answer yet.
	const ticked = new Set<Practised>();
	return onSent((command, args, reply) => {
		const step = seen(command, args, reply);
		const known = session.app?.practice;
		if (step === null || !known || known.dismissed || known.done.includes(step) || ticked.has(step)) return;
		ticked.add(step);
		const done = [...new Set([...known.done, ...ticked])];
		// A list of exercises is not worth a complaint.
		void send('practice_set', { done, dismissed: false }).catch(() => ticked.delete(step));
	});
}
