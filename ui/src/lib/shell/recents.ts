/** Rooms opened in this window, latest first: what the palette shows before anything is typed. */
export interface Recent {
	path: string;
	title: string;
	detail: string;
}

const most = 8;
let list: Recent[] = [];

export function remember(recent: Recent): void {
	list = [recent, ...list.filter((entry) => entry.path !== recent.path)].slice(0, most);
}

/** What cannot be opened any more is not offered. */
export function forget(path: string): void {
	list = list.filter((entry) => entry.path !== path);
}

export const recents = (): Recent[] => list;
