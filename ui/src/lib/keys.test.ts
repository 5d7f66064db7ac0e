import { describe, expect, it, vi } from 'vitest';
import { createKeyMap, isSingle, spell, strokeOf } from './keys';

interface Press {
	key: string;
	ctrl?: boolean;
	meta?: boolean;
	shift?: boolean;
	alt?: boolean;
	/** What `closest` finds: the selector has to contain this word. */
	inside?: string;
	composing?: boolean;
	code?: number;
}

function press(p: Press): KeyboardEvent {
	const event = {
		key: p.key,
		ctrlKey: p.ctrl ?? false,
		metaKey: p.meta ?? false,
		shiftKey: p.shift ?? false,
		altKey: p.alt ?? false,
		isComposing: p.composing ?? false,
		keyCode: p.code ?? 0,
		defaultPrevented: false,
		preventDefault: vi.fn(),
		target: {
			closest: (selector: string) => (p.inside && selector.includes(p.inside) ? {} : null)
		}
	};
	return event as unknown as KeyboardEvent;
}

describe('the key map', () => {
	it('runs what a key is for, and says that it did', () => {
		const map = createKeyMap(false);
		const run = vi.fn();
		map.register({ keys: 'c', label: 'Register', run });
		const event = press({ key: 'c' });
		expect(map.press(event)).toBe(true);
		expect(run).toHaveBeenCalledOnce();
		expect(event.preventDefault).toHaveBeenCalledOnce();
		expect(map.press(press({ key: 'x' }))).toBe(false);
	});

	it('keeps single letters out of text', () => {
		const map = createKeyMap(false);
		const run = vi.fn();
		map.register({ keys: 'c', label: 'Register', run });
		map.register({ keys: 'mod+k', label: 'Search', run });
		expect(map.press(press({ key: 'c', inside: 'textarea' }))).toBe(false);
		expect(map.press(press({ key: 'k', ctrl: true, inside: 'textarea' }))).toBe(true);
	});

	it('leaves Ctrl+Z to a field for as long as it holds what was written in it', () => {
		const map = createKeyMap(false);
		const run = vi.fn();
		map.register({ keys: 'mod+z', label: 'Undo', run });
		const field = { value: 'kept', closest: (selector: string) => (selector.includes('textarea') ? {} : null) };
		const undo = () => map.press({ ...press({ key: 'z', ctrl: true }), target: field } as unknown as KeyboardEvent);
		expect(undo(), 'nobody wrote in it').toBe(true);
		for (field.value of ['kept, and more', '']) {
			map.wrote({ target: field } as unknown as Event);
			expect(undo()).toBe(false);
		}
		field.value = 'the next draft';
		expect(undo(), 'it holds something else').toBe(true);
		expect(run).toHaveBeenCalledTimes(2);
	});

	it('leaves letters to an open dialog, and Enter to a button', () => {
		const map = createKeyMap(false);
		const run = vi.fn();
		map.register({ keys: 'j', label: 'Down', run });
		map.register({ keys: 'enter', label: 'Open', run });
		expect(map.press(press({ key: 'j', inside: '[role=dialog]' }))).toBe(false);
		expect(map.press(press({ key: 'Enter', inside: 'button' }))).toBe(false);
		expect(map.press(press({ key: 'Enter' }))).toBe(true);
	});

	it('gives an open dialog the letters that belong to it', () => {
		const map = createKeyMap(false);
		const [beneath, inside] = [vi.fn(), vi.fn()];
		map.register({ keys: 'm', label: 'Keep mine', inDialog: true, run: inside });
		map.register({ keys: 'm', label: 'Mark as done', run: beneath });
		expect(map.press(press({ key: 'm', inside: '[role=dialog]' }))).toBe(true);
		expect(map.press(press({ key: 'm', inside: 'textarea' }))).toBe(false);
		expect(inside).toHaveBeenCalledOnce();
		expect(beneath).not.toHaveBeenCalled();
	});

	it('never takes a key from an input method', () => {
		const map = createKeyMap(false);
		const run = vi.fn();
		map.register({ keys: 'mod+enter', label: 'Send', run });
		expect(map.press(press({ key: 'Enter', ctrl: true, composing: true }))).toBe(false);
		expect(map.press(press({ key: 'Enter', ctrl: true, code: 229 }))).toBe(false);
	});

	it('hears two keys one after the other, in time', () => {
		let now = 0;
		const map = createKeyMap(false, { now: () => now });
		const deals = vi.fn();
		const bare = vi.fn();
		map.register({ keys: 'g d', label: 'Deals', run: deals });
		map.register({ keys: 'd', label: 'Date', run: bare });
		map.press(press({ key: 'g' }));
		map.press(press({ key: 'd' }));
		expect(deals).toHaveBeenCalledOnce();
		expect(bare).not.toHaveBeenCalled();

		map.press(press({ key: 'g' }));
		now += 5_000;
		map.press(press({ key: 'd' }));
		expect(deals).toHaveBeenCalledOnce();
		expect(bare).toHaveBeenCalledOnce();
	});

	it('lets what is open now shadow what lies beneath, until it is gone', () => {
		const map = createKeyMap(false);
		const below = vi.fn();
		const above = vi.fn();
		let on = true;
		map.register({ keys: 'r', label: 'Reply', run: below });
		const remove = map.register({ keys: 'r', label: 'Reject', run: above, when: () => on });
		map.press(press({ key: 'r' }));
		expect(above).toHaveBeenCalledOnce();
		on = false;
		map.press(press({ key: 'r' }));
		expect(below).toHaveBeenCalledOnce();
		on = true;
		remove();
		map.press(press({ key: 'r' }));
		expect(below).toHaveBeenCalledTimes(2);
	});

	it('leaves single keys alone when they are turned off, and keeps the others', () => {
		let single = true;
		const map = createKeyMap(false, { single: () => single });
		const run = vi.fn();
		for (const keys of ['c', '?', 'shift+d', 'g d', 'mod+k', 'arrowdown', 'escape']) {
			map.register({ keys, label: keys, run });
		}
		single = false;
		for (const key of ['c', '?', 'g', 'd']) expect(map.press(press({ key }))).toBe(false);
		expect(map.press(press({ key: 'D', shift: true }))).toBe(false);
		expect(run).not.toHaveBeenCalled();
		for (const key of ['ArrowDown', 'Escape']) expect(map.press(press({ key }))).toBe(true);
		expect(map.press(press({ key: 'k', ctrl: true }))).toBe(true);
		single = true;
		expect(map.press(press({ key: 'c' }))).toBe(true);
	});

	it('knows which keys print a character', () => {
		expect(['c', '?', 'shift+d', 'g d', '+'].map(isSingle)).toEqual([true, true, true, true, true]);
		expect(['mod+k', 'alt+c', 'arrowdown', 'space', 'f6', ''].map(isSingle)).toEqual(Array(6).fill(false));
	});

	it('names strokes the same on every keyboard', () => {
		expect(strokeOf(press({ key: '?', shift: true }), false)).toBe('?');
		expect(strokeOf(press({ key: 'Enter', shift: true }), false)).toBe('shift+enter');
		expect(strokeOf(press({ key: 'K', ctrl: true }), false)).toBe('mod+k');
		expect(strokeOf(press({ key: 'k', meta: true }), true)).toBe('mod+k');
		expect(strokeOf(press({ key: 'k', ctrl: true }), true)).toBe('other+k');
		expect(strokeOf(press({ key: '1', ctrl: true }), false)).toBe('mod+1');
		expect(strokeOf(press({ key: ' ' }), false)).toBe('space');
	});

	it('spells keys for people', () => {
		expect(spell('mod+enter', false)).toEqual(['Ctrl', 'Enter']);
		expect(spell('mod+k', true)).toEqual(['⌘', 'K']);
		expect(spell('g d', false)).toEqual(['G', 'D']);
	});
});
