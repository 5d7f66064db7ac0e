import { beforeEach, expect, it, vi } from 'vitest';
import type { PaletteHit } from '$bindings/PaletteHit';
import type { Question } from '$lib/shell/question';

const goto = vi.hoisted(() => vi.fn());
const send = vi.hoisted(() => vi.fn());
vi.mock('$app/navigation', () => ({ goto }));
vi.mock('$lib/bridge/bridge', () => ({ send, asFailure: (cause: unknown) => cause }));

const { registering } = await import('./registering');
const { emptyDraft, forget, keep, takeKept } = await import('./draft.svelte');

const polder: PaletteHit = { kind: 'account', program: 'p', id: 'a1', title: 'Polder Port Authority', detail: 'polderport.nl' };

async function answered(question: Question, typed: string, found: PaletteHit[] = []): Promise<Question | undefined> {
	const answer = question.answers(typed, found)[0];
	await answer?.run?.();
	return answer?.next;
}

beforeEach(() => {
	forget();
	goto.mockReset();
	send.mockReset().mockResolvedValue({ currency: 'EUR' });
});

it('asks for customer, amount and day, and opens the form with them', async () => {
	const amount = await answered(await registering(), 'polder', [polder]);
	const day = await answered(amount!, '41.5k');
	expect(await answered(day!, '2027-01-31')).toBeUndefined();
	expect(goto).toHaveBeenCalledWith('/deals/new');
	expect(takeKept()).toMatchObject({
		customer: 'Polder Port Authority',
		domain: 'polderport.nl',
		amount: '41.5k',
		close: '2027-01-31'
	});
});

it('takes a customer nobody knows, and leaves open what is not known', async () => {
	const amount = await answered(await registering(), 'Newcomer BV');
	expect(amount!.answers('a lot', [])).toEqual([]);
	const day = await answered(amount!, '');
	await answered(day!, '');
	expect(takeKept()).toMatchObject({ customer: 'Newcomer BV', amount: '', close: '' });
});

it('loses nothing of what was being written before', async () => {
	keep({ ...emptyDraft('p'), customer: 'Brightwater', title: 'Renewal' });
	const question = await registering();
	expect(question.answers('', [])[0]?.title).toBe('Go on with Brightwater');
	const amount = await answered(question, 'Newcomer BV');
	const day = await answered(amount!, '');
	await answered(day!, '');
	const [command, form] = send.mock.lastCall ?? [];
	expect(command).toBe('deal_register');
	expect(form).toMatchObject({ customer: 'Brightwater', title: 'Renewal', submit: false });
	expect(takeKept()).toMatchObject({ customer: 'Newcomer BV' });
});

it('goes back to what was being written when it cannot be kept', async () => {
	keep({ ...emptyDraft('p'), customer: 'Brightwater' });
	const question = await registering();
	send.mockRejectedValue({ message: 'The disk is full.' });
	const day = await answered((await answered(question, 'Newcomer BV'))!, '');
	await answered(day!, '');
	expect(takeKept()).toMatchObject({ customer: 'Brightwater' });
});
