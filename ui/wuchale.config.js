// How the words on the screen are found in the source and exchanged for those of the chosen language:
// docs/decisions/0015-words-stay-in-the-source.md.
import { adapter as svelte } from '@wuchale/svelte';
import { createHeuristic, defaultHeuristicOpts, defineConfig } from 'wuchale';
import { adapter as vanilla } from 'wuchale/adapter-vanilla';

/** Words of the first screen, those of deals and their rooms, and all others: each loaded with what needs them. */
const groups = {
	first: ['src/lib/*', 'src/lib/{bridge,design,shell,typed}/**', 'src/lib/features/today/**', 'src/routes/+*'],
	deals: ['src/lib/features/{access,deals,needsyou,room}/**'],
	others: ['src/lib/features/{accounts,import,people,search,settings,shut,start}/**']
};

// What looks like words and is none: names of keys in events, names of things that are not translated.
const names = new Set([
	'Alt', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'CommandFailed', 'Control', 'Delete', 'End', 'Enter', 'Escape',
	'Home', 'Lockstep', 'NL', 'https://www.brightwater.example', 'polderport.example', 'Meta', 'PageDown', 'PageUp', 'Shift', 'Tab'
]);

const looksLikeWords = createHeuristic(defaultHeuristicOpts);

/** @type {import('wuchale').HeuristicFunc} */
function isWords(message) {
	const text = message.msgStr.join();
	if (names.has(text)) return false;
	// Words in a script that begin with a small letter are marked.
	if (message.details.call === 'spoken') return 'message';
	// A sentence may begin with what is put in: `${company} was removed.`
	if (message.details.scope !== 'markup' && /^[#“]/.test(text)) return / \p{Ll}{2}/u.test(text) ? 'message' : false;
	return looksLikeWords(message);
}

/** `plural(count, ['# deal', '# deals'], values)`; the rule of the language is put in behind. */
const plural = { name: 'plural', args: /** @type {const} */ (['other', 'message', 'other', 'pluralFunc']) };

// The words are there before any module that needs them runs (see the loaders in src/locales), so they need neither
// a place where they are set up nor to be watched: to use them is to call what the loader exports.
const asIs = { wrapInit: (/** @type {string} */ made) => made, wrapUse: () => '_w_load_' };
const options = {
	loader: 'custom',
	heuristic: isWords,
	patterns: [plural],
	runtime: { initReactive: () => null, useReactive: false, plain: asIs, reactive: asIs }
};

/** @param {string} name @param {string[]} folders */
function group(name, folders) {
	const [inComponents, inModules] = [svelte(options), vanilla(options)];
	return {
		...inComponents,
		files: { include: folders, ignore: ['**/*.test.ts', '**/*.d.ts', '**/*.js', '**/*.css'] },
		granularLoad: true,
		generateLoadID: () => `${name}_words`,
		/** @type {typeof inComponents.transform} */
		transform: (source) => (source.filename.endsWith('.svelte') ? inComponents : inModules).transform(source)
	};
}

export default defineConfig({
	locales: ['en'],
	ai: null,
	adapters: Object.fromEntries(Object.entries(groups).map(([name, folders]) => [name, group(name, folders)]))
});
