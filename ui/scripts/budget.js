// Fails the build when the window would have to load too much: before its first screen, for any one place, or
// altogether. Also sees to it that the gallery of the design system stays out of what is shipped.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const kilo = 1024;
const limits = { script: 120 * kilo, place: 40 * kilo, words: 25 * kilo, total: 600 * kilo, styles: 25 * kilo, fonts: 120 * kilo };
const root = new URL('../dist/', import.meta.url);
const page = readFileSync(new URL('index.html', root), 'utf8');
const manifest = JSON.parse(
	readFileSync(new URL('../.svelte-kit/output/client/.vite/manifest.json', import.meta.url), 'utf8')
);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' });

/** @param {string} file */
const read = (file) => readFileSync(new URL(file, root));
/** @param {string} file */
const packed = (file) => gzipSync(read(file)).length;
/** @param {Iterable<string>} named */
const sum = (named) => [...named].reduce((total, file) => total + packed(file), 0);
/** @param {number} bytes */
const kb = (bytes) => `${(bytes / kilo).toFixed(1)} KB`;

/** Everything an entry pulls in at once, without what it imports later.
 * @param {string} key
 * @param {{ scripts: Set<string>, styles: Set<string> }} into */
function collect(key, into) {
	const chunk = manifest[key];
	if (!chunk || into.scripts.has(chunk.file)) return into;
	into.scripts.add(chunk.file);
	for (const sheet of chunk.css ?? []) into.styles.add(sheet);
	for (const next of chunk.imports ?? []) collect(next, into);
	return into;
}

const nothing = () => ({ scripts: new Set(), styles: new Set() });

// Words come in one language, first those of the first screen, then all others: the largest language counts.
/** @param {(group: string) => boolean} wanted */
function wordsOf(wanted) {
	/** @type {Record<string, number>} */
	const sizes = {};
	for (const [key, chunk] of Object.entries(manifest)) {
		const [, group, language] = /\.(\w+)_words\.([\w-]+)\.compiled\.js$/.exec(key) ?? [];
		if (group && language && wanted(group)) sizes[language] = (sizes[language] ?? 0) + packed(chunk.file);
	}
	return Math.max(...Object.values(sizes));
}

const first = nothing();
const source = (/** @type {string} */ key) => manifest[key].src ?? key;
for (const [key, chunk] of Object.entries(manifest)) {
	// Kit loads the layout and the page of the first address beside its own entry points.
	const firstScreen = /nodes\/[012]\.js$/.test(source(key)) || /bridge\/tauri\.ts$/.test(source(key));
	if (page.includes(chunk.file) || firstScreen) collect(key, first);
}

// What a place adds to the first screen; which place it is stands in the name of its own chunk's styles.
const places = Object.keys(manifest)
	.filter((key) => /nodes\/\d+\.js$/.test(source(key)))
	.map((key) => {
		const all = collect(key, nothing());
		const added = [...all.scripts].filter((file) => !first.scripts.has(file));
		return { name: /nodes\/\d+/.exec(source(key))?.[0] ?? key, size: sum(added) };
	})
	.sort((a, b) => b.size - a.size);
const largest = places[0] ?? { name: 'none', size: 0 };

// The letters of Western Europe come with the first screen, the others when a name needs them.
const fonts = files.filter((file) => /latin-wght.*\.woff2$/.test(file));
const measured = {
	script: sum(first.scripts) + wordsOf((group) => group === 'first'),
	place: largest.size,
	words: wordsOf((group) => group !== 'first'),
	total: sum(files.filter((file) => file.endsWith('.js'))),
	styles: sum(first.styles),
	fonts: fonts.reduce((total, file) => total + read(file).length, 0)
};

const words = {
	script: 'script before the first screen',
	place: `script of the largest place (${largest.name})`,
	words: 'words of all other screens, in the longest language',
	total: 'script altogether',
	styles: 'styles before the first screen',
	fonts: 'fonts of the first screen'
};
let over = false;
for (const name of /** @type {(keyof typeof limits)[]} */ (Object.keys(limits))) {
	const fits = measured[name] <= limits[name];
	over ||= !fits;
	console.log(`${fits ? ' ' : '!'} ${kb(measured[name]).padStart(9)} of ${kb(limits[name]).padStart(8)}  ${words[name]}`);
}
if (fonts.length === 0 || places.length < 5) throw new Error('The build does not look as expected; nothing was measured.');

const strays = files.filter((file) => /\.(js|css|html)$/.test(file) && read(file).includes('design-gallery'));
if (strays.length > 0) {
	console.error(`the gallery is in what is shipped: ${strays.join(', ')}`);
	over = true;
}
if (over) process.exit(1);
