//! Damage is noticed when it is read, whoever reads it, and when nobody does.

use crate::people::*;
use crate::salvage::{a_long_room, overwrite};
use domain::*;
use std::time::Duration;
use store::query::room;
use store::{Code, Store};

const SOON: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_secs(3_600);

async fn open(world: &World) -> Result<Store, store::StoreError> {
    Store::open(&world.alice.path, &file_key(), world.alice.identity.clone()).await
}

async fn a_room(world: &World) -> DealId {
    let store = open(world).await.unwrap();
    let statuses = store.registration_statuses().await.unwrap();
    store.close().await.unwrap();
    statuses[0].0
}

/// A page that does not fit its seal is zeros to whoever reads it, and only the next reading fails: no such
/// answer may stay the last word.
#[tokio::test]
async fn no_answer_from_a_damaged_page_goes_unnoticed() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    for letter in ["a", "b", "c"] {
        world.alice.store.commit(say(deal, &letter.repeat(7_500)), now()).await.unwrap();
    }
    world.sync().await;
    world.alice.store.close().await.unwrap();
    let sound = std::fs::read(&world.alice.path).unwrap();
    let store = open(&world).await.unwrap();
    let expected = format!("{:?}", room::window(&store, deal, None, 50).await.unwrap());
    store.close().await.unwrap();
    let mut failed = 0;
    for page in 1..sound.len() as u64 / 4096 {
        overwrite(&world, page * 4096, 4096);
        if let Ok(store) = open(&world).await {
            match room::window(&store, deal, None, 50).await {
                Ok(window) if format!("{window:?}") == expected => {}
                answer => {
                    failed += usize::from(answer.is_err());
                    let noticed = tokio::time::timeout(SOON, store.until_damaged(NEVER)).await;
                    assert!(noticed.is_ok(), "page {page}: nobody has noticed");
                }
            }
            store.close().await.ok();
        }
        std::fs::write(&world.alice.path, &sound).unwrap();
    }
    assert!(failed > 0, "no page failed");
}

#[tokio::test]
async fn whoever_reads_after_the_damage_was_met_hears_of_it_too() {
    let world = a_long_room().await;
    let deal = a_room(&world).await;
    let sound = std::fs::read(&world.alice.path).unwrap();
    let mut met = 0;
    for page in 1..sound.len() as u64 / 4096 {
        overwrite(&world, page * 4096, 4096);
        if let Ok(store) = open(&world).await {
            if room::window(&store, deal, None, 200).await.is_err() {
                met += 1;
                for _ in 0..10 {
                    let error = room::window(&store, deal, None, 200).await.err();
                    assert!(error.is_some_and(|error| error.code() == Code::Damaged), "page {page}");
                    let other = store.refusals().await.err();
                    assert!(other.is_none_or(|error| error.code() == Code::Damaged), "page {page}");
                }
                tokio::time::timeout(SOON, store.until_damaged(NEVER)).await.unwrap();
            }
            store.close().await.ok();
        }
        std::fs::write(&world.alice.path, &sound).unwrap();
        if met == 4 {
            break;
        }
    }
    assert!(met > 0);
}

#[tokio::test]
async fn whoever_writes_over_damage_hears_of_it() {
    let world = a_long_room().await;
    let deal = a_room(&world).await;
    let size = std::fs::metadata(&world.alice.path).unwrap().len();
    let sound = std::fs::read(&world.alice.path).unwrap();
    let mut met = 0;
    for page in (1..size / 4096).step_by(3) {
        overwrite(&world, page * 4096, 4096);
        if let Ok(store) = open(&world).await {
            if let Err(store::CommitError::Store(error)) = store.commit(say(deal, "One more"), now()).await {
                met += 1;
                assert_eq!(error.code(), Code::Damaged, "page {page}");
                tokio::time::timeout(SOON, store.until_damaged(NEVER)).await.unwrap();
            }
            store.close().await.ok();
        }
        std::fs::write(&world.alice.path, &sound).unwrap();
    }
    assert!(met > 0);
}

#[tokio::test]
async fn damage_that_nobody_reads_is_found_all_the_same() {
    let world = a_long_room().await;
    let size = std::fs::metadata(&world.alice.path).unwrap().len();
    let sound = std::fs::read(&world.alice.path).unwrap();
    for page in [size / 4096 / 4, size / 4096 / 2, size / 4096 * 3 / 4] {
        overwrite(&world, page * 4096, 4096);
        let Ok(store) = open(&world).await else { continue };
        if !store.is_sound().await.unwrap() {
            tokio::time::timeout(SOON, store.until_damaged(Duration::ZERO)).await.unwrap();
        }
        store.close().await.ok();
        std::fs::write(&world.alice.path, &sound).unwrap();
    }
    let store = open(&world).await.unwrap();
    assert!(store.is_sound().await.unwrap());
    let found = tokio::time::timeout(Duration::from_secs(2), store.until_damaged(Duration::ZERO)).await;
    assert!(found.is_err(), "a sound file is left alone");
}

/// Erasing has to empty the log, which no reader may outlast.
#[tokio::test]
async fn a_look_at_everything_is_in_nobodys_way() {
    let world = a_long_room().await;
    let store = open(&world).await.unwrap();
    let looking = store.clone();
    let look = tokio::spawn(async move { looking.until_damaged(Duration::ZERO).await });
    let began = std::time::Instant::now();
    for _ in 0..20 {
        let deal = store.registration_statuses().await.unwrap()[0].0;
        store.commit(say(deal, "Meanwhile"), now()).await.unwrap();
    }
    store.close().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "closing has waited for the look to end");
    look.abort();
}
