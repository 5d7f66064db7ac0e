// @ts-check
// The components by themselves, on the page that shows all of them: what each promises to keyboards and to
// screen readers, the list of a hundred thousand rows, and that the page stays out of what is shipped.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { extname } from 'node:path';
import { beforeEach, test } from 'node:test';
import { faults, hook, page, pictures, violations, windowForEach } from './window.js';

const folder = (/** @type {string} */ path) => new URL(`../../ui/${path}/`, import.meta.url).pathname;
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };
const home = 'http://gallery.example/';

windowForEach();
beforeEach(async () => {
	// Straight from the disk: the page needs no host.
	await page.route(`${home}**`, (route) => {
		const path = new URL(route.request().url()).pathname;
		const file = path === '/' ? 'index.html' : path.slice(1);
		const contentType = types[/** @type {keyof typeof types} */ (extname(file))];
		if (!contentType) return route.fulfill({ status: 404 });
		return route.fulfill({ contentType, body: readFileSync(folder('dist-gallery') + file) });
	});
});

async function open(query = '') {
	await page.goto(home + query);
	await page.waitForSelector(hook('design-gallery'));
	await page.evaluate(() => document.fonts.ready);
}

test('every component is documented and shown', () => {
	const shown = readdirSync(folder('gallery')).map((file) => readFileSync(folder('gallery') + file, 'utf8')).join('\n');
	for (const file of readdirSync(folder('src/lib/design')).filter((name) => name.endsWith('.svelte'))) {
		const text = readFileSync(folder('src/lib/design') + file, 'utf8');
		assert.match(text, /^<!--\n\t@component\n[\s\S]*?ARIA[\s\S]*?-->/, `${file} says what it is for, and its keys and ARIA`);
		assert.ok(shown.includes(`$lib/design/${file}`), `${file} is in the gallery`);
	}
});

test('the gallery is no part of what is shipped', () => {
	const marker = 'design-gallery';
	const files = (/** @type {string} */ path) => readdirSync(folder(path), { recursive: true, encoding: 'utf8' });
	const holds = (/** @type {string} */ path) => files(path).some((file) => /\.(js|css|html)$/.test(file) && readFileSync(folder(path) + file, 'utf8').includes(marker));
	assert.ok(holds('dist-gallery'), 'its own build holds it, so the marker is right');
	assert.ok(!holds('dist'));
});

for (const [theme, contrast] of [['light', 'normal'], ['dark', 'normal'], ['light', 'more'], ['dark', 'more']]) {
	for (const dir of ['ltr', 'rtl']) {
		test(`no axe violations: ${theme}, contrast ${contrast}, ${dir}`, async () => {
			await open(`?theme=${theme}&contrast=${contrast}&dir=${dir}`);
			if (pictures) {
				await page.setViewportSize({ width: 1280, height: 3600 });
				await page.screenshot({ path: `${pictures}/gallery-${theme}-${contrast}-${dir}.png` });
			}
			const options = contrast === 'more' ? { rules: { 'color-contrast-enhanced': { enabled: true } } } : {};
			assert.deepEqual(await violations(options), []);
			assert.deepEqual(faults, []);
		});
	}
}

test('what floats has no violations either', async () => {
	await open();
	for (const [opener, shows] of [['gallery-menu', '[role=menu]'], ['gallery-select', '[role=listbox]:visible'], ['gallery-dialog', '[role=dialog]']]) {
		await page.click(hook(String(opener)));
		await page.waitForSelector(String(shows));
		assert.deepEqual(await violations(), []);
		await page.keyboard.press('Escape');
	}
});

test('a tooltip describes what has the focus, and goes with Escape', async () => {
	await open();
	await page.focus(hook('gallery-tooltip'));
	// Focus by a script is no focus by keyboard; the next Tab and back is.
	await page.keyboard.press('Tab');
	await page.keyboard.press('Shift+Tab');
	await page.waitForSelector('[role=tooltip]');
	const described = await page.getAttribute(hook('gallery-tooltip'), 'aria-describedby');
	assert.ok(described);
	assert.match((await page.textContent(`[id="${described}"]`)) ?? '', /What was changed/);
	await page.keyboard.press('Escape');
	await page.waitForSelector('[role=tooltip]', { state: 'detached' });
});

test('notices are spoken, refusals louder', async () => {
	await open();
	await page.click(hook('gallery-toast'));
	await page.waitForSelector(`${hook('announcer-polite')}:has-text("Stage changed to Committed.")`, { state: 'attached' });
	await page.click(hook('gallery-refuse'));
	await page.waitForSelector(`${hook('announcer-assertive')}:has-text("The disk is full")`, { state: 'attached' });
	assert.equal(await page.locator('[aria-live]').count(), 2, 'and nothing else speaks');
});

