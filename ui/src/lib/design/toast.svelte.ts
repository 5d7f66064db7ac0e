import { announce } from './announcer.svelte';

export interface Toast {
	id: number;
	message: string;
	tone: 'neutral' | 'danger';
	undo?: () => unknown;
}

export interface ToastOptions {
	/** Offered for as long as the toast is there. */
	undo?: () => unknown;
	tone?: Toast['tone'];
}

const lifetime = 10_000;
const most = 3;
let next = 0;

export const toasts = $state<{ list: Toast[] }>({ list: [] });

/** Says one sentence in the corner for ten seconds. */
export function toast(message: string, options: ToastOptions = {}): void {
	const entry: Toast = { id: ++next, message, tone: options.tone ?? 'neutral', undo: options.undo };
	toasts.list = [...toasts.list.slice(1 - most), entry];
	announce(entry.undo ? `${message} Ctrl+Z takes it back.` : message, {
		loudness: entry.tone === 'danger' ? 'assertive' : 'polite'
	});
	setTimeout(() => dismiss(entry.id), lifetime);
}

export function dismiss(id: number): void {
	toasts.list = toasts.list.filter((entry) => entry.id !== id);
}
