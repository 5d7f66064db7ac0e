// @ts-check
// Saved views and pinned deals: made, opened, put in another order by keys and by pointer, and taken away.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ask, devhost, faults, hook, page, someDeal, windowForEach } from './window.js';

windowForEach({ faultless: true });
beforeEach(async () => {
	for (const { id } of await ask('pinned')) await ask('pin_remove', { id });
});

const view = {
	lens: { program: null, counterpart: null },
	text: '',
	stage: null,
	court: null,
	status: null,
	include_closed: false,
	sort: 'activity'
};
const save = async (/** @type {string} */ name, /** @type {object} */ part = {}) =>
	(await ask('view_save', { name, view: { ...view, ...part } })).id;
const links = () => page.locator(`${hook('pin-link')} .name`).allTextContents();
const order = async (/** @type {string[]} */ wanted) =>
	assert.deepEqual(
		await page.waitForFunction(
			([selector, wanted]) => {
				const names = [...document.querySelectorAll(selector)].map((name) => name.textContent);
				return JSON.stringify(names) === wanted ? names : null;
			},
			[`${hook('pin-link')} .name`, JSON.stringify(wanted)]
		).then((handle) => handle.jsonValue()),
		wanted
	);
const link = (/** @type {string} */ name) => page.locator(hook('pin-link')).filter({ hasText: name });
const heading = (/** @type {string} */ text) => page.waitForSelector(`h1:text-is("${text}")`);

test('a view is saved with its filters, opens as it was saved, and the list comes back as it was left', async () => {
	await page.goto(`${devhost}/deals`);
	await page.waitForSelector(hook('deal-row'));
	assert.equal(await page.locator(hook('view-save')).count(), 0, 'all deals need no view');
	await page.click(hook('filter-court'));
	await page.locator('[role=option][data-value=us]').click();
	await page.click(hook('filter-sort'));
	await page.locator('[role=option][data-value=amount]').click();
	await page.locator('body').click({ position: { x: 5, y: 790 } });
	await page.keyboard.press('v');
	await page.waitForSelector(`${hook('view-name')}:focus`);
	await page.keyboard.press('Enter');
	await page.waitForSelector(`${hook('view-dialog')}:has-text("Give the view a name.")`);
	// The browser writes every refusal to its console; this one was wanted.
	assert.match(faults.splice(0).join('\n'), /^console: .* 422 .*view_save\)$/);
	await page.keyboard.type('Large and ours');
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('view-dialog'), { state: 'detached' });
	await heading('Large and ours');
	assert.equal(await link('Large and ours').getAttribute('aria-current'), 'page');
	const count = await page.locator(hook('deal-count')).textContent();
	const [kept] = await ask('pinned');
	assert.deepEqual([kept.view.court, kept.view.sort, kept.view.text], ['us', 'amount', '']);

	// Changed, it offers to keep that; asked for again it is as it was saved.
	await page.fill(hook('deal-filter'), 'no such deal');
	await page.waitForSelector(hook('empty'));
	await page.waitForSelector(hook('view-update'));
	await link('Large and ours').click();
	await page.waitForSelector(hook('deal-row'));
	assert.equal(await page.inputValue(hook('deal-filter')), '');

	// From a room one comes back to it.
	await page.locator(hook('deal-row')).first().click();
	await page.waitForSelector(hook('composer'));
	await page.goBack();
	await heading('Large and ours');
	assert.equal(await page.locator(hook('deal-count')).textContent(), count);

	// All deals are not what the view left behind.
	await page.click(hook('nav-deals'));
	await heading('Deals');
	await page.goto(`${devhost}/deals`);
	await page.waitForSelector(hook('deal-row'));
	await page.keyboard.press('Control+k');
	await page.keyboard.type('large and');
	await page.waitForSelector(`${hook('palette-entry')}:has-text("Open Large and ours")`);
	await page.keyboard.press('Enter');
	await heading('Large and ours');
	assert.equal(await page.locator(hook('deal-count')).textContent(), count);
});

