export type MilestoneOf = {
  program: string;
  deal: string;
  milestone: string;
};
