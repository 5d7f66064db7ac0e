//! Whose court a deal is in.

use super::world::*;
use crate::court::{Court, NextStep, court};
use crate::entity::{OwnerSide, Stage, Status};

fn says(status: Status, stage: Stage, next: Option<&NextStep>) -> (Option<OwnerSide>, String) {
    let mut deal = World::with_deal(1, Status::Draft).0.deal(1);
    deal.registration.status = status;
    deal.number = (status != Status::Draft).then_some(2034);
    deal.stage = stage;
    let Court { side, reason } = court(&deal, next, day("2026-03-02"));
    (side, reason)
}

fn review(owner_side: OwnerSide, due: Option<&str>) -> NextStep {
    NextStep { title: "Security review".into(), owner_side, due: due.map(day) }
}

#[test]
fn before_the_decision_the_registration_decides() {
    let due = review(OwnerSide::Customer, Some("2026-03-01"));
    for next in [None, Some(&due)] {
        for (status, side, reason) in [
            (Status::Draft, Some(OwnerSide::Partner), "Finish and send the registration"),
            (Status::Submitted, Some(OwnerSide::Vendor), "Decide the registration"),
            (Status::InReview, Some(OwnerSide::Vendor), "Decide the registration"),
            (Status::Rejected, None, "Registration rejected"),
            (Status::Duplicate, None, "Registered already by the same company"),
            (Status::Withdrawn, None, "Registration withdrawn"),
        ] {
            assert_eq!(says(status, Stage::Prospect, next), (side, reason.to_owned()), "{status:?}");
        }
    }
}

#[test]
fn a_registration_that_has_not_reached_the_hub_waits_on_this_side() {
    let mut deal = World::with_deal(1, Status::Draft).0.deal(1);
    (deal.registration.status, deal.number) = (Status::Submitted, None);
    let Court { side, reason } = court(&deal, None, day("2026-03-02"));
    assert_eq!((side, reason.as_str()), (Some(OwnerSide::Partner), "Waiting to be sent"));
}

#[test]
fn an_approved_deal_waits_for_the_owner_of_its_next_step() {
    for side in [OwnerSide::Vendor, OwnerSide::Partner, OwnerSide::Customer] {
        for (due, reason) in [
            (None, "Security review"),
            (Some("2026-03-02"), "Due today: Security review"),
            (Some("2026-03-03"), "Due in 1 d: Security review"),
            (Some("2026-03-12"), "Due in 10 d: Security review"),
            (Some("2026-03-01"), "1 d late: Security review"),
            (Some("2026-01-01"), "60 d late: Security review"),
            (Some("0001-01-01"), "739676 d late: Security review"),
        ] {
            let told = says(Status::Approved, Stage::Qualified, Some(&review(side, due)));
            assert_eq!(told, (Some(side), reason.to_owned()), "{due:?}");
        }
    }
}

#[test]
fn an_approved_deal_without_a_step_needs_one() {
    for stage in [
        Stage::Prospect,
        Stage::Qualified,
        Stage::TechnicalValidation,
        Stage::BusinessValidation,
        Stage::Committed,
    ] {
        let told = says(Status::Approved, stage, None);
        assert_eq!(told, (Some(OwnerSide::Partner), "Agree the next step".to_owned()), "{stage:?}");
    }
}

#[test]
fn a_closed_deal_is_in_nobodys_court() {
    let open = review(OwnerSide::Vendor, None);
    for stage in [Stage::Launched, Stage::ClosedLost] {
        for next in [None, Some(&open)] {
            assert_eq!(says(Status::Approved, stage, next), (None, "Closed".to_owned()));
        }
    }
}
