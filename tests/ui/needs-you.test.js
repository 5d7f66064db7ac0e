// @ts-check
// Two people change one field without having seen each other: what both windows say, and how it ends.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { endAll, start } from './programs.js';
import { ask, hook, page, pictures, until, violations, windowForEach } from './window.js';

const ui = new URL('../../ui/dist', import.meta.url).pathname;

/** @type {string} */
let folder;

/** A free port. @returns {Promise<number>} */
const freePort = () =>
	new Promise((resolve) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
		});
	});

/** One person with a device of their own. */
class Person {
	/** @param {string} name @param {string} host */
	constructor(name, host) {
		this.name = name;
		this.host = host;
		this.program = '';
	}

	/** @param {string} command @param {unknown} [args] */
	ask(command, args) {
		return ask(command, args, this.host);
	}

	/** @param {string} link */
	async join(link) {
		const joined = await this.ask('program_join', {
			link,
			your_name: this.name,
			device_name: `${this.name}'s laptop`,
			program_name: 'Halden Partner Program',
			company_name: 'Halden Systems'
		});
		this.program = joined.id;
	}

	settled() {
		return until(`everything of ${this.name} to be sent`, async () => {
			const status = await this.ask('sync_status');
			return status.connection === 'online' && status.waiting === 0;
		}, 20);
	}

	/** @param {string} deal @param {Record<string, unknown>} change */
	edit(deal, change) {
		const none = { title: null, amount: null, close_date: null, stage: null, need: null };
		return this.ask('deal_edit', { program: this.program, deal, ...none, ...change });
	}
}

/** @type {Person} */
let alice;
/** @type {Person} */
let bob;
let deal = '';

before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'lockstep-ui-'));
	const port = await freePort();
	const [founding] = await start(
		'lockstep-hub',
		['serve', '--listen', `127.0.0.1:${port}`, '--data', join(folder, 'hub')],
		[/^invitation (\S+)/],
		{ HOME: folder }
	);
	const device = async (/** @type {string} */ name) => {
		const [host] = await start(
			'devhost',
			['--port', '0', '--profile', join(folder, name), '--ui', ui],
			[/^listening on (\S+)/],
			{ HOME: folder }
		);
		const person = new Person(name, host);
		const state = await person.ask('app_state');
		if (state.vault !== 'open') await person.ask('vault_passphrase', { passphrase: 'correct horse battery' });
		return person;
	};
	bob = await device('Bob Berg');
	alice = await device('Alice Ames');
	await bob.join(founding);
	const invitation = await bob.ask('organization_add', { program: bob.program, name: 'Northbeam' });
	await bob.settled();
	await alice.join(invitation.link);
	const registered = await alice.ask('deal_register', {
		program: alice.program,
		deal: null,
		customer: 'Brightwater Utilities',
		domain: 'brightwater.example',
		title: 'Brightwater renewal',
		amount: { minor: 8_400_000, currency: 'EUR' },
		close_date: '2027-01-30',
		country: 'NL',
		product: '',
		region: '',
		need: 'Two more plants before the summer',
		submit: true
	});
	deal = registered.id;
	await alice.settled();
	const read = () => bob.ask('deal_get', { program: bob.program, id: deal });
	await until('the deal', () => read().then(() => true, () => false), 20);
	await alice.ask('work_offline', { on: true });
	await alice.edit(deal, { close_date: '2026-12-12' });
	await bob.edit(deal, { close_date: '2026-12-19' });
	await bob.settled();
	await alice.ask('work_offline', { on: false });
	await alice.settled();
});

after(async () => {
	await endAll();
	await rm(folder, { recursive: true, force: true });
});

/** @param {string} name */
async function picture(name) {
	if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

windowForEach({ faultless: true });

test('Settings says who wrote what, in words that blame nobody', async () => {
	for (const scheme of /** @type {const} */ (['light', 'dark'])) {
		await page.emulateMedia({ colorScheme: scheme });
		await page.goto(`${alice.host}/settings?tab=sync`);
		const card = page.locator(hook('overwritten'));
		await card.waitFor();
		const text = (await card.textContent()) ?? '';
		for (const word of ['Brightwater renewal', 'Expected close', '12 Dec 2026', '19 Dec 2026', 'Bob']) {
			assert.ok(text.includes(word), `${word} is missing: ${text}`);
		}
		assert.doesNotMatch(text, /conflict|crdt/i);
		await picture(`needs-you-${scheme}`);
		assert.deepEqual(await violations(), []);
	}
});

test('the question about it goes into the room, to be sent or not', async () => {
	await page.goto(`${alice.host}/settings?tab=sync`);
	await page.locator(`${hook('overwritten')}[aria-current]`).waitFor();
	await page.keyboard.press('a');
	await page.waitForSelector(hook('room'));
	await page.waitForFunction(
		(selector) => /** @type {HTMLTextAreaElement | null} */ (document.querySelector(selector))?.value.includes('Which one is right?'),
		hook('composer')
	);
	await page.waitForSelector(hook('met-line'));
	await picture('met-room');
});

test('by keyboard: the room offers the choice, keeping is undone, and the history has it all', async () => {
	await page.goto(`${bob.host}/deals/${bob.program}/${deal}`);
	await page.locator(hook('met-decide')).focus();
	await page.keyboard.press('Enter');
	await page.locator(`${hook('met-dialog')} ${hook('keep-mine')}`).waitFor();
	await picture('met-dialog');
	assert.deepEqual(await violations(), []);
	await page.keyboard.press('m');
	await page.waitForSelector(hook('met-line'), { state: 'detached' });
	await until('his date', async () => (await bob.ask('deal_get', { program: bob.program, id: deal })).row.close_date === '2026-12-19', 20);
	await page.waitForSelector(hook('met-dialog'), { state: 'detached' });

	await page.keyboard.press('Control+z');
	await page.waitForFunction(() => document.body.textContent?.includes('Undone'));
	await page.keyboard.press('h');
	await page.locator(hook('history-row')).first().waitFor();
	assert.ok((await page.locator(hook('history-row')).count()) >= 3);
	const text = (await page.locator(hook('history-dialog')).textContent()) ?? '';
	assert.match(text, /Had not seen what was there before/);
	await picture('history');
	assert.deepEqual(await violations(), []);
	await page.keyboard.press('Escape');
	await page.waitForSelector(hook('history-dialog'), { state: 'detached' });
});

test('what waits can be taken along as files', async () => {
	await alice.ask('work_offline', { on: true });
	await alice.ask('message_send', { program: alice.program, deal, body: 'Written on the train', reply_to: null });
	await page.goto(`${alice.host}/settings?tab=sync`);
	await page.locator(hook('export-unsent')).click();
	await page.locator(hook('export-saved')).waitFor();
	assert.match((await page.locator(hook('export-saved')).textContent()) ?? '', /not-sent.*\.md.*not-sent.*\.json/s);
	await picture('export');
	await alice.ask('work_offline', { on: false });
});
