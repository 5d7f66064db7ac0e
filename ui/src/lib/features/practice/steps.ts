import type { Practised } from '$bindings/Practised';
import type { CommandName } from '$lib/bridge/bridge';

export interface Step {
	key: Practised;
	label: string;
	/** Where and how, in a few words. */
	how: string;
	keys?: string;
}

/** What is practised, in the order in which it is easiest. */
export function steps(): Step[] {
	return [
		{ key: 'palette', label: 'Find a deal in the palette', how: 'Type a name.', keys: 'mod+k' },
		{ key: 'reply', label: 'Reply in a room', how: 'On a row of Today.', keys: 'r' },
		{ key: 'register', label: 'Register a deal', how: 'The vendor sees it at once.', keys: 'c' },
		{ key: 'step', label: 'Tick a step of a plan', how: 'On a step in Today.', keys: 'e' },
		{ key: 'undo', label: 'Take it back', how: 'Fifty changes deep.', keys: 'mod+z' },
		{ key: 'offline', label: 'Work offline, write, go online again', how: 'From the palette.', keys: 'mod+k' }
	];
}

const written: readonly CommandName[] = [
	'message_send', 'deal_register', 'deal_edit', 'milestone_add', 'milestone_edit', 'milestone_complete', 'milestone_reopen', 'plan_schedule'
];

/** Tells from the commands that were answered what was practised. */
export function practised(): (command: CommandName, args: unknown, reply: unknown) => Practised | null {
	let away = false;
	let wrote = false;
	let sending = false;
	return (command, args, reply) => {
		const has = (of: unknown, name: string): unknown =>
			typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
		if (away && written.includes(command)) wrote = true;
		switch (command) {
			case 'palette':
				return 'palette';
			case 'message_send':
				return 'reply';
			case 'deal_register':
				return has(args, 'submit') === true ? 'register' : null;
			case 'milestone_complete':
				return 'step';
			case 'undo':
				return 'undo';
			case 'work_offline':
				away = has(args, 'on') === true;
				sending = !away && wrote;
				if (away) wrote = false;
				return null;
			case 'sync_status':
				if (!sending || has(reply, 'waiting') !== 0 || has(reply, 'connection') !== 'online') return null;
				sending = wrote = false;
				return 'offline';
			default:
				return null;
		}
	};
}
