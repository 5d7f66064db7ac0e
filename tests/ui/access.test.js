// @ts-check
// The accessibility gate: axe with no rule turned off on every state of every place, in light, dark and high
// contrast, from left to right and from right to left.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { enter, seen, states } from './states.js';
import { devhost, launch, openWindow } from './window.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
// Set, it is the folder that gets a picture of every state in every look.
const pictures = process.env.LOCKSTEP_PICTURES;
const named = (/** @type {string[]} */ ...words) => words.join(' ').toLowerCase().replace(/[^a-z]+/g, '-');
const routes = new URL('../../ui/src/routes', import.meta.url).pathname;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
	browser = await launch();
});
after(() => browser.close());

// High contrast has two palettes; each direction gets one, and the stricter ratio of 7 to 1 on top.
const strict = { rules: { 'color-contrast-enhanced': { enabled: true } } };
/** @type {[look: string, media: Parameters<import('playwright-core').Page['emulateMedia']>[0], dir: 'ltr' | 'rtl', options: object][]} */
const looks = [
	['light', { colorScheme: 'light', contrast: 'no-preference' }, 'ltr', {}],
	['light, right to left', { colorScheme: 'light', contrast: 'no-preference' }, 'rtl', {}],
	['dark, right to left', { colorScheme: 'dark', contrast: 'no-preference' }, 'rtl', {}],
	['dark', { colorScheme: 'dark', contrast: 'no-preference' }, 'ltr', {}],
	['high contrast', { colorScheme: 'light', contrast: 'more' }, 'ltr', strict],
	['high contrast, right to left', { colorScheme: 'dark', contrast: 'more' }, 'rtl', strict]
];

test('every place has its states in the table', () => {
	const places = readdirSync(routes, { recursive: true, encoding: 'utf8' })
		.filter((file) => /(^|\/)\+page\.svelte$/.test(file))
		.map((file) => `/${file.replace(/\/?\+page\.svelte$/, '')}`)
		.sort();
	assert.ok(places.length > 5, 'the places are found');
	const described = [...new Set(states.map(({ route }) => route))].sort();
	assert.deepEqual(described, places, 'ui/src/routes and tests/ui/states.js name the same places');
});

// Two at a time: the window waits for the core half of the time.
describe('no axe violations', { concurrency: 2 }, () => {
	for (const state of seen) {
		test(state.name, async () => {
			const { context, page } = await openWindow(browser);
			try {
				await enter(page, state, devhost);
				await page.addScriptTag({ path: axe });
				/** @type {string[]} */
				const told = [];
				for (const [look, media, dir, options] of looks) {
					await page.emulateMedia(media);
					const found = await page.evaluate(lookAt, { dir, options });
					if (pictures) await page.screenshot({ path: `${pictures}/${named(state.name, look)}.png` });
					assert.ok(found.looked > 5, `${look}: axe looked at hardly anything`);
					if (found.wide) told.push(`${look}\nthe page is wider than its window`);
					told.push(...found.violations.map((violation) => `${look}\n${violation}`));
				}
				assert.equal(told.length, 0, told.join('\n'));
			} finally {
				await context.close();
			}
		});
	}
});

/** Runs inside the page. @param {{ dir: string, options: object }} how */
async function lookAt({ dir, options }) {
	document.documentElement.dir = dir;
	const { violations, passes } = await /** @type {any} */ (window).axe.run(options);
	return {
		wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
		looked: passes.reduce((/** @type {number} */ sum, /** @type {any} */ pass) => sum + pass.nodes.length, 0),
		violations: violations.map(
			(/** @type {any} */ violation) =>
				`${violation.id}: ${violation.help}\n${violation.nodes
					.map(
						(/** @type {any} */ node) =>
							`    ${node.html.slice(0, 160)}\n      ${node.failureSummary.replaceAll('\n', '\n      ')}`
					)
					.join('\n')}`
		)
	};
}
