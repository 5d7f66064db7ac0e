import type { AccountRow } from "./AccountRow";

export type AccountWindow = {
  total: number;
  all: number;
  rows: Array<AccountRow>;
};
