//! What is taken away is gone, to the last byte.

use crate::people::*;
use crate::secrecy::{CANARY, deciphered, holds};
use domain::entity::{Deal, Message};
use domain::mutation::*;
use domain::*;
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
