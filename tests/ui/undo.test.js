// @ts-check
// Ctrl+Z: whatever alice does is taken back step by step, in reverse, until all is as it was, and done again.
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { ask, devhost, everyDeal, hook, page, windowForEach } from './window.js';

/** @typedef {{ what: string, at: 'room' | 'deals' | 'today', look: () => Promise<string>, run: () => Promise<unknown> }} Step */

/** A deal with steps that are open and steps that are done. @type {{ program: string, id: string, title: string }} */
let deal;

before(async () => {
	const { rows } = await ask('deal_list', everyDeal);
	for (const row of rows.filter((/** @type {{ status: string }} */ one) => one.status === 'approved')) {
		const { milestones } = await ask('plan_get', { program: row.program, id: row.id });
		const done = milestones.filter((/** @type {{ done_at: number | null }} */ step) => step.done_at !== null);
		if (done.length >= 1 && milestones.length - done.length >= 3) deal = row;
	}
	assert.ok(deal, 'the devhost needs a world with a deal that is half done');
});
windowForEach({ faultless: true });
beforeEach(async () => {
	for (const { id } of await ask('pinned')) await ask('pin_remove', { id });
	await page.goto(`${devhost}/deals/${deal.program}/${deal.id}`);
	await page.waitForSelector(hook('milestone'));
});
const undo = () => page.keyboard.press('Control+z');
const redo = () => page.keyboard.press('Control+Shift+z');
const press = async (/** @type {string} */ keys) => {
	for (const key of keys.split(' ')) await page.keyboard.press(key);
};
const says = (/** @type {string} */ words) => page.waitForSelector(`${hook('toast')}:has-text("${words}")`);

/** Goes there as a person does: another address would be a new window, which has nothing to take back.
 * @param {Step['at']} place */
async function go(place) {
	const is = { room: hook('room'), deals: hook('deal-list'), today: hook('today') };
	if (await page.locator(is[place]).count()) return;
	await page.locator('body').click({ position: { x: 5, y: 795 } });
	await press(place === 'today' ? 'g t' : 'g d');
	await page.waitForSelector(is[place === 'today' ? 'today' : 'deals']);
	if (place === 'room') {
		await page.click(`${hook('deal-row')}[data-deal="${deal.id}"]`);
		await page.waitForSelector(hook('milestone'));
	}
}

/** What the room says, without the marks of what is on its way. */
const room = () =>
	page.evaluate(() => {
		const text = (/** @type {string} */ selector, within = /** @type {ParentNode} */ (document)) =>
			[...within.querySelectorAll(selector)].map((one) => one.textContent?.trim()).join(' ');
		const steps = [...document.querySelectorAll('[data-test=milestone]')].map((row) =>
			[text('.title', row), text('.owner', row), text('time', row), row.getAttribute('data-done')].join(' | ')
		);
		const head = [text('h1'), text('[data-test=room] header .facts > :is(b, :nth-child(4))')];
		const pin = document.querySelector('[data-test=pin]')?.getAttribute('aria-label');
		return [...head, text('[data-test=facts] dl'), text('[data-test=go-live]'), ...steps, pin].join('\n');
	});
/** What is pinned, in its order. */
const pins = async () => (await page.locator(`${hook('pin-link')} .name`).allTextContents()).join(', ');
/** Where in the list of the day a row stands. */
const section = (/** @type {string} */ key) => () =>
	page.evaluate(
		(id) => document.getElementById(id)?.closest('section')?.getAttribute('aria-labelledby') ?? 'gone',
		`today-${key}`
	);

/**
 * Waits until something is to be seen.
 *
 * @param {() => Promise<string>} look
 * @param {(seen: string) => boolean} wanted
 * @param {string} what
 */
async function until(look, wanted, what) {
	let seen = await look();
	for (const end = Date.now() + 10_000; Date.now() < end; seen = await look()) {
		if (wanted(seen)) return seen;
		await page.evaluate(() => new Promise(requestAnimationFrame));
	}
	throw new Error(`${what}: the screen says\n${seen}`);
}

/** The deal, its plan and what is pinned, as the core knows them; without what counts changes. */
async function core() {
	const of = { program: deal.program, id: deal.id };
	const { row, need } = await ask('deal_get', of);
	const { go_live, milestones } = await ask('plan_get', of);
	const steps = milestones.map((/** @type {any} */ step) => {
		const { id, title, owner, owner_person, due, done_condition, done_at, done_by } = step;
		return { id, title, owner, owner_person, due, done_condition, done_at, done_by };
	});
	const { title, amount, stage, close_date } = row;
	return { title, amount, stage, close_date, need, go_live, steps, pinned: await ask('pinned') };
}

