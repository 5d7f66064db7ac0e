//! Two people change one deal without having seen each other's change.

use super::world::*;
use crate::date::Timestamp;
use crate::entity::{Deal, DealField, FieldHistory, Stage};
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;
use crate::row::Row;

/// What `seen` shows, changed to `value`.
fn edit(seen: &Deal, value: DealValue) -> DealEdit {
    DealEdit { deal: id(1), patch: vec![FieldPatch::on(seen, value)] }
}

fn title(text: &str) -> DealValue {
    DealValue::Title(text.into())
}

/// What was overwritten by somebody who had not seen it.
fn unseen(world: &World) -> Vec<FieldHistory> {
    world.all::<FieldHistory>().into_iter().filter(|kept| kept.unseen == Some(true)).collect()
}

/// What was there before and after.
fn values(kept: &FieldHistory) -> (DealValue, DealValue) {
    let now = kept.now.as_ref().unwrap();
    (minicbor::decode(&kept.value).unwrap(), minicbor::decode(now).unwrap())
}

fn amount(whole: i64) -> DealValue {
    DealValue::Amount(euros(whole))
}

#[test]
fn different_fields_merge() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let seen = world.deal(1);
    world.hub(&people.bob, edit(&seen, title("Polder, all sites"))).unwrap();
    world.hub(&people.alice, edit(&seen, amount(150_000))).unwrap();
    let deal = world.deal(1);
    assert_eq!((deal.title.as_str(), deal.amount), ("Polder, all sites", euros(150_000)));
    assert!(
        world.all::<FieldHistory>().iter().all(|kept| kept.unseen == Some(false)),
        "nothing was overwritten"
    );
}

#[test]
fn the_later_commit_wins_and_the_overwritten_value_is_kept() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let seen = world.deal(1);
    let bobs = world.hub(&people.bob, edit(&seen, title("Bob's title"))).unwrap();
    world.now = Timestamp(world.now.0 + 60_000);
    world.hub(&people.alice, edit(&seen, title("Alice's title"))).unwrap();
    assert_eq!(world.deal(1).title, "Alice's title");
    let history = unseen(&world);
    let [kept] = history.as_slice() else { panic!("one overwritten value: {history:?}") };
    assert_eq!((kept.field, kept.by, kept.at), (DealField::Title as u8, people.alice.member, world.now));
    assert_eq!((kept.was_by, kept.was_seq), (Some(people.bob.member), Some(bobs)));
    assert_eq!(values(kept), (title("Bob's title"), title("Alice's title")));
    assert!(world.holds(&people.bob, edit(&seen, title("")).lane()), "and bob can see it");
}

#[test]
fn every_change_of_a_sent_deal_is_kept_with_what_was_there_before() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let registered = world.deal(1).title;
    let bobs = world.hub(&people.bob, edit(&world.deal(1), title("Bob's title"))).unwrap();
    let alices = world.hub(&people.alice, edit(&world.deal(1), title("Alice's title"))).unwrap();
    let kept = |seq| world.get::<FieldHistory>(history_id(id(1), DealField::Title as u8, seq)).unwrap();
    assert_eq!(values(&kept(bobs)), (title(&registered), title("Bob's title")));
    assert_eq!((kept(bobs).was_by, kept(bobs).was_seq), (None, None), "it was registered so");
    assert_eq!(values(&kept(alices)), (title("Bob's title"), title("Alice's title")));
    assert_eq!((kept(alices).was_by, kept(alices).was_seq), (Some(people.bob.member), Some(bobs)));
    assert_eq!(unseen(&world), [], "both had seen what they overwrote");

    world.hub(&people.alice, edit(&world.deal(1), title(" Alice's title "))).unwrap();
    assert_eq!(world.all::<FieldHistory>().len(), 2, "nothing was changed");
}

#[test]
fn what_a_draft_was_before_is_kept_nowhere() {
    let (mut world, people) = World::with_deal(1, State::Draft);
    world.hub(&people.alice, edit(&world.deal(1), amount(1))).unwrap();
    world.hub(&people.alice, edit(&world.deal(1), amount(2))).unwrap();
    assert_eq!(world.all::<FieldHistory>(), []);
}

#[test]
fn each_lost_value_is_kept_once() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let seen = world.deal(1);
    for (who, text) in
        [(&people.bob, "one"), (&people.alice, "two"), (&people.bob, "three"), (&people.nadia, "four")]
    {
        world.hub(who, edit(&seen, title(text))).unwrap();
    }
    let kept: std::collections::BTreeSet<_> = unseen(&world)
        .iter()
        .map(|history| format!("{:?}", minicbor::decode::<DealValue>(&history.value).unwrap()))
        .collect();
    assert_eq!(kept, ["one", "two", "three"].map(|text| format!("{:?}", title(text))).into());
}

