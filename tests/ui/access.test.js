// @ts-check
// The accessibility gate: axe with no rule turned off on every state of every place, in light, dark and high
// contrast, in English and, from right to left, in Arabic; and no words that are cut when they are longer.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { enter, seen, states } from './states.js';
import { axe, devhost, openWindow, pictures } from './window.js';

const named = (/** @type {string[]} */ ...words) => words.join(' ').toLowerCase().replace(/[^a-z]+/g, '-');
const routes = new URL('../../ui/src/routes', import.meta.url).pathname;

// High contrast has two palettes; each direction gets one, and the stricter ratio of 7 to 1 on top.
const strict = { rules: { 'color-contrast-enhanced': { enabled: true } } };
/** @typedef {[look: string, media: Parameters<import('playwright-core').Page['emulateMedia']>[0], options: object]} Look */
/** @type {Record<string, Look[]>} */
const looks = {
	en: [
		['light', { colorScheme: 'light', contrast: 'no-preference' }, {}],
		['dark', { colorScheme: 'dark', contrast: 'no-preference' }, {}],
		['high contrast', { colorScheme: 'light', contrast: 'more' }, strict]
	],
	ar: [
		['light, right to left', { colorScheme: 'light', contrast: 'no-preference' }, {}],
		['dark, right to left', { colorScheme: 'dark', contrast: 'no-preference' }, {}],
		['high contrast, right to left', { colorScheme: 'dark', contrast: 'more' }, strict]
	]
};

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
			/** @type {string[]} */
			const told = [];
			for (const [language, seenIn] of Object.entries(looks)) {
				const { context, page } = await openWindow();
				try {
					await enter(page, state, devhost, language);
					await page.addScriptTag({ path: axe });
					for (const [look, media, options] of seenIn) {
						await page.emulateMedia(media);
						const found = await page.evaluate(lookAt, { options });
						if (pictures) await page.screenshot({ path: `${pictures}/${named(state.name, look)}.png` });
						assert.equal(found.direction, language === 'ar' ? 'rtl' : 'ltr');
						assert.ok(found.looked > 5, `${look}: axe looked at hardly anything`);
						if (found.wide) told.push(`${look}\nthe page is wider than its window`);
						told.push(...found.violations.map((violation) => `${look}\n${violation}`));
					}
				} finally {
					await context.close();
				}
			}
			assert.equal(told.length, 0, told.join('\n'));
		});
	}
});

// Two fifths longer, as German is at times, and in brackets that show where words begin and end.
describe('no words are cut', { concurrency: 2 }, () => {
	for (const state of seen) {
		test(state.name, async () => {
			const { context, page } = await openWindow();
			try {
				await enter(page, state, devhost, 'en-XA');
				await page.evaluate(() => document.fonts.ready);
				if (pictures) await page.screenshot({ path: `${pictures}/${named(state.name, 'longer')}.png` });
				assert.deepEqual(await page.evaluate(cutWords), []);
			} finally {
				await context.close();
			}
		});
	}
});

/** Runs inside the page: every text of the catalogs of which something cannot be seen. */
function cutWords() {
	const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const cut = new Set();
	for (let node = words.nextNode(); node; node = words.nextNode()) {
		const text = node.nodeValue?.trim() ?? '';
		const element = node.parentElement;
		// What people wrote may be cut where there is no room for it; the words of the window may not. Keys go first.
		if (!element || !text.startsWith('[') || element.closest('.sr-only, kbd')) continue;
		const range = document.createRange();
		range.selectNodeContents(node);
		const box = range.getBoundingClientRect();
		if (box.width === 0) continue;
		if (box.right > innerWidth + 1 || box.left < -1) cut.add(text);
		for (let around = /** @type {Element | null} */ (element); around && around !== document.body; around = around.parentElement) {
			const { overflowX, overflowY, clipPath } = getComputedStyle(around);
			// Out of sight, for screen readers.
			if (clipPath !== 'none') break;
			const frame = around.getBoundingClientRect();
			if (['hidden', 'clip'].includes(overflowX) && (box.right > frame.right + 1 || box.left < frame.left - 1)) cut.add(text);
			if (['hidden', 'clip'].includes(overflowY) && (box.bottom > frame.bottom + 1 || box.top < frame.top - 1)) cut.add(text);
			if (['auto', 'scroll'].includes(overflowX) || ['auto', 'scroll'].includes(overflowY)) break;
		}
	}
	return [...cut];
}

/** Runs inside the page. @param {{ options: object }} how */
async function lookAt({ options }) {
	const { violations, passes } = await /** @type {any} */ (window).axe.run(options);
	return {
		direction: document.documentElement.dir,
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
