import type { InvitationKind } from "./InvitationKind";
import type { RoleName } from "./RoleName";

export type InvitationPreview = {
  kind: InvitationKind;
  hub: string;
  program_name: string | null;
  organization_name: string | null;
  member_name: string | null;
  role: RoleName | null;
  expires_at: number;
};
