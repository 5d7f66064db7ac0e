import { goto } from '$app/navigation';
import { registerAll } from '$lib/keys';
import { session } from './session.svelte';

// Commands that lead to a screen of their own. They have no key and no owner on screen, so they are
// in the palette from the first frame on.
registerAll([
	{
		keys: '',
		label: 'Join a program',
		when: () => session.ready,
		run: () => void goto('/start?join')
	},
	{
		keys: '',
		label: 'Import accounts',
		when: () => session.ready,
		run: () => void goto('/accounts/import')
	},
	{
		keys: '',
		label: 'Rules of engagement',
		when: () => session.ready,
		run: () => void goto('/rules')
	},
	{
		keys: '',
		label: 'Link another device',
		when: () => session.ready,
		run: () => void goto('/settings?tab=devices')
	},
	{
		keys: '',
		label: 'Save diagnostics',
		when: () => session.ready,
		run: () => void goto('/settings?tab=diagnostics')
	}
]);
