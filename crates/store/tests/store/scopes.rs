//! What is taken away is gone, to the last byte.

use crate::people::*;
use crate::secrecy::{CANARY, deciphered, holds};
use domain::entity::{Deal, Message};
use domain::mutation::*;
use domain::*;
use store::Store;
use store::query::{palette, room};

#[tokio::test]
async fn a_revoked_scope_is_erased_with_its_bytes() {
    let mut world = World::new().await;
    let deal = world.shared_deal(CANARY).await;
    let kept = world.shared_deal("Kept").await;
    for number in 0..200 {
        let body = format!("{CANARY} {number} {}", "x".repeat(300));
        world.bob.store.commit(say(deal, &body), now()).await.unwrap();
    }
    world.bob.store.commit(milestone(deal, CANARY), now()).await.unwrap();
    world.bob.store.commit(say(kept, "still here"), now()).await.unwrap();
    world.sync().await;
    // An own edit keeps an image of what it replaced, and that has to go too.
    let seen: Deal = world.alice.see(deal).await.unwrap();
    let patch = vec![FieldPatch::on(&seen, DealValue::Need("Mine".to_owned()))];
    world.alice.store.commit(DealEdit { deal, patch }, now()).await.unwrap();
    assert!(holds(&deciphered(&world.alice.path), CANARY));

    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    let applied = world.alice.pull(&world.hub, usize::MAX).await;
    assert_eq!(applied.revoked_scopes, [ScopeId::Deal(deal)]);
    assert!(applied.change.tables.contains(&Table::Messages));
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    assert!(!holds(&deciphered(&world.alice.path), CANARY), "no byte of it is left in file or log");
    assert_eq!(world.alice.see::<Deal>(deal).await, None);
    assert!(world.alice.see::<Deal>(kept).await.is_some());
    assert!(palette::search(&world.alice.store, "canary", None, 5).await.unwrap().deals.is_empty());

    world.alice.sync(&mut world.hub).await;
    let refused = world.alice.store.refusals().await.unwrap();
    assert_eq!(refused[0].refusal.rule, Rule::NotInScope, "her own edit is hers to copy");
}

#[tokio::test]
async fn a_reader_in_the_way_only_delays_the_erasure_of_bytes() {
    let mut world = World::new().await;
    let deal = world.shared_deal(CANARY).await;
    let mut reading = world.alice.raw().await;
    sqlx::query("BEGIN").execute(&mut reading).await.unwrap();
    sqlx::query("SELECT count(*) FROM deals").execute(&mut reading).await.unwrap();
    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    world.alice.pull(&world.hub, usize::MAX).await;
    assert_eq!(world.alice.see::<Deal>(deal).await, None, "gone for everybody who asks from now on");
    drop(reading);
    world.alice.restart().await;
    assert!(!holds(&deciphered(&world.alice.path), CANARY));
}

#[tokio::test]
async fn a_scope_granted_again_is_fetched_as_it_is_now() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let stale = say(deal, "To be deleted while Alice is away");
    world.bob.store.commit(stale.clone(), now()).await.unwrap();
    world.sync().await;
    let scope = ScopeId::Deal(deal);
    // Away for all of it: she sees only that the grant is another one now.
    world.hub.revoke(scope, world.alice.organization);
    world.hub.delete(RowKey::of::<Message>(stale.message));
    world.bob.store.commit(say(deal, "New"), now()).await.unwrap();
    world.bob.push(&mut world.hub, usize::MAX).await;
    world.hub.grant(scope, world.alice.organization);
    let waiting = say(deal, "Mine");
    world.alice.store.commit(waiting.clone(), now()).await.unwrap();

    let applied = world.alice.pull(&world.hub, usize::MAX).await;
    assert!(applied.revoked_scopes.is_empty());
    let room = room::window(&world.alice.store, deal, None, 50).await.unwrap();
    let bodies: Vec<_> = room.messages.iter().map(|line| line.message.body.as_str()).collect();
    assert_eq!(bodies, ["New", "Mine"]);
    world.sync().await;
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    world.bob.holds_what_the_hub_shows(&world.hub).await;
}

/// Copies the files as they are, as a crash would leave them.
fn crash(world: &World, to: &std::path::Path) {
    for suffix in ["", "-wal"] {
        let name = format!("program.db{suffix}");
        let from = world.alice.path.with_file_name(&name);
        if from.exists() {
            std::fs::copy(from, to.join(name)).unwrap();
        }
    }
}

