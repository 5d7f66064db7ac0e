//! A hub that was restored from a backup gets again what this device knows it had.

use crate::hub::Hub;
use crate::people::*;
use domain::entity::{Deal, Message};
use domain::mutation::*;
use domain::*;

/// What was said in a room at the hub, in order.
fn room(hub: &Hub, deal: DealId) -> Vec<String> {
    let messages = hub.rows.iter().filter(|(key, row)| key.table == Table::Messages && row.body.is_some());
    let mut messages: Vec<Message> = messages.map(|(key, _)| hub.get(key.id).unwrap()).collect();
    messages.retain(|message| message.deal == deal);
    messages.sort_by_key(|message| message.position);
    messages.into_iter().map(|message| message.body).collect()
}

#[tokio::test]
async fn what_was_answered_goes_out_again_before_what_was_not() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let backup = world.hub.clone();
    for n in 1..=4 {
        world.alice.store.commit(say(deal, &format!("Said {n}")), now()).await.unwrap();
        world.sync().await;
    }
    let said = room(&world.hub, deal);
    world.alice.store.commit(say(deal, "Not sent yet"), now()).await.unwrap();
    world.alice.restart().await;

    world.hub = world.hub.restored_from(&backup);
    assert!(room(&world.hub, deal).is_empty());
    world.sync().await;
    assert_eq!(room(&world.hub, deal), [&said[..], &["Not sent yet".to_owned()]].concat());
    for person in [&world.alice, &world.bob] {
        person.holds_what_the_hub_shows(&world.hub).await;
        assert_eq!(person.count("outbox").await, 0);
    }

    // And once more, from the same backup.
    world.hub = world.hub.restored_from(&backup);
    world.sync().await;
    assert_eq!(room(&world.hub, deal).len(), 5);
}

#[tokio::test]
async fn what_was_refused_and_given_up_does_not_come_back() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let backup = world.hub.clone();
    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    world.alice.store.commit(say(deal, "Too late"), now()).await.unwrap();
    world.alice.push(&mut world.hub, 1).await;
    world.hub.grant(ScopeId::Deal(deal), world.alice.organization);
    world.sync().await;
    let refused = world.alice.store.refusals().await.unwrap();
    world.alice.store.discard(refused[0].id, now()).await.unwrap();
    world.alice.store.commit(say(deal, "In time"), now()).await.unwrap();
    world.sync().await;

    // The restored hub would take the first one: there nobody has taken the deal away.
    world.hub = world.hub.restored_from(&backup);
    world.sync().await;
    assert_eq!(room(&world.hub, deal), ["In time"]);
    assert_eq!(world.alice.store.refusals().await.unwrap(), []);
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn what_a_restored_hub_does_not_take_any_more_needs_the_person() {
    let mut world = World::new().await;
    let backup = world.hub.clone();
    let deal = DealId(uuid::Uuid::now_v7());
    world.alice.store.commit(register(deal, "Lock gate", "polder.nl"), now()).await.unwrap();
    world.sync().await;
    assert!(world.hub.get::<Deal>(deal).is_some());

    // Before alice returns, bob's other partner claims the customer.
    world.hub = world.hub.restored_from(&backup);
    let organization = OrganizationId(uuid::Uuid::now_v7());
    let add = OrganizationAdd { organization, name: "Dijk Partners".to_owned() };
    world.bob.store.commit(add, now()).await.unwrap();
    world.bob.sync(&mut world.hub).await;
    let dora = Person::new(world.hub.program, organization, 9).await;
    invite(&mut world.hub, &world.bob, &dora, entity::Role::Seller, "Dora");
    dora.sync(&mut world.hub).await;
    dora.store.commit(register(DealId(uuid::Uuid::now_v7()), "Dora's", "polder.nl"), now()).await.unwrap();
    dora.sync(&mut world.hub).await;

    world.sync().await;
    let refused = world.alice.store.refusals().await.unwrap();
    let [root] = refused.as_slice() else { panic!("one refusal, not {}", refused.len()) };
    assert_eq!(root.refusal.rule, Rule::ClaimTaken);
    assert!(root.refusal.message.starts_with("The hub was restored from a backup"), "{}", root.refusal);
    assert!(matches!(&root.item.mutation, Some(Mutation::DealRegister(_))), "it can be edited");
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}

