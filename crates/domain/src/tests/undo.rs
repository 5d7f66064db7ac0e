//! Taking a change back leaves everything as people saw it before.

use super::samples::mutations;
use super::world::*;
use crate::date::Date;
use crate::entity::{
    Account, ActionPlan, Deal, Invitation, Milestone, OwnerSide, Program, Put, PutAway, RowOf, Stage,
};
use crate::id::{DealId, InvitationId};
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What people see of a deal and its plan.
fn visible(world: &World) -> String {
    let mut deal: Deal = world.deal(1);
    deal.field_seq.clear();
    deal.field_by.clear();
    let plan: ActionPlan = world.get(id::<DealId>(1)).unwrap();
    let milestones: BTreeMap<Uuid, Milestone> = world
        .rows
        .values()
        .filter(|row| row.key.table == crate::Table::Milestones)
        .map(|row| {
            let mut milestone: Milestone = world.get(row.key.id).unwrap();
            milestone.field_seq.clear();
            milestone.field_by.clear();
            milestone.was_done = None;
            (row.key.id, milestone)
        })
        .collect();
    format!("{deal:?}\n{plan:?}\n{milestones:?}")
}

/// Applies a mutation and takes it back; false when it was refused or cannot be taken back.
fn there_and_back(world: &mut World, who: &Actor, mutation: &Mutation) -> bool {
    let before = visible(world);
    let undo = world.inverse(who, mutation.clone());
    if world.hub(who, mutation.clone()).is_err() {
        return false;
    }
    let Undo::By(inverse) = undo else { return false };
    world
        .hub(who, *inverse.clone())
        .unwrap_or_else(|refusal| panic!("{mutation:?} by {inverse:?}: {refusal:?}"));
    assert_eq!(visible(world), before, "{mutation:?} taken back by {inverse:?}");
    true
}

const STEPS: std::ops::Range<u128> = 0x3000..0x3003;

fn some_day() -> impl Strategy<Value = Option<Date>> {
    proptest::option::of((20_000..22_000).prop_map(|days| Date::from_days(days).unwrap()))
}

fn some_side() -> impl Strategy<Value = OwnerSide> {
    prop_oneof![Just(OwnerSide::Vendor), Just(OwnerSide::Partner), Just(OwnerSide::Customer)]
}

fn some_value() -> impl Strategy<Value = DealValue> {
    prop_oneof![
        "[a-z ]{0,12}".prop_map(DealValue::Title),
        (0..1_000i64).prop_map(|whole| DealValue::Amount(euros(whole))),
        (20_000..22_000).prop_map(|days| DealValue::CloseDate(Date::from_days(days).unwrap())),
        prop_oneof![Just(Stage::Qualified), Just(Stage::Launched)].prop_map(DealValue::Stage),
        "[a-z ]{0,12}".prop_map(DealValue::Need),
        prop_oneof![Just("Gateway"), Just("Archive")].prop_map(|name| DealValue::Product(name.into())),
    ]
}

fn some_milestone_value() -> impl Strategy<Value = MilestoneValue> {
    prop_oneof![
        "[a-z ]{0,9}".prop_map(MilestoneValue::Title),
        some_side().prop_map(|side| MilestoneValue::Owner(side, None)),
        // Alice, who can own what her side owns.
        some_side().prop_map(|side| MilestoneValue::Owner(side, Some(id(0x105)))),
        some_day().prop_map(MilestoneValue::Due),
        "[a-z ]{0,9}".prop_map(MilestoneValue::DoneCondition),
    ]
}