/** @param {() => Promise<unknown>} fill */
async function changeDeal(fill) {
	await page.click(hook('edit'));
	await page.waitForSelector(hook('edit-deal'));
	await fill();
	await page.click(hook('edit-save'));
	await page.waitForSelector(hook('edit-deal'), { state: 'detached' });
}

/** Chooses a step of the plan and leaves the keys with the plan.
 * @param {{ id: string }} step */
async function choose(step) {
	await page.locator(`[data-milestone="${step.id}"] .title`).click();
	await page.locator(`${hook('plan')} [role=grid]`).focus();
	await page.waitForSelector(`[data-milestone="${step.id}"][aria-selected=true]`);
}

/** @param {() => Promise<unknown>} fill */
async function inEditor(fill) {
	await page.waitForSelector(hook('milestone-editor'));
	await fill();
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('milestone-editor'), { state: 'detached' });
}

const pinLink = (/** @type {string} */ name) => page.locator(hook('pin-link')).filter({ hasText: name });
const nameView = async (/** @type {string} */ name) => {
	await page.waitForSelector(`${hook('view-name')}:focus`);
	await page.fill(hook('view-name'), name);
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('view-dialog'), { state: 'detached' });
};
/** Whether the list differs from the view that it was opened as. */
const differs = async () => String(await page.locator(hook('view-update')).count());

/** @returns {Promise<Step[]>} */
async function steps() {
	const { milestones } = await ask('plan_get', { program: deal.program, id: deal.id });
	const [done] = milestones.filter((/** @type {any} */ step) => step.done_at !== null);
	const [first, second, third] = milestones.filter((/** @type {any} */ step) => step.done_at === null);
	const { on_you } = await ask('today', { lens: everyDeal.lens });
	const [reply, other] = on_you.filter((/** @type {any} */ one) => !one.milestone);
	const mine = on_you.find((/** @type {any} */ one) => one.milestone && one.deal !== deal.id);
	assert.ok(reply && other && mine, 'the devhost needs a world with enough to do');
	const row = (/** @type {any} */ item) => page.locator(`[id="today-${item.key}"] button`).click();

	/** @type {(what: string, run: Step['run']) => Step} */
	const inRoom = (what, run) => ({ what, at: 'room', look: room, run });
	/** @type {(what: string, run: Step['run'], look?: Step['look']) => Step} */
	const inDeals = (what, run, look = pins) => ({ what, at: 'deals', look, run });
	/** @type {(what: string, item: any, run: Step['run']) => Step} */
	const inToday = (what, item, run) => ({ what, at: 'today', look: section(item.key), run });
	return [
		inRoom('its title', () => changeDeal(() => page.fill(hook('edit-title'), 'Another title'))),
		inRoom('its amount', () => changeDeal(() => page.fill(hook('edit-amount'), '12 345'))),
		inRoom('its stage', () =>
			changeDeal(async () => {
				await page.click(hook('edit-stage'));
				await page.locator('[role=option][aria-selected=false]').first().click();
			})
		),
		inRoom('its close date', () => changeDeal(() => page.fill(hook('edit-close'), '2029-05-17'))),
		inRoom('the need', () => changeDeal(() => page.getByLabel('What the customer needs').fill('Something else'))),
		inRoom('the go-live date', async () => {
			await press('Shift+D');
			await page.fill(hook('go-live-input'), '2029-06-20');
			await page.keyboard.press('Enter');
			await page.waitForSelector(hook('go-live-input'), { state: 'detached' });
		}),
		inRoom('a new milestone', async () => {
			await press('n');
			await inEditor(() => page.fill(hook('milestone-title'), 'A step of one’s own'));
		}),
		inRoom('a milestone by another name', async () => {
			await choose(first);
			await press('Enter');
			await inEditor(() => page.fill(hook('milestone-title'), 'By another name'));
		}),
		inRoom('when it is due', async () => {
			await choose(first);
			await press('d');
			await inEditor(() => page.fill(hook('milestone-due'), '2029-03-03'));
		}),
		inRoom('a tick', async () => {
			await choose(first);
			await press('Space');
		}),
		inRoom('no tick where somebody had set one', async () => {
			await choose(done);
			await press('Space');
		}),
		inRoom('its removal, then', async () => {
			await choose(second);
			await press('Delete');
		}),
		inRoom('and that of another', () => page.locator(`[data-milestone="${third.id}"] [aria-label^="Remove"]`).click()),
		inRoom('a pin', () => page.click(hook('pin'))),
		inDeals('a view', async () => {
			await page.click(hook('filter-sort'));
			await page.locator('[role=option][data-value=amount]').click();
			await page.click(hook('view-save'));
			await nameView('Large ones');
			await page.waitForURL(/view=/);
		}),
		inDeals('its name', async () => {
			await pinLink('Large ones').focus();
			await press('F2');
			await nameView('The large ones');
		}),
		inDeals(
			'what it shows',
			async () => {
				await page.click(hook('view-update'));
				await page.waitForSelector(hook('view-update'), { state: 'detached' });
			},
			differs
		),
		inDeals('the order of the pins', async () => {
			await pinLink('The large ones').focus();
			await press('Alt+ArrowUp');
		}),
		inDeals('a view that is gone', async () => {
			await pinLink('The large ones').focus();
			await press('Delete');
		}),
		inToday('done for today', reply, async () => {
			await row(reply);
			await press('e');
		}),
		inToday('later', other, async () => {
			await row(other);
			await press('h');
			await page.fill(hook('snooze-words'), 'in 3 days');
			await page.waitForSelector(`${hook('snooze')}:has-text("Comes back")`);
			await press('Enter');
		}),
		inToday('a milestone done from the list of the day', mine, async () => {
			await row(mine);
			await press('e');
		})
	];
}

