//! Whose court: who owes the next move on a deal, and why.

use crate::date::Date;
use crate::entity::{Deal, OwnerSide, Status};
use crate::registration::{State, state};

/// The next open milestone of a deal: the one due first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// Its title.
    pub title: String,
    /// Who owns it.
    pub owner_side: OwnerSide,
    /// When it is due.
    pub due: Option<Date>,
}

/// Who moves next, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Court {
    /// Nobody when the deal is finished.
    pub side: Option<OwnerSide>,
    /// Why.
    pub why: Why,
}

/// Why a deal is in somebody's court, or in nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The registration is a draft.
    Draft,
    /// The registration waits to be sent.
    Unsent,
    /// The registration waits for a decision.
    Undecided,
    /// The vendor asked something.
    Asked,
    /// A conflict has to be settled.
    Held,
    /// The rules of engagement hold it until the vendor decides.
    HeldByRules,
    /// A rejection is to be decided again.
    Appealed,
    /// The protection is to last longer.
    Extending,
    /// The registration was rejected.
    Rejected,
    /// The same company has registered it before.
    Duplicate,
    /// The registration was withdrawn.
    Withdrawn,
    /// The deal is won or lost.
    Closed,
    /// There is no next step.
    NoStep,
    /// The next step.
    Step {
        /// Its title.
        title: String,
        /// Days until it is due; negative when it is late.
        days_left: Option<i32>,
    },
}

/// Whether something was sent to the vendor and has not reached the hub, which says until when there has to be an
/// answer: nobody else knows of it yet.
pub fn is_unsent(deal: &Deal) -> bool {
    match deal.registration.status {
        Status::Submitted => deal.registration.submitted_at.is_none(),
        Status::Appealed => deal.registration.decision_due.is_none(),
        _ => deal.extension.as_ref().is_some_and(|asked| asked.answer.is_none() && asked.due.is_none()),
    }
}

/// Who moves next as far as the deal alone says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// This side, or nobody.
    Of(Option<OwnerSide>, Why),
    /// Whoever owns the next step of the plan; the partner when there is none.
    NextStep,
}

/// Decides as far as the deal alone says.
pub fn turn(deal: &Deal) -> Turn {
    let of = |side, why| Turn::Of(Some(side), why);
    if is_unsent(deal) {
        return of(OwnerSide::Partner, Why::Unsent);
    }
    // On any day: a deal goes on when its protection has ended.
    match state(deal, deal.close_date) {
        State::Draft => of(OwnerSide::Partner, Why::Draft),
        State::Submitted | State::InReview => of(OwnerSide::Vendor, Why::Undecided),
        State::ActionRequired => of(OwnerSide::Partner, Why::Asked),
        State::ConflictHold if deal.hold.is_none() => of(OwnerSide::Vendor, Why::HeldByRules),
        State::ConflictHold => of(OwnerSide::Vendor, Why::Held),
        State::Appealed => of(OwnerSide::Vendor, Why::Appealed),
        State::ExtensionRequested => of(OwnerSide::Vendor, Why::Extending),
        State::Rejected => Turn::Of(None, Why::Rejected),
        State::Duplicate => Turn::Of(None, Why::Duplicate),
        State::Withdrawn => Turn::Of(None, Why::Withdrawn),
        State::Won | State::Lost => Turn::Of(None, Why::Closed),
        State::Approved | State::Shared | State::Converted | State::Expired => Turn::NextStep,
    }
}

/// Decides whose court a deal is in on the day `today`.
pub fn court(deal: &Deal, next: Option<&NextStep>, today: Date) -> Court {
    match (turn(deal), next) {
        (Turn::Of(side, why), _) => Court { side, why },
        (Turn::NextStep, Some(step)) => {
            let days_left = step.due.map(|due| due.days_since(today));
            Court { side: Some(step.owner_side), why: Why::Step { title: step.title.clone(), days_left } }
        }
        (Turn::NextStep, None) => Court { side: Some(OwnerSide::Partner), why: Why::NoStep },
    }
}