/// A change of the deal or its plan, by alice (true) or bob.
fn some_change() -> impl Strategy<Value = (bool, Mutation)> {
    let about = || STEPS.prop_map(id);
    let changes = prop_oneof![
        some_day().prop_map(|go_live| PlanSchedule { deal: id(1), go_live }.into()),
        (STEPS, "[a-z ]{0,9}", some_side(), some_day()).prop_map(|(n, title, owner_side, due)| {
            MilestoneAdd { owner_side, due, done_condition: title.clone(), ..step(1, n, &title) }.into()
        }),
        (about(), proptest::collection::vec(some_milestone_value(), 1..4)).prop_map(|(milestone, values)| {
            let patch = values.into_iter().map(|value| MilestonePatch { value, base: u64::MAX }).collect();
            MilestoneEdit { deal: id(1), milestone, patch }.into()
        }),
        about().prop_map(|milestone| MilestoneComplete { deal: id(1), milestone }.into()),
        about().prop_map(|milestone| MilestoneReopen { deal: id(1), milestone }.into()),
        about().prop_map(|milestone| MilestoneRestore { deal: id(1), milestone, by: None }.into()),
        about().prop_map(|milestone| MilestoneRemove { deal: id(1), milestone }.into()),
        proptest::collection::vec(some_value(), 1..4).prop_map(|values| {
            let patch = values.into_iter().map(|value| FieldPatch { value, base: u64::MAX }).collect();
            DealEdit { deal: id(1), patch }.into()
        }),
    ];
    (any::<bool>(), changes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_came_before_a_change_taken_back_leaves_no_trace(
        state in prop_oneof![Just(State::Draft), Just(State::Submitted), Just(State::Approved)],
        before in proptest::collection::vec(some_change(), 0..12),
        last in some_change(),
    ) {
        let (mut world, people) = World::with_deal(1, state);
        let who = |alice| if alice { &people.alice } else { &people.bob };
        world.hub(&people.alice, step(1, 0x3000, "Security review")).unwrap();
        for (alice, mutation) in before {
            // Some of them are refused; that is part of the story.
            let _ = world.hub(who(alice), mutation);
        }
        there_and_back(&mut world, who(last.0), &last.1);
    }

    #[test]
    fn a_row_of_changes_is_taken_back_one_by_one_to_where_it_began(
        state in prop_oneof![Just(State::Draft), Just(State::Submitted), Just(State::Approved)],
        changes in proptest::collection::vec(some_change(), 1..50),
    ) {
        let (mut world, people) = World::with_deal(1, state);
        world.hub(&people.nadia, step(1, 0x3000, "Security review")).unwrap();
        world.hub(&people.nadia, MilestoneComplete { deal: id(1), milestone: id(0x3000) }).unwrap();
        let mut done = Vec::new();
        for (_, mutation) in changes {
            let before = visible(&world);
            let Undo::By(back) = world.inverse(&people.alice, mutation.clone()) else { continue };
            if world.hub(&people.alice, mutation.clone()).is_ok() {
                done.push((before, mutation, back));
            }
        }
        for (before, mutation, back) in done.into_iter().rev() {
            match world.hub(&people.alice, *back) {
                Ok(_) => assert_eq!(visible(&world), before, "{mutation:?} taken back"),
                // A tick is the one thing that may be forgotten, and then it is said.
                Err(refusal) => {
                    assert!(matches!(mutation, Mutation::MilestoneReopen(_)), "{mutation:?}: {refusal:?}");
                    return Ok(());
                }
            }
        }
    }
}

#[test]
fn every_reason_is_a_sentence() {
    let nothing_there = World::empty();
    let hugo = World::founded().1.hugo;
    for (name, mutation) in mutations() {
        if let Undo::No(why) = nothing_there.inverse(&hugo, mutation) {
            assert!(why.ends_with('.') && why.contains(' '), "{name}: {why}");
        }
    }
}

/// An approved deal with an open step 0x3000 and a step 0x3001 that bob has ticked.
fn planned() -> (World, People) {
    let (mut world, people) = World::with_deal(1, State::Approved);
    for n in [0x3000, 0x3001] {
        world.hub(&people.bob, step(1, n, "Security review")).unwrap();
    }
    world.hub(&people.bob, MilestoneComplete { deal: id(1), milestone: id(0x3001) }).unwrap();
    (world, people)
}

#[test]
fn every_kind_of_change_of_a_plan_can_be_taken_back() {
    let (world, people) = planned();
    let values = [MilestoneValue::Title("Other".into()), MilestoneValue::Owner(OwnerSide::Customer, None)];
    let patch = values.map(|value| MilestonePatch { value, base: 0 }).into();
    let edit = MilestoneEdit { deal: id(1), milestone: id(0x3001), patch };
    let changes: [Mutation; 7] = [
        PlanSchedule { deal: id(1), go_live: Some(day("2026-10-01")) }.into(),
        step(1, 0x3002, "Pilot").into(),
        edit.into(),
        MilestoneComplete { deal: id(1), milestone: id(0x3000) }.into(),
        MilestoneReopen { deal: id(1), milestone: id(0x3001) }.into(),
        MilestoneRemove { deal: id(1), milestone: id(0x3000) }.into(),
        DealEdit { deal: id(1), patch: vec![FieldPatch::on(&world.deal(1), DealValue::Amount(euros(7)))] }
            .into(),
    ];
    for change in changes {
        assert!(there_and_back(&mut world.clone(), &people.alice, &change), "{change:?}");
    }
}

#[test]
fn what_changed_nothing_is_not_taken_back() {
    let (world, people) = planned();
    let again = MilestoneComplete { deal: id(1), milestone: id(0x3001) };
    assert!(matches!(world.inverse(&people.alice, again), Undo::No(_)), "the tick is bob's");
    let open = MilestoneReopen { deal: id(1), milestone: id(0x3000) };
    assert!(matches!(world.inverse(&people.alice, open), Undo::No(_)), "it was not ticked");
    let nothing = MilestoneComplete { deal: id(1), milestone: id(0x3009) };
    assert!(matches!(world.inverse(&people.alice, nothing), Undo::No(_)), "it does not exist");
}

#[test]
fn a_tick_that_was_taken_back_by_mistake_keeps_its_name_and_day() {
    let (mut world, people) = planned();
    let ticked = world.milestone(0x3001).done;
    let reopen = MilestoneReopen { deal: id(1), milestone: id(0x3001) };
    let Undo::By(restore) = world.inverse(&people.alice, reopen.clone()) else {
        panic!("it can be put back")
    };
    world.now = world.now.plus_days(3);
    world.hub(&people.alice, reopen).unwrap();
    assert_eq!(world.milestone(0x3001).done, None);
    world.hub(&people.alice, *restore.clone()).unwrap();
    assert_eq!(world.milestone(0x3001).done, ticked, "bob's, of three days ago");

    let before = world.seq;
    world.hub(&people.alice, *restore).unwrap();
    assert_eq!(world.seq, before, "putting it back twice does nothing");
}

#[test]
fn who_ticks_again_meanwhile_is_not_overwritten() {
    let (mut world, people) = planned();
    let (deal, milestone) = (id(1), id(0x3001));
    world.hub(&people.alice, MilestoneReopen { deal, milestone }).unwrap();
    world.hub(&people.nadia, MilestoneComplete { deal, milestone }).unwrap();
    world.hub(&people.alice, MilestoneRestore { deal, milestone, by: None }).unwrap();
    assert_eq!(world.milestone(0x3001).done.unwrap().by, people.nadia.member);
}

#[test]
fn a_ticked_step_that_was_removed_is_not_brought_back_unticked() {
    let (world, people) = planned();
    let remove = MilestoneRemove { deal: id(1), milestone: id(0x3001) };
    assert!(matches!(world.inverse(&people.alice, remove), Undo::No(_)));
}

#[test]
fn taking_back_an_edit_does_not_silently_undo_somebody_elses() {
    let (mut world, people) = planned();
    let edit = |world: &World, whole| DealEdit {
        deal: id(1),
        patch: vec![FieldPatch::on(&world.deal(1), DealValue::Amount(euros(whole)))],
    };
    let mine = edit(&world, 1);
    let Undo::By(back) = world.inverse(&people.alice, mine.clone()) else {
        panic!("edits can be taken back")
    };
    world.hub(&people.alice, mine).unwrap();
    world.hub(&people.bob, edit(&world, 2)).unwrap();
    assert_eq!(refused(world.hub(&people.alice, *back)), Rule::StaleField);
    assert_eq!(world.deal(1).amount, euros(2));
}

#[test]
fn what_others_act_upon_is_not_taken_back_and_says_what_to_do_instead() {
    let (world, people) = World::with_deal(1, State::Submitted);
    let (alice, bob, hugo) = (&people.alice, &people.bob, &people.hugo);
    let (invitation, by_organization) = (id(0x400), id(NORTHBEAM));
    let final_ones: [(&Actor, Mutation, &str); 11] = [
        (bob, approve(1).into(), "Write in the room"),
        (bob, RegistrationReview { deal: id(1) }.into(), "write in the room"),
        (alice, RegistrationWithdraw { deal: id(1) }.into(), "Register the deal again"),
        (alice, draft(2).into(), "Withdraw the registration"),
        (alice, sent(2).into(), "Withdraw the registration"),
        (alice, RegistrationSubmit { deal: id(1) }.into(), "Withdraw the registration"),
        (alice, InvitationRevoke { invitation, by_organization }.into(), "Make a new one"),
        (alice, MemberLeave { member: alice.member }.into(), "Ask for an invitation"),
        (alice, DeviceRevoke { device: alice.device, member: alice.member }.into(), "Link it again"),
        (
            hugo,
            OrganizationAdd { organization: id(0xA4), name: "Kestrel".into() }.into(),
            "End the partnership",
        ),
        (hugo, founding(hugo).into(), "Leave it"),
    ];
    for (who, mutation, instead) in final_ones {
        let Undo::No(why) = world.inverse(who, mutation.clone()) else { panic!("{mutation:?}") };
        assert!(why.contains(instead), "{mutation:?}: {why}");
    }
}

#[test]
fn a_list_of_accounts_goes_back_to_what_it_was_unless_some_were_added() {
    let (mut world, people) = World::founded();
    let account = |n, name: &str| AccountDraft {
        account: id(n),
        name: name.into(),
        domain: "polder.nl".into(),
        country: "NL".into(),
        industry: "Logistics".into(),
        owner: "Alice".into(),
        relation: None,
        named: None,
        duns: None,
        active_on: None,
    };
    let put = |accounts| AccountsPut { organization: id(NORTHBEAM), accounts };
    let added = put(vec![account(1, "Polder"), account(2, "Quays")]);
    assert!(matches!(world.inverse(&people.alice, added.clone()), Undo::No(_)), "they would stay");
    world.hub(&people.alice, added).unwrap();
    let before: Vec<Account> = world.all();

    let over = AccountDraft { domain: String::new(), owner: "Bob".into(), ..account(2, "Docks") };
    let changed = put(vec![account(1, "Polders"), over]);
    let Undo::By(back) = world.inverse(&people.alice, changed.clone()) else { panic!("both were there") };
    world.now = world.now.plus_days(1);
    world.hub(&people.alice, changed).unwrap();
    assert_ne!(world.all::<Account>(), before);
    world.hub(&people.alice, *back).unwrap();
    assert_eq!(world.all::<Account>(), before);

    let mixed = put(vec![account(1, "Polders"), account(3, "Werf")]);
    assert!(matches!(world.inverse(&people.alice, mixed), Undo::No(_)), "one of them would stay");
}

#[test]
fn the_lease_the_list_of_the_day_and_the_companies_of_a_deal_go_back_to_what_they_were() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let seen = |world: &World| {
        let lease = world.all::<Program>().first().map(Program::lease_days);
        let put = world.all::<PutAway>().first().map_or(Put::Here, |put| put.put);
        format!("{lease:?} {put:?} {:?}", world.deal(1).guests)
    };
    let row = RowPut { member: people.alice.member, row: RowOf::Reply(id(1)), put: Put::Done, seen: 7 };
    let share = DealShare { deal: id(1), organization: id(COASTLINE) };
    let unshare = DealUnshare { deal: id(1), organization: id(COASTLINE) };
    let changes: [(&Actor, Mutation); 6] = [
        (&people.hugo, LeaseSet { days: 7 }.into()),
        (&people.hugo, LeaseSet { days: 90 }.into()),
        (&people.alice, row.clone().into()),
        (&people.alice, RowPut { put: Put::UntilNews, seen: 9, ..row }.into()),
        (&people.bob, share.into()),
        (&people.bob, unshare.into()),
    ];
    let mut done = Vec::new();
    for (who, mutation) in changes {
        let before = seen(&world);
        let Undo::By(back) = world.inverse(who, mutation.clone()) else { panic!("{mutation:?}") };
        world.hub(who, mutation).unwrap();
        assert_ne!(seen(&world), before);
        done.push((who, before, back));
    }
    for (who, before, back) in done.into_iter().rev() {
        world.hub(who, *back).unwrap();
        assert_eq!(seen(&world), before);
    }
}

