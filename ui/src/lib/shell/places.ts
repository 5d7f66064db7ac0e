import House from '@lucide/svelte/icons/house';
import Building2 from '@lucide/svelte/icons/building-2';
import Handshake from '@lucide/svelte/icons/handshake';
import Settings from '@lucide/svelte/icons/settings';
import TextSearch from '@lucide/svelte/icons/text-search';
import Users from '@lucide/svelte/icons/users';

/** Where one can go. A place is listed once it works, not before. */
export const places = [
	{ path: '/', name: 'today', label: 'Today', keys: 'g t', icon: House },
	{ path: '/deals', name: 'deals', label: 'Deals', keys: 'g d', icon: Handshake },
	{ path: '/accounts', name: 'accounts', label: 'Accounts', keys: 'g a', icon: Building2 },
	{ path: '/search', name: 'search', label: 'Search', keys: 'mod+shift+f', icon: TextSearch },
	{ path: '/people', name: 'people', label: 'People', keys: 'g e', icon: Users },
	{ path: '/settings', name: 'settings', label: 'Settings', keys: 'mod+,', icon: Settings }
] as const;

/** What opens a room from a mail or another program; the shell reads it, see src-tauri/src/place.rs. */
export const roomLink = (program: string, deal: string): string => `lockstep://deal/${program}/${deal}`;

export const roomPath = (program: string, deal: string): string => `/deals/${program}/${deal}`;
