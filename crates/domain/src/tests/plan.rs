//! The mutual action plan.

use super::world::*;
use crate::date::DAY_MS;
use crate::entity::{ActionPlan, DoneMark, Milestone, OwnerSide, Status};
use crate::id::{DealId, MilestoneId};
use crate::mutation::*;
use crate::refusal::Rule;

const STEP: u128 = 0x3000;

fn complete() -> MilestoneComplete {
    MilestoneComplete { deal: id(1), milestone: id(STEP) }
}

fn reopen() -> MilestoneReopen {
    MilestoneReopen { deal: id(1), milestone: id(STEP) }
}

fn remove() -> MilestoneRemove {
    MilestoneRemove { deal: id(1), milestone: id(STEP) }
}

fn edit(title: &str) -> MilestoneEdit {
    let MilestoneAdd { deal, milestone, owner, .. } = step(1, STEP, title);
    MilestoneEdit {
        deal,
        milestone,
        title: title.into(),
        owner_side: OwnerSide::Customer,
        owner,
        due: Some(day("2026-05-01")),
        done_condition: "Signed by the CISO".into(),
    }
}

/// An approved deal with one step in its plan.
fn planned() -> (World, People) {
    let (mut world, people) = World::with_deal(1, Status::Approved);
    world.hub(&people.alice, step(1, STEP, "Security review")).unwrap();
    (world, people)
}

#[test]
fn ticking_twice_keeps_the_first_name() {
    let (mut world, people) = planned();
    let first = world.now;
    world.hub(&people.alice, complete()).unwrap();
    world.now = crate::Timestamp(first.0 + DAY_MS);
    let before = world.seq;
    world.hub(&people.bob, complete()).unwrap();
    assert_eq!(world.milestone(STEP).done, Some(DoneMark { by: people.alice.member, at: first }));
    assert_eq!(world.seq, before, "nothing was changed");
}

#[test]
fn a_tick_can_be_taken_back_and_set_again() {
    let (mut world, people) = planned();
    world.hub(&people.alice, complete()).unwrap();
    world.hub(&people.bob, reopen()).unwrap();
    assert_eq!(world.milestone(STEP).done, None);
    world.hub(&people.bob, reopen()).unwrap();
    world.hub(&people.ole, complete()).unwrap();
    assert_eq!(world.milestone(STEP).done.unwrap().by, people.ole.member, "members work on plans too");
}

#[test]
fn editing_keeps_the_tick() {
    let (mut world, people) = planned();
    world.hub(&people.alice, complete()).unwrap();
    world.hub(&people.bob, edit("  Security review, signed ")).unwrap();
    let milestone = world.milestone(STEP);
    assert_eq!(milestone.done.unwrap().by, people.alice.member);
    assert_eq!(milestone.title, "Security review, signed");
    assert_eq!((milestone.owner_side, milestone.due), (OwnerSide::Customer, Some(day("2026-05-01"))));
    assert_eq!(milestone.done_condition, "Signed by the CISO");
}

#[test]
fn a_step_is_found_only_under_its_own_deal() {
    let (mut world, people) = planned();
    world.hub(&people.alice, DealRegister { product: "Archive".into(), ..sent(2) }).unwrap();
    let astray: [Mutation; 3] = [
        MilestoneEdit { deal: id(2), ..edit("Moved") }.into(),
        MilestoneComplete { deal: id(2), ..complete() }.into(),
        MilestoneReopen { deal: id(2), ..reopen() }.into(),
    ];
    let before = world.rows.clone();
    for mutation in astray {
        assert_eq!(refused(world.hub(&people.alice, mutation.clone())), Rule::NotFound, "{mutation:?}");
    }
    world.hub(&people.alice, MilestoneRemove { deal: id(2), ..remove() }).unwrap();
    assert_eq!(world.rows, before);
    assert_eq!(refused(world.hub(&people.alice, step(2, STEP, "Twin"))), Rule::AlreadyExists);
}

#[test]
fn a_removed_step_is_gone_for_everybody() {
    let (mut world, people) = planned();
    world.hub(&people.alice, remove()).unwrap();
    assert_eq!(world.all::<Milestone>(), []);
    world.hub(&people.bob, remove()).unwrap();
    for late in [Mutation::from(complete()), reopen().into(), edit("Late").into()] {
        assert_eq!(refused(world.hub(&people.bob, late)), Rule::NotFound);
    }
}

#[test]
fn a_step_has_a_title_and_a_sane_length() {
    let (mut world, people) = planned();
    let long = "x".repeat(201);
    for title in ["", " ", "a\u{0}b", &long] {
        assert_eq!(
            refused(world.hub(&people.alice, step(1, 0x3001, title))),
            Rule::InvalidField,
            "{title:?}"
        );
        assert_eq!(refused(world.hub(&people.alice, edit(title))), Rule::InvalidField, "{title:?}");
    }
    let wordy = MilestoneAdd { done_condition: "x".repeat(1_001), ..step(1, 0x3001, "Go live") };
    assert_eq!(refused(world.hub(&people.alice, wordy)), Rule::InvalidField);
    let wordy = MilestoneEdit { done_condition: "x".repeat(1_001), ..edit("Go live") };
    assert_eq!(refused(world.hub(&people.alice, wordy)), Rule::InvalidField);
}

#[test]
fn outsiders_have_no_part_in_a_plan() {
    let (mut world, people) = planned();
    let plan = PlanSchedule { deal: id(1), go_live: None };
    for mutation in [
        Mutation::from(plan.clone()),
        step(1, 0x3001, "Spy").into(),
        edit("Spy").into(),
        complete().into(),
        reopen().into(),
        remove().into(),
    ] {
        assert_eq!(refused(world.hub(&people.carol, mutation)), Rule::NotInScope);
    }
    assert_eq!(refused(world.outcome(Mode::Authoritative, None, &plan.into())), Rule::NotAllowed, "nobody");
}

#[test]
fn the_plan_has_a_day_of_going_live() {
    let (mut world, people) = planned();
    let schedule = |go_live| PlanSchedule { deal: id(1), go_live };
    for go_live in [Some(day("2026-10-01")), Some(day("2026-11-01")), None] {
        world.hub(&people.bob, schedule(go_live)).unwrap();
        assert_eq!(world.get::<ActionPlan>(id::<DealId>(1)).unwrap().go_live, go_live);
    }
    assert_eq!(world.get::<Milestone>(id::<MilestoneId>(STEP)).unwrap().title, "Security review");
}
