import postcss, { type Declaration, type Root } from 'postcss';
import { describe, expect, it } from 'vitest';

// The rules of the design system that a machine can see: colours by name only, and nothing that knows left
// from right, so that the window can be mirrored.
const files = import.meta.glob<string>('/src/**/*.{svelte,css}', { query: '?raw', import: 'default', eager: true });

interface Sheet {
	file: string;
	root: Root;
	markup: string;
}

const sheets: Sheet[] = Object.entries(files).map(([file, text]) => {
	if (file.endsWith('.css')) return { file, root: postcss.parse(text), markup: '' };
	const style = /<style[^>]*>([\s\S]*?)<\/style>/.exec(text);
	return { file, root: postcss.parse(style?.[1] ?? ''), markup: text.replace(style?.[0] ?? '', '') };
});

const physical =
	/^(left|right|top|bottom|width|height|(min|max)-(width|height)|float|clear|(margin|padding|border|inset|scroll-margin|scroll-padding)-(left|right|top|bottom)(-.*)?|border-(top|bottom)-(left|right)-radius|overflow-[xy])$/;
const colour = /#[0-9a-f]{3,8}\b|\b(rgb|rgba|hsl|hsla|hwb|lab|lch|oklab|oklch|color)\(/i;

/** What a declaration does that it may not; undefined when nothing. */
function fault({ prop, value }: { prop: string; value: string }): string | undefined {
	if (physical.test(prop) && !prop.startsWith('overflow')) return 'a physical property';
	if (['text-align', 'float', 'clear', 'justify-items'].includes(prop) && /\b(left|right)\b/.test(value)) return 'left or right';
	if (['margin', 'padding', 'inset', 'border-width'].includes(prop)) {
		const sides = value.match(/(?:[^\s(]+\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s]+)/g) ?? [];
		if (sides.length === 4 && sides[1] !== sides[3]) return 'left and right differ';
	}
	if (prop === 'box-shadow' && /inset\s+-?[1-9]/.test(value)) return 'a shadow on one side';
	if (colour.test(value)) return 'a colour without a name';
	return undefined;
}

describe('styles', () => {
	it('see what they are to see', () => {
		expect(sheets.length).toBeGreaterThan(50);
		expect(fault({ prop: 'margin-left', value: '0' })).toBeDefined();
		expect(fault({ prop: 'padding', value: '0 1px 0 2px' })).toBeDefined();
		expect(fault({ prop: 'padding', value: 'var(--s-12) calc(1px + 2px) 0 calc(1px + 2px)' })).toBeUndefined();
		expect(fault({ prop: 'color', value: '#fff' })).toBeDefined();
		expect(fault({ prop: 'background', value: 'rgb(0 0 0)' })).toBeDefined();
		expect(fault({ prop: 'background', value: 'color-mix(in oklch, var(--text) 45%, transparent)' })).toBeUndefined();
		expect(fault({ prop: 'inline-size', value: '1px' })).toBeUndefined();
	});

	it('name their colours and do not know left from right', () => {
		const faults: string[] = [];
		for (const { file, root } of sheets) {
			root.walkDecls((declaration: Declaration) => {
				// The one place in which colours are spelled out.
				if (file.endsWith('design/tokens.css') && declaration.prop.startsWith('--')) return;
				const found = fault(declaration);
				if (found) faults.push(`${file}: ${declaration.prop}: ${declaration.value} (${found})`);
			});
		}
		expect(faults).toEqual([]);
	});

	it('are the same in markup', () => {
		const faults: string[] = [];
		for (const { file, markup } of sheets) {
			for (const [whole, prop] of markup.matchAll(/\bstyle:([a-z-]+)/g)) {
				if (physical.test(prop ?? '')) faults.push(`${file}: ${whole}`);
			}
			for (const [whole] of markup.matchAll(/\b(fill|stroke|color)="(#|rgb|hsl|oklch)[^"]*"/g)) faults.push(`${file}: ${whole}`);
			// The content policy refuses style attributes altogether.
			for (const [whole] of markup.matchAll(/\sstyle="[^"]*"/g)) faults.push(`${file}:${whole}`);
		}
		expect(faults).toEqual([]);
	});

	it('name only what there is', () => {
		const known = new Set<string>();
		for (const { root, markup } of sheets) {
			root.walkDecls(/^--/, (declaration: Declaration) => void known.add(declaration.prop));
			for (const [, name] of markup.matchAll(/style:(--[a-z0-9-]+)/g)) if (name) known.add(name);
		}
		const unknown: string[] = [];
		for (const { file, root } of sheets) {
			root.walkDecls((declaration: Declaration) => {
				for (const [, name] of declaration.value.matchAll(/var\((--[a-z0-9-]+)/g)) {
					if (name && !known.has(name) && !name.startsWith('--bits-')) unknown.push(`${file}: ${name}`);
				}
			});
		}
		expect(unknown).toEqual([]);
	});
});
