import type { ImportJob } from '$bindings/ImportJob';
import type { ImportPreview } from '$bindings/ImportPreview';
import { plural } from '$lib/design/format';

/** `840 B`, `12 KB`, `3.4 MB`. */
export function fileSize(bytes: number): string {
	if (bytes < 1000) return `${bytes} B`;
	if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} KB`;
	return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** One sentence about what would happen, from most to least. */
export function outcome(preview: Pick<ImportPreview, 'good' | 'duplicates' | 'bad'>): string {
	const parts = [`${plural(preview.good, 'account', 'accounts')} will be added`];
	if (preview.duplicates > 0) parts.push(`${plural(preview.duplicates, 'row', 'rows')} left out as already there`);
	if (preview.bad > 0) parts.push(`${plural(preview.bad, 'row', 'rows')} cannot be read`);
	return `${parts.join(', ')}.`;
}

/** What is said when a job has stopped. */
export function ending(job: ImportJob): { title: string; tone: 'success' | 'warn' | 'danger' } {
	const added = plural(job.done, 'account', 'accounts');
	switch (job.state) {
		case 'finished':
			return { title: `${added} imported`, tone: 'success' };
		case 'cancelled':
			return { title: `Stopped after ${added}`, tone: 'warn' };
		case 'failed':
			return { title: `Stopped by an error after ${added}`, tone: 'danger' };
		case 'running':
			return { title: `Importing ${job.name}`, tone: 'success' };
	}
}

/** Files the importer can read, by their ending; the core has the last word. */
export function readable(name: string): boolean {
	return /\.(csv|tsv|txt|xlsx)$/i.test(name);
}
