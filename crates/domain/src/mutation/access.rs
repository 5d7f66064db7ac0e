//! How access is given beyond the two companies of a deal, and how it ends: a company leaves a deal, a
//! person leaves a company, a partnership ends. Who held what learns it from their own rows, in the
//! hub's order, and has to erase it.

use super::*;
use crate::entity::{Claim, Deal, Grant, Member, Organization, Program, Status, claims_of, grant_id};
use crate::row::{RowKey, Table};
use minicbor::{Decode, Encode};

/// Most companies a deal is shared with besides the vendor and the partner whose deal it is.
pub const GUESTS_MAX: usize = 20;

/// Lets one more partner organization see and work a deal. The vendor's people, except members.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct DealShare {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// Who gets access.
    #[n(2)]
    pub organization: OrganizationId,
}

impl Mutate for DealShare {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Deal>(self.deal).row::<Organization>(self.organization)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        vendor_shares(ctx)?;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        let organization: Organization = rows.need(self.organization, "organization")?;
        if deal.registration.status == Status::Draft || deal.registration.status.is_closed() {
            return Err(Refusal::new(Rule::WrongState, "Only an open deal is shared with another company."));
        }
        if organization.side != Side::Partner || organization.ended_at.is_some() {
            return Err(Refusal::new(Rule::WrongState, "This company is not a partner (any more)."));
        }
        let mut guests = deal.guests.take().unwrap_or_default();
        if self.organization == deal.partner || guests.contains(&self.organization) {
            return Ok(Vec::new());
        }
        if guests.len() >= GUESTS_MAX {
            return Err(Refusal::new(
                Rule::WrongState,
                format!("A deal is shared with at most {GUESTS_MAX} more companies."),
            ));
        }
        guests.push(self.organization);
        deal.guests = Some(guests);
        let mut changes = vec![RowChange::put(self.deal, self.lane(), &deal)];
        if ctx.is_authoritative() {
            let grant =
                Grant { scope: self.lane(), organization: self.organization, extra: Default::default() };
            let id = grant_id(self.lane(), self.organization);
            changes.push(RowChange::put(id, ScopeId::Organization(self.organization), &grant));
        }
        Ok(changes)
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match rows.get::<Deal>(self.deal) {
            Ok(Some(deal)) if !deal.guests.iter().flatten().any(|guest| *guest == self.organization) => {
                Undo::By(Box::new(DealUnshare { deal: self.deal, organization: self.organization }.into()))
            }
            _ => Undo::No("The company had access before."),
        }
    }
}

/// Takes a deal back from an organization it was shared with: its devices erase the deal with all that
/// belongs to it. Not from the partner whose deal it is.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct DealUnshare {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// Who loses access.
    #[n(2)]
    pub organization: OrganizationId,
}

impl Mutate for DealUnshare {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Deal>(self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        vendor_shares(ctx)?;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        if self.organization == deal.partner {
            return Err(Refusal::new(
                Rule::WrongState,
                "The deal is this partner's own. Decide the registration, or end the partnership.",
            ));
        }
        let mut guests = deal.guests.take().unwrap_or_default();
        let before = guests.len();
        guests.retain(|guest| *guest != self.organization);
        if guests.len() == before {
            return Ok(Vec::new());
        }
        deal.guests = Some(guests).filter(|guests| !guests.is_empty());
        let mut changes = vec![RowChange::put(self.deal, self.lane(), &deal)];
        if ctx.is_authoritative() {
            let id = grant_id(self.lane(), self.organization);
            changes.push(RowChange::delete::<Grant>(id, ScopeId::Organization(self.organization)));
        }
        Ok(changes)
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match rows.get::<Deal>(self.deal) {
            Ok(Some(deal)) if deal.guests.iter().flatten().any(|guest| *guest == self.organization) => {
                Undo::By(Box::new(DealShare { deal: self.deal, organization: self.organization }.into()))
            }
            _ => Undo::No("The company had no access before."),
        }
    }
}

fn vendor_shares(ctx: &Context) -> Result<&Actor, Refusal> {
    let actor = ctx.actor()?;
    if actor.side == Side::Vendor && actor.role != Role::Member {
        Ok(actor)
    } else {
        Err(Refusal::new(Rule::NotAllowed, "The vendor decides which companies work on a deal."))
    }
}

/// Removes a member from their organization: none of their devices may do or see anything any more,
/// and invitations they made lead nowhere. What they wrote stays. Administrators, in their own
/// organization; the vendor's administrators and channel managers also in a partner's.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MemberRemove {
    /// The member.
    #[n(1)]
    pub member: MemberId,
    /// Their organization.
    #[n(2)]
    pub organization: OrganizationId,
    /// Its side.
    #[n(3)]
    pub side: Side,
}

