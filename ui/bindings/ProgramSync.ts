import type { Connection } from "./Connection";
import type { RefusalItem } from "./RefusalItem";
import type { WaitingItem } from "./WaitingItem";

export type ProgramSync = {
  program: string;
  name: string;
  hub: string;
  connection: Connection;
  synced_at: number | null;
  retry_at: number | null;
  message: string | null;
  waiting: Array<WaitingItem>;
  waiting_total: number;
  needs_you: Array<RefusalItem>;
};
