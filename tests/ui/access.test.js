// @ts-check
// axe on every main screen with no rule turned off; in the other themes again what depends on colour.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { ask, devhost, hook, launch, openWindow, someDeal } from './window.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {string} */
let room;

before(async () => {
	browser = await launch();
	const deal = await someDeal();
	room = `/deals/${deal.program}/${deal.id}`;
});
after(() => browser.close());

/** @typedef {import('playwright-core').Page} Page */
/** @type {[name: string, path: () => string, ready: string, then?: (page: Page) => Promise<unknown>][]} */
const screens = [
	['Today', () => '/', 'today'],
	['deals', () => '/deals', 'deal-list'],
	['register', () => '/deals/new', 'register-form'],
	['register with mistakes', () => '/deals/new', 'register-form', (page) => page.keyboard.press('Control+Enter')],
	['room', () => room, 'composer'],
	['accounts', () => '/accounts', 'import'],
	['import', () => '/accounts/import', 'import-drop'],
	['import preview', () => '/accounts/import', 'import-drop', previewImport],
	['people', () => '/people', 'organization'],
	['invite', () => '/people', 'organization', inviteDialog],
	['sync', () => '/settings?tab=sync', 'sync-device'],
	['devices', () => '/settings?tab=devices', 'link-device'],
	['leaving', () => '/settings?tab=devices', 'leave', leaveDialog],
	['appearance', () => '/settings?tab=appearance', 'theme-system'],
	['diagnostics', () => '/settings?tab=diagnostics', 'diagnostics-save'],
	['join', () => '/start?join', 'join-link', badLink],
	['palette', () => '/', 'today', palette],
	['keys', () => '/', 'today', keys]
];

async function inviteDialog(/** @type {Page} */ page) {
	if ((await page.locator(hook('invite')).count()) === 0) return;
	await page.click(hook('invite'));
	await page.waitForSelector(hook('invite-dialog'));
}

async function previewImport(/** @type {Page} */ page) {
	const rows = ['Company;Website;Country', 'Polder Port Authority;polderport.example;NL', ';nobody.example;NL'];
	await page.setInputFiles(hook('import-file'), {
		name: 'customers.csv',
		mimeType: 'text/csv',
		buffer: Buffer.from(rows.join('\n'))
	});
	await page.waitForSelector(hook('import-preview'));
}

async function leaveDialog(/** @type {Page} */ page) {
	await page.click(hook('leave'));
	await page.waitForSelector(hook('leave-dialog'));
}

async function badLink(/** @type {Page} */ page) {
	await page.fill(hook('join-link'), 'nonsense');
	await page.waitForSelector(hook('join-trouble'));
}

async function palette(/** @type {Page} */ page) {
	await page.keyboard.press('Control+k');
	await page.waitForSelector(hook('palette-entry'));
}

async function keys(/** @type {Page} */ page) {
	await page.keyboard.press('?');
	await page.waitForSelector(hook('key-sheet'));
}

// A theme changes nothing but colours, so light looks at everything and the others at those; high
// contrast has to keep the stricter ratio of 7 to 1 too.
const colours = ['color-contrast', 'link-in-text-block'];
/** @type {[theme: string, media: Parameters<Page['emulateMedia']>[0], rules: object][]} */
const themes = [
	['light', { colorScheme: 'light', contrast: 'no-preference' }, {}],
	['dark', { colorScheme: 'dark', contrast: 'no-preference' }, { runOnly: colours }],
	['high contrast', { colorScheme: 'light', contrast: 'more' }, { runOnly: ['cat.color'] }],
	['high contrast, dark', { colorScheme: 'dark', contrast: 'more' }, { runOnly: ['cat.color'] }]
];

// Together they have all the colours there are.
const coloured = new Set(['Today', 'deals', 'register with mistakes', 'room', 'sync', 'leaving', 'join']);

for (const [name, path, ready, then] of screens) {
	test(`no axe violations: ${name}`, async (t) => {
		const { programs } = await ask('app_state');
		const sells = programs.some((/** @type {{ side: string }} */ program) => program.side === 'partner');
		if (!sells && ready === 'register-form') return t.skip('vendors do not register deals');
		const { context, page } = await openWindow(browser);
		t.after(() => context.close());
		await page.goto(devhost + path());
		await page.waitForSelector(hook(ready));
		await then?.(page);
		await page.addScriptTag({ path: axe });
		for (const [theme, media, rules] of themes) {
			if (media?.contrast === 'more' && !coloured.has(name)) continue;
			await page.emulateMedia(media);
			const { violations, passes } = await page.evaluate(
				(options) => /** @type {any} */ (window).axe.run(options),
				rules
			);
			const told = violations.map(
				(/** @type {any} */ violation) =>
					`${violation.id}: ${violation.help}\n${violation.nodes
						.map((/** @type {any} */ node) => `    ${node.html.slice(0, 160)}\n      ${node.failureSummary.replaceAll('\n', '\n      ')}`)
						.join('\n')}`
			);
			const looked = passes.reduce((/** @type {number} */ sum, /** @type {any} */ pass) => sum + pass.nodes.length, 0);
			assert.ok(looked > 5, `${theme}: axe looked at hardly anything`);
			assert.equal(told.length, 0, `${theme}\n${told.join('\n')}`);
		}
	});
}