test('a dialog keeps the focus and gives it back', async () => {
	await open();
	await page.click(hook('gallery-dialog'));
	await page.waitForSelector(hook('gallery-dialog-open'));
	for (let stop = 0; stop < 6; stop += 1) {
		await page.keyboard.press('Tab');
		assert.ok(await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null));
	}
	await page.keyboard.press('Escape');
	await page.waitForSelector(`${hook('gallery-dialog')}:focus`);
});

/** What the list holds: its row numbers in the order of the document, and how it is scrolled. */
const list = () =>
	page.locator(hook('gallery-list')).evaluate((/** @type {HTMLElement} */ element) => ({
		rows: [...element.querySelectorAll('.slot [role=row]')].map((row) => Number(row.getAttribute('aria-rowindex'))),
		top: element.scrollTop,
		count: element.getAttribute('aria-rowcount')
	}));

const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

test('a list of a hundred thousand uses few rows again, in the order in which they are read', async () => {
	await open();
	await page.focus(hook('gallery-list'));
	const before = await list();
	assert.equal(before.count, '100001', 'all rows and the header');
	assert.ok(before.rows.length < 40, `${before.rows.length} rows exist`);
	await page.evaluate(() => {
		for (const slot of document.querySelectorAll('.slot')) /** @type {any} */ (slot).used = true;
	});
	for (const top of [33, 6_400, 1_000_000, 999_000, 0, 3_000_000]) {
		await page.locator(hook('gallery-list')).evaluate((element, to) => (element.scrollTop = to), top);
		await frames();
		const now = await list();
		assert.deepEqual(now.rows, [...now.rows].sort((a, b) => a - b), `in order at ${top}`);
		assert.equal(new Set(now.rows).size, now.rows.length);
		assert.ok(now.rows.some((row) => row === Math.floor(now.top / 32) + 2), `the row at ${top} is there`);
	}
	const strangers = await page.evaluate(() => [...document.querySelectorAll('.slot')].filter((slot) => !(/** @type {any} */ (slot).used)).length);
	assert.equal(strangers, 0, 'no row was made while scrolling');
});

test('the keys reach the last of a hundred thousand rows', async () => {
	await open();
	await page.focus(hook('gallery-list'));
	await page.keyboard.press('End');
	await page.waitForSelector('[role=row][aria-rowindex="100001"][aria-selected=true]');
	assert.equal(await page.getAttribute(hook('gallery-list'), 'aria-activedescendant'), 'gallery-row-99999');
	await page.keyboard.press('PageUp');
	await page.waitForSelector('[role=row][aria-rowindex="99993"][aria-selected=true]');
	await page.keyboard.press('Home');
	await page.waitForSelector('[role=row][aria-rowindex="2"][aria-selected=true]');
});

test('what one reads stays when rows come above it, and when rows get more room', async () => {
	await open();
	const box = page.locator(hook('gallery-list'));
	await box.evaluate((element) => (element.scrollTop = 32 * 5_000));
	await frames();
	const place = (/** @type {string} */ name) =>
		box.evaluate((element, words) => {
			const row = [...element.querySelectorAll('.slot')].find((slot) => slot.textContent?.includes(words));
			return row ? Math.round(row.getBoundingClientRect().top - element.getBoundingClientRect().top) : undefined;
		}, name);
	const before = await place('Account 5001');
	assert.notEqual(before, undefined);
	await page.locator(hook('gallery-insert')).evaluate((/** @type {HTMLElement} */ button) => button.click());
	await page.waitForSelector(`${hook('gallery-list')}[aria-rowcount="100003"]`);
	await frames();
	assert.equal(await place('Account 5001'), before);
	await page.getByLabel('Lists: Compact').click();
	await page.getByRole('option', { name: 'Comfortable' }).click();
	await page.waitForSelector('html[data-density="comfortable"]');
	await frames();
	assert.ok(Math.abs(Number(await place('Account 5001')) - Number(before)) <= 8);
});

test('how long scrolling takes is printed', async (t) => {
	await open();
	const times = await page.locator(hook('gallery-list')).evaluate(async (/** @type {HTMLElement} */ element) => {
		const spent = [];
		for (let frame = 0; frame < 300; frame += 1) {
			await new Promise((done) => requestAnimationFrame(done));
			const began = performance.now();
			element.scrollTop += 160;
			// The list hears of it, and Svelte draws, before this promise goes on.
			element.dispatchEvent(new Event('scroll'));
			await new Promise((done) => queueMicrotask(() => done(undefined)));
			spent.push(performance.now() - began);
		}
		return spent.sort((a, b) => a - b);
	});
	const at = (/** @type {number} */ share) => times[Math.floor(times.length * share)]?.toFixed(1);
	// Measured, not judged: that is the matter of the benchmarks.
	t.diagnostic(`script per frame of 5 new rows out of 100,000: p50 ${at(0.5)}, p95 ${at(0.95)}, max ${times.at(-1)?.toFixed(1)} ms`);
});
