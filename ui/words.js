// Finds the words in the source and brings the catalogs to what they say.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('src/locales/', import.meta.url);
const written = () =>
	readdirSync(folder)
		.filter((file) => file.endsWith('.po'))
		.map((file) => readFileSync(new URL(file, folder), 'utf8'))
		.join('');

// One run stops looking at a group of files after the first in which something has changed.
for (let before = ''; before !== written(); ) {
	before = written();
	execFileSync('npx', ['wuchale', '--clean', '--sync', '--log-level', 'error'], { stdio: 'inherit' });
}
