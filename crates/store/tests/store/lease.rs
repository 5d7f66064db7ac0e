//! A lease that is over: nothing is shown or changed, and nothing is lost.

use crate::people::*;
use domain::entity::{Deal, Message};
use domain::*;
use store::query::{accounts, deals, palette, people, plans, room, today};
use store::{Code, CommitError, StoreError};

fn over<T: std::fmt::Debug>(outcome: Result<T, StoreError>) {
    assert_eq!(outcome.unwrap_err().code(), Code::LeaseOver);
}

#[tokio::test]
async fn a_lease_that_is_over_shows_and_changes_nothing_and_loses_nothing() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let store = world.alice.store.clone();
    store.give_lease(now(), 30, now()).await.unwrap();
    people::directory(&store).await.unwrap();
    store.commit(say(deal, "Still in time"), now()).await.unwrap();
    assert!(!store.count_lease(now().plus_days(29), 0).await.unwrap());
    assert!(store.count_lease(now().plus_days(30), 0).await.unwrap());

    over(store.entity::<Deal>(deal).await);
    over(store.registration_statuses().await);
    over(people::directory(&store).await);
    over(people::invitations(&store).await);
    over(people::devices(&store).await);
    over(deals::get(&store, deal).await);
    over(deals::similar(&store, "lock", "", 5).await);
    over(room::window(&store, deal, None, 50).await);
    over(plans::get(&store, deal).await);
    over(today::inputs(&store, "2027-01-01".parse().unwrap(), Timestamp(0), None).await);
    over(palette::search(&store, "lock", None, 5).await);
    let all = deals::Filter::default();
    over(deals::window(&store, &all, deals::Sort::Activity, 0, 10).await);
    over(accounts::window(&store, "", 0, 10).await);
    let refused = store.commit(say(deal, "Too late"), now()).await.unwrap_err();
    assert!(matches!(refused, CommitError::Store(error) if error.code() == Code::LeaseOver));

    // What was made before still goes out, and what comes is taken in.
    assert_eq!(store.counts().await.unwrap().waiting, 1);
    assert_eq!(store.waiting(10).await.unwrap().len(), 1);
    world.bob.store.commit(say(deal, "Where are you?"), now()).await.unwrap();
    world.sync().await;
    assert_eq!(store.counts().await.unwrap().waiting, 0);
    let said = world.hub.rows.iter().filter(|(key, _)| key.table == Table::Messages);
    let said: Vec<Message> = said.map(|(key, _)| world.hub.get(key.id).unwrap()).collect();
    assert!(said.iter().any(|message| message.body == "Still in time"));

    store.give_lease(now().plus_days(40), 30, now()).await.unwrap();
    let shown = room::window(&store, deal, None, 50).await.unwrap();
    assert_eq!(shown.messages.len(), 2, "as if nothing had been");
}

#[tokio::test]
async fn neither_a_restart_nor_an_older_clock_gives_a_lease_back() {
    let mut world = World::new().await;
    let alice = &mut world.alice;
    assert_eq!(alice.store.lease(), None);
    assert!(!alice.store.count_lease(now().plus_days(400), 0).await.unwrap(), "none was given yet");
    alice.store.give_lease(now(), 7, now()).await.unwrap();
    assert!(alice.store.count_lease(now().plus_days(8), 0).await.unwrap());
    alice.restart().await;
    assert!(alice.store.is_locked(), "from the first moment");
    assert!(alice.store.count_lease(now(), 0).await.unwrap());

    alice.store.give_lease(now(), 7, now()).await.unwrap();
    alice.store.count_lease(now().plus_days(6), 0).await.unwrap();
    alice.restart().await;
    assert!(!alice.store.is_locked());
    let hour = 3_600_000;
    for _ in 0..23 {
        assert!(!alice.store.count_lease(now(), hour).await.unwrap());
    }
    assert!(alice.store.count_lease(now(), hour).await.unwrap(), "a day of running is a day");
}

#[tokio::test]
async fn a_hub_that_is_heard_renews_a_lease() {
    let world = World::new().await;
    let store = &world.alice.store;
    store.give_lease(now(), 7, now()).await.unwrap();
    for day in 1..=20 {
        store.renew_lease(now().plus_days(day), 86_400_000).await.unwrap();
    }
    assert_eq!(store.lease().unwrap().given_at, now().plus_days(20));
    assert!(!store.count_lease(now().plus_days(26), 0).await.unwrap());
    assert!(store.count_lease(now().plus_days(27), 0).await.unwrap());
}
