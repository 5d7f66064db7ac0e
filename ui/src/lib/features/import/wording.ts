import type { ImportJob } from '$bindings/ImportJob';
import type { ImportPreview } from '$bindings/ImportPreview';
import { decimalText, listText, plural } from '$lib/design/format';

/** `840 B`, `12 KB`, `3.4 MB`. */
export function fileSize(bytes: number): string {
	if (bytes < 1000) return `${bytes} B`;
	if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} KB`;
	return `${decimalText(bytes / 1_000_000)} MB`;
}

/** One sentence about what would happen, from most to least. */
export function outcome(preview: Pick<ImportPreview, 'good' | 'duplicates' | 'bad'>): string {
	const { good, duplicates, bad } = preview;
	const parts = [plural(good, ['# account will be added', '# accounts will be added'])];
	if (duplicates > 0) parts.push(plural(duplicates, ['# row left out as already there', '# rows left out as already there']));
	if (bad > 0) parts.push(plural(bad, ['# row cannot be read', '# rows cannot be read']));
	return `${listText(parts)}.`;
}

/** What is said when a job has stopped. */
export function ending(job: ImportJob): { title: string; tone: 'success' | 'warn' | 'danger' } {
	switch (job.state) {
		case 'finished':
			return { title: plural(job.done, ['# account imported', '# accounts imported']), tone: 'success' };
		case 'cancelled':
			return { title: plural(job.done, ['Stopped after # account', 'Stopped after # accounts']), tone: 'warn' };
		case 'failed':
			return { title: plural(job.done, ['Stopped by an error after # account', 'Stopped by an error after # accounts']), tone: 'danger' };
		case 'running':
			return { title: `Importing ${job.name}`, tone: 'success' };
	}
}

/** Files the importer can read, by their ending; the core has the last word. */
export function readable(name: string): boolean {
	return /\.(csv|tsv|txt|xlsx)$/i.test(name);
}
