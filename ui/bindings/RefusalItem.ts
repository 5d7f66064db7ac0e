import type { EvidenceItem } from "./EvidenceItem";
import type { WaitingItem } from "./WaitingItem";

export type RefusalItem = {
  id: string;
  title: string;
  rule: string;
  message: string;
  evidence: Array<EvidenceItem>;
  at: number;
  parked: Array<WaitingItem>;
  text: string;
  deal: string | null;
  editable: boolean;
};
