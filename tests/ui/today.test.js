// @ts-check
// Today by keyboard: what is done goes, what is put off comes back, and every step is taken back.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ask, devhost, hook, page, windowForEach } from './window.js';

/** @typedef {{ key: string, milestone: string | null, title: string, until_news: boolean, returns_at: number | null }} Item */

windowForEach({ faultless: true });
beforeEach(async () => {
	await page.goto(`${devhost}/`);
	await page.waitForSelector(hook('today-row'));
});

const today = () => ask('today', { lens: { program: null, counterpart: null } });

/** A row in a section of the page.
 * @param {string} section
 * @param {Item} item */
const row = (section, item) => page.locator(`section[aria-labelledby="today-${section}"] [id="today-${item.key}"] button`);

/** Chooses the first row on this person that is no step of a plan: whatever other tests have left to do.
 * @returns {Promise<Item>} */
async function choose() {
	const { on_you } = await today();
	const item = on_you.find((/** @type {Item} */ one) => !one.milestone);
	assert.ok(item, 'the devhost needs a world with something to do');
	await page.locator(`[id="today-${item.key}"] button`).click();
	return item;
}

test('what is done goes to the end of the day, the next row is chosen, and Ctrl+Z brings it back', async () => {
	const item = await choose();
	await page.keyboard.press('e');
	await row('done_today', item).waitFor();
	assert.equal(await page.locator(`${hook('today-row')}[aria-current=true]`).count(), 1);
	assert.notEqual(await row('done_today', item).getAttribute('aria-current'), 'true');
	assert.ok((await today()).done_today.some((/** @type {Item} */ one) => one.key === item.key));
	await page.keyboard.press('Control+z');
	await row('on_you', item).waitFor();
	assert.ok(!(await today()).done_today.some((/** @type {Item} */ one) => one.key === item.key));
});

test('a row is put off in words, says when it comes back, and comes back at once when it is asked to', async () => {
	const item = await choose();
	await page.keyboard.press('h');
	await page.waitForSelector(`${hook('snooze-words')}:focus`);
	await page.keyboard.type('nonsense');
	await page.waitForSelector(`${hook('snooze-words')}[aria-invalid=true]`);
	await page.fill(hook('snooze-words'), 'in 3 days');
	await page.waitForSelector(`${hook('snooze')}:has-text("Comes back")`);
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('snooze'), { state: 'detached' });
	await row('later', item).waitFor();
	assert.match((await row('later', item).textContent()) ?? '', / at 09:00/);
	await row('later', item).click();
	await page.keyboard.press('h');
	await row('on_you', item).waitFor();
});

test('what waits for news says so, and Escape puts nothing off', async () => {
	const item = await choose();
	await page.keyboard.press('h');
	await page.waitForSelector(hook('snooze'));
	await page.keyboard.press('Escape');
	await page.waitForSelector(hook('snooze'), { state: 'detached' });
	await row('on_you', item).waitFor();
	await page.keyboard.press('h');
	await page.locator(`${hook('snooze-preset')}:has-text("when they reply")`).click();
	await row('later', item).waitFor();
	assert.match((await row('later', item).textContent()) ?? '', /when they reply/);
	await page.keyboard.press('Control+z');
	await row('on_you', item).waitFor();
});

test('whoever is faster than the words of a place gets there with them, and with what was wanted of it', async () => {
	const [asked, late] = [signal(), signal()];
	await page.route('**/_app/immutable/chunks/*.js', async (route) => {
		const response = await route.fetch();
		const body = await response.text();
		// A sentence of a room, in the catalog with its words.
		if (body.includes('Share with a partner')) {
			asked.give();
			await late.given;
		}
		await route.fulfill({ response, body });
	});
	await page.reload();
	await choose();
	await page.keyboard.press('r');
	await asked.given;
	late.give();
	await page.waitForSelector(`${hook('composer')}:focus`);
});

function signal() {
	let give = () => {};
	const given = new Promise((/** @type {(value: void) => void} */ resolve) => (give = resolve));
	return { given, give: () => give() };
}
