import type { MemberRow } from "./MemberRow";
import type { Side } from "./Side";

export type OrganizationCard = {
  id: string;
  name: string;
  side: Side;
  members: Array<MemberRow>;
  queued: boolean;
};
