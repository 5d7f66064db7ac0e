// @ts-check
// Every place of the window in every state it can be in: what the axe gate walks through. A place that has no
// line here fails the gate, so whoever adds a screen adds its states.
import assert from 'node:assert/strict';
import { ask, hook, someDeal } from './window.js';

/** @typedef {import('playwright-core').Page} Page */

/**
 * @typedef {object} State
 * @property {string} route The folder of the page in ui/src/routes.
 * @property {string} name What is to be seen there.
 * @property {string} [at] Where to go; the route itself when left out.
 * @property {string} ready Hook of what has to be there.
 * @property {Record<string, (answer: any) => any>} [answers] Answers of the core that are other than they are.
 * @property {string[]} [fails] Commands that fail.
 * @property {(page: Page) => Promise<unknown>} [then] What a person does there.
 * @property {'partner' | 'vendor'} [side] Only this side has it.
 */

const { programs } = await ask('app_state');
const deal = await someDeal();
const first = programs[0];
const room = `/deals/${deal.program}/${deal.id}`;

const click = (/** @type {string} */ what, /** @type {string} */ shows) => async (/** @type {Page} */ page) => {
	await page.locator(hook(what)).first().click();
	await page.waitForSelector(shows.startsWith('[') ? shows : hook(shows));
};
const press = (/** @type {string} */ keys, /** @type {string} */ shows) => async (/** @type {Page} */ page) => {
	for (const key of keys.split(' ')) await page.keyboard.press(key);
	await page.waitForSelector(shows.startsWith('[') ? shows : hook(shows));
};
const type = (/** @type {string} */ into, /** @type {string} */ text, /** @type {string} */ shows) => async (/** @type {Page} */ page) => {
	await page.fill(hook(into), text);
	await page.waitForSelector(shows.startsWith('[') ? shows : hook(shows));
};

/** Like before the first row: every list empty, every count zero. */
const emptied = (/** @type {any} */ answer) =>
	Object.fromEntries(
		Object.entries(answer).map(([name, value]) => [name, Array.isArray(value) ? [] : typeof value === 'number' ? 0 : value])
	);
const offline = (/** @type {any} */ sync) => ({
	...sync,
	connection: 'offline',
	programs: sync.programs.map((/** @type {any} */ program) => ({
		...program,
		connection: 'offline',
		retry_at: Date.now() + 20_000,
		message: 'The hub could not be reached.'
	}))
});
const broken = (/** @type {string} */ trouble) => ({ id: first.id, name: first.name, hub: 'hub.halden.example', trouble });
const locked = { id: first.id, name: first.name, hub: 'hub.halden.example', days: 14, connection: 'offline', unsent: 2 };
/** Nothing can be read: the app is in this state of its vault. */
const shutVault = (/** @type {string} */ vault) => ({
	app_state: (/** @type {any} */ app) => ({ ...app, vault, programs: [], shut: [], locked: [], ended: [] })
});

const view = {
	lens: { program: null, counterpart: null },
	text: '',
	stage: null,
	court: 'us',
	status: null,
	include_closed: false,
	sort: 'amount'
};
const pins = [
	{ kind: 'view', id: 'v1', name: 'Large and ours', view },
	{
		kind: 'deal',
		id: 'd1',
		program: deal.program,
		deal: deal.id,
		title: 'A pinned deal with a title far too long for the sidebar',
		customer: deal.customer,
		unread: 3,
		court: 'them'
	}
];

async function previewImport(/** @type {Page} */ page) {
	const rows = ['Company;Website;Country', 'Polder Port Authority;polderport.example;NL', ';nobody.example;NL'];
	await page.setInputFiles(hook('import-file'), {
		name: 'customers.csv',
		mimeType: 'text/csv',
		buffer: Buffer.from(rows.join('\n'))
	});
	await page.waitForSelector(hook('import-preview'));
}

