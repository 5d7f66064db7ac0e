// @ts-check
// What a newcomer does first: the exercises of the demo, and getting ready for a trip.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, devhost, everyDeal, hook, openWindow, page, windowForEach } from './window.js';

windowForEach({ faultless: true });

const ticked = (/** @type {string} */ step) => `${hook(`practice-${step}`)}[data-done=true]`;

test('an exercise is ticked by doing it, and stays ticked in a new window', async () => {
	await page.goto(devhost);
	await page.waitForSelector(hook('practice'));
	await page.keyboard.press('Control+k');
	await page.keyboard.type('Polder');
	await page.waitForSelector(ticked('palette'));
	await page.keyboard.press('Escape');

	const { deals } = await ask('deal_list', everyDeal).then((list) => ({ deals: list.rows }));
	const deal = deals.find((/** @type {any} */ row) => row.status === 'approved') ?? deals[0];
	await page.goto(`${devhost}/deals/${deal.program}/${deal.id}`);
	await page.locator(hook('composer')).fill('Noted, thank you.');
	const noted = page.waitForResponse('**/rpc/practice_set');
	await page.locator(hook('send')).click();
	await noted;
	await page.goto(devhost);
	await page.waitForSelector(ticked('reply'));

	const again = await openWindow();
	await again.page.goto(devhost);
	await again.page.waitForSelector(ticked('palette'));
	await again.page.locator(hook('practice-hide')).click();
	await again.page.waitForSelector(hook('practice'), { state: 'detached' });
	await again.page.reload();
	await again.page.waitForSelector(hook('today'));
	assert.equal(await again.page.locator(hook('practice')).count(), 0, 'what was hidden stays hidden');
	await again.context.close();
	await ask('practice_set', { done: [], dismissed: false });
});

test('getting ready ends with until when, and a day that the lease does not reach is said', async () => {
	await page.goto(devhost);
	await page.waitForSelector(hook('today'));
	await page.keyboard.press('Control+k');
	await page.keyboard.type('>prepare');
	await page.locator(hook('palette-entry'), { hasText: 'Prepare for a trip' }).waitFor();
	await page.keyboard.press('Enter');
	await page.waitForSelector(`${hook('trip-verdict')}[data-ready=yes]`);
	await page.locator(hook('trip-day')).fill('in 2 weeks');
	await page.locator(hook('trip-prepare')).click();
	await page.waitForSelector(`${hook('trip-verdict')}[data-ready=yes]`);
	assert.match(await page.locator(hook('trip-verdict')).innerText(), /^Ready until .+: [\d,]+\sitems, /);
	await page.locator(hook('trip-day')).fill('in 3 months');
	await page.waitForSelector(`${hook('trip-verdict')}[data-ready=no]`);
	assert.match(await page.locator(hook('trip-verdict')).innerText(), /can be read until .+ only/);
});

test('without network it is said how old everything is', async () => {
	await ask('work_offline', { on: true });
	try {
		await page.goto(`${devhost}/settings?tab=sync&trip`);
		await page.waitForSelector(`${hook('trip-verdict')}[data-ready=old]`);
		await page.locator(hook('trip-prepare')).click();
		await page.waitForSelector(`${hook('trip-verdict')}[data-ready=yes]`);
		assert.equal((await ask('sync_status')).work_offline, false);
	} finally {
		await ask('work_offline', { on: false });
	}
});
