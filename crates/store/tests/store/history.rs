//! What was overwritten unseen comes up for both, and goes when it is settled.

use crate::people::*;
use domain::entity::Deal;
use domain::mutation::*;
use domain::*;
use store::Store;
use store::query::history::{self, Overwritten, Value};

fn title(text: &str) -> DealValue {
    DealValue::Title(text.to_owned())
}

async fn edit(person: &Person, deal: DealId, value: DealValue) {
    let seen: Deal = person.see(deal).await.unwrap();
    let patch = vec![FieldPatch::on(&seen, value)];
    person.store.commit(DealEdit { deal, patch }, now()).await.unwrap();
}

async fn met(store: &Store) -> Vec<Overwritten> {
    history::overwritten(store, now()).await.unwrap()
}

/// Bob and Alice change one title, offline; Bob is first at the hub.
async fn both_change_the_title(world: &mut World) -> DealId {
    let deal = world.shared_deal("Lock gate").await;
    edit(&world.alice, deal, title("Alice's")).await;
    edit(&world.bob, deal, title("Bob's")).await;
    assert!(met(&world.alice.store).await.is_empty(), "nobody knows yet");
    world.bob.sync(&mut world.hub).await;
    world.sync().await;
    deal
}

#[tokio::test]
async fn both_are_told_who_wrote_what_and_when() {
    let mut world = World::new().await;
    let deal = both_change_the_title(&mut world).await;
    let (alice, bob) = (world.alice.member, world.bob.member);
    for store in [&world.alice.store, &world.bob.store] {
        let all = met(store).await;
        let [one] = all.as_slice() else { panic!("one field, not {}", all.len()) };
        let kept = &one.change.kept;
        assert_eq!((kept.deal, kept.by, kept.was_by), (deal, alice, Some(bob)));
        assert_eq!(one.change.was, Value::Deal(title("Bob's")));
        assert_eq!(one.change.now, Value::Deal(title("Alice's")));
        assert!(one.was_at.unwrap() < kept.at, "hub time of both");
        assert_eq!(one.made_at, Some(now()), "and this device's time of one's own");
        assert_eq!(one.deal_title, "Alice's");
    }
    let changes = history::of_deal(&world.alice.store, deal).await.unwrap();
    let whose: Vec<_> = changes.iter().map(|change| change.kept.by).collect();
    assert_eq!(whose, [alice, bob], "latest first");
}

#[tokio::test]
async fn restoring_is_a_change_that_settles_it_for_both() {
    let mut world = World::new().await;
    let deal = both_change_the_title(&mut world).await;
    let lost = met(&world.bob.store).await.remove(0).change.was;
    let Value::Deal(lost) = lost else { panic!("{lost:?}") };
    edit(&world.bob, deal, lost).await;
    assert!(met(&world.bob.store).await.is_empty(), "at once");
    assert_eq!(met(&world.alice.store).await.len(), 1);
    world.sync().await;
    assert!(met(&world.alice.store).await.is_empty());
    assert_eq!(world.alice.see::<Deal>(deal).await.unwrap().title, "Bob's");
}

#[tokio::test]
async fn being_content_settles_it_here_until_that_is_taken_back() {
    let mut world = World::new().await;
    both_change_the_title(&mut world).await;
    let id = met(&world.bob.store).await[0].change.id;
    assert!(world.bob.store.settle(id, Some(now())).await.unwrap().sync);
    assert!(met(&world.bob.store).await.is_empty());
    assert_eq!(met(&world.alice.store).await.len(), 1, "Alice decides for herself");
    world.bob.restart().await;
    assert!(met(&world.bob.store).await.is_empty());
    world.bob.store.settle(id, None).await.unwrap();
    assert_eq!(met(&world.bob.store).await.len(), 1);
}

#[tokio::test]
async fn after_thirty_days_it_is_history_only() {
    let mut world = World::new().await;
    let deal = both_change_the_title(&mut world).await;
    let later = Timestamp(world.hub.now().0 + 30 * 86_400_000 + 1);
    assert!(history::overwritten(&world.bob.store, later).await.unwrap().is_empty());
    assert_eq!(history::of_deal(&world.bob.store, deal).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_milestone_is_no_different() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    let add = milestone(deal, "Pen test");
    let step = add.milestone;
    world.bob.store.commit(add, now()).await.unwrap();
    world.sync().await;
    let seen: entity::Milestone = world.alice.see(step).await.unwrap();
    let due = |text: &str| MilestoneValue::Due(Some(text.parse().unwrap()));
    let on = |value| MilestoneEdit { deal, milestone: step, patch: vec![MilestonePatch::on(&seen, value)] };
    world.bob.store.commit(on(due("2027-02-01")), now()).await.unwrap();
    world.alice.store.commit(on(due("2027-03-01")), now()).await.unwrap();
    world.bob.sync(&mut world.hub).await;
    world.sync().await;
    let all = met(&world.bob.store).await;
    let [one] = all.as_slice() else { panic!("one field, not {}", all.len()) };
    assert_eq!(one.milestone_title.as_deref(), Some("Pen test"));
    assert_eq!(one.change.was, Value::Milestone(due("2027-02-01")));
    // A milestone that is gone has nothing to decide about.
    world.bob.store.commit(MilestoneRemove { deal, milestone: step }, now()).await.unwrap();
    assert!(met(&world.bob.store).await.is_empty());
}