const mayPublish = { rules: (/** @type {any} */ page) => ({ ...page, may_publish: true }) };
const replayed = {
	total: 4000,
	tried: 1000,
	changed: 1,
	changes: [
		{
			deal: deal.id,
			title: deal.title,
			customer: deal.customer,
			partner_name: 'Northbeam',
			before: 'goes',
			after: 'rejected',
			check: 'named_account'
		}
	]
};
const finding = {
	version: 2,
	hits: [
		{ check: 'existing_customer', key: 'name', score: 8120, effect: 'note' },
		{ check: 'public_tender', key: null, score: 10_000, effect: 'hold' }
	]
};
const said = (/** @type {string} */ text) => ({
	text,
	by: { ...first.me, name: 'Ciara Molloy', side: 'them' },
	at: Date.now() - 86_400_000
});
/**
 * A room whose registration stands so.
 *
 * @param {string} status
 * @param {string[]} may
 * @param {Record<string, unknown>} [part]
 * @param {'partner' | 'vendor'} [side]
 */
const registered = (status, may, part = {}, side = 'partner') => ({
	deal_get: (/** @type {any} */ detail) => ({
		...detail,
		my_side: side,
		row: { ...detail.row, status, mark: 'synced' },
		registration: { ...detail.registration, decision_due: Date.now() + 2 * 86_400_000, may, ...part }
	})
});
const extension = { until: '2027-03-01', reason: said('Their board decides in June'), due: Date.now(), granted: null, answer: null };
const fill = (/** @type {string} */ button) => async (/** @type {Page} */ page) => {
	await click(button, 'say-dialog')(page);
	await page.click(hook('say-confirm'));
	await page.waitForSelector('[aria-invalid=true]');
};

