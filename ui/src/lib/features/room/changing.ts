import type { DealEdit } from '$bindings/DealEdit';
import type { DealRow } from '$bindings/DealRow';
import type { StageName } from '$bindings/StageName';
import { act } from '$lib/bridge/act';
import { dayFull } from '$lib/design/format';
import { stageWord } from '$lib/design/words';
import { matches } from '$lib/shell/palette';
import type { Question } from '$lib/shell/question';
import { parseDay } from '$lib/typed/day';
import { lostReasons, lostWord } from './lost';

const edit = (row: DealRow, part: Partial<DealEdit>) =>
	act(
		'deal_edit',
		{ program: row.program, deal: row.id, title: null, amount: null, close_date: null, stage: null, lost_reason: null, need: null, ...part },
		`Changed: ${row.title}`
	);

/** What the palette asks to move a deal on. */
export const stageQuestion = (row: DealRow): Question => ({
	ask: 'Which stage?',
	hint: 'No stage is called that.',
	answers: (typed) =>
		(Object.keys(stageWord) as StageName[])
			.filter((stage) => stage !== row.stage && (!typed || matches(stageWord[stage], typed)))
			.map((stage) => ({
				key: stage,
				title: stageWord[stage],
				...(stage === 'closed_lost' ? { next: lostQuestion(row) } : { run: () => edit(row, { stage }) })
			}))
});

/** What it asks of a deal that is lost. */
const lostQuestion = (row: DealRow): Question => ({
	ask: 'Lost because?',
	hint: 'No reason is called that.',
	answers: (typed) =>
		lostReasons
			.filter((reason) => !typed || matches(lostWord[reason], typed))
			.map((reason) => ({
				key: reason,
				title: lostWord[reason],
				run: () => edit(row, { stage: 'closed_lost', lost_reason: reason })
			}))
});

/** What the palette asks to change the day on which a deal should close. */
export const closeQuestion = (row: DealRow): Question => ({
	ask: 'When should it close?',
	hint: 'That does not read as a day. Try 12 dec or end of jan.',
	answers: (typed) => {
		const day = parseDay(typed);
		return day ? [{ key: day, title: dayFull(day), run: () => edit(row, { close_date: day }) }] : [];
	}
});
