import type { DealMay } from "./DealMay";
import type { DealRow } from "./DealRow";
import type { Person } from "./Person";
import type { Side } from "./Side";

export type DealDetail = {
  row: DealRow;
  customer_domain: string;
  customer_country: string;
  product: string;
  region: string;
  need: string;
  registered_by: Person;
  partner_name: string;
  vendor_name: string;
  submitted_at: number | null;
  decision_due: number | null;
  decided_by: Person | null;
  decided_at: number | null;
  protected_until: string | null;
  rejection_rule: string | null;
  rejection_evidence: string | null;
  may: DealMay;
  my_side: Side;
  people: Array<Person>;
};
