// How the words on the screen are found in the source and exchanged for those of the chosen language:
// docs/decisions/0015-words-stay-in-the-source.md.
import { adapter as svelte } from '@wuchale/svelte';
import { createHeuristic, defaultHeuristicOpts, defineConfig } from 'wuchale';
import { adapter as vanilla } from 'wuchale/adapter-vanilla';

// Words are loaded in groups, each with the first part that needs some of it. A file belongs to the first group that
// names it; each group has a loader in src/locales.
const groups = {
	first: [
		'src/*.ts',
		'src/lib/*.ts',
		'src/lib/{bridge,design,shell,typed}/**',
		'src/lib/features/today/**',
		'src/lib/features/access/{EndedNotice.svelte,wording.ts}',
		'src/lib/features/settings/wording.ts',
		'src/routes/+*'
	],
	deals: ['src/lib/features/{access,deals,room,rules}/**'],
	needsyou: ['src/lib/features/needsyou/**'],
	settings: ['src/lib/features/settings/**'],
	start: ['src/lib/features/{shut,start}/**'],
	others: ['src/**']
};
const none = ['**/*.test.ts', '**/*.d.ts', '**/*.{js,css,html}', 'src/lib/{language,words,pseudo,typed/native,typed/native/*,typed/phrases/*}.ts'];

// What looks like words and is none: names of keys in events, names of things that are not translated.
const names = new Set([
	'Alt', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'CommandFailed', 'Control', 'Delete', 'End', 'Enter', 'Escape',
	'Home', 'Lockstep', 'NL', 'https://www.brightwater.example', 'polderport.example', 'Meta', 'PageDown', 'PageUp', 'Shift', 'Tab'
]);

const looksLikeWords = createHeuristic(defaultHeuristicOpts);

/** @type {import('wuchale').HeuristicFunc} */
function isWords(message) {
	const text = message.msgStr.join();
	// Words in a script that would be taken for names, because they begin with a small letter or are one elsewhere.
	if (message.details.call === 'spoken') return 'message';
	if (names.has(text)) return false;
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

const [inComponents, inModules] = [svelte(options), vanilla(options)];

/** @param {string} name @param {string[]} include @param {string[]} taken */
const group = (name, include, taken) => ({
	...inComponents,
	files: { include, ignore: [...none, ...taken] },
	granularLoad: true,
	generateLoadID: () => `${name}_words`,
	/** @type {typeof inComponents.transform} */
	transform: (source) => (source.filename.endsWith('.svelte') ? inComponents : inModules).transform(source)
});

export default defineConfig({
	locales: ['en', 'de', 'fr', 'es', 'pt-BR', 'ja', 'ar'],
	ai: null,
	adapters: Object.fromEntries(
		Object.entries(groups).map(([name, include], at, all) => [
			name,
			group(name, include, all.slice(0, at).flatMap(([, folders]) => folders))
		])
	)
});
