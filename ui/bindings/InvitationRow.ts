import type { InvitationKind } from "./InvitationKind";
import type { InvitationStatus } from "./InvitationStatus";
import type { RoleName } from "./RoleName";

export type InvitationRow = {
  id: string;
  kind: InvitationKind;
  organization_name: string;
  role: RoleName;
  created_by: string;
  expires_at: number;
  status: InvitationStatus;
  accepted_by: string | null;
};
