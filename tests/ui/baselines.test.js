// @ts-check
// Key screens look in Chromium as they did before. On a machine whose clock stands still and whose fonts are known, with a
// devhost of its own, so that nothing but what the window draws can change a picture.
import { after, test } from 'node:test';
import { environment, judge } from './pictures.js';
import { endAll, start } from './programs.js';

const machine = environment();
const moment = new Date(`${machine.FAKETIME?.replace(' ', 'T')}Z`);

/** Names of states, and the languages in which they are taken. @type {Record<string, string[]>} */
const wanted = {
	Today: ['en', 'ar'],
	Palette: ['en'],
	Deals: ['en'],
	'Register with mistakes': ['en'],
	Room: ['en', 'ar'],
	Found: ['en'],
	People: ['en'],
	'Prepare for a trip, something missing': ['en']
};

const [host] = await start('devhost', ['--demo', '--port', '0', '--ui', new URL('../../ui/dist', import.meta.url).pathname], [/^listening on (\S+)/], machine);
after(endAll);
// What is imported here asks the world of this devhost, not of the one that all tests share.
process.env.LOCKSTEP_DEVHOST = host;
const { devhost, launch, openWindow } = await import('./window.js');
const { enter, seen } = await import('./states.js');

test('key screens look as they did', async () => {
	const browser = await launch({ env: { ...process.env, FONTCONFIG_FILE: machine.FONTCONFIG_FILE, TZ: machine.TZ } });
	/** @type {Map<string, Buffer>} */
	const taken = new Map();
	const take = async (/** @type {string} */ name, /** @type {string} */ language) => {
		const state = seen.find((state) => state.name === name);
		if (!state) throw new Error(`states.js has no ${name}`);
		const { context, page } = await openWindow(language === 'en' ? {} : { locale: language });
		try {
			await page.clock.setFixedTime(moment);
			// Whoever looks into a room has read it, and the world is another one for the next.
			await page.route('**/rpc/room_read', (route) => route.fulfill({ json: null }));
			await enter(page, state, devhost, language);
			await page.evaluate(() => document.fonts.ready);
			const themes = /** @type {const} */ (language === 'en' ? ['light', 'dark'] : ['light']);
			for (const colorScheme of themes) {
				await page.emulateMedia({ colorScheme });
				const words = [...name.toLowerCase().split(/[^a-z]+/), ...(language === 'en' ? [] : [language]), colorScheme];
				taken.set(words.join('-'), await settled(page));
			}
		} finally {
			await context.close();
		}
	};
	const places = Object.entries(wanted).flatMap(([name, languages]) => languages.map((language) => [name, language]));
	const two = async () => {
		for (let next = places.shift(); next; next = places.shift()) await take(next[0] ?? '', next[1] ?? '');
	};
	await Promise.all([two(), two()]);
	judge(`chromium-${browser.version().split('.')[0]}`, taken);
});

/** The picture of a page in which nothing moves any more. @param {import('playwright-core').Page} page */
async function settled(page) {
	for (let before = await page.screenshot(), end = Date.now() + 10_000; Date.now() < end; ) {
		const now = await page.screenshot();
		if (now.equals(before)) return now;
		before = now;
	}
	throw new Error('The page does not come to rest.');
}
