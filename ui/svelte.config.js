import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
	compilerOptions: {
		// The syntax of Svelte 4 is a compile error here.
		runes: true
	},
	vitePlugin: {
		// Libraries may still be written the old way.
		dynamicCompileOptions: ({ filename }) =>
			filename.includes('node_modules') ? { runes: undefined } : undefined
	},
	kit: {
		// One page: every address is answered by index.html and resolved in the window.
		adapter: adapter({ pages: 'dist', assets: 'dist', fallback: 'index.html' }),
		alias: { $bindings: 'bindings' },
		output: { preloadStrategy: 'modulepreload' },
		typescript: {
			config: (config) => {
				config.include.push('../bindings/**/*.ts', '../gallery/**/*.ts', '../gallery/**/*.svelte', '../vite.config.ts');
			}
		}
	}
};