/// What alice says while the hub is the lost disk, then the backup, then the lost disk once more, which has
/// decided about it: accepted it where `accepted`, and the backup the other way round.
async fn a_lost_disk_is_found_again(accepted: bool) -> (World, DealId) {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let mut backup = world.hub.clone();
    let refusing = if accepted { &mut backup } else { &mut world.hub };
    refusing.revoke(ScopeId::Deal(deal), world.alice.organization);
    world.alice.store.commit(say(deal, "Contested"), now()).await.unwrap();
    world.alice.push(&mut world.hub, 1).await;

    let disk = world.hub.clone();
    world.hub = world.hub.restored_from(&backup);
    world.sync().await;
    assert_eq!(world.alice.store.refusals().await.unwrap().len(), usize::from(accepted));
    world.hub = world.hub.restored_from(&disk);
    world.sync().await;
    (world, deal)
}

#[tokio::test]
async fn what_a_backup_accepted_in_between_is_refused_as_the_lost_disk_had_it() {
    let (world, deal) = a_lost_disk_is_found_again(false).await;
    assert!(room(&world.hub, deal).is_empty());
    let refused = world.alice.store.refusals().await.unwrap();
    let [root] = refused.as_slice() else { panic!("one refusal, not {}", refused.len()) };
    assert!(matches!(&root.item.mutation, Some(Mutation::MessageSend(send)) if send.body == "Contested"));
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    assert_eq!(world.alice.count("outbox").await, 0);
}

#[tokio::test]
async fn what_a_backup_refused_in_between_stands_as_the_lost_disk_had_it() {
    let (world, deal) = a_lost_disk_is_found_again(true).await;
    assert_eq!(room(&world.hub, deal), ["Contested"]);
    assert_eq!(world.alice.store.refusals().await.unwrap(), [], "there is nothing to decide any more");
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    assert_eq!(world.alice.count("outbox").await, 0);
}

#[tokio::test]
async fn after_thirty_days_of_hub_time_it_is_forgotten() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let backup = world.hub.clone();
    world.alice.store.commit(say(deal, "A month ago"), now()).await.unwrap();
    world.sync().await;
    let kept = world.alice.count("journal").await;
    world.hub.passes_days(31);
    // Her own clock has nothing to do with it.
    let wrong = Timestamp(now().0 + 3_650 * 86_400_000);
    world.alice.store.commit(say(deal, "Today"), wrong).await.unwrap();
    world.sync().await;
    assert_eq!((kept, world.alice.count("journal").await), (2, 1));

    let end = |hub: &Hub| hub.chains[&world.alice.device];
    assert!(world.alice.store.continues(end(&world.hub)).await.unwrap());
    assert!(!world.alice.store.continues(end(&backup)).await.unwrap(), "the hub lost more than is kept");
}

#[tokio::test]
async fn a_scope_that_was_taken_away_leaves_nothing_in_the_journal() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let backup = world.hub.clone();
    world.alice.store.commit(say(deal, "Between us"), now()).await.unwrap();
    world.sync().await;
    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    world.sync().await;
    let mut conn = world.alice.raw().await;
    let sql = "SELECT count(*) FROM journal WHERE payload IS NOT NULL";
    let left: i64 = sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap();
    assert_eq!(left, 0);

    world.hub = world.hub.restored_from(&backup);
    world.alice.store.commit(say(deal, "After all"), now()).await.unwrap_err();
    world.sync().await;
    world.alice.store.commit(say(deal, "After all"), now()).await.unwrap();
    world.sync().await;
    assert_eq!(room(&world.hub, deal), ["After all"], "the chain goes on without what was erased");
}