test('a view is renamed, changed and removed, and the removal is taken back', async () => {
	const id = await save('Polder', { text: 'polder' });
	await page.goto(`${devhost}/deals?view=${id}`);
	await heading('Polder');
	assert.equal(await page.inputValue(hook('deal-filter')), 'polder');
	await page.fill(hook('deal-filter'), '');
	await page.click(hook('view-update'));
	await page.waitForSelector(hook('view-update'), { state: 'detached' });
	assert.equal((await ask('pinned'))[0].view.text, '');

	await link('Polder').focus();
	await page.keyboard.press('F2');
	await page.waitForSelector(`${hook('view-name')}:focus`);
	await page.fill(hook('view-name'), 'Quays');
	await page.keyboard.press('Enter');
	await heading('Quays');

	await link('Quays').focus();
	await page.keyboard.press('Delete');
	await heading('Deals');
	await page.waitForSelector(hook('pinned'), { state: 'detached' });
	await page.locator(hook('toast-undo')).last().click();
	await order(['Quays']);
	await page.goto(`${devhost}/deals?view=gone`);
	await heading('Deals');
});

test('a deal is pinned from its room and from the palette, and unpinned again', async () => {
	const deal = await someDeal();
	await page.goto(`${devhost}/deals/${deal.program}/${deal.id}`);
	await page.click(`${hook('pin')}[aria-label="Pin this deal"]`);
	await order([deal.title]);
	assert.equal(await link(deal.title).getAttribute('aria-current'), 'page');
	await page.click(`${hook('pin')}[aria-label="Unpin this deal"]`);
	await page.waitForSelector(hook('pinned'), { state: 'detached' });
	await page.keyboard.press('Control+k');
	await page.keyboard.type('>pin this');
	await page.keyboard.press('Enter');
	await order([deal.title]);
	await page.keyboard.press('Control+z');
	await page.waitForSelector(hook('pinned'), { state: 'detached' });
});

test('pins change their order by keys, from the menu and by pointer, and Ctrl+Z takes each step back', async () => {
	for (const name of ['One', 'Two', 'Three']) await save(name);
	await page.goto(`${devhost}/deals`);
	await order(['One', 'Two', 'Three']);

	await link('Three').focus();
	await page.keyboard.press('Alt+ArrowUp');
	await order(['One', 'Three', 'Two']);
	await page.waitForFunction((selector) => document.activeElement?.matches(selector), hook('pin-link'));
	await page.keyboard.press('Alt+ArrowUp');
	await order(['Three', 'One', 'Two']);
	await page.keyboard.press('Alt+ArrowUp');
	await page.keyboard.press('Alt+ArrowDown');
	await order(['One', 'Three', 'Two']);
	await page.keyboard.press('Control+z');
	await order(['Three', 'One', 'Two']);

	await link('One').hover();
	await page.locator(`${hook('pin-menu')}[aria-label="More about One"]`).click();
	await page.locator('[role=menuitem]:has-text("Move down")').click();
	await order(['Three', 'Two', 'One']);

	const middle = async (/** @type {string} */ name) => {
		const box = await link(name).boundingBox();
		assert.ok(box);
		return { x: box.x + box.width / 2, y: box.y + box.height / 2, height: box.height };
	};
	const [from, to] = [await middle('One'), await middle('Three')];
	await page.mouse.move(from.x, from.y);
	await page.mouse.down();
	await page.mouse.move(from.x, from.y - 10, { steps: 3 });
	await page.mouse.move(to.x, to.y - to.height / 4, { steps: 5 });
	await page.mouse.up();
	await order(['One', 'Three', 'Two']);
	assert.equal(new URL(page.url()).search, '', 'what was dragged is not opened');

	// Escape lets go of it, and a press without a way is a click.
	await page.mouse.move(from.x, from.y);
	await page.mouse.down();
	await page.mouse.move(to.x, to.y - to.height / 4, { steps: 5 });
	await page.keyboard.press('Escape');
	await page.mouse.up();
	assert.deepEqual(await links(), ['One', 'Three', 'Two']);
	await link('Two').click();
	await heading('Two');
});
