import type { ImportState } from "./ImportState";

export type ImportJob = {
  id: string;
  program: string;
  name: string;
  total: number;
  done: number;
  skipped: number;
  state: ImportState;
  message: string | null;
};
