//! Organizations, members, devices and invitations.

use super::{InvitationKind, Person, RoleName, Side};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Answer of `people`: everybody of one program that this device may see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct People {
    /// Vendor first, then partners by name.
    pub organizations: Vec<OrganizationCard>,
    /// Open and past invitations made by one's own organization, newest first.
    pub invitations: Vec<InvitationRow>,
    /// My own devices in this program.
    pub devices: Vec<DeviceRow>,
    /// Whether I may invite into my own organization.
    pub may_invite: bool,
    /// Whether I may add partner organizations (vendor admins and channel managers).
    pub may_add_organization: bool,
    /// Days for which a device may show the program's data without meeting the hub.
    pub lease_days: u32,
    /// Whether I may change that.
    pub may_set_lease: bool,
}

/// One organization with its members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OrganizationCard {
    /// Organization id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Vendor or partner.
    pub side: Side,
    /// Members by name.
    pub members: Vec<MemberRow>,
    /// True when the partnership has ended.
    pub ended: bool,
    /// Whether I may end the partnership.
    pub may_end: bool,
    /// True while the adding of it has not reached the hub.
    pub queued: bool,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MemberRow {
    /// The person.
    pub person: Person,
    /// Role.
    pub role: RoleName,
    /// True for the member this device acts as.
    pub is_me: bool,
    /// Whether I may remove them.
    pub may_remove: bool,
}

/// One invitation made here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct InvitationRow {
    /// Id.
    pub id: String,
    /// Member or device.
    pub kind: InvitationKind,
    /// Organization it leads into.
    pub organization_name: String,
    /// Role it gives.
    pub role: RoleName,
    /// Who made it.
    pub created_by: String,
    /// When it expires.
    pub expires_at: f64,
    /// Where it stands.
    pub status: InvitationStatus,
    /// Who took it.
    pub accepted_by: Option<String>,
}

/// Where an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum InvitationStatus {
    /// Made here, not yet at the hub: the link works once it is.
    Queued,
    /// Can be taken.
    Open,
    /// Was taken.
    Accepted,
    /// Was revoked.
    Revoked,
    /// Ran out.
    Expired,
}

/// One device of mine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DeviceRow {
    /// Id.
    pub id: String,
    /// Name given when joining.
    pub name: String,
    /// True for this one.
    pub is_this: bool,
    /// When it joined.
    pub joined_at: f64,
}

/// Argument of `organization_add`: a new partner organization and the invitation of its first admin.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OrganizationAdd {
    /// Program.
    pub program: String,
    /// Name of the partner company.
    pub name: String,
}

/// Argument of `invitation_create`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct InvitationCreate {
    /// Program.
    pub program: String,
    /// Organization to join; for a device link one's own.
    pub organization: String,
    /// Member or device (a device link always is for oneself).
    pub kind: InvitationKind,
    /// Role to give.
    pub role: RoleName,
    /// Days until it expires, 1 to 30.
    pub days: u32,
}

/// Answer of `organization_add` and `invitation_create`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct InvitationLink {
    /// Id of the invitation.
    pub id: String,
    /// The link to copy: shown once, only its hash is stored.
    pub link: String,
    /// When it expires.
    pub expires_at: f64,
}

/// Argument of commands that concern one object of one program.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OneOf {
    /// Program.
    pub program: String,
    /// Id of the object.
    pub id: String,
}
