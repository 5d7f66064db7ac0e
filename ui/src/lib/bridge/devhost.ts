// The same door over HTTP, for tests in a browser and for work on the window with hot reload.
import type { CommandError } from '$bindings/CommandError';
import type { Uploaded } from '$bindings/Uploaded';
import { CommandFailed, asFailure, type Host, type Push } from './host';

async function answer<T>(request: Promise<Response>): Promise<T> {
	try {
		const response = await request;
		if (response.status === 422) throw new CommandFailed((await response.json()) as CommandError);
		if (!response.ok) throw new Error(`The test host answered ${response.status}.`);
		return (await response.json()) as T;
	} catch (cause) {
		throw asFailure(cause);
	}
}

export const host: Host = {
	rpc(command, args) {
		return answer(
			fetch(`/rpc/${command}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(args ?? null)
			})
		);
	},

	upload(file) {
		const name = encodeURIComponent(file.name);
		return answer<Uploaded>(fetch(`/upload?name=${name}`, { method: 'POST', body: file }));
	},

	listen(push) {
		const source = new EventSource('/changes');
		source.onmessage = (event) => push(JSON.parse(String(event.data)) as Push);
	},

	// A browser window shows itself.
	shown: () => Promise.resolve()
};