test('whatever was done is taken back step by step until all is as it was, and done again', async () => {
	const start = await core();
	/** @type {(Step & { before: string, after: string })[]} */
	const trail = [];
	for (const step of await steps()) {
		await go(step.at);
		// To change what a view shows, the list has to show something else first.
		if (step.look === differs) {
			await page.fill(hook('deal-filter'), 'e');
			await page.waitForSelector(hook('view-update'));
		}
		const before = await step.look();
		await step.run();
		const after = await until(step.look, (seen) => seen !== before, step.what);
		trail.push({ ...step, before, after });
	}
	assert.ok(trail.length >= 20);

	for (const { what, at, look, before, after } of trail.toReversed()) {
		await go(at);
		if (look === differs) await pinLink('The large ones').click();
		await until(look, (seen) => seen === after, `${what}, before it is taken back`);
		await undo();
		await until(look, (seen) => seen === before, `${what}, taken back`);
	}
	await undo();
	await says('Nothing to undo.');
	assert.deepEqual(await core(), start);

	for (const { what, at, look, after } of trail) {
		await go(at);
		if (look === differs) await pinLink('The large ones').click();
		await redo();
		if (look === differs) await says('Redone: The view “The large ones” shows this from now on.');
		else await until(look, (seen) => seen === after, `${what}, done again`);
	}
	await redo();
	await says('Nothing to redo.');

	// Faster than any answer comes.
	for (let count = 0; count <= trail.length; count += 1) await undo();
	await says('Nothing to undo.');
	assert.deepEqual(await core(), start);
});

test('fifty changes can be taken back', async () => {
	const { milestones } = await ask('plan_get', { program: deal.program, id: deal.id });
	const step = milestones.find((/** @type {{ done_at: number | null }} */ one) => one.done_at === null);
	const shown = (/** @type {boolean} */ done) => page.waitForSelector(`[data-milestone="${step.id}"][data-done=${done}]`);
	await choose(step);
	for (let count = 1; count <= 51; count += 1) {
		await press('Space');
		await shown(count % 2 === 1);
	}
	for (let count = 0; count < 50; count += 1) {
		await undo();
		await shown(count % 2 === 1);
	}
	await undo();
	await says('Nothing to undo.');
	await shown(true);
	await press('Space');
	await shown(false);
});

test('while one writes, Ctrl+Z is about the words', async () => {
	await page.click(hook('pin'));
	await page.waitForSelector(hook('pinned'));
	const composer = page.locator(hook('composer'));
	await composer.focus();
	await page.keyboard.type('Shall we meet?');
	await press('Control+a Delete');
	assert.equal(await composer.inputValue(), '');
	await undo();
	await until(() => composer.inputValue(), (text) => text === 'Shall we meet?', 'the words come back');
	assert.equal(await page.locator(hook('pinned')).count(), 1);
	await press('Control+a Delete Escape');
	await undo();
	await page.waitForSelector(hook('pinned'), { state: 'detached' });
});

test('what others may have read stays, and Ctrl+Z says so before it goes on', async () => {
	await page.click(hook('pin'));
	await page.waitForSelector(hook('pinned'));
	await page.focus(hook('composer'));
	const words = `Let us meet on Monday. ${Date.now()}`;
	await page.keyboard.type(words);
	await press('Enter');
	await page.waitForSelector(`${hook('message')}:has-text("${words}")`);
	await undo();
	await says('Write what you meant.');
	assert.equal(await page.locator(hook('pinned')).count(), 1);
	await undo();
	await page.waitForSelector(hook('pinned'), { state: 'detached' });
	assert.equal(await page.locator(`${hook('message')}:has-text("${words}")`).count(), 1);
});
