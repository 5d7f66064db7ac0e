// @ts-check
// The plan's dates and owners, the look, and the key: by keyboard, in a browser on a devhost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, devhost, everyDeal, faults, hook, page, until, windowForEach } from './window.js';

windowForEach();

/** A deal whose plan has an open step and may be changed, with its plan. */
async function planned() {
	const { rows } = await ask('deal_list', everyDeal);
	for (const row of rows) {
		const of = { program: row.program, id: row.id };
		const plan = await ask('plan_get', of);
		const { may } = await ask('deal_get', of);
		if (may.plan && plan.milestones.some((/** @type {any} */ step) => step.done_at === null)) return { row, of, plan };
	}
	assert.fail('the devhost needs a world with an open plan');
}

/** @param {{ program: string, id: string }} of */
async function openRoom(of) {
	await page.goto(`${devhost}/deals/${of.program}/${of.id}`);
	await page.waitForSelector(hook('milestone'));
}

test('the day of going live is typed, shown, and taken back with Ctrl+Z', async () => {
	const { of, plan } = await planned();
	await openRoom(of);
	await page.keyboard.press('Shift+D');
	await page.waitForSelector(`${hook('go-live-input')}:focus`);
	await page.fill(hook('go-live-input'), 'no such day');
	await page.keyboard.press('Enter');
	await page.waitForSelector(`${hook('go-live-input')}[aria-invalid="true"]`);
	await page.fill(hook('go-live-input'), '2027-03-19');
	await page.keyboard.press('Enter');
	await page.waitForSelector(`${hook('go-live')}:has-text("19 Mar")`);
	assert.equal((await ask('plan_get', of)).go_live, '2027-03-19');
	await page.keyboard.press('Control+z');
	await until('the old day', async () => (await ask('plan_get', of)).go_live === plan.go_live);
	assert.deepEqual(faults, []);
});

test('Escape leaves the day as it was', async () => {
	const { of, plan } = await planned();
	await openRoom(of);
	await page.click(hook('go-live'));
	await page.fill(hook('go-live-input'), '2027-12-31');
	await page.keyboard.press('Escape');
	await page.waitForSelector(`${hook('go-live')}:focus`);
	assert.equal((await ask('plan_get', of)).go_live, plan.go_live);
});

test('a step gets another day with D and another owner with A, by keyboard alone', async () => {
	const { of, plan } = await planned();
	const step = plan.milestones.find((/** @type {any} */ found) => found.done_at === null);
	const now = async () => (await ask('plan_get', of)).milestones.find((/** @type {any} */ found) => found.id === step.id);
	await openRoom(of);
	await page.keyboard.press('p');
	await page.keyboard.press('d');
	await page.waitForSelector(`${hook('milestone-due')}:focus`);
	await page.fill(hook('milestone-due'), '2027-02-12');
	await page.keyboard.press('Enter');
	await page.waitForSelector(hook('milestone-editor'), { state: 'detached' });
	assert.equal((await now()).due, '2027-02-12');
	assert.equal((await now()).title, step.title, 'and nothing else changed');

	// The focus goes back to the list of steps.
	await page.waitForSelector(`${hook('plan')} [role=grid]:focus`);
	await page.keyboard.press('a');
	await page.waitForSelector(`${hook('milestone-owner')}:focus`);
	const before = ownerOf(await now());
	await page.keyboard.press('Enter');
	await page.waitForSelector('[role=listbox]');
	await page.keyboard.press(before === 'customer' ? 'Home' : 'End');
	await page.keyboard.press('Enter');
	await page.waitForSelector('[role=listbox]', { state: 'detached' });
	await page.click(hook('milestone-save'));
	await page.waitForSelector(hook('milestone-editor'), { state: 'detached' });
	assert.notEqual(ownerOf(await now()), before);

	await page.keyboard.press('Control+z');
	await until('the owner of before', async () => ownerOf(await now()) === before);
	await page.keyboard.press('Control+z');
	await until('the day of before', async () => (await now()).due === step.due);
	assert.deepEqual(faults, []);
});

const ownerOf = (/** @type {any} */ step) => step.owner_person?.id ?? step.owner_side;

