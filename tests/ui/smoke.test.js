// @ts-check
// The first minute with the window, by keyboard, in a browser on a devhost.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ask, devhost, everyDeal, faults, hook, openWindow, page, someDeal, windowForEach } from './window.js';

windowForEach();
beforeEach(async () => {
	await page.goto(devhost);
	await page.waitForSelector(hook('today'));
});

test('opens on Today and keeps the console clean', async () => {
	assert.equal(await page.title(), 'Today · Lockstep');
	assert.equal(await page.getAttribute(hook('nav-today'), 'aria-current'), 'page');
	await page.waitForSelector(hook('sync-dot'));
	assert.deepEqual(faults, []);
});

test('answers each browser in its own language', async () => {
	const german = await openWindow({ locale: 'de-DE' });
	try {
		await german.page.goto(devhost);
		const refusal = () => {
			const asked = { method: 'POST', body: JSON.stringify({ program: 'none' }) };
			return fetch('/rpc/people', asked).then((answer) => answer.json());
		};
		assert.equal((await german.page.evaluate(refusal)).message, 'Das ist keine Kennung von Lockstep.');
		assert.equal((await page.evaluate(refusal)).message, 'This is not an id of Lockstep.');
	} finally {
		await german.context.close();
	}
});

test('goes to every place by its keys', async () => {
	for (const [second, path] of [['d', '/deals'], ['a', '/accounts'], ['e', '/people'], ['t', '/']]) {
		await page.keyboard.press('g');
		await page.keyboard.press(String(second));
		await page.waitForURL(`${devhost}${path}`);
	}
	await page.keyboard.press('Control+,');
	await page.waitForURL(/\/settings/);
	assert.deepEqual(faults, []);
});

test('lists the deals that the core has', async () => {
	const { total, rows } = await ask('deal_list', everyDeal);
	await page.keyboard.press('g');
	await page.keyboard.press('d');
	await page.waitForSelector(hook('deal-row'));
	assert.match((await page.textContent(hook('deal-count'))) ?? '', new RegExp(`^${total.toLocaleString('en')}\\s`));
	const shown = await page.locator(hook('deal-row')).first().textContent();
	assert.ok(shown?.includes(rows[0].title), `${shown} is not ${rows[0].title}`);
	// Windows of rows: a long list must not become a long document.
	assert.ok((await page.locator(hook('deal-row')).count()) < 100);
});

test('opens a room, takes a message and shows it, by keyboard alone', async () => {
	await page.keyboard.press('g');
	await page.keyboard.press('d');
	await page.waitForSelector(`${hook('deal-row')}[aria-selected="true"]`);
	const active = page.locator(`${hook('deal-row')}[aria-selected="true"]`);
	const first = await active.getAttribute('data-deal');
	await page.keyboard.press('j');
	await page.waitForFunction(
		([selector, before]) => document.querySelector(String(selector))?.getAttribute('data-deal') !== before,
		[`${hook('deal-row')}[aria-selected="true"]`, first]
	);
	// A draft opens in its form, not in a room.
	for (let tries = 0; tries < 30 && (await active.textContent())?.includes('Draft'); tries++) {
		await page.keyboard.press('j');
	}
	const deal = await active.getAttribute('data-deal');
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('room'));
	assert.ok(page.url().endsWith(`/${deal}`));

	const words = `Can we hold the price until Friday? ${Date.now()}`;
	await page.focus(hook('composer'));
	await page.keyboard.type(words);
	await page.keyboard.press('Enter');
	await page.waitForSelector(`${hook('message')}:has-text("${words}")`);
	assert.equal(await page.inputValue(hook('composer')), '');
	assert.deepEqual(faults, []);
});

test('single letters stay letters while one writes', async () => {
	const deal = await someDeal();
	await page.goto(`${devhost}/deals/${deal.program}/${deal.id}`);
	await page.focus(hook('composer'));
	await page.keyboard.type('gd c ?');
	assert.equal(await page.inputValue(hook('composer')), 'gd c ?');
	assert.ok(page.url().endsWith(`/${deal.id}`));
});

test('finds a deal in the palette and opens it', async () => {
	const deal = await someDeal();
	await page.keyboard.press('Control+k');
	await page.waitForSelector(hook('palette'));
	await page.keyboard.type(`#${deal.title}`);
	const entry = page.locator(hook('palette-entry'), { hasText: deal.title }).first();
	await entry.waitFor();
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('room'));
	assert.match(await page.title(), /Lockstep$/);
	assert.deepEqual(faults, []);
});

test('the palette knows commands that have no key', async () => {
	await page.keyboard.press('Control+k');
	await page.keyboard.type('>join');
	await page.locator(hook('palette-entry'), { hasText: 'Join a program' }).waitFor();
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('join-link'));
});

test('an account found in the palette is the account that is shown', async () => {
	const { rows } = await ask('account_list', { lens: everyDeal.lens, text: '', offset: 0, limit: 200 });
	const account = rows.at(-1);
	await page.keyboard.press('Control+k');
	await page.keyboard.type(account.name);
	await page.locator(hook('palette-entry'), { hasText: account.name }).first().click();
	await page.waitForURL(/\/accounts\?q=/);
	await page.waitForFunction(
		([selector, name]) => document.querySelector(String(selector))?.textContent?.includes(String(name)),
		[hook('account-row'), account.name]
	);
	assert.equal(await page.inputValue(hook('account-search')), account.name);
	assert.deepEqual(faults, []);
});

