import type { InvitationKind } from "./InvitationKind";
import type { RoleName } from "./RoleName";

export type InvitationCreate = {
  program: string;
  organization: string;
  kind: InvitationKind;
  role: RoleName;
  days: number;
};
