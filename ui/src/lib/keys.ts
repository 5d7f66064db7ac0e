import type { Component } from 'svelte';
import type { Question } from './shell/question';
import { keyChoice } from './keyChoice.svelte';
import { spoken } from './words';

/**
 * The one keyboard map. Whatever has a key is registered here, and the palette and the `?` sheet
 * are read from the same list, so neither can lie about what a key does.
 *
 * Keys are written as `c`, `shift+enter`, `mod+k` (Ctrl, or Command on a Mac) or, for two keys one
 * after the other, `g d`. Keys without `mod` never fire while text is being written.
 */
export interface Binding {
	keys: string;
	label: string;
	run: (event?: KeyboardEvent) => void;
	/** What the palette asks instead of running it: it then runs with the answers. */
	ask?: () => Question | Promise<Question>;
	/** Fires only while this holds. */
	when?: () => boolean;
	/** Heading in the key sheet. */
	group?: string;
	/** Shown beside it in the palette; otherwise that of its group. */
	icon?: Component<{ size?: number; strokeWidth?: number; class?: string; 'aria-hidden'?: 'true' }>;
	/** Left out of the palette: moving about makes no sense there. */
	hidden?: boolean;
	/** `when` only asks where the focus is: listed in the key sheet all the same. */
	local?: boolean;
	/** Works in an open dialog too: it belongs to what stands there. */
	inDialog?: boolean;
}

/** How long the second key of a pair may take. */
const pairWindow = 1200;

export interface KeyMap {
	register(binding: Binding): () => void;
	/** True when the event was used up. */
	press(event: KeyboardEvent): boolean;
	/** Told of everything that is written: a field takes back itself what was. */
	wrote(event: Event): void;
	all(): Binding[];
}

/** True for keys that print a character, alone or one after the other: `c`, `?`, `shift+d`, `g d`. */
export function isSingle(keys: string): boolean {
	return keys.split(' ').some((stroke) => {
		const parts = stroke.split('+');
		const key = parts.at(-1) || (stroke.endsWith('+') ? '+' : '');
		return [...key].length === 1 && !parts.some((part) => ['mod', 'alt', 'other'].includes(part));
	});
}

/** What `createKeyMap` can be told. */
export interface KeyMapOptions {
	now?: () => number;
	/** Asked at every press: whether single keys work. */
	single?: () => boolean;
}

export function createKeyMap(
	mac: boolean,
	{ now = () => performance.now(), single = () => true }: KeyMapOptions = {}
): KeyMap {
	const bindings: Binding[] = [];
	let first: { key: string; at: number } | null = null;
	// What a field held when somebody last wrote in it. Once it holds anything else, its own undo leads nowhere.
	const written = new WeakMap<EventTarget, string | undefined>();

	// The latest registration wins: what is open now shadows what lies beneath.
	const find = (keys: string, among: Binding[]): Binding | undefined =>
		among.findLast((binding) => binding.keys === keys && (binding.when?.() ?? true));

	const holdsWhatWasWritten = (field: EventTarget | null): boolean =>
		field !== null && written.has(field) && written.get(field) === valueOf(field);

	return {
		register(binding) {
			bindings.push(binding);
			return () => {
				const at = bindings.indexOf(binding);
				if (at >= 0) bindings.splice(at, 1);
			};
		},

		press(event) {
			if (event.defaultPrevented || composing(event) || isModifier(event.key)) return false;
			const stroke = strokeOf(event, mac);
			if (isSingle(stroke) && !single()) return false;
			const writing = isWriting(event.target);
			if (writing && !stroke.includes('mod+')) {
				first = null;
				return false;
			}
			if (writing && (stroke === 'mod+z' || stroke === 'mod+shift+z') && holdsWhatWasWritten(event.target)) return false;
			// An open dialog or menu owns its keys; only chords reach past it, and what belongs to the dialog itself.
			const enclosed = !stroke.includes('mod+') && isOverlay(event.target);
			const heard = enclosed ? bindings.filter((binding) => binding.inDialog) : bindings;
			// Enter and Space belong to whatever button or link has the focus.
			if ((stroke === 'enter' || stroke === 'space') && isControl(event.target)) return false;

			const pair = first && now() - first.at < pairWindow ? find(`${first.key} ${stroke}`, heard) : undefined;
			first = null;
			const hit = pair ?? find(stroke, heard);
			if (hit) {
				event.preventDefault();
				hit.run(event);
				return true;
			}
			if (heard.some((binding) => binding.keys.startsWith(`${stroke} `))) {
				first = { key: stroke, at: now() };
			}
			return false;
		},

		wrote(event) {
			if (event.target) written.set(event.target, valueOf(event.target));
		},

		all: () => bindings.slice()
	};
}