/** @type {State[]} */
export const states = [
	{ route: '/', name: 'Today', ready: 'today' },
	{ route: '/', name: 'Today that cannot be read', ready: 'failure', fails: ['today'] },
	{ route: '/', name: 'Today, offline', ready: 'sync-dot', answers: { sync_status: offline } },
	{ route: '/', name: 'Palette', ready: 'today', then: press('Control+k', 'palette-entry') },
	{ route: '/', name: 'Keys', ready: 'today', then: press('?', 'key-sheet') },
	{ route: '/', name: 'Nothing to undo', ready: 'today', then: press('Control+z', 'toast') },
	{
		route: '/',
		name: 'Access removed, client too old',
		ready: 'revoked',
		answers: {
			app_state: (app) => ({
				...app,
				programs: [{ ...first, connection: 'revoked' }, { ...first, id: 'other', name: 'Kestrel', connection: 'read_only' }]
			})
		}
	},
	{ route: '/deals', name: 'Deals', ready: 'deal-row' },
	{
		route: '/deals',
		name: 'Deals with more room',
		ready: 'deal-row',
		answers: { app_state: (app) => ({ ...app, appearance: { ...app.appearance, density: 'comfortable', single_keys: false } }) }
	},
	{ route: '/deals', name: 'No deals', ready: 'empty', answers: { deal_list: (list) => emptied(list) } },
	{ route: '/deals', name: 'No deal matches', ready: 'deal-row', then: type('deal-filter', 'no such deal', 'empty') },
	{ route: '/deals', name: 'Pinned', ready: 'pinned', answers: { pinned: () => pins } },
	{ route: '/deals', name: 'Pinned, folded', ready: 'pinned', answers: { pinned: () => pins }, then: press('Control+\\', 'pinned') },
	{ route: '/deals', name: 'What to do with a pin', ready: 'pinned', answers: { pinned: () => pins }, then: click('pin-menu', '[role=menu]') },
	{ route: '/deals', name: 'A saved view', at: '/deals?view=v1', ready: 'view-menu', answers: { pinned: () => pins } },
	{
		route: '/deals',
		name: 'A saved view that was changed',
		at: '/deals?view=v1',
		ready: 'view-menu',
		answers: { pinned: () => pins },
		then: type('deal-filter', 'polder', 'view-update')
	},
	{
		route: '/deals',
		name: 'Naming a view',
		ready: 'deal-row',
		then: async (page) => {
			await type('deal-filter', 'polder', 'view-save')(page);
			await click('view-save', 'view-name')(page);
		}
	},
	{ route: '/deals', name: 'Deals that cannot be read', ready: 'failure', fails: ['deal_list'] },
	{ route: '/deals', name: 'Choosing a stage', ready: 'deal-row', then: click('filter-stage', '[role=listbox]') },
	{ route: '/deals/new', name: 'Register', ready: 'register-form', side: 'partner' },
	{
		route: '/deals/new',
		name: 'Register with mistakes',
		ready: 'register-form',
		side: 'partner',
		then: press('Control+Enter', '[aria-invalid=true]')
	},
	{
		route: '/deals/new',
		name: 'Register, checked by the rules',
		ready: 'register-form',
		side: 'partner',
		answers: {
			rules_check: (checked) => ({ ...checked, course: 'held', hits: finding.hits })
		},
		then: async (page) => {
			await click('register-more', 'register-tender')(page);
			await type('register-customer', 'Polder', 'rules-check')(page);
		}
	},
	{ route: '/deals/[program]/[deal]', name: 'Room', at: room, ready: 'composer' },
	{ route: '/deals/[program]/[deal]', name: 'Changing a deal', at: room, ready: 'composer', then: click('edit', '[role=dialog]') },
	{ route: '/deals/[program]/[deal]', name: 'What was changed', at: room, ready: 'composer', then: click('history', '[role=dialog]') },
	{ route: '/deals/[program]/[deal]', name: 'Room, offline', at: room, ready: 'composer', answers: { sync_status: offline } },
	{ route: '/deals/[program]/[deal]', name: 'Room in a window of its own', at: `${room}?alone`, ready: 'composer' },
	{
		route: '/deals/[program]/[deal]',
		name: 'Locked room in a window of its own',
		at: `${room}?alone`,
		ready: 'empty',
		answers: shutVault('passphrase_locked')
	},
	{ route: '/deals/[program]/[deal]', name: 'No such room', at: `/deals/${deal.program}/01a20570-0000-7000-8000-000000000001`, ready: 'empty' },
	{ route: '/accounts', name: 'Accounts', ready: 'account-row' },
	{ route: '/accounts', name: 'No accounts', ready: 'empty', answers: { account_list: (list) => emptied(list) } },
	{ route: '/accounts', name: 'No account matches', ready: 'account-row', then: type('account-search', 'no such company', 'empty') },
	{ route: '/accounts/import', name: 'Import', ready: 'import-drop' },
	{ route: '/accounts/import', name: 'Import, preview', ready: 'import-drop', then: previewImport },
	{ route: '/search', name: 'Search', ready: 'search-start' },
	{ route: '/search', name: 'Found', ready: 'search-input', then: type('search-input', 'polder', 'hit') },
	{ route: '/search', name: 'Nothing found', ready: 'search-input', then: type('search-input', 'xylophone', 'search-nothing') },
	{ route: '/search', name: 'Narrowed down', ready: 'search-input', then: type('search-input', 'polder from:nobody kind:message', 'filter') },
	...[
		{
			name: 'A question about a registration',
			answers: registered('action_required', ['answer', 'withdraw'], { question: said('Which of their sites is it about?') }),
			then: fill('answer')
		},
		{ name: 'A registration on hold', answers: registered('conflict_hold', ['withdraw'], { hold: said('A tender names the same site') }) },
		{ name: 'A registration held by the rules', answers: registered('conflict_hold', ['withdraw'], { hold: null, finding }) },
		{
			name: 'What is known about a registration',
			answers: {
				...registered('submitted', ['review', 'ask', 'hold', 'reject', 'approve'], { finding }, 'vendor'),
				rules_evidence: () => [
					{ deal: null, name: 'Polder Port', domain: 'polderport.example', by: 'Orla', relation: 'open_opportunity', named: true, active_on: '2026-11-02', key: 'name', score: 8120 },
					{ deal: deal.id, name: 'Polder Port', domain: '', by: 'Kestrel', relation: null, named: false, active_on: null, key: 'duns', score: 9800 }
				]
			},
			then: (/** @type {Page} */ page) => page.waitForSelector(hook('evidence-list'))
		},
		{
			name: 'Settling a conflict',
			answers: registered('conflict_hold', ['reject', 'share', 'approve'], { hold: said('A tender names the same site') }, 'vendor'),
			then: fill('share')
		},
		{
			name: 'A rejection to appeal against',
			answers: registered('rejected', ['appeal'], { rejection_rule: 'Already a customer', rejection_evidence: 'Order 4711' }),
			then: fill('appeal')
		},
		{ name: 'An appeal', answers: registered('appealed', ['withdraw'], { appeal: said('It was for another company') }) },
		{ name: 'Longer protection, asked for', answers: registered('extension_requested', [], { extension }) },
		{
			name: 'Longer protection, to be decided',
			answers: registered('extension_requested', ['grant_extension', 'refuse_extension'], { extension }, 'vendor'),
			then: fill('refuse-extension')
		},
		{ name: 'Protection that has ended', answers: registered('expired', ['submit'], { protected_until: '2026-06-01' }) },
		{
			name: 'A registration that was answered',
			answers: registered(
				'in_review',
				['review', 'ask', 'hold', 'reject', 'approve'],
				{ question: said('Which of their sites?'), answer: said('Rotterdam and Breda') },
				'vendor'
			),
			then: fill('ask')
		}
	].map((state) => ({ route: '/deals/[program]/[deal]', at: room, ready: 'registration-bar', ...state })),
	{ route: '/people', name: 'People', ready: 'organization' },
	{ route: '/people', name: 'People who cannot be read', ready: 'failure', fails: ['people'] },
	{
		route: '/people',
		name: 'Inviting',
		ready: 'organization',
		then: async (page) => {
			// Only who may invite is offered it.
			if ((await page.locator(hook('invite')).count()) > 0) await click('invite', 'invite-dialog')(page);
		}
	},
	{ route: '/rules', name: 'Rules of engagement', ready: 'rules-terms' },
	{ route: '/rules', name: 'Rules that cannot be read', ready: 'failure', fails: ['rules'] },
	{ route: '/rules', name: 'Changing the rules', ready: 'rules-change', answers: mayPublish, then: click('rules-change', 'rules-form') },
	{
		route: '/rules',
		name: 'Rules that were tried',
		ready: 'rules-change',
		answers: { ...mayPublish, rules_replay: () => replayed },
		then: async (page) => {
			await click('rules-change', 'rules-form')(page);
			await click('rules-try', 'replay')(page);
			await page.click(hook('rules-publish'));
			await page.waitForSelector('[aria-invalid=true]');
		}
	},
	{
		route: '/accounts',
		name: 'What an account is to us',
		ready: 'account-row',
		answers: {
			app_state: (app) => ({ ...app, programs: [{ ...first, side: 'vendor' }] }),
			account_list: (list) => ({
				...list,
				rows: list.rows.map((/** @type {any} */ row) => ({ ...row, relation: 'customer', named: true }))
			})
		},
		then: press('m', 'mark-dialog')
	},
	{ route: '/settings', name: 'Sync', at: '/settings?tab=sync', ready: 'sync-device' },
	{ route: '/settings', name: 'Sync, offline', at: '/settings?tab=sync', ready: 'sync-device', answers: { sync_status: offline } },
	{ route: '/settings', name: 'Prepare for a trip', at: '/settings?tab=sync&trip', ready: 'trip-verdict' },
	{
		route: '/settings',
		name: 'Prepare for a trip, something missing',
		at: '/settings?tab=sync&trip',
		ready: 'trip-verdict',
		answers: {
			trip: (trip) => ({
				...trip,
				shut: ['Kestrel'],
				programs: trip.programs.map((/** @type {any} */ program) => ({
					...program,
					connection: 'offline',
					message: 'The hub could not be reached.',
					waiting: 2
				}))
			})
		}
	},
	{ route: '/settings', name: 'Devices', at: '/settings?tab=devices', ready: 'link-device' },
	{ route: '/settings', name: 'Leaving', at: '/settings?tab=devices', ready: 'leave', then: click('leave', 'leave-dialog') },
	{ route: '/settings', name: 'Security', at: '/settings?tab=security', ready: 'key-home' },
	{ route: '/settings', name: 'Appearance', at: '/settings?tab=appearance', ready: 'theme-system' },
	{ route: '/settings', name: 'Notifications', at: '/settings?tab=general', ready: 'quiet-hours' },
	{
		route: '/settings',
		name: 'Quiet hours',
		at: '/settings?tab=general',
		ready: 'quiet-when',
		answers: { app_state: (app) => ({ ...app, notices: { ...app.notices, quiet: true, quiet_days: [] } }) }
	},
	{ route: '/settings', name: 'Diagnostics', at: '/settings?tab=diagnostics', ready: 'diagnostics-save' },
	{ route: '/start', name: 'Joining', at: '/start?join', ready: 'join-link' },
	{ route: '/start', name: 'Joining with nonsense', at: '/start?join', ready: 'join-link', then: type('join-link', 'nonsense', 'join-trouble') },
	{ route: '/start', name: 'Choosing a passphrase', ready: 'passphrase', answers: shutVault('needs_passphrase') },
	{ route: '/start', name: 'Entering the passphrase', ready: 'passphrase', answers: shutVault('passphrase_locked') },
	{ route: '/start', name: 'The key is lost', ready: 'vault-retry', answers: shutVault('key_lost') },
	{ route: '/start', name: 'In use elsewhere', ready: 'vault-retry', answers: shutVault('in_use') },
	{
		route: '/start',
		name: 'All programs are shut',
		ready: 'all-shut',
		answers: { app_state: (app) => ({ ...app, programs: [], shut: [broken('key_lost')] }) }
	},
	{
		route: '/programs/[program]',
		name: 'A damaged program',
		at: '/programs/other',
		ready: 'shut-program',
		answers: { app_state: (app) => ({ ...app, shut: [{ ...broken('damaged'), id: 'other' }] }) }
	},
	{
		route: '/programs/[program]',
		name: 'A program that waits for its hub',
		at: '/programs/other',
		ready: 'locked-program',
		answers: { app_state: (app) => ({ ...app, locked: [{ ...locked, id: 'other' }] }) }
	},
	{ route: '/programs/[program]', name: 'A program that is open again', at: '/programs/other', ready: 'empty' }
];

