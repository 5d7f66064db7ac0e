//! What the vendor does with a registration: look, ask, decide, take it on.

use super::registration::{claim_again, keep_claim, release_claim, with_claim};
use super::*;
use crate::entity::{Deal, ExtensionAnswer, Hold, Program, Question, RejectionRule, Split, Status};
use crate::registration::{Action, check};
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
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        check(ctx, &deal, Action::Review)?;
        if deal.registration.status == Status::InReview {
            return Ok(Vec::new());
        }
        // A question that is taken back has not stopped the clock.
        deal.registration.status = Status::InReview;
        Ok(vec![RowChange::put(self.deal, self.lane(), &deal)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The partner may have seen it. Decide, or write in the room if it was a mistake.")
    }
}

/// The vendor asks something before it decides. Its clock stands still until there is an answer.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationAsk {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The question.
    #[n(2)]
    pub text: String,
}

impl Mutate for RegistrationAsk {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Deal>(self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        let by = check(ctx, &deal, Action::Ask)?.member;
        check_text("The question", &self.text, 2_000)?;
        let due = deal.registration.decision_due.unwrap_or(ctx.now);
        let days_left = ctx.now.business_days_until(due);
        deal.registration.status = Status::ActionRequired;
        deal.question =
            Some(Question { text: self.text.trim().to_owned(), by, at: ctx.now, days_left, answer: None });
        Ok(vec![RowChange::put(self.deal, self.lane(), &deal)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The partner has the question. Take it back in the room if it is not needed any more.")
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
    /// Held because of a conflict, with evidence that the partner reads.
    #[n(2)]
    Hold {
        /// The evidence.
        #[n(0)]
        evidence: String,
    },
    /// Protected at a share, because another registration has the rest.
    #[n(3)]
    Share {
        /// The part of this registration, in basis points: from 1 to 9,999.
        #[n(0)]
        basis_points: u32,
        /// Why so much.
        #[n(1)]
        evidence: String,
    },
}

impl Decision {
    fn action(&self) -> Action {
        match self {
            Self::Approve => Action::Approve,
            Self::Reject { .. } => Action::Reject,
            Self::Hold { .. } => Action::Hold,
            Self::Share { .. } => Action::Share,
        }
    }
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
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        let by = check(ctx, &deal, self.decision.action())?.member;
        let program: Program = rows.need(ctx.program, "program")?;
        let appealed = deal.registration.status == Status::Appealed;
        let mut changes = Vec::new();
        if !matches!(self.decision, Decision::Hold { .. }) {
            deal.registration.decided_by = Some(by);
            deal.registration.decided_at = Some(ctx.now);
            deal.decided_by_rules = ctx.decided(program.rules_version());
        }
        match &self.decision {
            Decision::Approve => deal.registration.status = Status::Approved,
            Decision::Share { basis_points, evidence } => {
                check_text("The evidence", evidence, 2_000)?;
                if !(1..10_000).contains(basis_points) {
                    return Err(Refusal::new(
                        Rule::InvalidField,
                        "A share is more than nothing and less than all of it.",
                    ));
                }
                deal.registration.status = Status::Shared;
                deal.split =
                    Some(Split { basis_points: *basis_points, evidence: evidence.trim().to_owned() });
            }
            Decision::Hold { evidence } => {
                check_text("The evidence", evidence, 2_000)?;
                deal.registration.status = Status::ConflictHold;
                deal.hold = Some(Hold { evidence: evidence.trim().to_owned(), by, at: ctx.now });
            }
            Decision::Reject { rule, evidence } => {
                check_text("The evidence", evidence, 2_000)?;
                deal.registration.status = Status::Rejected;
                deal.registration.rule = Some(*rule);
                deal.registration.evidence = Some(evidence.trim().to_owned());
                changes.extend(release_claim(rows, self.deal, &deal)?);
            }
        }
        if deal.registration.status.is_granted() {
            let days = i32::try_from(program.protection_days).unwrap_or(90);
            deal.registration.protected_until = ctx.decided(ctx.now.date().plus_days(days));
            // Whoever was rejected has let the customer go, and somebody else may have taken it.
            changes.extend(match (appealed, deal.registration.status) {
                (true, Status::Approved) => claim_again(
                    ctx,
                    rows,
                    (self.deal, &deal),
                    Refusal::new(
                        Rule::ClaimTaken,
                        "Another registration protects this customer meanwhile. Share it, or reject the appeal.",
                    ),
                )?,
                _ => keep_claim(ctx, rows, self.deal, &deal)?,
            });
        }
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("A decision reaches the partner at once and stays. Write in the room if it was a mistake.")
    }
}

/// The vendor takes a registration on as an opportunity: its protection does not end any more.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationConvert {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
}

impl Mutate for RegistrationConvert {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, so_far: &Rows) -> ReadSet {
        with_claim(ReadSet::default().row::<Deal>(self.deal), so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        check(ctx, &deal, Action::Convert)?;
        deal.registration.status = Status::Converted;
        deal.converted_at = Some(ctx.now);
        let mut changes = keep_claim(ctx, rows, self.deal, &deal)?;
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No(
            "The partner already knows that you have taken the deal on. Write in the room if it was a mistake.",
        )
    }
}

/// The vendor answers a request for longer protection.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ExtensionDecide {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// Whether it lasts longer.
    #[n(2)]
    pub granted: bool,
    /// Why not; empty when it is granted.
    #[n(3)]
    pub evidence: String,
}

impl Mutate for ExtensionDecide {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, so_far: &Rows) -> ReadSet {
        with_claim(ReadSet::default().row::<Deal>(self.deal), so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        let action = if self.granted { Action::GrantExtension } else { Action::RefuseExtension };
        let by = check(ctx, &deal, action)?.member;
        if self.granted {
            check_optional_text("The evidence", &self.evidence, 2_000)?;
        } else {
            check_text("The evidence", &self.evidence, 2_000)?;
        }
        if let Some(extension) = &mut deal.extension {
            let evidence = self.evidence.trim().to_owned();
            extension.answer = Some(ExtensionAnswer { granted: self.granted, evidence, by, at: ctx.now });
            // Only the hub protects; what the answer took beyond the last day is added.
            if self.granted && ctx.is_authoritative() {
                let late =
                    deal.registration.protected_until.map_or(0, |last| ctx.now.date().days_since(last));
                deal.registration.protected_until = Some(extension.until.plus_days(late.max(0)));
            }
        }
        let mut changes = keep_claim(ctx, rows, self.deal, &deal)?;
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("A decision reaches the partner at once and stays. Write in the room if it was a mistake.")
    }
}
