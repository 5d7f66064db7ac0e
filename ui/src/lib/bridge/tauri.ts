// The only file that knows Tauri. Everything else speaks to `Host`.
import { Channel, invoke } from '@tauri-apps/api/core';
import type { Uploaded } from '$bindings/Uploaded';
import { asFailure, type Host, type Push } from './host';

export const host: Host = {
	async rpc(cmd, args) {
		try {
			return await invoke('rpc', { cmd, args });
		} catch (cause) {
			throw asFailure(cause);
		}
	},

	async upload(file) {
		try {
			const headers = { 'x-name': encodeURIComponent(file.name) };
			return await invoke<Uploaded>('upload', await file.arrayBuffer(), { headers });
		} catch (cause) {
			throw asFailure(cause);
		}
	},

	listen(push) {
		const channel = new Channel<Push>();
		channel.onmessage = push;
		void invoke('subscribe', { channel });
	},

	async shown() {
		await invoke('shown');
	},

	async demo() {
		try {
			await invoke('demo');
		} catch (cause) {
			throw asFailure(cause);
		}
	},

	async quit() {
		await invoke('quit');
	},

	async popOut(program, deal) {
		try {
			return await invoke<boolean>('pop_out', { program, deal });
		} catch (cause) {
			throw asFailure(cause);
		}
	},

	async closeWindow() {
		await invoke('close_window');
	},

	async goInMain(route) {
		await invoke('go_in_main', { route });
	}
};
