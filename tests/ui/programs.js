// @ts-check
// Programs of our own that a test starts beside the devhost it was given.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const programs = process.env.LOCKSTEP_PROGRAMS ?? new URL('../../target/debug', import.meta.url).pathname;

/** @type {import('node:child_process').ChildProcess[]} */
const running = [];

/**
 * Starts a program and waits for the lines that say what is asked for.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {RegExp[]} wanted
 * @param {Record<string, string>} environment
 * @returns {Promise<string[]>}
 */
export function start(name, args, wanted, environment) {
	const child = spawn(join(programs, name), args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment } });
	running.push(child);
	/** @type {string[]} */
	const found = [];
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
		createInterface({ input: child.stdout }).on('line', (line) => {
			for (const pattern of wanted) {
				const match = pattern.exec(line);
				if (match?.[1]) found.push(match[1]);
			}
			if (found.length === wanted.length) resolve(found);
		});
	});
}

/** Ends everything that was started; close windows on it first, or it waits for them. */
export const endAll = () =>
	Promise.all(
		running.map((child) => {
			child.removeAllListeners('exit');
			if (child.exitCode !== null || child.signalCode !== null) return undefined;
			child.kill('SIGINT');
			return once(child, 'exit');
		})
	);