#[test]
fn a_tick_that_nobody_remembers_is_not_put_back_in_silence() {
    let (mut world, people) = planned();
    let (deal, milestone) = (id(1), id(0x3001));
    let reopen = MilestoneReopen { deal, milestone };
    let Undo::By(restore) = world.inverse(&people.alice, reopen.clone()) else { panic!("it was ticked") };
    world.hub(&people.alice, reopen).unwrap();
    let remove = MilestoneRemove { deal, milestone };
    let Undo::By(add) = world.inverse(&people.alice, remove.clone()) else { panic!("it is open") };
    world.hub(&people.alice, remove).unwrap();
    world.hub(&people.alice, *add).unwrap();
    assert_eq!(refused(world.hub(&people.alice, *restore)), Rule::WrongState);
}

#[test]
fn a_tick_is_not_put_back_in_place_of_another() {
    let (mut world, people) = planned();
    let (deal, milestone) = (id(1), id(0x3001));
    let mut back = Vec::new();
    // Bob's tick becomes alice's, and she takes both steps back.
    for change in [MilestoneReopen { deal, milestone }.into(), MilestoneComplete { deal, milestone }.into()] {
        let change: Mutation = change;
        let Undo::By(inverse) = world.inverse(&people.alice, change.clone()) else { panic!("{change:?}") };
        world.hub(&people.alice, change).unwrap();
        back.push(*inverse);
    }
    world.hub(&people.alice, back.pop().unwrap()).unwrap();
    assert_eq!(refused(world.hub(&people.alice, back.pop().unwrap())), Rule::WrongState);
    assert_eq!(world.milestone(0x3001).done, None, "not alice's tick where bob's was");
}

#[test]
fn an_invitation_is_taken_back_by_revoking_it() {
    let (mut world, people) = World::founded();
    let invite = InvitationCreate {
        invitation: id(0x400),
        kind: crate::entity::InvitationKind::Device,
        organization: id(NORTHBEAM),
        role: crate::entity::Role::Seller,
        token_hash: crate::entity::Key([0x77; 32]),
        days: 1,
        by_organization: id(NORTHBEAM),
    };
    let Undo::By(back) = world.inverse(&people.alice, invite.clone()) else { panic!("it can be revoked") };
    world.hub(&people.alice, invite).unwrap();
    world.hub(&people.alice, *back).unwrap();
    assert!(world.get::<Invitation>(id::<InvitationId>(0x400)).unwrap().revoked_at.is_some());
}
