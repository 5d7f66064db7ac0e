//! Own changes on top of what others did meanwhile.

use crate::people::*;
use domain::entity::{Deal, Message, Milestone};
use domain::mutation::*;
use domain::*;
use protocol::frame::Resume;
use std::collections::BTreeSet;
use store::query::{deals, plans, room};

async fn edit(person: &Person, deal: DealId, value: DealValue) {
    let seen: Deal = person.see(deal).await.unwrap();
    let edit = DealEdit { deal, patch: vec![FieldPatch::on(&seen, value)] };
    person.store.commit(edit, now()).await.unwrap();
}

#[tokio::test]
async fn a_waiting_edit_stays_on_top_of_what_arrives() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    edit(&world.alice, deal, DealValue::Need("Sluices of 1932".to_owned())).await;
    edit(&world.bob, deal, DealValue::Title("Lock gate, phase 1".to_owned())).await;
    world.bob.sync(&mut world.hub).await;

    world.alice.pull(&world.hub, usize::MAX).await;
    let seen: Deal = world.alice.see(deal).await.unwrap();
    assert_eq!((seen.title.as_str(), seen.need.as_str()), ("Lock gate, phase 1", "Sluices of 1932"));
    let line = deals::get(&world.alice.store, deal).await.unwrap().unwrap();
    assert!(line.mark.waiting.is_some(), "and is still marked as waiting");

    world.sync().await;
    let line = deals::get(&world.alice.store, deal).await.unwrap().unwrap();
    assert_eq!(line.mark, store::query::Mark::default());
    assert_eq!(world.alice.see::<Deal>(deal).await, world.bob.see::<Deal>(deal).await);
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn the_echo_goes_in_the_commit_that_brings_the_row() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let alice = &world.alice;
    let message = say(deal, "Good morning");
    let id = message.message;
    alice.store.commit(message, now()).await.unwrap();
    alice.push(&mut world.hub, usize::MAX).await;

    // The answer comes first, as when the hub repeats it in its welcome: nothing moves.
    let answers = world.hub.answers_after(alice.device, alice.store.sync_state().await.unwrap().answered);
    alice.store.apply_answers(answers).await.unwrap();
    let line = room::window(&alice.store, deal, None, 10).await.unwrap().messages.pop().unwrap();
    assert_eq!((line.id, line.message.position, line.mark.waiting), (id, None, None));
    assert_eq!(alice.store.counts().await.unwrap().waiting, 0);
    assert_eq!(alice.count("outbox").await, 1, "until the row is here");

    let watching = {
        let (store, mut seen) = (alice.store.clone(), BTreeSet::new());
        tokio::spawn(async move {
            loop {
                let messages = room::window(&store, deal, None, 10).await.unwrap().messages;
                assert_eq!(messages.len(), 1, "the message is there once, at every moment");
                seen.insert(messages[0].message.position.is_some());
                if seen.contains(&true) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        })
    };
    alice.pull(&world.hub, usize::MAX).await;
    watching.await.unwrap();
    assert_eq!(alice.count("outbox").await, 0);
    assert!(alice.see::<Message>(id).await.unwrap().position.is_some());
}

#[tokio::test]
async fn what_a_page_was_too_late_to_bring_stays_until_it_comes() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    let add = milestone(deal, "Pen test");
    let step = add.milestone;
    let alice = &world.alice;
    alice.store.commit(add, now()).await.unwrap();
    alice.store.commit(say(deal, "Added the pen test"), now()).await.unwrap();
    alice.push(&mut world.hub, usize::MAX).await;
    let begun = Resume { head: world.hub.head, scope: None, after: world.hub.head - 2 };

    // Before the last page of her catch-up is read, bob ticks the step: its row is past that page.
    world.bob.sync(&mut world.hub).await;
    world.bob.store.commit(MilestoneComplete { deal, milestone: step }, now()).await.unwrap();
    world.bob.sync(&mut world.hub).await;
    let answers = world.hub.answers_after(alice.device, alice.store.sync_state().await.unwrap().answered);
    let page = world.hub.page(alice.device, begun.head - 2, Some(&begun), answers, usize::MAX);
    assert!(!page.rows.iter().any(|row| row.key == RowKey::of::<Milestone>(step)), "it was left out");
    assert_eq!(page.beyond, Some(world.hub.head));
    alice.store.apply_delta(world.hub.epoch, page).await.unwrap();
    assert_eq!(alice.store.sync_state().await.unwrap().cursor, begun.head);
    assert_eq!(alice.see::<Milestone>(step).await.map(|step| step.done), Some(None), "it is still there");
    assert_eq!(alice.count("outbox").await, 1, "the message has come, and the step has not");
    assert_eq!(alice.store.counts().await.unwrap().waiting, 0, "and nothing is said to wait");

    alice.pull(&world.hub, usize::MAX).await;
    assert!(alice.see::<Milestone>(step).await.unwrap().done.is_some());
    assert_eq!(alice.count("outbox").await, 0);
    alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn nothing_is_undone_when_nothing_is_concerned() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    let other = world.approved_deal("Weir").await;
    edit(&world.alice, deal, DealValue::Title("Mine".to_owned())).await;
    let before = touched(&world.alice).await;
    world.bob.store.commit(say(other, "Elsewhere"), now()).await.unwrap();
    world.bob.store.commit(say(deal, "Beside it"), now()).await.unwrap();
    world.bob.sync(&mut world.hub).await;

    let mut changes = world.alice.store.changes();
    world.alice.pull(&world.hub, usize::MAX).await;
    let change = changes.recv().await.unwrap();
    assert_eq!(change.tables, [Table::Messages].into(), "the deal was not written again");
    assert_eq!(touched(&world.alice).await, before);
}

