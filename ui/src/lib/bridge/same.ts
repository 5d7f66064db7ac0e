/**
 * `next`, with every part that reads the same as before replaced by the object it was before. What
 * draws a part is then told of a change only when there is one. Both are plain JSON; entries of a list
 * are matched by their `id` or `key` where they have one, else by their place.
 */
export function samePartsKept<T>(before: unknown, next: T): T {
	if (Object.is(before, next) || !isObject(before) || !isObject(next)) return next;
	if (Array.isArray(next)) return (Array.isArray(before) ? listKept(before, next) : next) as T;
	if (Array.isArray(before)) return next;
	const names = Object.keys(next);
	let changed = names.length !== Object.keys(before).length;
	const kept: Record<string, unknown> = {};
	for (const name of names) {
		kept[name] = samePartsKept(before[name], next[name]);
		changed ||= !Object.is(kept[name], before[name]) || !(name in before);
	}
	return (changed ? kept : before) as T;
}

function listKept(before: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
	const byName = new Map<unknown, unknown>();
	for (const entry of before) if (nameOf(entry) !== undefined) byName.set(nameOf(entry), entry);
	const kept = next.map((entry, index) => {
		const name = nameOf(entry);
		return samePartsKept(name === undefined ? before[index] : byName.get(name), entry);
	});
	const changed = kept.length !== before.length || kept.some((entry, index) => !Object.is(entry, before[index]));
	return changed ? kept : before;
}

function nameOf(entry: unknown): unknown {
	return isObject(entry) ? (entry['id'] ?? entry['key']) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
