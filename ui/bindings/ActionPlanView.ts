import type { MilestoneRow } from "./MilestoneRow";

export type ActionPlanView = {
  go_live: string | null;
  milestones: Array<MilestoneRow>;
  done: number;
};
