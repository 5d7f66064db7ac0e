//! What becomes of a registration: review, approval, rejection, withdrawal.

use super::registration::with_claim;
use super::*;
use crate::claim::claim_id;
use crate::entity::{Claim, Deal, Program, RejectionRule, Status};
use minicbor::{Decode, Encode};

/// The vendor says that it looks at a registration.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationReview {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
}

impl Mutate for RegistrationReview {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Deal>(self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        vendor_decider(ctx)?;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        match deal.registration.status {
            Status::InReview => Ok(Vec::new()),
            Status::Submitted => {
                deal.registration.status = Status::InReview;
                Ok(vec![RowChange::put(self.deal, self.lane(), &deal)])
            }
            _ => Err(Refusal::new(Rule::WrongState, "This registration does not wait for a decision.")),
        }
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The partner may have seen it. Decide, or write in the room if it was a mistake.")
    }
}

/// What the vendor decides.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Decision {
    /// Protected from now on.
    #[n(0)]
    Approve,
    /// Refused by a rule, with evidence that the partner reads.
    #[n(1)]
    Reject {
        /// The rule.
        #[n(0)]
        rule: RejectionRule,
        /// The evidence.
        #[n(1)]
        evidence: String,
    },
}

/// The vendor decides a registration.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationDecide {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The decision.
    #[n(2)]
    pub decision: Decision,
}

impl Mutate for RegistrationDecide {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Program>(ctx.program).row::<Deal>(self.deal);
        with_claim(reads, so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let member = vendor_decider(ctx)?.member;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        if !matches!(deal.registration.status, Status::Submitted | Status::InReview) {
            return Err(Refusal::new(Rule::WrongState, "This registration was decided already."));
        }
        let program: Program = rows.need(ctx.program, "program")?;
        let mut changes = Vec::new();
        deal.registration.decided_by = Some(member);
        deal.registration.decided_at = Some(ctx.now);
        match &self.decision {
            Decision::Approve => {
                deal.registration.status = Status::Approved;
                let days = i32::try_from(program.protection_days).unwrap_or(90);
                deal.registration.protected_until = ctx.decided(ctx.now.date().plus_days(days));
            }
            Decision::Reject { rule, evidence } => {
                check_text("The evidence", evidence, 2_000)?;
                deal.registration.status = Status::Rejected;
                deal.registration.rule = Some(*rule);
                deal.registration.evidence = Some(evidence.trim().to_owned());
                changes.extend(release_claim(rows, self.deal, &deal)?);
            }
        }
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("A decision reaches the partner at once and stays. Write in the room if it was a mistake.")
    }
}

/// The partner takes a registration back before it is decided.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationWithdraw {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
}

impl Mutate for RegistrationWithdraw {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, so_far: &Rows) -> ReadSet {
        with_claim(ReadSet::default().row::<Deal>(self.deal), so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        if actor.organization != deal.partner || actor.role == Role::Member {
            return Err(Refusal::new(Rule::NotAllowed, "Only the partner withdraws a registration."));
        }
        if !matches!(deal.registration.status, Status::Draft | Status::Submitted | Status::InReview) {
            return Err(Refusal::new(Rule::WrongState, "This registration was decided already."));
        }
        deal.registration.status = Status::Withdrawn;
        let mut changes = release_claim(rows, self.deal, &deal)?;
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("What was withdrawn stays so. Register the deal again if it was a mistake.")
    }
}

/// Gives the claim back when this deal holds it. A device never sees claims and changes none.
fn release_claim(rows: &Rows, id: DealId, deal: &Deal) -> Result<Vec<RowChange>, Refusal> {
    let key = claim_id(&deal.customer.domain, &deal.product, &deal.region);
    Ok(match rows.get::<Claim>(key)? {
        Some(claim) if claim.deal == id && !crate::planted!(ClaimNotReleased) => {
            vec![RowChange::delete::<Claim>(key, ScopeId::Hub)]
        }
        _ => Vec::new(),
    })
}

fn vendor_decider(ctx: &Context) -> Result<&Actor, Refusal> {
    let actor = ctx.actor()?;
    if actor.side == Side::Vendor && actor.role != Role::Member {
        Ok(actor)
    } else {
        Err(Refusal::new(Rule::NotAllowed, "The vendor decides registrations."))
    }
}
