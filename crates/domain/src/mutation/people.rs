//! Invitations, members and devices.

use super::*;
use crate::entity::{Device, Invitation, InvitationKind, Key, Member, Organization, invitation_by};
use crate::row::RowKey;
use minicbor::{Decode, Encode};

/// Longest life of an invitation in days.
pub const INVITATION_DAYS_MAX: i64 = 30;

/// Makes a one-time invitation. Administrators invite into their own organization, and so do the
/// vendor's channel managers, except administrators; both also into a partner's. Everybody links
/// their own devices.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct InvitationCreate {
    /// Id of the invitation.
    #[n(1)]
    pub invitation: InvitationId,
    /// Member or device.
    #[n(2)]
    pub kind: InvitationKind,
    /// Organization one joins.
    #[n(3)]
    pub organization: OrganizationId,
    /// Role one gets.
    #[n(4)]
    pub role: Role,
    /// BLAKE3 hash of the token.
    #[n(5)]
    pub token_hash: Key,
    /// Days from its arrival at the hub until it stops working, 1 to 30.
    #[n(6)]
    pub days: u32,
    /// The organization that makes it, home of the row.
    #[n(7)]
    pub by_organization: OrganizationId,
}

impl Mutate for InvitationCreate {
    fn lane(&self) -> ScopeId {
        ScopeId::Organization(self.by_organization)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default()
            .row::<Invitation>(self.invitation)
            .row::<Organization>(self.organization)
            .lookup(invitation_by(&self.token_hash))
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let organization: Organization = rows.need(self.organization, "organization")?;
        let own = self.organization == actor.organization;
        let allowed = match self.kind {
            InvitationKind::Device => own,
            InvitationKind::Member if own => {
                actor.role == Role::Admin
                    || (actor.side == Side::Vendor && actor.role == Role::ChannelManager)
            }
            InvitationKind::Member => {
                actor.side == Side::Vendor
                    && organization.side == Side::Partner
                    && matches!(actor.role, Role::Admin | Role::ChannelManager)
            }
        };
        if !allowed || self.by_organization != actor.organization {
            return Err(Refusal::new(Rule::NotAllowed, "Ask an administrator for an invitation."));
        }
        let promotes = self.kind == InvitationKind::Member && self.role == Role::Admin;
        if own && promotes && actor.role != Role::Admin {
            return Err(Refusal::new(Rule::NotAllowed, "Only an administrator invites administrators."));
        }
        if organization.side == Side::Partner && self.role == Role::ChannelManager {
            return Err(Refusal::new(Rule::InvalidField, "Channel managers work for the vendor."));
        }
        if !(1..=INVITATION_DAYS_MAX).contains(&i64::from(self.days)) {
            return Err(Refusal::new(Rule::InvalidField, "An invitation lives for 1 to 30 days."));
        }
        if organization.ended_at.is_some() {
            return Err(Refusal::new(Rule::WrongState, "The partnership with this company has ended."));
        }
        if rows.get::<Invitation>(self.invitation)?.is_some()
            || !rows.under(&invitation_by(&self.token_hash))?.is_empty()
        {
            return Err(Refusal::new(Rule::AlreadyExists, "This invitation exists already."));
        }
        let device = self.kind == InvitationKind::Device;
        let invitation = Invitation {
            kind: self.kind,
            organization: self.organization,
            role: if device { actor.role } else { self.role },
            member: device.then_some(actor.member),
            token_hash: self.token_hash,
            created_by: actor.member,
            created_at: ctx.now,
            expires_at: ctx.now.plus_days(i64::from(self.days)),
            accepted_by: None,
            accepted_at: None,
            revoked_at: None,
            extra: Default::default(),
        };
        let scope =
            if device { ScopeId::Person(actor.member) } else { ScopeId::Organization(actor.organization) };
        Ok(vec![RowChange::put(self.invitation, scope, &invitation)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::By(Box::new(
            InvitationRevoke { invitation: self.invitation, by_organization: self.by_organization }.into(),
        ))
    }
}

/// Takes an invitation back before it is used. Whoever made it, or an administrator beside them.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct InvitationRevoke {
    /// The invitation.
    #[n(1)]
    pub invitation: InvitationId,
    /// The organization that made it.
    #[n(2)]
    pub by_organization: OrganizationId,
}

impl Mutate for InvitationRevoke {
    fn lane(&self) -> ScopeId {
        ScopeId::Organization(self.by_organization)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Invitation>(self.invitation)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let mut invitation: Invitation = rows.need(self.invitation, "invitation")?;
        if invitation.created_by != actor.member && actor.role != Role::Admin {
            return Err(Refusal::new(
                Rule::NotAllowed,
                "Only an administrator or whoever made an invitation revokes it.",
            ));
        }
        if invitation.accepted_by.is_some() {
            return Err(Refusal::new(Rule::WrongState, "This invitation was used already."));
        }
        let Some(row) = rows.row(&RowKey::of::<Invitation>(self.invitation))? else { return Ok(Vec::new()) };
        if invitation.revoked_at.is_some() {
            return Ok(Vec::new());
        }
        invitation.revoked_at = Some(ctx.now);
        Ok(vec![RowChange::put(self.invitation, row.scope, &invitation)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The link no longer works. Make a new one if it was a mistake.")
    }
}

/// Takes an invitation: creates the member (unless it is a device link) and the device. Signed by
/// the new device itself; knowing the token is what authorises it, and the row it uses up is written
/// in the same transaction.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct InvitationAccept {
    /// BLAKE3 hash of the token; the hub computes it from the token it was shown.
    #[n(1)]
    pub token_hash: Key,
    /// Id of the new member; ignored for a device link.
    #[n(2)]
    pub member: MemberId,
    /// Their name; ignored for a device link.
    #[n(3)]
    pub member_name: String,
    /// Id of the new device.
    #[n(4)]
    pub device: DeviceId,
    /// Its name.
    #[n(5)]
    pub device_name: String,
    /// Its Ed25519 public key.
    #[n(6)]
    pub device_key: Key,
}

impl InvitationAccept {
    fn found(&self, rows: &Rows) -> Option<RowKey> {
        rows.under(&invitation_by(&self.token_hash)).ok()?.first().copied()
    }
}

impl Mutate for InvitationAccept {
    fn lane(&self) -> ScopeId {
        ScopeId::Program
    }

