// @ts-check
// Pictures that must not change: what was taken is held against tests/baselines/ENGINE-VERSION/, the same way for the
// real window and for Chromium. docs/design-review.md says when one changes all the same.
//
//   node pictures.js ENGINE-VERSION FOLDER      judges the pictures that the test of the real window took
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { inFewColours, paletteFile } from './palette.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const baselines = join(root, 'tests/baselines');
const machine = join(baselines, 'machine');
const results = join(root, 'test-results');
// `./dev baselines` sets it.
const drawing = process.env.LOCKSTEP_BASELINES === 'draw';

/** How far a pixel may be off before it counts, from 0 to 1; what smooths an edge does not count. */
const threshold = 0.03;
/** The share of pixels that may count. */
const tolerated = 0.001;

/** What a program is told about the machine, so that it draws the same on every one: the time, the fonts, no animations. @returns {Record<string, string>} */
export function environment() {
	const values = JSON.parse(readFileSync(join(machine, 'environment.json'), 'utf8'));
	const told = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.replace('{here}', machine)]));
	// A library that cannot be loaded is no error to the loader.
	const now = execFileSync('date', ['+%F %T'], { env: { ...process.env, ...told }, encoding: 'utf8' }).trim();
	assert.equal(now, told.FAKETIME, 'the clock cannot be made to stand still: ./dev test installs what it takes (Debian: libfaketime)');
	return told;
}

/**
 * Compares pictures with what an engine drew before, or keeps them as what it is to draw.
 *
 * @param {string} engine Its name and version.
 * @param {Map<string, Buffer>} taken PNG files by name.
 */
export function judge(engine, taken) {
	const folder = join(baselines, engine);
	if (drawing) {
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true });
		for (const [name, file] of taken) writeFileSync(join(folder, `${name}.png`), paletteFile(PNG.sync.read(file)));
		console.log(`${taken.size} pictures are in ${folder}`);
		return;
	}
	if (!existsSync(folder)) {
		console.log(`There are no baselines for ${engine} yet, so nothing was compared: ./dev baselines draws them.`);
		return;
	}
	const told = [...taken].map(([name, file]) => compare(engine, name, file)).filter((words) => words !== '');
	const stale = readdirSync(folder).filter((file) => !taken.has(basename(file, '.png')));
	told.push(...stale.map((file) => `Nobody took ${file}, which is in ${folder}.`));
	if (told.length > 0) assert.fail([...told, 'If that is as it should be, ./dev baselines draws new ones.'].join('\n'));
}

/**
 * Says what is wrong with a picture, if anything, and leaves what shows it.
 *
 * @param {string} engine
 * @param {string} name
 * @param {Buffer} file
 */
function compare(engine, name, file) {
	const before = join(baselines, engine, `${name}.png`);
	if (!existsSync(before)) return `${name}: ${engine} has no baseline of it.`;
	const expected = PNG.sync.read(readFileSync(before));
	const actual = PNG.sync.read(file);
	const { width, height } = expected;
	const same = actual.width === width && actual.height === height;
	const diff = new PNG({ width, height });
	const differ = same ? pixelmatch(expected.data, inFewColours(actual), diff.data, width, height, { threshold }) : width * height;
	if (differ <= width * height * tolerated) return '';
	mkdirSync(results, { recursive: true });
	const left = (/** @type {string} */ what, /** @type {Buffer} */ picture) => {
		const path = join(results, `${engine}-${name}.${what}.png`);
		writeFileSync(path, picture);
		return path;
	};
	const paths = [left('expected', readFileSync(before)), left('actual', file)];
	if (same) paths.push(left('diff', PNG.sync.write(diff)));
	const how = same ? `${differ} of ${width * height} pixels differ` : `${actual.width}×${actual.height} instead of ${width}×${height}`;
	return `${name}: ${how}.\n  ${paths.join('\n  ')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const [engine, folder] = process.argv.slice(2);
	assert.ok(engine && folder, 'pictures.js ENGINE-VERSION FOLDER');
	const files = readdirSync(folder).sort();
	try {
		judge(engine, new Map(files.map((file) => [basename(file, '.png'), readFileSync(join(folder, file))])));
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	}
}
