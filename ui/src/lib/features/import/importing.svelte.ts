import type { ColumnMapping } from '$bindings/ColumnMapping';
import type { ImportJob } from '$bindings/ImportJob';
import type { ImportPreview } from '$bindings/ImportPreview';
import type { ImportRequest } from '$bindings/ImportRequest';
import type { Uploaded } from '$bindings/Uploaded';
import { asFailure, send, upload } from '$lib/bridge/bridge';
import { programHere } from '../programHere.svelte';
import { readable } from './wording';

// The import of this window. It lives here and not in a screen, so that one can go and answer a
// message meanwhile. The file itself and its rows are in the core; here are only handles.
let uploaded = $state.raw<Uploaded>();
let sheet = $state<string | null>(null);
let mapping = $state.raw<ColumnMapping[] | null>(null);
let job = $state.raw<ImportJob>();
// An import that had ended before this window was loaded.
let earlier = $state.raw<ImportJob>();
// What the preview found wrong, for the summary: at most 100 rows of it. Unknown after a reload.
let faults = $state.raw<Faults>();
let asked = false;
let busy = $state<'upload' | 'start' | null>(null);
let failure = $state.raw<string>();

export type Faults = Pick<ImportPreview, 'bad' | 'errors'>;

export const importing = {
	get uploaded() {
		return uploaded;
	},
	get sheet() {
		return sheet;
	},
	/** Null until the person changes what the importer guessed. */
	get mapping() {
		return mapping;
	},
	/** The running or the last import; `import_status` has the current figures. */
	get job() {
		return job;
	},
	/** The latest import that ended before the window was loaded, until another one is made. */
	get earlier() {
		return earlier;
	},
	get faults() {
		return faults;
	},
	get busy() {
		return busy;
	},
	get failure() {
		return failure;
	},

	/** What is asked of the core, once there is a file. */
	get request(): ImportRequest | undefined {
		const program = programHere.id;
		return uploaded && program ? { program, upload: uploaded.upload, sheet, mapping } : undefined;
	},

	/** After a reload the window knows of no import, but the core still does. */
	async find(): Promise<void> {
		if (asked) return;
		asked = true;
		try {
			const latest = (await send('import_list', null))[0];
			if (!latest || job || uploaded) return;
			if (latest.state === 'running') job = latest;
			else earlier = latest;
		} catch {
			// Only a convenience is missing then, and the next screen asks again.
			asked = false;
		}
	},

	async take(file: File): Promise<void> {
		failure = undefined;
		if (!readable(file.name)) {
			failure = `“${file.name}” is neither CSV nor XLSX. In Excel, save it as one of the two.`;
			return;
		}
		busy = 'upload';
		try {
			uploaded = await upload(file);
			sheet = null;
			mapping = null;
			job = undefined;
		} catch (cause) {
			failure = said(cause);
		} finally {
			busy = null;
		}
	},

	pickSheet(next: string): void {
		sheet = next;
		// Another sheet has other columns.
		mapping = null;
	},

	map(next: ColumnMapping[]): void {
		mapping = next;
	},

	async start(found: Faults): Promise<void> {
		const request = importing.request;
		if (!request || busy) return;
		busy = 'start';
		failure = undefined;
		try {
			job = await send('import_start', request);
			faults = { bad: found.bad, errors: found.errors };
			earlier = undefined;
			uploaded = undefined;
		} catch (cause) {
			failure = said(cause);
		} finally {
			busy = null;
		}
	},

	async cancel(): Promise<void> {
		if (!job) return;
		try {
			await send('import_cancel', { job: job.id });
		} catch (cause) {
			failure = said(cause);
		}
	},

	/** Back to choosing a file; a running import goes on by itself. */
	reset(): void {
		uploaded = undefined;
		sheet = null;
		mapping = null;
		job = undefined;
		failure = undefined;
	}
};

const said = (cause: unknown): string => asFailure(cause).message;
