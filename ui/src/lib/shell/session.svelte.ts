import type { AppState } from '$bindings/AppState';
import type { EndedAccess } from '$bindings/EndedAccess';
import type { LockedProgram } from '$bindings/LockedProgram';
import type { ProgramSummary } from '$bindings/ProgramSummary';
import type { ShutProgram } from '$bindings/ShutProgram';
import type { SyncStatus } from '$bindings/SyncStatus';

// What the root layout has read, for every screen below it. Nobody else writes here.
let app = $state.raw<AppState>();
let sync = $state.raw<SyncStatus>();

const none: ProgramSummary[] = [];
const noneShut: ShutProgram[] = [];
const noneLocked: LockedProgram[] = [];
const noneEnded: EndedAccess[] = [];

export const session = {
	get app(): AppState | undefined {
		return app;
	},
	set app(next: AppState | undefined) {
		app = next;
	},
	get sync(): SyncStatus | undefined {
		return sync;
	},
	set sync(next: SyncStatus | undefined) {
		sync = next;
	},
	get programs(): ProgramSummary[] {
		return app?.programs ?? none;
	},
	/** Joined programs whose files cannot be opened. */
	get shut(): ShutProgram[] {
		return app?.shut ?? noneShut;
	},
	/** Joined programs that show nothing before their hubs were met again. */
	get locked(): LockedProgram[] {
		return app?.locked ?? noneLocked;
	},
	/** Access that has ended and was not told of yet. */
	get ended(): EndedAccess[] {
		return app?.ended ?? noneEnded;
	},
	/** True when this device holds data that can be shown. */
	get ready(): boolean {
		return app?.vault === 'open' && app.programs.length > 0;
	},
	/** False while what is done here only waits. */
	get online(): boolean {
		return sync === undefined || sync.connection === 'online' || sync.connection === 'catching_up';
	},
	program(id: string): ProgramSummary | undefined {
		return app?.programs.find((program) => program.id === id);
	},
	/** Programs in which a deal can be registered from here. */
	get selling(): ProgramSummary[] {
		return this.programs.filter((program) => program.side === 'partner');
	}
};
