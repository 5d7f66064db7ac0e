export type EvidenceItem = {
  label: string;
  value: string;
};