#[test]
fn amount_and_stage_are_strict_once_approved() {
    for value in [amount(90_000), DealValue::Stage(Stage::Committed)] {
        let (mut world, people) = World::with_deal(1, State::Approved);
        let seen = world.deal(1);
        world.hub(&people.bob, edit(&seen, value.clone())).unwrap();
        let before = world.rows.clone();
        let refusal = world.hub(&people.alice, edit(&seen, value.clone())).unwrap_err();
        assert_eq!(refusal.rule, Rule::StaleField);
        assert_eq!(refusal.evidence, [("field".to_owned(), format!("{:?}", value.field()))]);
        assert_eq!(world.rows, before);

        world.hub(&people.alice, edit(&world.deal(1), value)).unwrap();
    }
}

#[test]
fn one_stale_strict_field_refuses_the_whole_patch() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let seen = world.deal(1);
    world.hub(&people.bob, edit(&seen, amount(90_000))).unwrap();
    let both = [title("Alice's title"), amount(80_000)].map(|value| FieldPatch::on(&seen, value));
    let outcome = world.hub(&people.alice, DealEdit { deal: id(1), patch: both.to_vec() });
    assert_eq!(refused(outcome), Rule::StaleField);
    assert_eq!(world.deal(1).title, "Polder rollout");
}

#[test]
fn before_approval_amount_and_stage_merge_like_the_others() {
    let (mut world, people) = World::with_deal(1, State::InReview);
    let seen = world.deal(1);
    world.hub(&people.bob, edit(&seen, amount(90_000))).unwrap();
    world.hub(&people.alice, edit(&seen, amount(80_000))).unwrap();
    assert_eq!(world.deal(1).amount, euros(80_000));
    assert_eq!(unseen(&world).len(), 1);
}

#[test]
fn ones_own_consecutive_edits_are_never_stale() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let seen = world.deal(1);
    for whole in [1, 2, 3] {
        world.hub(&people.alice, edit(&seen, amount(whole))).unwrap();
        world.hub(&people.alice, edit(&seen, title(&format!("Draft {whole}")))).unwrap();
    }
    assert_eq!(world.deal(1).amount, euros(3));
    assert_eq!(unseen(&world), []);
}

#[test]
fn a_device_keeps_the_base_it_has_from_the_hub() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let seq = world.hub(&people.bob, edit(&world.deal(1), title("Bob's title"))).unwrap();
    let changes = world.device(&people.alice, edit(&world.deal(1), title("Alice's title"))).unwrap();
    let [change] = changes.as_slice() else { panic!("no history on a device: {changes:?}") };
    let row = Row { key: change.key, scope: change.scope, seq: 0, body: change.body.clone().unwrap() };
    world.rows.insert(change.key, row);
    let shown = world.deal(1);
    assert_eq!(shown.title, "Alice's title");
    assert_eq!(FieldPatch::on(&shown, title("again")).base, seq, "so that her next edit is on top of bob's");
}

#[test]
fn a_patched_field_notes_who_and_when() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let values = [
        title("New title"),
        DealValue::CloseDate(day("2026-12-31")),
        DealValue::Need("  Two more sites  ".into()),
        DealValue::Stage(Stage::TechnicalValidation),
    ];
    let patch = values.iter().map(|value| FieldPatch::on(&world.deal(1), value.clone())).collect();
    let seq = world.hub(&people.alice, DealEdit { deal: id(1), patch }).unwrap();
    let deal = world.deal(1);
    assert_eq!((deal.close_date, deal.need.as_str()), (day("2026-12-31"), "Two more sites"));
    for value in values {
        let number = value.field() as u8;
        assert_eq!(deal.field_seq.get(&number), Some(&seq));
        assert_eq!(deal.field_by.get(&number), Some(&people.alice.member));
    }
}

#[test]
fn an_edit_is_checked_like_a_registration() {
    let (mut world, people) = World::with_deal(1, State::Draft);
    let values = [
        title(""),
        DealValue::Amount(crate::Money { minor: -1, currency: "EUR".into() }),
        DealValue::Product("Nothing".into()),
        DealValue::Region("Nowhere".into()),
        DealValue::Need("\u{0}".into()),
    ];
    for value in values {
        let outcome = world.hub(&people.alice, edit(&world.deal(1), value.clone()));
        assert_eq!(refused(outcome), Rule::InvalidField, "{value:?}");
    }
    assert_eq!(refused(world.hub(&people.alice, DealEdit { deal: id(9), patch: vec![] })), Rule::NotInScope);
}
