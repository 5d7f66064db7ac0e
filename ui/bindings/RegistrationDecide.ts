import type { RejectionRule } from "./RejectionRule";

export type RegistrationDecide = {
  program: string;
  deal: string;
  approve: boolean;
  rule: RejectionRule | null;
  evidence: string;
};
