import type { OwnerSideName } from "./OwnerSideName";

export type MilestoneForm = {
  program: string;
  deal: string;
  milestone: string | null;
  title: string;
  owner_side: OwnerSideName;
  due: string | null;
  done_condition: string;
};
