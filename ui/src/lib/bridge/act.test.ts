import { beforeEach, expect, it, vi } from 'vitest';

const send = vi.hoisted(() => vi.fn());
const toast = vi.hoisted(() => vi.fn());
vi.mock('./bridge', () => ({ send, asFailure: (cause: unknown) => cause }));
vi.mock('$lib/design/toast.svelte', () => ({ toast }));

type Act = typeof import('./act');
let act: Act;
/** The steps that can be taken now, by token, and the order in which they were. */
let held: Map<string, string>;
let taken: string[];

beforeEach(async () => {
	// Its lists live as long as a window.
	vi.resetModules();
	await (await import('../words')).loadAll();
	act = await import('./act');
	[held, taken] = [new Map(), []];
	let next = 0;
	const note = (what: string) => {
		const token = String(++next);
		held.set(token, what);
		return { id: null, undo: token, stays: null };
	};
	toast.mockReset();
	send.mockReset().mockImplementation(async (command: string, args: { token: string; what: string }) => {
		await Promise.resolve();
		if (command === 'say') return { id: null, undo: null, stays: 'They have read it.' };
		if (command === 'change') return note(args.what);
		const what = held.get(args.token);
		held.delete(args.token);
		if (what === undefined) throw new Error('This can no longer be taken back.');
		// The first steps take longer than the later ones: they must not overtake each other.
		for (let wait = 5 - taken.length; wait > 0; wait -= 1) await Promise.resolve();
		taken.push(what);
		return note(what);
	});
});

const change = (what: string) => act.act('change' as never, { what } as never, what);
const said = () => toast.mock.calls.map(([words]) => words as string);

it('takes back what was done last, one after the other, and says when there is nothing more', async () => {
	for (const what of ['one', 'two', 'three']) await change(what);
	toast.mockReset();
	await Promise.all([act.undoLast(), act.undoLast(), act.undoLast(), act.undoLast()]);
	expect(taken).toEqual(['three', 'two', 'one']);
	expect(said()).toEqual(['Undone: three', 'Undone: two', 'Undone: one', 'Nothing to undo.']);
});

it('waits for what is under way', async () => {
	void change('one');
	await act.undoLast();
	expect(taken).toEqual(['one']);
});

it('does again what was taken back, until something else is done', async () => {
	for (const what of ['one', 'two']) await change(what);
	await act.undoLast();
	await act.undoLast();
	await act.redoLast();
	expect(taken).toEqual(['two', 'one', 'one']);
	expect(said().at(-1)).toBe('Redone: one');
	await act.undoLast();
	await act.redoLast();
	await act.redoLast();
	await act.redoLast();
	expect(said().slice(-3)).toEqual(['Redone: one', 'Redone: two', 'Nothing to redo.']);
	await act.undoLast();
	await change('three');
	await act.redoLast();
	expect(said().at(-1)).toBe('Nothing to redo.');
});

it('says why something stays before it goes on to what was done before', async () => {
	await change('one');
	await act.act('say' as never, {} as never);
	await act.undoLast();
	expect([said().at(-1), taken]).toEqual(['They have read it.', []]);
	await act.undoLast();
	expect(taken).toEqual(['one']);
});

it('takes back fifty', async () => {
	for (let count = 0; count < 60; count += 1) await change(String(count));
	for (let count = 0; count < 60; count += 1) await act.undoLast();
	expect([taken.length, taken[0], taken.at(-1)]).toEqual([50, '59', '10']);
});