#[tokio::test]
async fn a_crash_before_the_log_is_emptied_only_delays_it() {
    let mut world = World::new().await;
    let deal = world.shared_deal(CANARY).await;
    // A reader holds the log back, so that the files can be taken in the state between.
    let mut reading = world.alice.raw().await;
    sqlx::query("BEGIN").execute(&mut reading).await.unwrap();
    sqlx::query("SELECT count(*) FROM deals").execute(&mut reading).await.unwrap();
    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    world.alice.pull(&world.hub, usize::MAX).await;
    let crashed = tempfile::tempdir().unwrap();
    crash(&world, crashed.path());
    drop(reading);
    let path = crashed.path().join("program.db");
    assert!(holds(&deciphered(&path), CANARY), "the crash came in between");

    let again = Store::open(&path, &file_key(), world.alice.identity.clone()).await.unwrap();
    assert!(!holds(&deciphered(&path), CANARY), "the next start is the end of it");
    again.close().await.unwrap();
}

#[tokio::test]
async fn a_copy_from_before_a_migration_goes_with_what_was_taken_away() {
    let mut world = World::new().await;
    let deal = world.shared_deal(CANARY).await;
    world.alice.restart().await;
    let copy = world.alice.path.with_file_name("program.db.before-0002");
    std::fs::copy(&world.alice.path, &copy).unwrap();
    assert!(holds(&deciphered(&copy), CANARY));
    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    world.alice.pull(&world.hub, usize::MAX).await;
    assert!(!copy.exists());
}

#[tokio::test]
async fn what_was_said_in_a_scope_is_forgotten_also_when_it_settles_later() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    world.alice.store.commit(say(deal, CANARY), now()).await.unwrap();
    world.alice.push(&mut world.hub, usize::MAX).await;
    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    // Page by page: the end of her access comes first, the last page settles what she said.
    while world.alice.store.sync_state().await.unwrap().cursor < world.hub.head {
        world.alice.pull(&world.hub, 1).await;
    }
    assert_eq!(world.alice.count("outbox").await, 0);
    assert!(!holds(&deciphered(&world.alice.path), CANARY));
}

#[tokio::test]
async fn a_person_is_told_once_what_was_taken_away() {
    let mut world = World::new().await;
    let (deal, other) = (world.shared_deal("Lock gate").await, world.shared_deal("Pump").await);
    let scope = ScopeId::Deal(deal);
    assert!(world.alice.store.taken_away().await.unwrap().is_empty());
    world.hub.revoke(scope, world.alice.organization);
    let applied = world.alice.pull(&world.hub, usize::MAX).await;
    assert!(applied.change.access);
    assert_eq!(world.alice.store.taken_away().await.unwrap(), [scope]);
    assert!(world.alice.store.is_taken_away(scope).await.unwrap());
    assert!(!world.alice.store.is_taken_away(ScopeId::Deal(other)).await.unwrap());
    world.alice.store.told_of_taken_away().await.unwrap();
    world.alice.restart().await;
    assert!(world.alice.store.taken_away().await.unwrap().is_empty());
    assert!(world.alice.store.is_taken_away(scope).await.unwrap(), "an old link still says why");

    world.hub.grant(scope, world.alice.organization);
    world.alice.pull(&world.hub, usize::MAX).await;
    assert!(!world.alice.store.is_taken_away(scope).await.unwrap());
}

#[tokio::test]
async fn what_was_taken_away_while_everything_is_fetched_anew_is_noticed() {
    let mut world = World::new().await;
    let (deal, kept) = (world.shared_deal(CANARY).await, world.shared_deal("Kept").await);
    world.alice.store.commit(say(deal, CANARY), now()).await.unwrap();
    world.sync().await;
    let scope = ScopeId::Deal(deal);
    world.hub.revoke(scope, world.alice.organization);
    world.alice.store.reset_for_epoch(world.hub.epoch, u64::MAX >> 1).await.unwrap();
    assert!(world.alice.store.taken_away().await.unwrap().is_empty(), "not known yet");
    while world.alice.store.sync_state().await.unwrap().cursor < world.hub.head {
        world.alice.pull(&world.hub, 1).await;
    }
    assert_eq!(world.alice.store.taken_away().await.unwrap(), [scope]);
    assert!(!holds(&deciphered(&world.alice.path), CANARY));
    assert!(world.alice.see::<Deal>(kept).await.is_some());
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}
