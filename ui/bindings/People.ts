import type { DeviceRow } from "./DeviceRow";
import type { InvitationRow } from "./InvitationRow";
import type { OrganizationCard } from "./OrganizationCard";

export type People = {
  organizations: Array<OrganizationCard>;
  invitations: Array<InvitationRow>;
  devices: Array<DeviceRow>;
  may_invite: boolean;
  may_add_organization: boolean;
};