async fn touched(person: &Person) -> Vec<(i64, Vec<u8>, i64)> {
    let mut conn = person.raw().await;
    sqlx::query_as("SELECT n, id, wrote FROM touched ORDER BY 1, 2").fetch_all(&mut conn).await.unwrap()
}

#[tokio::test]
async fn a_chain_of_own_changes_is_run_again_in_order() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    let add = milestone(deal, "Pen test");
    let id = add.milestone;
    world.alice.store.commit(add, now()).await.unwrap();
    world.sync().await;
    // Alice ticks it, renames it and adds another; Bob moves its date before he sees any of that.
    let alice = &world.alice;
    alice.store.commit(MilestoneComplete { deal, milestone: id }, now()).await.unwrap();
    let seen: Milestone = alice.see(id).await.unwrap();
    let edit = |value| MilestoneEdit { deal, milestone: id, patch: vec![MilestonePatch::on(&seen, value)] };
    alice.store.commit(edit(MilestoneValue::Title("Pen test by Kade".into())), now()).await.unwrap();
    let other = milestone(deal, "Contract");
    alice.store.commit(other.clone(), now()).await.unwrap();
    let moved: Date = "2027-02-01".parse().unwrap();
    world.bob.store.commit(edit(MilestoneValue::Due(Some(moved))), now()).await.unwrap();
    world.bob.sync(&mut world.hub).await;
    world.alice.pull(&world.hub, usize::MAX).await;

    let mine: Milestone = world.alice.see(id).await.unwrap();
    assert_eq!(mine.title, "Pen test by Kade");
    assert!(mine.done.is_some(), "the tick stays under the new name");
    assert_eq!(mine.due, Some(moved), "and bob's date under hers");
    let plan = plans::get(&world.alice.store, deal).await.unwrap();
    assert_eq!(plan.milestones.len(), 2);
    assert!(plan.milestones.iter().all(|line| line.mark.waiting.is_some()));
    world.sync().await;
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    world.bob.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn what_was_added_removed_and_added_again_is_here_when_its_pages_are() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    let add = milestone(deal, "Pen test");
    let id = add.milestone;
    let alice = &world.alice;
    alice.store.commit(add.clone(), now()).await.unwrap();
    alice.store.commit(MilestoneRemove { deal, milestone: id }, now()).await.unwrap();
    alice.store.commit(add, now()).await.unwrap();
    edit(alice, deal, DealValue::Need("Sluices of 1932".to_owned())).await;
    alice.store.commit(say(deal, "It is back in the plan"), now()).await.unwrap();
    alice.push(&mut world.hub, usize::MAX).await;

    // The step comes first, then what the second and the last have read and the one between has not.
    let mut pages = 0;
    while alice.store.sync_state().await.unwrap().cursor < world.hub.head {
        alice.pull(&world.hub, 1).await;
        assert!(alice.see::<Milestone>(id).await.is_some(), "it stays on the screen");
        pages += 1;
    }
    assert!(pages > 2);
    assert_eq!(alice.count("outbox").await, 0);
    alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn what_the_rules_no_longer_allow_waits_without_an_effect() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    // Alice withdraws offline while Bob approves: hers can no longer happen.
    world.alice.store.commit(RegistrationWithdraw { deal }, now()).await.unwrap();
    let decide = RegistrationDecide { deal, decision: Decision::Approve };
    world.bob.store.commit(decide, now()).await.unwrap();
    world.bob.sync(&mut world.hub).await;
    world.alice.pull(&world.hub, usize::MAX).await;
    let seen: Deal = world.alice.see(deal).await.unwrap();
    assert_eq!(seen.registration.status, entity::Status::Approved);
    assert_eq!(world.alice.store.counts().await.unwrap().waiting, 1, "the hub still has to say so");
    assert_eq!(world.alice.store.counts().await.unwrap().refused, 0);
    world.sync().await;
    let refusals = world.alice.store.refusals().await.unwrap();
    assert_eq!(refusals[0].refusal.rule, Rule::WrongState);
    assert_eq!(world.alice.store.counts().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn an_interrupted_catch_up_goes_on_where_it_stopped() {
    let mut world = World::new().await;
    let mut deals = Vec::new();
    for number in 0..6 {
        let deal = world.shared_deal(&format!("Lock gate {number}")).await;
        for line in 0..5 {
            world.bob.store.commit(say(deal, &format!("line {line}")), now()).await.unwrap();
        }
        deals.push(deal);
    }
    world.bob.sync(&mut world.hub).await;
    let carol = Person::new(world.hub.program, world.alice.organization, 3).await;
    invite(&mut world.hub, &world.bob, &carol, entity::Role::Seller, "Carol");
    let mut carol = carol;
    let mut pages = 0;
    while {
        carol.pull(&world.hub, 7).await;
        pages += 1;
        carol.restart().await;
        carol.store.sync_state().await.unwrap().resume.is_some()
    } {
        let state = carol.store.sync_state().await.unwrap();
        assert_eq!(state.cursor, 0, "the cursor waits for the last page");
        if pages == 3 {
            // Life goes on meanwhile, with rows of scopes that were and were not sent yet.
            for deal in &deals {
                world.bob.store.commit(say(*deal, "meanwhile"), now()).await.unwrap();
            }
            world.hub.revoke(ScopeId::Deal(deals[0]), carol.organization);
            world.hub.revoke(ScopeId::Deal(deals[5]), carol.organization);
            world.bob.push(&mut world.hub, usize::MAX).await;
            world.hub.grant(ScopeId::Deal(deals[5]), carol.organization);
        }
    }
    assert!(pages > 5, "it took {pages} pages");
    carol.sync(&mut world.hub).await;
    carol.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn another_epoch_fetches_everything_anew_and_keeps_what_waits() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    let message = say(deal, "Still mine");
    let id = message.message;
    world.alice.store.commit(message, now()).await.unwrap();
    edit(&world.alice, deal, DealValue::Need("Still mine too".to_owned())).await;
    world.hub.epoch += 1;
    let error = world.alice.store.apply_delta(world.hub.epoch, empty_delta()).await.unwrap_err();
    assert_eq!(error.code(), store::Code::WrongEpoch);

    let alice = &world.alice;
    alice.store.reset_for_epoch(world.hub.epoch, u64::MAX).await.unwrap();
    assert!(alice.rows().await.is_empty());
    assert_eq!(alice.store.counts().await.unwrap().waiting, 2);
    // Answers may come first, alone.
    alice.store.apply_delta(world.hub.epoch, empty_delta()).await.unwrap();
    while {
        alice.pull(&world.hub, 5).await;
        alice.store.sync_state().await.unwrap().resume.is_some()
    } {}
    assert!(alice.see::<Message>(id).await.is_some(), "run again on top of the new rows");
    assert_eq!(alice.see::<Deal>(deal).await.unwrap().need, "Still mine too");
    world.sync().await;
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    assert_eq!(world.hub.get::<Deal>(deal).unwrap().need, "Still mine too");
}

fn empty_delta() -> protocol::frame::Delta {
    protocol::frame::Delta { to: 0, answers: Vec::new(), rows: Vec::new(), resume: None, beyond: None }
}

#[tokio::test]
async fn an_older_version_of_a_row_never_replaces_a_newer_one() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    let old = world.hub.page(world.alice.device, 0, None, Vec::new(), usize::MAX);
    edit(&world.bob, deal, DealValue::Title("Newer".to_owned())).await;
    world.sync().await;
    let before = world.alice.rows().await;
    world.alice.store.apply_delta(world.hub.epoch, old.clone()).await.unwrap();
    assert_eq!(world.alice.rows().await, before);
    // Nor while something waits on it.
    edit(&world.alice, deal, DealValue::Need("Mine".to_owned())).await;
    world.alice.store.apply_delta(world.hub.epoch, old).await.unwrap();
    let seen: Deal = world.alice.see(deal).await.unwrap();
    assert_eq!((seen.title.as_str(), seen.need.as_str()), ("Newer", "Mine"));
}
