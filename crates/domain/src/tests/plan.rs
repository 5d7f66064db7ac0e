//! The mutual action plan.

use super::world::*;
use crate::date::DAY_MS;
use crate::entity::{ActionPlan, DoneMark, FieldHistory, Milestone, MilestoneField, OwnerSide};
use crate::id::{DealId, MilestoneId};
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;

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

/// What nobody has changed yet, changed to `values`.
fn patch(values: impl IntoIterator<Item = MilestoneValue>) -> MilestoneEdit {
    let patch = values.into_iter().map(|value| MilestonePatch { value, base: 0 }).collect();
    MilestoneEdit { deal: id(1), milestone: id(STEP), patch }
}

fn edit(title: &str) -> MilestoneEdit {
    patch([
        MilestoneValue::Title(title.into()),
        MilestoneValue::Owner(OwnerSide::Customer, None),
        MilestoneValue::Due(Some(day("2026-05-01"))),
        MilestoneValue::DoneCondition("Signed by the CISO".into()),
    ])
}

/// An approved deal with one step in its plan.
fn planned() -> (World, People) {
    let (mut world, people) = World::with_deal(1, State::Approved);
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
    let astray: [Mutation; 4] = [
        MilestoneEdit { deal: id(2), ..edit("Moved") }.into(),
        MilestoneComplete { deal: id(2), ..complete() }.into(),
        MilestoneReopen { deal: id(2), ..reopen() }.into(),
        MilestoneRestore { deal: id(2), milestone: id(STEP), by: None }.into(),
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
    let wordy = patch([MilestoneValue::DoneCondition("x".repeat(1_001))]);
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

#[test]
fn two_people_change_different_fields_of_a_step_and_both_stay() {
    let (mut world, people) = planned();
    let seen = world.milestone(STEP);
    let on = |value| MilestoneEdit { patch: vec![MilestonePatch::on(&seen, value)], ..patch([]) };
    world.hub(&people.bob, on(MilestoneValue::Due(Some(day("2026-06-01"))))).unwrap();
    world.hub(&people.alice, on(MilestoneValue::Title("Pen test".into()))).unwrap();
    let milestone = world.milestone(STEP);
    assert_eq!((milestone.title.as_str(), milestone.due), ("Pen test", Some(day("2026-06-01"))));
    assert!(
        world.all::<FieldHistory>().iter().all(|kept| kept.unseen == Some(false)),
        "nothing was overwritten"
    );
}

#[test]
fn a_stale_change_of_a_step_wins_and_leaves_what_it_overwrote() {
    let (mut world, people) = planned();
    let seen = world.milestone(STEP);
    let due = |text| MilestoneValue::Due(Some(day(text)));
    let on = |value| MilestoneEdit { patch: vec![MilestonePatch::on(&seen, value)], ..patch([]) };
    world.hub(&people.bob, on(due("2026-06-01"))).unwrap();
    let device = world.device(&people.alice, on(due("2026-07-01"))).unwrap();
    assert_eq!(device.len(), 1, "a device writes no history");
    world.hub(&people.alice, on(due("2026-07-01"))).unwrap();
    assert_eq!(world.milestone(STEP).due, Some(day("2026-07-01")));
    let unseen = |world: &World| -> Vec<FieldHistory> {
        world.all::<FieldHistory>().into_iter().filter(|kept| kept.unseen == Some(true)).collect()
    };
    let history = unseen(&world);
    let [kept] = history.as_slice() else { panic!("one overwritten value: {history:?}") };
    assert_eq!((kept.milestone, kept.field), (Some(id(STEP)), MilestoneField::Due as u8));
    assert_eq!((kept.by, kept.at), (people.alice.member, world.now));
    assert_eq!(minicbor::decode::<MilestoneValue>(&kept.value).unwrap(), due("2026-06-01"));

    // Whoever has seen the last value overwrites nothing unseen, and who agrees with it changes nothing.
    let seen = world.milestone(STEP);
    let again = MilestoneEdit { patch: vec![MilestonePatch::on(&seen, due("2026-08-01"))], ..patch([]) };
    world.hub(&people.bob, again).unwrap();
    world.hub(&people.alice, on(due("2026-08-01"))).unwrap();
    assert_eq!((unseen(&world).len(), world.all::<FieldHistory>().len()), (1, 3));
}

#[test]
fn the_owner_of_a_step_is_a_person_of_the_side_that_owns_it() {
    let (mut world, people) = planned();
    let owner = |side, who: &Actor| patch([MilestoneValue::Owner(side, Some(who.member))]);
    world.hub(&people.bob, owner(OwnerSide::Partner, &people.nadia)).unwrap();
    assert_eq!(world.milestone(STEP).owner, Some(people.nadia.member));
    world.hub(&people.alice, owner(OwnerSide::Vendor, &people.ole)).unwrap();
    assert_eq!(world.milestone(STEP).owner_side, OwnerSide::Vendor);
    let before = world.rows.clone();
    for (side, who) in [
        (OwnerSide::Vendor, &people.alice),
        (OwnerSide::Partner, &people.bob),
        (OwnerSide::Customer, &people.alice),
        (OwnerSide::Partner, &people.carol),
        (OwnerSide::Vendor, &people.carol),
    ] {
        assert_eq!(refused(world.hub(&people.bob, owner(side, who))), Rule::InvalidField, "{side:?}");
        let add = MilestoneAdd { owner_side: side, owner: Some(who.member), ..step(1, 0x3009, "Somebody's") };
        assert_eq!(refused(world.hub(&people.bob, add)), Rule::InvalidField, "{side:?}");
    }
    assert_eq!(world.rows, before);
}
