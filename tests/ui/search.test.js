// @ts-check
// Finding what was written, by keyboard.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ask, devhost, faults, hook, page, someDeal, windowForEach } from './window.js';

windowForEach();
beforeEach(async () => {
	await page.goto(devhost);
	await page.waitForSelector(hook('today'));
});

/** Says something that nobody has said, early enough to be far back in the room. */
async function said() {
	const deal = await someDeal();
	const word = `quokka${Date.now()}`;
	const send = (/** @type {string} */ body) =>
		ask('message_send', { program: deal.program, deal: deal.id, body, reply_to: null });
	await send(`The ${word} holds the sluice`);
	for (let number = 0; number < 60; number++) await send(`and further ${number}`);
	return { deal, word };
}

test('a word leads to the message, and Escape back to what was found', async () => {
	const { deal, word } = await said();
	await page.keyboard.press('Control+Shift+F');
	await page.waitForURL(`${devhost}/search`);
	await page.waitForFunction((selector) => document.activeElement?.matches(selector), hook('search-input'));
	await page.keyboard.type(`${word.slice(0, -2)}`);
	const hit = page.locator(hook('hit'));
	await hit.filter({ hasText: 'holds the sluice' }).waitFor();
	assert.ok((await page.textContent(`${hook('hit')} mark`))?.startsWith('quokka'));
	assert.match((await page.textContent(hook('search-count'))) ?? '', /^1\sfound/);
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await page.waitForURL(new RegExp(`/${deal.id}$`));
	const message = page.locator(hook('message'), { hasText: word });
	await message.waitFor();
	await page.waitForFunction(
		([selector, text]) => {
			const found = [...document.querySelectorAll(String(selector))].find((one) => one.textContent?.includes(String(text)));
			const box = found?.getBoundingClientRect();
			return box !== undefined && box.top >= 0 && box.bottom <= innerHeight;
		},
		[hook('message'), word]
	);
	await page.keyboard.press('Escape');
	await page.waitForURL(`${devhost}/search`);
	assert.ok((await page.inputValue(hook('search-input'))).startsWith('quokka'));
	await page.waitForFunction((selector) => document.activeElement?.matches(selector), hook('hits'));
	assert.deepEqual(faults, []);
});

test('filters are shown as they were understood and can be taken away', async () => {
	await page.keyboard.press('/');
	await page.waitForURL(`${devhost}/search`);
	await page.keyboard.type('zzunheard kind:message after:last week');
	await page.waitForSelector(hook('search-nothing'));
	const chips = page.locator(hook('filter'));
	await page.waitForFunction((selector) => document.querySelectorAll(selector).length === 2, hook('filter'));
	assert.match((await chips.nth(1).textContent()) ?? '', /^Since \d/);
	await chips.nth(1).locator('button').click();
	await page.waitForFunction((selector) => document.querySelectorAll(selector).length === 1, hook('filter'));
	assert.equal(await page.inputValue(hook('search-input')), 'zzunheard kind:message');
	await page.locator(hook('search-nothing')).getByRole('button').click();
	await page.waitForFunction((selector) => document.querySelectorAll(selector).length === 0, hook('filter'));
	await page.keyboard.press('Escape');
	await page.waitForSelector(hook('search-start'));
	assert.deepEqual(faults, []);
});

test('the palette goes on to the search, and what was looked for is kept', async () => {
	const deal = await someDeal();
	const word = deal.title.split(' ')[0];
	await page.keyboard.press('Control+k');
	await page.keyboard.type(word);
	await page.locator(hook('palette-entry'), { hasText: 'Search for' }).click();
	await page.waitForURL(/\/search/);
	await page.locator(hook('hit')).first().waitFor();
	await page.keyboard.press('Enter');
	await page.waitForFunction(
		(selector) => document.querySelector(selector)?.textContent?.includes('found'),
		hook('search-count')
	);
	await page.waitForFunction((selector) => document.activeElement?.matches(selector), hook('hits'));
	await page.keyboard.press('/');
	await page.keyboard.press('Escape');
	await page.locator(hook('recent-search'), { hasText: word }).waitFor();
	assert.deepEqual(faults, []);
});

test('a person leads to what they wrote', async () => {
	await page.keyboard.press('g');
	await page.keyboard.press('e');
	const chosen = page.locator(`${hook('person')}[aria-current]`);
	await chosen.waitFor();
	await page.keyboard.press('j');
	const second = await page.locator(hook('person')).nth(1).textContent();
	assert.equal(await chosen.textContent(), second);
	await page.keyboard.press('Enter');
	await page.waitForURL(`${devhost}/search`);
	assert.equal(await page.inputValue(hook('search-input')), `from:"${second?.trim()}" `);
	await page.locator(hook('filter')).waitFor();
});
