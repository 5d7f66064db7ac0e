import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { wuchale } from 'wuchale/vite';

// `npm run dev` talks to a devhost that runs beside it.
const devhost = 'http://127.0.0.1:4180';

export default defineConfig(({ mode }) => ({
	plugins: [wuchale(), sveltekit()],
	build: {
		// The oldest system webview the desktop window has to work in.
		target: ['safari16.4', 'chrome111'],
		cssTarget: ['safari16.4', 'chrome111'],
		reportCompressedSize: false
	},
	server: {
		proxy: { '/rpc': devhost, '/upload': devhost, '/changes': devhost }
	},
	// Without this, tests would get the server half of Svelte, whose runes never react.
	resolve: mode === 'test' ? { conditions: ['browser'] } : undefined,
	// Style sheets as they are: some tests read them.
	test: { include: ['src/**/*.test.ts'], css: true, setupFiles: ['./vitest.setup.ts'] }
}));
