// @ts-check
// The rules of engagement by keyboard: read, and asked before a registration is sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, devhost, hook, page, windowForEach } from './window.js';

windowForEach({ faultless: true });

test('the palette leads to the rules, which say what follows and what they said before', async () => {
	await page.goto(`${devhost}/`);
	await page.waitForSelector(hook('today'));
	await page.keyboard.press('Control+k');
	await page.fill(hook('palette-input'), 'rules of');
	await page.waitForSelector(`${hook('palette-entry')}:has-text("Rules of engagement")`);
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('rules-terms'));
	assert.match((await page.textContent(hook('rule-public_tender'))) ?? '', /Held until the vendor decides/);
	const versions = await page.locator(hook('rules-version')).allTextContents();
	assert.equal(versions.length, 3);
	assert.match(versions[0] ?? '', /in force.*Declan Foy/s);
	assert.match(versions[0] ?? '', /Public tender: Noted, the vendor decides Held until the vendor decides/);
	assert.equal(await page.locator(hook('rules-change')).count(), 0, 'a partner reads them');
});

test('what is typed into a registration is checked, and only asked of those who have it', async () => {
	const { programs } = await ask('app_state');
	const { versions } = await ask('rules', { program: programs[0].id });
	await page.goto(`${devhost}/deals/new`);
	await page.waitForSelector(`${hook('register-customer')}:focus`);
	await page.keyboard.type('A customer that nobody has');
	await page.waitForSelector(`${hook('rules-check')}[data-course=goes]`);
	assert.match((await page.textContent(hook('register-rules'))) ?? '', new RegExp(`Version ${versions[0].version} `));
	await page.locator(`${hook('register-more')} summary`).click();
	await page.getByLabel('The customer buys by public tender').check();
	await page.waitForSelector(`${hook('rules-check')}[data-course=held]`);
	await page.fill(hook('register-contact'), 'nobody');
	await page.keyboard.press('Control+Enter');
	await page.waitForSelector(`${hook('register-contact')}[aria-invalid=true]`);
});

test('what one has registered already is found before it is sent', async () => {
	const { rows } = await ask('deal_list', {
		lens: { program: null, counterpart: null },
		text: 'Polder rollout',
		stage: null,
		court: null,
		status: null,
		include_closed: false,
		sort: 'activity',
		offset: 0,
		limit: 1
	});
	const { customer_domain, product, region } = await ask('deal_get', { program: rows[0].program, id: rows[0].id });
	await page.goto(`${devhost}/deals/new`);
	await page.fill(hook('register-domain'), customer_domain);
	for (const [label, value] of [
		['Product', product],
		['Region', region]
	]) {
		await page.locator(`button[aria-label^="${label}:"]`).click();
		await page.getByRole('option', { name: value }).click();
	}
	await page.waitForSelector(`${hook('rules-check')}[data-course=duplicate]`);
	assert.match((await page.textContent(hook('rules-check'))) ?? '', /registered this already: Polder rollout/);
});
