import { returnText } from '$lib/design/format';
import type { Question } from '$lib/shell/question';
import { parseMoment, type Moment } from '$lib/typed/moment';
import { spoken } from '$lib/words';

/** When a moment brings something back, as a part of a sentence. */
export const momentText = (moment: Moment): string =>
	moment === 'news' ? spoken('as soon as something happens there') : returnText(moment.at);

/** Often chosen. English is understood in every language. */
export const presets = (): { typed: string; label: string }[] => [
	{ typed: 'later today', label: spoken('later today') },
	{ typed: 'tomorrow', label: spoken('tomorrow') },
	{ typed: 'next week', label: spoken('next week') },
	{ typed: 'when they reply', label: spoken('when they reply') }
];

/** What the palette asks to put something off. */
export const snoozing = (snooze: (until: Moment) => void): Question => ({
	ask: 'Back when?',
	hint: 'No moment ahead. Try “tue 9” or “in 3 days”.',
	answers: (typed) => {
		const known = typed ? [{ typed, label: typed }] : presets();
		return known.flatMap(({ typed: words, label }) => {
			const moment = parseMoment(words);
			if (!moment) return [];
			const title = typed ? `Comes back ${momentText(moment)}.` : label;
			return [{ key: words, title, detail: typed ? '' : momentText(moment), run: () => snooze(moment) }];
		});
	}
});
