//! Whose court a deal is in.

use super::world::*;
use crate::court::{Court, NextStep, Why, court};
use crate::entity::{Deal, OwnerSide, Stage, Status};
use crate::registration::State;

fn says(status: Status, stage: Stage, next: Option<&NextStep>) -> (Option<OwnerSide>, Why) {
    let mut deal = World::with_deal(1, State::Draft).0.deal(1);
    deal.registration.status = status;
    let received = (status != Status::Draft).then_some(MONDAY);
    deal.number = received.map(|_| 2034);
    (deal.registration.submitted_at, deal.registration.decision_due) = (received, received);
    deal.stage = stage;
    let Court { side, why } = court(&deal, next, day("2026-03-02"));
    (side, why)
}

fn review(owner_side: OwnerSide, due: Option<&str>) -> NextStep {
    NextStep { title: "Security review".into(), owner_side, due: due.map(day) }
}

#[test]
fn before_the_decision_the_registration_decides() {
    let due = review(OwnerSide::Customer, Some("2026-03-01"));
    for next in [None, Some(&due)] {
        for (status, side, why) in [
            (Status::Draft, Some(OwnerSide::Partner), Why::Draft),
            (Status::Submitted, Some(OwnerSide::Vendor), Why::Undecided),
            (Status::InReview, Some(OwnerSide::Vendor), Why::Undecided),
            (Status::ActionRequired, Some(OwnerSide::Partner), Why::Asked),
            (Status::ConflictHold, Some(OwnerSide::Vendor), Why::HeldByRules),
            (Status::Appealed, Some(OwnerSide::Vendor), Why::Appealed),
            (Status::Rejected, None, Why::Rejected),
            (Status::Duplicate, None, Why::Duplicate),
            (Status::Withdrawn, None, Why::Withdrawn),
        ] {
            assert_eq!(says(status, Stage::Prospect, next), (side, why), "{status:?}");
        }
    }
}

#[test]
fn a_registration_that_has_not_reached_the_hub_waits_on_this_side() {
    let mut deal = World::with_deal(1, State::Draft).0.deal(1);
    (deal.registration.status, deal.number) = (Status::Submitted, None);
    let Court { side, why } = court(&deal, None, day("2026-03-02"));
    assert_eq!((side, why), (Some(OwnerSide::Partner), Why::Unsent));
}

#[test]
fn an_approved_deal_waits_for_the_owner_of_its_next_step() {
    for side in [OwnerSide::Vendor, OwnerSide::Partner, OwnerSide::Customer] {
        for (due, days_left) in [
            (None, None),
            (Some("2026-03-02"), Some(0)),
            (Some("2026-03-03"), Some(1)),
            (Some("2026-03-12"), Some(10)),
            (Some("2026-03-01"), Some(-1)),
            (Some("2026-01-01"), Some(-60)),
            (Some("0001-01-01"), Some(-739_676)),
        ] {
            let told = says(Status::Approved, Stage::Qualified, Some(&review(side, due)));
            let why = Why::Step { title: "Security review".to_owned(), days_left };
            assert_eq!(told, (Some(side), why), "{due:?}");
        }
    }
}

#[test]
fn a_request_for_longer_protection_is_the_vendors_and_its_end_is_nobodys() {
    let (world, _) = World::with_deal(1, State::ExtensionRequested);
    let Court { side, why } = court(&world.deal(1), None, world.now.date());
    assert_eq!((side, why), (Some(OwnerSide::Vendor), Why::Extending));
    let (world, _) = World::with_deal(1, State::Expired);
    let Court { side, why } = court(&world.deal(1), None, world.now.date());
    assert_eq!((side, why), (Some(OwnerSide::Partner), Why::NoStep), "the deal goes on");
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
        assert_eq!(told, (Some(OwnerSide::Partner), Why::NoStep), "{stage:?}");
    }
}

#[test]
fn a_closed_deal_is_in_nobodys_court() {
    let open = review(OwnerSide::Vendor, None);
    for stage in [Stage::Launched, Stage::ClosedLost] {
        for next in [None, Some(&open)] {
            assert_eq!(says(Status::Approved, stage, next), (None, Why::Closed));
        }
    }
}

#[test]
fn what_a_person_holds_is_a_conflict_and_what_the_rules_hold_is_not() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    world.hub(&people.bob, hold(1)).unwrap();
    assert_eq!(court(&world.deal(1), None, MONDAY.date()).why, Why::Held);
    let held = Deal { hold: None, ..world.deal(1) };
    assert_eq!(court(&held, None, MONDAY.date()).why, Why::HeldByRules);
}
