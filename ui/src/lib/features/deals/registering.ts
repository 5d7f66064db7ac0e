import { goto } from '$app/navigation';
import type { PaletteHit } from '$bindings/PaletteHit';
import { asFailure, send } from '$lib/bridge/bridge';
import { dayFull, moneyText } from '$lib/design/format';
import { toast } from '$lib/design/toast.svelte';
import { looking } from '$lib/shell/lens.svelte';
import type { Answer, Question } from '$lib/shell/question';
import { session } from '$lib/shell/session.svelte';
import { parseAmount } from '$lib/typed/amount';
import { parseDay } from '$lib/typed/day';
import { emptyDraft, forget, keep, takeKept, toForm, type Draft } from './draft.svelte';

/** What the palette asks to fill the form: customer, amount, day. The rest is asked by the form itself. */
export async function registering(): Promise<Question> {
	const program = session.selling.find(({ id }) => id === looking.lens.program) ?? session.selling[0];
	const draft = emptyDraft(program?.id ?? '');
	const { currency } = await send('register_options', { program: draft.program });
	return customer(draft, currency, takeKept());
}

function customer(draft: Draft, currency: string, before: Draft | null): Question {
	const next = (part: Partial<Draft>) => amount({ ...draft, ...part }, currency, before);
	const goOn: Answer[] = before
		? [{ key: 'before', title: `Go on with ${before.customer || before.title || moneyOf(before)}`, run: () => goto('/deals/new') }]
		: [];
	return {
		ask: 'Which customer?',
		hint: 'Type the name of the company.',
		objects: ['account'],
		answers: (typed, found) => [
			...goOn.filter(() => !typed),
			...found.map((hit: PaletteHit) => ({
				key: hit.id,
				title: hit.title,
				detail: hit.detail,
				next: next({ customer: hit.title, domain: hit.detail.includes('.') ? hit.detail : '' })
			})),
			...(typed && !found.some((hit) => hit.title === typed)
				? [{ key: 'new', title: `New customer “${typed}”`, next: next({ customer: typed }) }]
				: [])
		]
	};
}

const moneyOf = (draft: Draft): string => draft.amount || draft.need || draft.domain;

function amount(draft: Draft, currency: string, before: Draft | null): Question {
	return {
		ask: 'About how much?',
		hint: 'That does not read as an amount. Try 41 500 or 41.5k.',
		answers: (typed) => {
			const read = parseAmount(typed, currency);
			if (read) return [{ key: 'read', title: moneyText(read), next: close({ ...draft, amount: typed }, currency, before) }];
			return typed ? [] : [{ key: 'later', title: 'Not known yet', next: close(draft, currency, before) }];
		}
	};
}

function close(draft: Draft, currency: string, before: Draft | null): Question {
	return {
		ask: 'When should it close?',
		hint: 'That does not read as a day. Try 12 dec or end of jan.',
		answers: (typed) => {
			const read = parseDay(typed);
			if (read) return [{ key: 'read', title: dayFull(read), run: () => open({ ...draft, close: typed }, currency, before) }];
			return typed ? [] : [{ key: 'later', title: 'Not known yet', run: () => open(draft, currency, before) }];
		}
	};
}

/** Opens the form with what was answered. What was being written before becomes a draft among the deals. */
async function open(draft: Draft, currency: string, before: Draft | null): Promise<void> {
	if (before) {
		try {
			await send('deal_register', toForm(before, currency, false));
			toast('What you were writing before was kept as a draft.');
		} catch (cause) {
			toast(asFailure(cause).message, { tone: 'danger' });
			await goto('/deals/new');
			return;
		}
	}
	forget();
	keep(draft);
	await goto('/deals/new');
}
