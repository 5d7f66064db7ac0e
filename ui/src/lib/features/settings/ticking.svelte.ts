/** The time, told anew every few seconds while it is looked at, for ages that would grow stale. */
export function ticking(every = 5_000): { readonly now: number } {
	let now = $state(Date.now());
	$effect(() => {
		const timer = setInterval(() => {
			if (!document.hidden) now = Date.now();
		}, every);
		return () => clearInterval(timer);
	});
	return {
		get now() {
			return now;
		}
	};
}
