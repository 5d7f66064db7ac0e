// @ts-check
// The page of a room in a window of its own, as far as a browser can show it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { devhost, hook, page, someDeal, windowForEach } from './window.js';

windowForEach({ faultless: true });

test('it is the room and nothing else, under the name of the deal, and leads nowhere', async () => {
	const deal = await someDeal();
	const path = `/deals/${deal.program}/${deal.id}`;
	await page.goto(`${devhost}${path}?alone`);
	await page.waitForSelector(hook('composer'));
	await page.waitForFunction((title) => document.title === title, deal.title);
	assert.equal(await page.locator(hook('nav-today')).count(), 0);
	assert.equal(await page.locator(hook('pop-out')).count(), 0);
	await page.keyboard.press('Control+k');
	await page.waitForSelector(hook('palette-entry'));
	const offered = await page.locator(hook('palette-entry')).allTextContents();
	assert.ok(!offered.some((entry) => entry.startsWith('Go to Deals')), 'places belong to the main window');
	assert.ok(offered.some((entry) => entry.includes('Change the stage') || entry.includes('Pin this deal')));
	await page.keyboard.press('Escape');
	await page.waitForSelector(hook('palette'), { state: 'detached' });
	await page.evaluate(() => {
		const link = document.createElement('a');
		link.href = '/people';
		document.querySelector('main')?.append(link);
		link.click();
		link.remove();
	});
	await page.waitForSelector(hook('composer'));
	assert.equal(new URL(page.url()).pathname, path);
});

test('what is being written in a room is there for the next page that shows it', async () => {
	const deal = await someDeal();
	const path = `${devhost}/deals/${deal.program}/${deal.id}`;
	await page.goto(path);
	await page.fill(hook('composer'), 'Half a sentence');
	const kept = page.waitForResponse((response) => response.url().endsWith('/rpc/draft_keep'));
	await kept;
	await page.goto(`${path}?alone`);
	await page.waitForFunction(
		(selector) => /** @type {HTMLTextAreaElement | null} */ (document.querySelector(selector))?.value === 'Half a sentence',
		hook('composer')
	);
	await page.fill(hook('composer'), '');
	await page.waitForResponse((response) => response.url().endsWith('/rpc/draft_keep'));
	await page.goto(path);
	await page.waitForSelector(hook('composer'));
	assert.equal(await page.inputValue(hook('composer')), '');
});

test('nothing of the room is seen while the vault is closed', async () => {
	const deal = await someDeal();
	await page.route('**/rpc/app_state', async (route) => {
		const response = await route.fetch();
		const app = await response.json();
		await route.fulfill({ response, json: { ...app, vault: 'passphrase_locked', programs: [] } });
	});
	await page.goto(`${devhost}/deals/${deal.program}/${deal.id}?alone`);
	await page.waitForSelector(hook('empty'));
	assert.equal(await page.locator(hook('room')).count(), 0);
	assert.ok(!(await page.content()).includes(deal.title));
	assert.match(new URL(page.url()).pathname, /^\/deals\//, 'the way to unlock is in the main window');
});
