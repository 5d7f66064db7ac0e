import type { DealRow } from "./DealRow";
import type { Money } from "./Money";

export type DealWindow = {
  total: number;
  all: number;
  sums: Array<Money>;
  rows: Array<DealRow>;
};
