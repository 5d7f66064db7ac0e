//! What a damaged file still gives.

use crate::people::*;
use domain::entity::Message;
use domain::*;
use std::collections::BTreeSet;
use std::io::{Seek, SeekFrom, Write};
use store::{Code, Item, Store, salvage};

/// Alice's file with a long room in it, closed.
pub async fn a_long_room() -> World {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    for number in 0..300 {
        let text = format!("Message {number} about the quay, {}", "x".repeat(200));
        world.alice.store.commit(say(deal, &text), now()).await.unwrap();
    }
    world.sync().await;
    world.alice.store.commit(say(deal, "Never sent"), now()).await.unwrap();
    assert!(world.alice.store.is_sound().await.unwrap());
    world.alice.store.close().await.unwrap();
    world
}

pub fn overwrite(world: &World, at: u64, length: usize) {
    let mut file = std::fs::OpenOptions::new().write(true).open(&world.alice.path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&vec![0xA5; length]).unwrap();
}

fn messages(found: &store::Salvage) -> usize {
    found.rows.iter().filter(|row| row.key.table == Table::Messages).count()
}

#[tokio::test]
async fn a_sound_file_gives_everything() {
    let world = a_long_room().await;
    let found = salvage(&world.alice.path, &file_key()).await.unwrap();
    assert!(!found.holes);
    assert_eq!(messages(&found), 301);
    assert!(
        matches!(found.unsent.as_slice(), [Item { mutation: Some(Mutation::MessageSend(send)), .. }] if send.body == "Never sent")
    );
    let one = found.rows.iter().find(|row| row.key.table == Table::Messages).unwrap();
    assert!(codec::Entity::from_body(&one.body).map(|m: Message| m.body).is_ok());
}

#[tokio::test]
async fn damage_in_the_middle_costs_what_lies_there_and_no_more() {
    let world = a_long_room().await;
    let size = std::fs::metadata(&world.alice.path).unwrap().len();
    // One page at a time, wherever it may hurt: never a lie, mostly most of it.
    let (mut hurt, mut most) = (0, 0);
    for page in (1..size / 4096).step_by(7) {
        let good = std::fs::read(&world.alice.path).unwrap();
        overwrite(&world, page * 4096, 4096);
        let found = salvage(&world.alice.path, &file_key()).await;
        if let Ok(found) = &found {
            hurt += usize::from(found.holes);
            most += usize::from(messages(found) > 150);
        }
        std::fs::write(&world.alice.path, good).unwrap();
    }
    assert!(hurt > 0, "some of the pages held rows");
    assert!(most > hurt, "and the rest was saved");
}

/// Numbers of the messages that are missing.
fn lost(found: &store::Salvage) -> BTreeSet<u32> {
    let number = |row: &Row| {
        let message: Message = codec::Entity::from_body(&row.body).ok()?;
        message.body.split(' ').nth(1)?.parse::<u32>().ok()
    };
    let rows = found.rows.iter().filter(|row| row.key.table == Table::Messages);
    let there: BTreeSet<u32> = rows.filter_map(number).collect();
    (0..300).filter(|number| !there.contains(number)).collect()
}

/// Two damaged places with sound pages between them: what lies there is found through the index.
#[tokio::test]
async fn what_lies_between_two_damaged_places_is_saved_too() {
    let world = a_long_room().await;
    let sound = std::fs::read(&world.alice.path).unwrap();
    // Pages that hold a few messages and nothing that leads to others.
    let mut leaves: Vec<(u64, BTreeSet<u32>)> = Vec::new();
    for page in 40..sound.len() as u64 / 4096 {
        overwrite(&world, page * 4096, 4096);
        let found = salvage(&world.alice.path, &file_key()).await;
        std::fs::write(&world.alice.path, &sound).unwrap();
        let lost = found.map(|found| lost(&found)).unwrap_or_default();
        if (1..40).contains(&lost.len()) {
            leaves.push((page, lost));
        }
        if leaves.len() == 4 {
            break;
        }
    }
    let [first, .., last] = leaves.as_slice() else { panic!("{} pages with messages", leaves.len()) };
    for page in [first.0, last.0] {
        overwrite(&world, page * 4096, 4096);
    }
    let found = salvage(&world.alice.path, &file_key()).await.unwrap();
    assert_eq!(lost(&found), &first.1 | &last.1, "and nothing between them");
    assert_eq!(found.unsent.len(), 1);
}

/// The pages that say which tables there are lie among the first ones; without them nothing could be found.
#[tokio::test]
async fn damage_to_the_schema_costs_what_lies_there_and_no_more() {
    let world = a_long_room().await;
    let sound = std::fs::read(&world.alice.path).unwrap();
    let mut without_schema = 0;
    for page in 1..80 {
        overwrite(&world, page * 4096, 4096);
        let opens = Store::open(&world.alice.path, &file_key(), world.alice.identity.clone()).await;
        match opens {
            Ok(store) => drop(store.close().await),
            Err(_) => {
                without_schema += 1;
                let found = salvage(&world.alice.path, &file_key()).await.unwrap();
                assert!(messages(&found) + found.unsent.len() > 0, "page {page}");
            }
        }
        std::fs::write(&world.alice.path, &sound).unwrap();
        let names = std::fs::read_dir(world.alice.path.parent().unwrap()).unwrap();
        let left = names.map(|name| name.unwrap().file_name().into_string().unwrap());
        let copies: Vec<_> = left.filter(|name| name.contains("mended") || name.contains("blank")).collect();
        assert_eq!(copies, [""; 0], "no copy is left");
    }
    assert!(without_schema > 3, "{without_schema}");
}

#[tokio::test]
async fn what_no_key_opens_gives_nothing() {
    let world = a_long_room().await;
    overwrite(&world, 0, 4096);
    let error = salvage(&world.alice.path, &file_key()).await.unwrap_err();
    assert_eq!(error.code(), Code::WrongKey);
    std::fs::remove_file(&world.alice.path).unwrap();
    assert_eq!(salvage(&world.alice.path, &file_key()).await.unwrap_err().code(), Code::Missing);
}

#[tokio::test]
async fn an_open_store_knows_that_it_is_damaged() {
    let world = a_long_room().await;
    let size = std::fs::metadata(&world.alice.path).unwrap().len();
    overwrite(&world, size / 2, usize::try_from(size / 4).unwrap());
    let opened = Store::open(&world.alice.path, &file_key(), world.alice.identity.clone()).await.unwrap();
    assert!(!opened.is_sound().await.unwrap());
    opened.close().await.ok();
    let found = salvage(&world.alice.path, &file_key()).await.unwrap();
    assert!(found.holes && !found.is_empty(), "{} rows", found.rows.len());
}
