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

/// Who moves next, and why, as a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Court {
    /// Nobody when the deal is finished.
    pub side: Option<OwnerSide>,
    /// Why.
    pub reason: String,
}

/// Whether a registration was sent and has not reached the hub, which numbers it: nobody else knows of it yet.
pub fn is_unsent(deal: &Deal) -> bool {
    deal.registration.status == Status::Submitted && deal.number.is_none()
}

/// Decides whose court a deal is in on the day `today`.
pub fn court(deal: &Deal, next: Option<&NextStep>, today: Date) -> Court {
    let of = |side, reason: &str| Court { side, reason: reason.to_owned() };
    match deal.registration.status {
        Status::Draft => return of(Some(OwnerSide::Partner), "Finish and send the registration"),
        Status::Submitted if is_unsent(deal) => {
            return of(Some(OwnerSide::Partner), "Waiting to be sent");
        }
        Status::Submitted | Status::InReview => {
            return of(Some(OwnerSide::Vendor), "Decide the registration");
        }
        Status::Rejected => return of(None, "Registration rejected"),
        Status::Duplicate => return of(None, "Registered already by the same company"),
        Status::Withdrawn => return of(None, "Registration withdrawn"),
        Status::Approved => {}
    }
    if deal.stage.is_closed() {
        return of(None, "Closed");
    }
    match next {
        Some(step) => {
            let when = match step.due.map(|due| due.days_since(today)) {
                // First what presses: a long title is cut at its end.
                Some(0) => "Due today: ".to_owned(),
                Some(days) if days < 0 => format!("{} d late: ", -days),
                Some(days) => format!("Due in {days} d: "),
                None => String::new(),
            };
            Court { side: Some(step.owner_side), reason: format!("{when}{}", step.title) }
        }
        None => of(Some(OwnerSide::Partner), "Agree the next step"),
    }
}
