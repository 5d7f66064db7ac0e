//! A full disk changes nothing and is survived.

use crate::people::*;
use domain::entity::{Deal, Message};
use domain::*;
use std::path::{Path, PathBuf};
use std::process::Command;
use store::{Code, CommitError, Store};
use uuid::Uuid;

/// A file system of a few megabytes; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        let options = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "lockstep-test"])
            .arg(at)
            .output()
            .ok()?;
        mounted.status.success().then(|| Self(at.to_owned()))
    }

    fn remount(&self, option: &str) {
        let options = format!("remount,{option}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[tokio::test]
async fn a_full_disk_changes_nothing_and_space_heals_it() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(place.path(), "3m") else {
        println!("skipped: this user may not mount a small disk");
        return;
    };
    world.alice.store.close().await.unwrap();
    let path = place.path().join("program.db");
    std::fs::copy(&world.alice.path, &path).unwrap();
    world.alice.path = path;
    world.alice.store =
        Store::open(&world.alice.path, &file_key(), world.alice.identity.clone()).await.unwrap();
    let alice = &world.alice;

    let mut committed = 0;
    let error = loop {
        match alice.store.commit(say(deal, &"x".repeat(7_000)), now()).await {
            Ok(_) => committed += 1,
            Err(CommitError::Store(error)) => break error,
            Err(refused) => panic!("{refused}"),
        }
        assert!(committed < 10_000, "the disk never filled up");
    };
    assert_eq!(error.code(), Code::DiskFull, "{error}: {:?}", std::error::Error::source(&error));
    assert!(committed > 0);
    // Reading goes on, and nothing of the failed one is there.
    let rows = alice.rows().await;
    assert_eq!(rows.keys().filter(|key| key.table == Table::Messages).count(), committed);
    assert_eq!(alice.store.counts().await.unwrap().waiting, committed as u64);
    // A large delta fails as a whole too.
    for _ in 0..400 {
        world.bob.store.commit(say(deal, &"y".repeat(7_000)), now()).await.unwrap();
    }
    world.bob.push(&mut world.hub, usize::MAX).await;
    let delta = world.hub.page(
        alice.device,
        alice.store.sync_state().await.unwrap().cursor,
        None,
        vec![],
        usize::MAX,
    );
    let error = alice.store.apply_delta(world.hub.epoch, delta).await.unwrap_err();
    assert_eq!(error.code(), Code::DiskFull);
    assert_eq!(alice.rows().await, rows);

    disk.remount("size=64m");
    let message = say(deal, "There is space again");
    alice.store.commit(message.clone(), now()).await.unwrap();
    world.sync().await;
    assert!(world.bob.see::<Message>(message.message).await.is_some());
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    world.alice.restart().await;
    world.alice.store.close().await.unwrap();
}

#[tokio::test]
async fn a_disk_that_turns_read_only_is_told_apart() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(place.path(), "16m") else {
        println!("skipped: this user may not mount a small disk");
        return;
    };
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    world.alice.store.close().await.unwrap();
    let path = place.path().join("program.db");
    std::fs::copy(&world.alice.path, &path).unwrap();
    disk.remount("ro");
    let error = Store::open(&path, &file_key(), world.alice.identity.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::ReadOnlyDisk, "{:?}", std::error::Error::source(&error));
    let new = place.path().join("new.db");
    let error = Store::create(&new, &file_key(), world.alice.identity.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::ReadOnlyDisk);
    disk.remount("rw");
    let reopened = Store::open(&path, &file_key(), world.alice.identity.clone()).await.unwrap();
    assert!(reopened.entity::<Deal>(deal).await.unwrap().is_some());
    reopened.close().await.unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_told_apart_from_a_wrong_key() {
    let mut world = World::new().await;
    for number in 0..20 {
        world.shared_deal(&format!("Lock gate {number}")).await;
    }
    let alice = &world.alice;
    alice.store.close().await.unwrap();
    let mut bytes = std::fs::read(&alice.path).unwrap();
    for byte in &mut bytes[8_192..] {
        *byte ^= 0x55;
    }
    std::fs::write(&alice.path, bytes).unwrap();
    let code = match Store::open(&alice.path, &file_key(), alice.identity.clone()).await {
        Err(error) => error.code(),
        Ok(store) => store.entity::<Deal>(DealId(Uuid::now_v7())).await.unwrap_err().code(),
    };
    assert_eq!(code, Code::Damaged);
}
