import type { ProgramSummary } from "./ProgramSummary";
import type { VaultState } from "./VaultState";

export type AppState = {
  vault: VaultState;
  programs: Array<ProgramSummary>;
  demo: boolean;
  version: string;
  work_offline: boolean;
};
