import { clampRgb, parse, wcagContrast } from 'culori';
import postcss, { type Rule } from 'postcss';
import { describe, expect, it } from 'vitest';
import tokens from './tokens.css?raw';

// Every pair of colours that stands on a screen, measured as WCAG 2.2 does, in all four looks.
const sheet = postcss.parse(tokens);

/** The declarations of one rule, found by its selector and the media query around it. */
function block(selector: string, media?: string): Map<string, string> {
	const found = new Map<string, string>();
	sheet.walkRules(selector, (rule: Rule) => {
		const around = rule.parent?.type === 'atrule' && 'params' in rule.parent ? rule.parent.params : undefined;
		if (rule.selector !== selector || around !== media) return;
		rule.walkDecls((declaration) => void found.set(declaration.prop, declaration.value));
	});
	expect(found.size, `${selector} in ${media ?? 'no query'}`).toBeGreaterThan(0);
	return found;
}

const light = block(':root');
const dark = block(":root[data-theme='dark']");
const contrastLight = block(":root[data-contrast='more']");
const contrastDark = block(":root[data-contrast='more'][data-theme='dark']");

const looks = {
	light,
	dark: new Map([...light, ...dark]),
	'high contrast, light': new Map([...light, ...contrastLight]),
	'high contrast, dark': new Map([...light, ...dark, ...contrastLight, ...contrastDark])
};

const grounds = ['bg', 'surface', 'raised', 'sunken', 'hover', 'selected'];
const softs = ['accent-soft', 'them-soft', 'success-soft', 'warn-soft', 'danger-soft'];
const texts = ['text', 'text-2', 'text-3', 'accent-text', 'them', 'success', 'warn', 'danger'];

/** What is read: letters on grounds, on tinted grounds, and on filled controls. */
const read: [string, string][] = [
	...texts.flatMap((text) => grounds.map((ground): [string, string] => [text, ground])),
	...['text', 'text-2'].flatMap((text) => softs.map((soft): [string, string] => [text, soft])),
	['text-3', 'accent-soft'],
	['accent-text', 'accent-soft'],
	['them', 'them-soft'],
	['success', 'success-soft'],
	['warn', 'warn-soft'],
	['danger', 'danger-soft'],
	['on-accent', 'accent'],
	['on-accent', 'accent-hover'],
	['on-danger', 'danger'],
	['on-danger', 'danger-hover']
];

/** What has to be seen to be used: edges of controls, their fill, the focus, signs without words. */
const seen: [string, string][] = [
	...['border-strong', 'focus', 'accent'].flatMap((edge) => grounds.map((ground): [string, string] => [edge, ground])),
	...softs.map((soft): [string, string] => ['focus', soft])
];

/** Pairs of a look that stay under a ratio, with what they reach. */
function under(look: Map<string, string>, pairs: [string, string][], least: number): string[] {
	return pairs.flatMap(([front, ground]) => {
		const ratio = wcagContrast(colour(look, front), colour(look, ground));
		return ratio < least ? [`${front} on ${ground}: ${ratio.toFixed(2)}`] : [];
	});
}

function colour(look: Map<string, string>, name: string) {
	const value = look.get(`--${name}`);
	const parsed = value === undefined ? undefined : parse(value);
	expect(parsed, `--${name}: ${value}`).toBeDefined();
	// A screen shows what fits into it, and so it is measured.
	return clampRgb(parsed!);
}

describe.each(Object.entries(looks))('colours, %s', (name, look) => {
	const high = name.startsWith('high contrast');

	it('lets everything be read', () => {
		expect(under(look, read, high ? 7 : 4.5)).toEqual([]);
	});

	it('lets controls and the focus be seen', () => {
		expect(under(look, seen, 3)).toEqual([]);
	});

	it('keeps what people read all day well above that', () => {
		expect(under(look, grounds.map((ground) => ['text', ground]), 12)).toEqual([]);
	});
});

describe('the looks', () => {
	it('are the same by choice and by system', () => {
		const systemDark = '(prefers-color-scheme: dark)';
		const more = '(prefers-contrast: more)';
		const colours = (found: Map<string, string>) => [...found].filter(([prop]) => prop !== '--focus-width');
		expect([...block(":root:not([data-theme='light'])", systemDark)]).toEqual([...dark]);
		expect(colours(block(':root', more))).toEqual(colours(contrastLight));
		expect([...block(":root[data-theme='dark']", more)]).toEqual([...contrastDark]);
		expect([...block(":root:not([data-theme='light'])", `${more} and ${systemDark}`)]).toEqual([...contrastDark]);
	});

	it('show even quiet lines in high contrast', () => {
		for (const look of [looks['high contrast, light'], looks['high contrast, dark']]) {
			expect(under(look, ['bg', 'surface', 'raised', 'sunken'].map((ground) => ['border', ground]), 3)).toEqual([]);
		}
	});

	it('leave no colour unmeasured', () => {
		const measured = new Set([...read, ...seen].flat());
		const decoration = new Set(['border', 'scrim', 'shadow-float']);
		const unmeasured = [...light]
			.filter(([, value]) => value.includes('oklch'))
			.map(([prop]) => prop.slice(2))
			.filter((name) => !measured.has(name) && !decoration.has(name));
		expect(unmeasured).toEqual([]);
	});
});
