// @ts-check
// A browser window on a running devhost, and the few things every test does in it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, afterEach, beforeEach } from 'node:test';
import { chromium } from 'playwright-core';

const address = process.env.LOCKSTEP_DEVHOST;
if (!address) {
	throw new Error('Start a devhost and set LOCKSTEP_DEVHOST=http://127.0.0.1:PORT.');
}
export const devhost = address.replace(/\/$/, '');

// Set, it is the folder that gets pictures of what is tested.
export const pictures = process.env.LOCKSTEP_PICTURES;
/** The script of axe, to be put into a page. */
export const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let browser;
after(async () => (await browser)?.close());

/** The one browser of a file; only who starts it first says how. @param {import('playwright-core').LaunchOptions} [options] */
export const launch = (options) =>
	(browser ??= chromium.launch({
		executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu'],
		...options
	}));

/**
 * Opens a window. `faults` gathers what no screen may ever do: errors on the console and exceptions
 * that nobody caught.
 *
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openWindow(options) {
	const context = await (await launch()).newContext({
		viewport: { width: 1280, height: 800 },
		locale: 'en-GB',
		reducedMotion: 'reduce',
		...options
	});
	const page = await context.newPage();
	page.setDefaultTimeout(10_000);
	/** @type {string[]} */
	const faults = [];
	page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
	page.on('console', (message) => {
		const from = message.location().url;
		// Browsers ask for an icon by themselves; the desktop window does not.
		if (message.type() !== 'error' || from.endsWith('/favicon.ico')) return;
		faults.push(`console: ${message.text()} (${from})`);
	});
	return { context, page, faults };
}

/** The window of the test that runs, where `windowForEach` opens one. @type {import('playwright-core').Page} */
export let page;
/** What went wrong in it. @type {string[]} */
export let faults;

/**
 * Gives every test of a file a window of its own, `page`.
 *
 * @param {{ faultless?: boolean }} [how] Whether a test fails that leaves any `faults`.
 */
export function windowForEach({ faultless = false } = {}) {
	/** @type {import('playwright-core').BrowserContext} */
	let context;
	beforeEach(async () => {
		({ context, page, faults } = await openWindow());
	});
	afterEach(async () => {
		if (faultless) assert.deepEqual(faults, []);
		await context.close();
	});
}

/** By the hook that the components carry for tests. */
export const hook = (/** @type {string} */ name) => `[data-test="${name}"]`;

/**
 * What axe has to say against what `page` shows.
 *
 * @param {object} [options]
 * @returns {Promise<string[]>}
 */
export async function violations(options = {}) {
	await page.addScriptTag({ path: axe });
	const found = await page.evaluate((how) => /** @type {any} */ (window).axe.run(how), options);
	return found.violations.map(
		(/** @type {{ id: string, nodes: { html: string }[] }} */ one) =>
			`${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join('\n   ')}`
	);
}

/**
 * Waits until `look` finds something.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined | false | null>} look
 * @param {number} [seconds]
 * @returns {Promise<T>}
 */
export async function until(what, look, seconds = 10) {
	for (const end = Date.now() + seconds * 1_000; Date.now() < end; ) {
		const found = await look();
		if (found) return found;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`waited in vain for ${what}`);
}

/**
 * Asks a core directly, to know what a screen ought to show.
 *
 * @param {string} command
 * @param {unknown} [args]
 */
export async function ask(command, args = null, host = devhost) {
	const response = await fetch(`${host}/rpc/${command}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(args)
	});
	const answer = await response.json();
	assert.ok(response.ok, `${command} answered ${response.status}: ${JSON.stringify(answer)}`);
	return answer;
}

/** Every deal, through no lens. */
export const everyDeal = {
	lens: { program: null, counterpart: null },
	text: '',
	stage: null,
	court: null,
	status: null,
	include_closed: false,
	sort: 'activity',
	offset: 0,
	limit: 200
};

/** A deal one can talk about: a draft has no room yet. */
export async function someDeal() {
	const { rows } = await ask('deal_list', everyDeal);
	const deal = rows.find((/** @type {{ status: string }} */ row) => row.status !== 'draft');
	assert.ok(deal, 'the devhost needs a world with at least one deal');
	return deal;
}
