// Fails the build when the window would have to load too much before its first screen.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const limits = { js: 120 * 1024, css: 25 * 1024 };
const root = new URL('../dist/', import.meta.url);
const page = readFileSync(new URL('index.html', root), 'utf8');
const manifest = JSON.parse(
	readFileSync(new URL('../.svelte-kit/output/client/.vite/manifest.json', import.meta.url), 'utf8')
);

/** @param {string} file */
const packed = (file) => gzipSync(readFileSync(new URL(file, root))).length;

/** @type {Set<string>} */
const scripts = new Set();
/** @type {Set<string>} */
const styles = new Set();

/** Everything an entry pulls in at once, without what it imports later.
 * @param {string} key */
function collect(key) {
	const chunk = manifest[key];
	if (!chunk || scripts.has(chunk.file)) return;
	scripts.add(chunk.file);
	for (const sheet of chunk.css ?? []) styles.add(sheet);
	for (const next of chunk.imports ?? []) collect(next);
}

for (const [key, chunk] of Object.entries(manifest)) {
	const source = chunk.src ?? key;
	const named = page.includes(chunk.file);
	// Kit loads the layout and the page of the first address beside its own entry points.
	const firstScreen =
		/nodes\/[01]\.js$/.test(source) ||
		/bridge\/tauri\.ts$/.test(source) ||
		/nodes\/2\.js$/.test(source);
	if (named || firstScreen) collect(key);
}

/** @param {Set<string>} files */
const sum = (files) => [...files].reduce((total, file) => total + packed(file), 0);
const js = sum(scripts);
const css = sum(styles);
/** @param {number} bytes */
const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
console.log(`first screen, gzipped: ${kb(js)} of script, ${kb(css)} of styles`);
if (js > limits.js || css > limits.css) {
	console.error(`over the limit of ${kb(limits.js)} and ${kb(limits.css)}`);
	process.exit(1);
}
