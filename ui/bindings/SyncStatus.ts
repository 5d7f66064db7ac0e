import type { Connection } from "./Connection";
import type { ProgramSync } from "./ProgramSync";

export type SyncStatus = {
  programs: Array<ProgramSync>;
  waiting: number;
  needs_you: number;
  connection: Connection;
  work_offline: boolean;
};