test('a tick that is put back keeps its name and day', async () => {
	const { rows } = await ask('deal_list', everyDeal);
	for (const row of rows) {
		const of = { program: row.program, id: row.id };
		const { milestones } = await ask('plan_get', of);
		const { may } = await ask('deal_get', of);
		const step = milestones.find((/** @type {any} */ found) => found.done_at !== null);
		if (!step || !may.plan) continue;
		const now = async () => (await ask('plan_get', of)).milestones.find((/** @type {any} */ found) => found.id === step.id);
		await openRoom(of);
		await page.click(`${hook('milestone')}[data-milestone="${step.id}"] ${hook('milestone-toggle')}`);
		await until('the tick to go', async () => (await now()).done_at === null);
		await page.keyboard.press('Control+z');
		await until('the tick to come back', async () => (await now()).done_at !== null);
		assert.deepEqual([(await now()).done_at, (await now()).done_by.id], [step.done_at, step.done_by.id]);
		return;
	}
	assert.fail('the devhost needs a world with a finished step');
});

test('the look is still there after a reload', async () => {
	await page.goto(`${devhost}/settings?tab=appearance`);
	await page.check(hook('theme-dark'));
	await until('the look to be kept', async () => (await ask('app_state')).appearance.theme === 'dark');
	await page.reload();
	await page.waitForSelector('html[data-theme="dark"]');
	await page.check(hook('theme-system'));
	await until('the look to be kept', async () => (await ask('app_state')).appearance.theme === 'system');
	assert.deepEqual(faults, []);
});

test('the key goes under a passphrase, gets another one, and goes back into the keychain', async (t) => {
	const { home } = await ask('security');
	if (home !== 'keychain') return t.skip('this devhost keeps its key under a passphrase');
	// Each of these costs a second or more on purpose, and many times that in a debug build.
	page.setDefaultTimeout(60_000);
	await page.goto(`${devhost}/settings?tab=security`);
	await page.click(hook('key-to-passphrase'));
	await page.fill(hook('passphrase'), 'correct horse battery staple');
	await page.fill(hook('passphrase-again'), 'something else entirely');
	await page.click(hook('key-submit'));
	await page.waitForSelector('[role=alert]:has-text("not the same")');
	await page.fill(hook('passphrase-again'), 'correct horse battery staple');
	await page.keyboard.press('Enter');
	await page.waitForSelector(`${hook('key-home')}[data-home="passphrase"]`);

	await page.click(hook('key-change'));
	await page.fill(hook('passphrase-old'), 'not this one');
	await page.fill(hook('passphrase'), 'a quite different phrase');
	await page.fill(hook('passphrase-again'), 'a quite different phrase');
	await page.click(hook('key-submit'));
	await page.waitForSelector('[role=alert]:has-text("wrong")');
	await page.fill(hook('passphrase-old'), 'correct horse battery staple');
	await page.click(hook('key-submit'));
	await page.waitForSelector(hook('key-dialog'), { state: 'detached' });

	await page.click(hook('key-to-keychain'));
	await page.fill(hook('passphrase-old'), 'a quite different phrase');
	await page.keyboard.press('Enter');
	await page.waitForSelector(`${hook('key-home')}[data-home="keychain"]`);
	// Refused attempts answer with an error status, which a browser reports on its console.
	assert.deepEqual(faults.filter((fault) => !/status of 4\d\d/.test(fault)), []);
});

test('a program that cannot be opened has a screen of its own and leaves the rest alone', async () => {
	const state = await ask('app_state');
	const shut = { id: '01a20570-0000-7000-8000-000000000001', name: 'Kestrel Partner Program', hub: 'hub.kestrel.example', trouble: 'damaged' };
	// Real damage is the journey's matter (tests/journeys/damaged.rs); here it is what the window makes of it.
	await page.route('**/rpc/app_state', (route) => route.fulfill({ json: { ...state, shut: [shut] } }));
	await page.goto(devhost);
	await page.waitForSelector(hook('today'));
	await page.click(hook('shut'));
	await page.waitForSelector(`${hook('shut-program')}[data-trouble="damaged"]`);
	await page.click(hook('shut-remove'));
	await page.waitForSelector(hook('shut-dialog'));
	await page.keyboard.press('Escape');
	await page.route('**/rpc/app_state', (route) => route.fulfill({ json: { ...state, programs: [], shut: [{ ...shut, trouble: 'key_lost' }] } }));
	await page.goto(devhost);
	await page.waitForSelector(hook('all-shut'));
	assert.equal(await page.locator(hook('shut-rescue')).count(), 0, 'nothing can be read without its key');
	assert.deepEqual(faults, []);
});

test('an idle line is up to date', async () => {
	await page.goto(`${devhost}/settings?tab=sync`);
	await page.waitForSelector(`${hook('sync-device')}:has-text("Up to date, checked")`);
});