/** The keys that go through a list, a row at a time. */
export function rowKeys(group: string, step: (by: 1 | -1) => void): Binding[] {
	const down = { label: 'Down', group, hidden: true, run: () => step(1) };
	const up = { label: 'Up', group, hidden: true, run: () => step(-1) };
	return [
		{ keys: 'j', ...down },
		{ keys: 'k', ...up },
		{ keys: 'arrowdown', ...down },
		{ keys: 'arrowup', ...up }
	];
}

/** True while an input method is still putting a character together; Enter then is not ours. */
export function composing(event: KeyboardEvent): boolean {
	return event.isComposing || event.keyCode === 229;
}

/** One event in the notation of this file. */
export function strokeOf(event: KeyboardEvent, mac: boolean): string {
	const parts: string[] = [];
	if (mac ? event.metaKey : event.ctrlKey) parts.push('mod');
	if (mac ? event.ctrlKey : event.metaKey) parts.push('other');
	if (event.altKey) parts.push('alt');
	const key = event.key === ' ' ? 'space' : event.key.toLowerCase();
	// For `?` and its like the Shift is how one types it, no part of the name.
	const printed = event.key.length === 1 && event.key.toLowerCase() === event.key.toUpperCase();
	if (event.shiftKey && !printed) parts.push('shift');
	parts.push(key);
	return parts.join('+');
}

/** A key as people read it: `['Ctrl', 'K']`, or `['G', 'D']` for a pair. */
export function spell(keys: string, mac: boolean): string[] {
	const names: Record<string, string> = {
		mod: mac ? '⌘' : spoken('Ctrl'),
		shift: mac ? '⇧' : spoken('Shift'),
		alt: mac ? '⌥' : spoken('Alt'),
		enter: spoken('Enter'),
		escape: spoken('Esc'),
		space: spoken('Space'),
		delete: spoken('Del'),
		backspace: '⌫',
		arrowup: '↑',
		arrowdown: '↓',
		arrowleft: '←',
		arrowright: '→'
	};
	return keys
		.split(/[ +]/)
		.filter(Boolean)
		.map((key) => names[key] ?? key.toUpperCase());
}

function isModifier(key: string): boolean {
	return key === 'Shift' || key === 'Control' || key === 'Alt' || key === 'Meta';
}

function within(target: EventTarget | null, selector: string): boolean {
	const element = target as Partial<Element> | null;
	return Boolean(element?.closest?.(selector));
}

function isWriting(target: EventTarget | null): boolean {
	return within(
		target,
		'input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=true]'
	);
}

const valueOf = (target: EventTarget | null): string | undefined =>
	(target as Partial<HTMLInputElement> | null)?.value;

// A list that is the page itself says so, and has the keys of the page.
function isOverlay(target: EventTarget | null): boolean {
	return within(target, '[role=dialog], [role=alertdialog], [role=menu], [role=listbox]:not([data-page-keys])');
}

function isControl(target: EventTarget | null): boolean {
	return within(target, 'button, a[href], [role=button], [role=tab], [role=checkbox], summary');
}

export const onMac = typeof navigator !== 'undefined' && /Mac/.test(navigator.platform);
export const keyMap = createKeyMap(onMac, { single: () => keyChoice.single });

/** Adds a key to the map of this window; returns the way to take it out again. */
export const register = (binding: Binding): (() => void) => keyMap.register(binding);

/** Adds several at once. Made for `$effect(() => registerAll([...]))`. */
export function registerAll(bindings: Binding[]): () => void {
	const removers = bindings.map(register);
	return () => removers.forEach((remove) => remove());
}
