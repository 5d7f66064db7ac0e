import type { SyncMark } from "./SyncMark";

export type AccountRow = {
  program: string;
  id: string;
  name: string;
  domain: string;
  country: string;
  industry: string;
  owner: string;
  deals: number;
  mark: SyncMark;
};
