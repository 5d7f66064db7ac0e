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
	if (!existsSync(folder) && !drawing) {
		console.log(`There are no baselines for ${engine} yet, so nothing was compared: ./dev baselines draws them.`);
		return;
	}
	mkdirSync(folder, { recursive: true });
	const stale = readdirSync(folder).filter((file) => !taken.has(basename(file, '.png')));
	const changed = [...taken].flatMap(([name, actual]) => {
		const path = join(folder, `${name}.png`);
		const expected = existsSync(path) ? readFileSync(path) : null;
		const found = expected ? difference(expected, actual) : { how: 'there is no baseline of it' };
		return found ? [{ name, path, expected, actual, ...found }] : [];
	});
	if (drawing) {
		for (const file of stale) rmSync(join(folder, file));
		for (const { path, actual } of changed) writeFileSync(path, paletteFile(PNG.sync.read(actual)));
		console.log(`${changed.length} of ${taken.size} pictures in ${folder} are new.`);
		return;
	}
	const told = [
		...changed.map(({ name, how, expected, actual, diff }) => {
			const left = Object.entries({ expected, actual, diff }).flatMap(([what, file]) => (file ? [keep(`${engine}-${name}.${what}.png`, file)] : []));
			return [`${name}: ${how}`, ...left].join('\n  ');
		}),
		...stale.map((file) => `${join(folder, file)}: nobody takes this picture any more`)
	];
	if (told.length > 0) assert.fail([...told, 'If that is as it should be, ./dev baselines draws new ones.'].join('\n'));
}

/**
 * What can be seen to be different, if anything.
 *
 * @param {Buffer} expected
 * @param {Buffer} actual
 * @returns {{ how: string, diff?: Buffer } | null}
 */
function difference(expected, actual) {
	const [before, now] = [PNG.sync.read(expected), PNG.sync.read(actual)];
	const { width, height } = before;
	if (now.width !== width || now.height !== height) return { how: `${now.width}×${now.height} instead of ${width}×${height}` };
	const diff = new PNG({ width, height });
	const pixels = pixelmatch(before.data, inFewColours(now), diff.data, width, height, { threshold });
	if (pixels <= width * height * tolerated) return null;
	return { how: `${pixels} of ${width * height} pixels differ`, diff: PNG.sync.write(diff) };
}

/** Leaves a file where failed tests leave what they saw. @param {string} name @param {Buffer} file */
function keep(name, file) {
	mkdirSync(results, { recursive: true });
	writeFileSync(join(results, name), file);
	return join(results, name);
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