/** States that this devhost's person can see. */
export const seen = states.filter(
	({ side }) => side === undefined || programs.some((/** @type {any} */ program) => program.side === side)
);

/**
 * Goes to a state.
 *
 * @param {Page} page
 * @param {State} state
 * @param {string} devhost
 * @param {string} [language] What the window speaks; English when left out.
 */
export async function enter(page, state, devhost, language = 'en') {
	for (const [command, change] of Object.entries(state.answers ?? {})) {
		await page.route(`**/rpc/${command}`, async (route) => {
			const response = await route.fetch();
			await route.fulfill({ response, json: change(await response.json()) });
		});
	}
	for (const command of state.fails ?? []) {
		const json = { code: 'internal', message: 'The disk did not answer. Try again.' };
		await page.route(`**/rpc/${command}`, (route) => route.fulfill({ status: 422, json }));
	}
	const address = new URL(devhost + (state.at ?? state.route));
	address.searchParams.set('language', language);
	await page.goto(address.href);
	await page.waitForSelector(hook(state.ready));
	await state.then?.(page);
	const path = new URL(page.url()).pathname;
	const pattern = new RegExp(`^${state.route.replace(/\[[^\]]+\]/g, '[^/]+')}$`);
	assert.match(path, pattern, `${state.name} is said to be at ${state.route}`);
}
