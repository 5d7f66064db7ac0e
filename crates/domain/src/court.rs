//! Whose court: who owes the next move on a deal, and why.

use crate::date::Date;
use crate::entity::{Deal, OwnerSide, Status};

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

/// Whether a registration was sent and has not reached the hub, which numbers it: nobody else knows of it yet.
pub fn is_unsent(deal: &Deal) -> bool {
    deal.registration.status == Status::Submitted && deal.number.is_none()
}

/// Decides whose court a deal is in on the day `today`.
pub fn court(deal: &Deal, next: Option<&NextStep>, today: Date) -> Court {
    let of = |side, why| Court { side, why };
    match deal.registration.status {
        Status::Draft => return of(Some(OwnerSide::Partner), Why::Draft),
        Status::Submitted if is_unsent(deal) => return of(Some(OwnerSide::Partner), Why::Unsent),
        Status::Submitted | Status::InReview => return of(Some(OwnerSide::Vendor), Why::Undecided),
        Status::Rejected => return of(None, Why::Rejected),
        Status::Duplicate => return of(None, Why::Duplicate),
        Status::Withdrawn => return of(None, Why::Withdrawn),
        Status::Approved => {}
    }
    if deal.stage.is_closed() {
        return of(None, Why::Closed);
    }
    match next {
        Some(step) => {
            let days_left = step.due.map(|due| due.days_since(today));
            of(Some(step.owner_side), Why::Step { title: step.title.clone(), days_left })
        }
        None => of(Some(OwnerSide::Partner), Why::NoStep),
    }
}
