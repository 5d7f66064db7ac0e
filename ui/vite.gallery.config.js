import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wuchale } from 'wuchale/vite';

const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

// A page of its own beside the window, never part of what is shipped: scripts/budget.js looks for it there.
export default defineConfig({
	root: at('gallery'),
	base: './',
	plugins: [
		wuchale(),
		svelte({
			configFile: false,
			dynamicCompileOptions: ({ filename }) => ({ runes: filename.includes('node_modules') ? undefined : true })
		})
	],
	resolve: { alias: { $lib: at('src/lib'), $bindings: at('bindings') } },
	build: {
		outDir: at('dist-gallery'),
		emptyOutDir: true,
		target: ['safari16.4', 'chrome111'],
		cssTarget: ['safari16.4', 'chrome111'],
		reportCompressedSize: false
	}
});
