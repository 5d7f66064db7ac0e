import type { Money } from "./Money";
import type { StageName } from "./StageName";

export type DealEdit = {
  program: string;
  deal: string;
  title: string | null;
  amount: Money | null;
  close_date: string | null;
  stage: StageName | null;
  need: string | null;
};