    fn opens_lane(&self) -> bool {
        true
    }

    fn reads(&self, _: &Context, so_far: &Rows) -> ReadSet {
        let mut reads = ReadSet::default()
            .lookup(invitation_by(&self.token_hash))
            .row::<Member>(self.member)
            .row::<Device>(self.device);
        if let Some(key) = self.found(so_far)
            && let Ok(Some(invitation)) = so_far.get::<Invitation>(key.id)
        {
            reads = reads.row::<Organization>(invitation.organization).row::<Member>(invitation.created_by);
            if let Some(member) = invitation.member {
                reads = reads.row::<Member>(member);
            }
        }
        reads
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let used = || {
            Refusal::new(
                Rule::InvitationUsed,
                "This invitation was used or revoked. Ask for a new one where you got it.",
            )
        };
        let key = self.found(rows).ok_or_else(used)?;
        let row = rows.row(&key)?.ok_or_else(used)?;
        let mut invitation: Invitation = rows.need(key.id, "invitation")?;
        let taken = invitation.accepted_by.is_some() && !crate::planted!(InvitationUsedTwice);
        if taken || invitation.revoked_at.is_some() {
            return Err(used());
        }
        if ctx.now >= invitation.expires_at {
            return Err(Refusal::new(
                Rule::InvitationExpired,
                "This invitation has expired. Ask for a new one where you got it.",
            ));
        }
        check_text("The device name", &self.device_name, 120)?;
        if rows.get::<Device>(self.device)?.is_some() {
            return Err(Refusal::new(Rule::AlreadyExists, "This device has joined already."));
        }
        let organization: Organization = rows.need(invitation.organization, "organization")?;
        let maker = rows.get::<Member>(invitation.created_by)?;
        if organization.ended_at.is_some() || maker.is_some_and(|maker| maker.removed_by.is_some()) {
            return Err(used());
        }
        let mut changes = Vec::new();
        let member = match invitation.member {
            Some(member) => {
                let current: Member = rows.need(member, "member")?;
                if current.left_at.is_some() {
                    return Err(used());
                }
                member
            }
            None => {
                check_text("Your name", &self.member_name, 120)?;
                if rows.get::<Member>(self.member)?.is_some() {
                    return Err(Refusal::new(Rule::AlreadyExists, "This member exists already."));
                }
                let member = Member {
                    name: self.member_name.clone(),
                    organization: invitation.organization,
                    role: invitation.role,
                    joined_at: ctx.now,
                    left_at: None,
                    removed_by: None,
                    extra: Default::default(),
                };
                let scope = public_scope(organization.side, invitation.organization);
                changes.push(RowChange::put(self.member, scope, &member));
                self.member
            }
        };
        let device = Device {
            member,
            name: self.device_name.clone(),
            key: self.device_key,
            joined_at: ctx.now,
            revoked_at: None,
            extra: Default::default(),
        };
        invitation.accepted_by = Some(member);
        invitation.accepted_at = Some(ctx.now);
        changes.push(RowChange::put(self.device, ScopeId::Person(member), &device));
        changes.push(RowChange::put(key.id, row.scope, &invitation));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("This device has joined. Sign it out in the settings if it was a mistake.")
    }
}

/// Signs a device of one's own out: the hub hangs up on it and takes nothing more from it.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct DeviceRevoke {
    /// The device.
    #[n(1)]
    pub device: DeviceId,
    /// Whose it is.
    #[n(2)]
    pub member: MemberId,
}

impl Mutate for DeviceRevoke {
    fn lane(&self) -> ScopeId {
        ScopeId::Person(self.member)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Device>(self.device)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut device: Device = rows.need(self.device, "device")?;
        if device.member != ctx.actor()?.member {
            return Err(Refusal::new(Rule::NotAllowed, "This is not one of your devices."));
        }
        if device.revoked_at.is_some() {
            return Ok(Vec::new());
        }
        device.revoked_at = Some(ctx.now);
        Ok(vec![RowChange::put(self.device, ScopeId::Person(device.member), &device)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The device is signed out. Link it again if it was a mistake.")
    }
}

/// Leaves the program: the member can do nothing any more, and what they wrote stays.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MemberLeave {
    /// The member, who is also the one acting.
    #[n(1)]
    pub member: MemberId,
}

impl Mutate for MemberLeave {
    fn lane(&self) -> ScopeId {
        ScopeId::Person(self.member)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Member>(self.member)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        if actor.member != self.member {
            return Err(Refusal::new(Rule::NotAllowed, "Only the member leaves."));
        }
        let mut member: Member = rows.need(self.member, "member")?;
        member.left_at = Some(ctx.now);
        Ok(vec![RowChange::put(self.member, actor.public_scope(), &member)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("You have left the program. Ask for an invitation if it was a mistake.")
    }
}
