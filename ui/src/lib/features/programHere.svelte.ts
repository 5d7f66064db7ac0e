import type { ProgramSummary } from '$bindings/ProgramSummary';
import { looking } from '$lib/shell/lens.svelte';
import { session } from '$lib/shell/session.svelte';

let chosen = $state('');

/** The one program that screens about a single program show: what the lens looks at, else what was
 * chosen last, else the first. */
export const programHere = {
	get summary(): ProgramSummary | undefined {
		const looked = looking.lens.program;
		return (looked !== null && session.program(looked)) || session.program(chosen) || session.programs[0];
	},
	get id(): string {
		return this.summary?.id ?? '';
	},
	choose(id: string): void {
		chosen = id;
	},
	/** The lens decides, so a choice here would have no effect. */
	get fixed(): boolean {
		return looking.lens.program !== null;
	},
	/** Whether what is written in it leaves this device at once. */
	get online(): boolean {
		const line = this.summary?.connection;
		return !session.app?.work_offline && (line === 'online' || line === 'catching_up');
	}
};
