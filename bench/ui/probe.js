// What is put into the page that is measured, once: the clock, the end of a frame, keys, and waiting.
// Times begin in the handler, not with `event.timeStamp`, whose clock runs apart from the page's by milliseconds.
if (!window.bench) {
	const now = () => performance.timeOrigin + performance.now();
	/** The end of the next frame. */
	const painted = () =>
		new Promise((done) =>
			requestAnimationFrame(() => {
				const channel = new MessageChannel();
				channel.port1.onmessage = () => done(now());
				channel.port2.postMessage(0);
			})
		);
	const later = (time) => new Promise((done) => setTimeout(done, time));
	/** Waits until something holds, looking whenever the document has changed. */
	const until = (holds, what) =>
		new Promise((done, failed) => {
			if (holds()) return done();
			const finish = (how, value) => {
				watch.disconnect();
				clearTimeout(timer);
				how(value);
			};
			const watch = new MutationObserver(() => holds() && finish(done));
			const timer = setTimeout(() => finish(failed, new Error(`waited in vain for ${what}`)), 15000);
			watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
		});
	const one = (hook) => document.querySelector(`[data-test=${hook}]`);
	const field = (hook) => {
		const found = one(hook);
		return found?.matches('input, textarea') ? found : found?.querySelector('input, textarea');
	};
	/** A key, as `mod+shift+f` or `Enter`; the moment before. */
	const press = (stroke, on = document.activeElement ?? document.body) => {
		const parts = stroke.split('+');
		const key = parts.pop();
		const [ctrlKey, shiftKey] = [parts.includes('mod'), parts.includes('shift')];
		const began = now();
		on.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey, shiftKey, bubbles: true, cancelable: true }));
		return began;
	};
	const type = (input, text) => {
		const began = now();
		input.value = text;
		input.dispatchEvent(new InputEvent('input', { bubbles: true }));
		return began;
	};
	const calm = () => {
		if (document.activeElement !== document.body) document.activeElement?.blur();
	};
	const rpc = async (cmd, args) => {
		if (window.__TAURI_INTERNALS__) return window.__TAURI_INTERNALS__.invoke('rpc', { cmd, args });
		const headers = { 'content-type': 'application/json' };
		const answer = await fetch(`/rpc/${cmd}`, { method: 'POST', headers, body: JSON.stringify(args ?? null) });
		if (!answer.ok) throw new Error(`${cmd}: ${answer.status}`);
		return answer.json();
	};
	const go = async (path) => {
		const link = document.createElement('a');
		link.href = path;
		document.body.append(link);
		link.click();
		link.remove();
		await until(() => location.pathname === path.split('?')[0], path);
	};

	/** Pauses between frames that are longer than they should be, while it listens. */
	let frames = null;
	const watchFrames = () => {
		frames = [];
		const mine = frames;
		let last = performance.now();
		const frame = () => {
			const at = performance.now();
			mine.push(at - last);
			last = at;
			if (frames === mine) requestAnimationFrame(frame);
		};
		requestAnimationFrame(frame);
	};
	const watchedFrames = () => {
		const mine = frames ?? [];
		frames = null;
		return mine.slice(1);
	};

	/** From the handler of a real key to the end of the next frame, and when each came. */
	let keys = null;
	addEventListener(
		'keydown',
		() => {
			if (!keys) return;
			const began = now();
			const mine = keys;
			mine.came.push(began);
			void painted().then((at) => mine.took.push(at - began));
		},
		true
	);
	const watchKeys = () => (keys = { came: [], took: [] });
	const watchedKeys = () => {
		const mine = keys;
		keys = null;
		return mine;
	};

	window.bench = {
		now, painted, later, until, one, field, press, type, calm, rpc, go,
		watchFrames, watchedFrames, watchKeys, watchedKeys
	};
}
