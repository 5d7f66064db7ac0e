import { describe, expect, it } from 'vitest';
import { filters, openView, leaveView, stageOptions } from './filters.svelte';
import { filtersOf, sameView, viewOf, worthSaving } from './views';

const lens = { program: 'p', counterpart: 'kestrel' };
const everybody = { program: null, counterpart: null };
const plain = { text: '', stage: 'any', court: 'any', closed: false, sort: 'activity', at: 0, view: null } as const;

describe('a saved view', () => {
	it('shows again what was shown, whatever stage was chosen', () => {
		for (const { value: stage } of stageOptions) {
			const shown = { ...plain, text: ' polder ', stage, court: 'us', closed: true, sort: 'amount' } as const;
			const view = viewOf(shown, lens);
			expect(viewOf({ ...plain, ...filtersOf(view) }, lens)).toEqual(view);
			expect(filtersOf(view).stage).toBe(stage);
			expect(view.text).toBe('polder');
		}
	});

	it('is another as soon as a part of it is', () => {
		const view = viewOf(plain, lens);
		expect(sameView(view, { ...view })).toBe(true);
		expect(sameView(view, { ...view, lens: everybody })).toBe(false);
		expect(sameView(view, { ...view, sort: 'title' })).toBe(false);
		expect(sameView(view, { ...view, include_closed: true })).toBe(false);
	});

	it('is worth a name when it is not simply all deals', () => {
		expect(worthSaving(viewOf(plain, everybody))).toBe(false);
		expect(worthSaving(viewOf(plain, lens))).toBe(true);
		expect(worthSaving(viewOf({ ...plain, sort: 'amount' }, everybody))).toBe(true);
	});

	it('gives way to the filters that were set before it', () => {
		Object.assign(filters, plain, { text: 'mine' });
		const view = viewOf({ ...plain, text: 'polder', sort: 'title' }, lens);
		openView('v1', filtersOf(view));
		openView('v2', filtersOf({ ...view, text: 'quay' }));
		expect([filters.view, filters.text, filters.sort]).toEqual(['v2', 'quay', 'title']);
		leaveView();
		expect([filters.view, filters.text, filters.sort]).toEqual([null, 'mine', 'activity']);
		leaveView();
		expect(filters.text).toBe('mine');
	});
});