impl Mutate for MemberRemove {
    fn lane(&self) -> ScopeId {
        public_scope(self.side, self.organization)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Member>(self.member)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let mut member: Member = rows.need(self.member, "member")?;
        let row = rows.row(&RowKey::of::<Member>(self.member))?;
        if member.organization != self.organization || row.is_none_or(|row| row.scope != self.lane()) {
            return Err(Refusal::new(Rule::NotFound, "This person is in another organization."));
        }
        let own = actor.organization == self.organization;
        let allowed = match (own, actor.side) {
            (true, _) => actor.role == Role::Admin,
            (false, Side::Vendor) => matches!(actor.role, Role::Admin | Role::ChannelManager),
            (false, Side::Partner) => false,
        };
        if !allowed {
            return Err(Refusal::new(Rule::NotAllowed, "Ask an administrator to remove somebody."));
        }
        if self.member == actor.member {
            return Err(Refusal::new(Rule::WrongState, "To remove yourself, leave the program."));
        }
        if member.left_at.is_some() {
            return Ok(Vec::new());
        }
        member.left_at = Some(ctx.now);
        member.removed_by = Some(actor.member);
        Ok(vec![RowChange::put(self.member, self.lane(), &member)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("Their devices are erased. Invite the person again if it was a mistake.")
    }
}

/// Ends the partnership with an organization: its people can do and see nothing of the program any
/// more, and the customers it had registered are free for others. The vendor's administrators.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct PartnershipEnd {
    /// The partner.
    #[n(1)]
    pub organization: OrganizationId,
}

impl Mutate for PartnershipEnd {
    fn lane(&self) -> ScopeId {
        ScopeId::Partnership(self.organization)
    }

    fn reads(&self, ctx: &Context, _: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Organization>(self.organization);
        // Claims are known to the hub alone.
        if ctx.is_authoritative() { reads.lookup(claims_of(self.organization)) } else { reads }
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let mut organization: Organization = rows.need(self.organization, "organization")?;
        if actor.side != Side::Vendor || actor.role != Role::Admin {
            return Err(Refusal::new(
                Rule::NotAllowed,
                "Only the vendor's administrators end a partnership.",
            ));
        }
        if organization.side != Side::Partner {
            return Err(Refusal::new(Rule::WrongState, "This company is not a partner."));
        }
        if organization.ended_at.is_some() {
            return Ok(Vec::new());
        }
        organization.ended_at = Some(ctx.now);
        let mut changes = vec![RowChange::put(self.organization, self.lane(), &organization)];
        if ctx.is_authoritative() {
            for key in rows.under(&claims_of(self.organization))? {
                // Somebody else may have taken it since.
                if rows.get::<Claim>(key.id)?.is_some_and(|claim| claim.organization == self.organization) {
                    changes.push(RowChange::delete::<Claim>(key.id, ScopeId::Hub));
                }
            }
        }
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("Their devices are erased. Add the company again if it was a mistake.")
    }
}

/// Shortest and longest lease of a program in days, see [`LeaseSet`].
pub const LEASE_DAYS: std::ops::RangeInclusive<u32> = 1..=90;
/// The lease of a program that has not chosen one, in days.
pub const LEASE_DAYS_DEFAULT: u32 = 30;

/// Sets for how many days a device may show the program's data without meeting the hub. The vendor's
/// administrators.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct LeaseSet {
    /// Days, within [`LEASE_DAYS`].
    #[n(1)]
    pub days: u32,
}

impl Mutate for LeaseSet {
    fn lane(&self) -> ScopeId {
        ScopeId::Program
    }

    fn reads(&self, ctx: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Program>(ctx.program)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let mut program: Program = rows.need(ctx.program, "program")?;
        if actor.side != Side::Vendor || actor.role != Role::Admin {
            return Err(Refusal::new(Rule::NotAllowed, "Only the vendor's administrators set the lease."));
        }
        if !LEASE_DAYS.contains(&self.days) {
            return Err(Refusal::new(Rule::InvalidField, "A lease lasts for 1 to 90 days."));
        }
        if program.lease_days() == self.days {
            return Ok(Vec::new());
        }
        program.lease_days = Some(self.days);
        Ok(vec![RowChange::put(ctx.program, ScopeId::Program, &program)])
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        let program = rows.keys().find(|key| key.table == Table::Programs);
        match program.map(|key| rows.get::<Program>(key.id)) {
            Some(Ok(Some(program))) => Undo::By(Box::new(Self { days: program.lease_days() }.into())),
            _ => Undo::No("The program is gone."),
        }
    }
}
