import type { SearchAnswer } from '$bindings/SearchAnswer';
import type { SearchFilter } from '$bindings/SearchFilter';
import { countText, dayText, plural } from '$lib/design/format';
import { spoken } from '$lib/words';

const things: Record<string, string> = {
	link: spoken('a link'),
	links: spoken('a link'),
	reply: spoken('an answered message'),
	due: spoken('a due date')
};

/** A filter in words, as it was understood. */
export function filterText({ name, value, first, last, understood }: SearchFilter): string {
	if (!understood) {
		if (!value) return `${name}: …`;
		if (name === 'has') return spoken(`has: ${value}? Try link, reply or due`);
		if (name === 'kind') return spoken(`kind: ${value}? Try message, deal, account, company, person or milestone`);
		return name === 'from' || name === 'in' ? `${name}: ${value}?` : `${name}: ${value}? Try a day, nov or last week`;
	}
	if (name === 'from') return `From ${value}`;
	if (name === 'in') return `In ${value}`;
	if (name === 'has') return `Has ${things[value.toLowerCase()] ?? value}`;
	if (name === 'kind') return `Kind: ${value}`;
	if (first === null || last === null) return `${name}: ${value}`;
	if (name === 'before') return `Before ${dayText(first)}`;
	if (name === 'after') return `Since ${dayText(first)}`;
	return first === last ? `On ${dayText(first)}` : `${dayText(first)} to ${dayText(last)}`;
}

/** What was typed, without one of its filters. */
export function without(text: string, filter: SearchFilter): string {
	const rest = `${text.slice(0, filter.start).trimEnd()} ${text.slice(filter.end).trimStart()}`;
	return rest.trim();
}

/** What was typed, without any of them. */
export function wordsOnly(text: string, filters: readonly SearchFilter[]): string {
	return filters.toReversed().reduce(without, text);
}

export function foundText({ count, more }: SearchAnswer): string {
	return more ? `More than ${countText(count)} found` : plural(count, ['# found', '# found']);
}
