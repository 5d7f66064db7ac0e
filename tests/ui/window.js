// @ts-check
// A browser window on a running devhost, and the few things every test does in it.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const address = process.env.LOCKSTEP_DEVHOST;
if (!address) {
	throw new Error('Start a devhost and set LOCKSTEP_DEVHOST=http://127.0.0.1:PORT.');
}
export const devhost = address.replace(/\/$/, '');

/** @param {import('playwright-core').LaunchOptions} [options] @returns {Promise<import('playwright-core').Browser>} */
export const launch = (options) =>
	chromium.launch({
		executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu'],
		...options
	});

/**
 * Opens a window. `faults` gathers what no screen may ever do: errors on the console and exceptions
 * that nobody caught.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openWindow(browser, options) {
	const context = await browser.newContext({
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

/** By the hook that the components carry for tests. */
export const hook = (/** @type {string} */ name) => `[data-test="${name}"]`;

/**
 * Asks the core directly, to know what a screen ought to show.
 *
 * @param {string} command
 * @param {unknown} [args]
 */
export async function ask(command, args = null) {
	const response = await fetch(`${devhost}/rpc/${command}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(args)
	});
	assert.ok(response.ok, `${command} answered ${response.status}`);
	return response.json();
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