test('a person found in the palette is the person that is shown', async () => {
	const { programs } = await ask('app_state');
	const { name } = programs[0].me;
	await page.keyboard.press('Control+k');
	await page.keyboard.type(`@${name}`);
	await page.locator(hook('palette-entry'), { hasText: name }).first().waitFor();
	await page.keyboard.press('Enter');
	await page.waitForURL(/\/people\?q=/);
	await page.waitForFunction((selector) => document.querySelectorAll(selector).length === 1, hook('member'));
	assert.equal(await page.inputValue(hook('people-search')), name);
	assert.deepEqual(faults, []);
});

test('an address opens the tab of the settings that it names', async () => {
	for (const tab of ['devices', 'diagnostics', 'sync']) {
		await page.goto(`${devhost}/settings?tab=${tab}`);
		await page.waitForSelector(`${hook(`tab-${tab}`)}[aria-selected="true"]`);
	}
});

test('a dialog that takes something away does not begin on the button that does', async () => {
	await page.goto(`${devhost}/settings?tab=devices`);
	await page.locator(hook('leave')).first().click();
	await page.waitForSelector(hook('leave-dialog'));
	await page.waitForFunction(() => document.activeElement?.textContent?.includes('Cancel'));
	await page.keyboard.press('Escape');
	await page.waitForSelector(hook('leave-dialog'), { state: 'detached' });
});

test('a demo is called one', async (t) => {
	const { demo } = await ask('app_state');
	if (!demo) return t.skip('this devhost shows a real profile');
	assert.match((await page.getAttribute(hook('demo'), 'title')) ?? '', /Nothing leaves this computer/);
});

test('the register form says what is missing and reads what people type', async (t) => {
	const { programs } = await ask('app_state');
	if (!programs.some((/** @type {{ side: string }} */ program) => program.side === 'partner')) {
		return t.skip('vendors do not register deals');
	}
	await page.keyboard.press('c');
	await page.waitForSelector(hook('register-form'));
	await page.keyboard.press('Control+Enter');
	await page.waitForSelector('[aria-invalid="true"]');
	assert.ok((await page.locator('[aria-invalid="true"]').count()) >= 5, 'five fields are required');
	assert.match(page.url(), /\/deals\/new/);

	await page.fill(hook('register-customer'), 'Quayside Cold Storage');
	await page.fill(hook('register-domain'), 'https://www.quayside-cold.example/about');
	await page.fill(hook('register-title'), 'Quayside sensor rollout');
	await page.fill(hook('register-amount'), 'about nothing');
	await page.fill(hook('register-close'), 'end of jan');
	await page.waitForFunction(() => document.querySelectorAll('[aria-invalid="true"]').length === 1);
	await page.fill(hook('register-amount'), '41.5k');
	await page.waitForFunction(() => document.querySelectorAll('[aria-invalid="true"]').length === 0);
	assert.deepEqual(faults, []);
});

test('a list is previewed before anything is written', async () => {
	await page.goto(`${devhost}/accounts/import`);
	const rows = ['Firma;Webseite;Land', 'Polder Port Authority;polderport.example;NL', 'Brightwater Foods;brightwater.example;GB'];
	await page.setInputFiles(hook('import-file'), {
		name: 'customers.csv',
		mimeType: 'text/csv',
		buffer: Buffer.from(rows.join('\r\n'))
	});
	await page.waitForSelector(hook('import-preview'));
	await page.waitForSelector(hook('import-outcome'));
	assert.ok((await page.locator('tr', { hasText: 'Firma' }).count()) > 0);
	assert.deepEqual(faults, []);
});

test('an import that has ended is still told about after a reload', async () => {
	await page.goto(`${devhost}/accounts/import`);
	const company = `Werf ${Date.now()}`;
	await page.setInputFiles(hook('import-file'), {
		name: 'yards.csv',
		mimeType: 'text/csv',
		buffer: Buffer.from(`Company;Country\r\n${company};NL\r\n`)
	});
	await page.click(`${hook('import-start')}:enabled`);
	await page.waitForSelector(`${hook('import-run')}[data-state="finished"]`);
	await page.reload();
	await page.waitForSelector(`${hook('import-earlier')}:has-text("yards.csv")`);
	await page.waitForSelector(hook('import-drop'));
	await page.goto(`${devhost}/accounts?q=${encodeURIComponent(company)}`);
	await page.waitForSelector(`${hook('account-row')}:has-text("${company}")`);
	assert.deepEqual(faults, []);
});

test('an import that runs is found after a reload', async () => {
	const job = { id: '1', program: '', name: 'yards.csv', total: 9000, done: 20, skipped: 0, state: 'running', message: null };
	// A real one of that length would leave its accounts behind for the tests that come after.
	await page.route('**/rpc/import_list', (route) => route.fulfill({ json: [job] }));
	await page.route('**/rpc/import_status', (route) => route.fulfill({ json: { ...job, done: 640 } }));
	await page.goto(`${devhost}/accounts`);
	await page.click(hook('import-running'));
	await page.waitForSelector(`${hook('import-run')}[data-state="running"]`);
	await page.reload();
	await page.waitForSelector(`${hook('import-done')}:has-text("640")`);
	assert.deepEqual(faults, []);
});

test('a link that is no invitation is explained', async () => {
	await page.goto(`${devhost}/start?join`);
	await page.fill(hook('join-link'), 'https://example.com/nothing');
	await page.waitForSelector(hook('join-trouble'));
	assert.equal(await page.locator(hook('join-submit')).count(), 0);
});
