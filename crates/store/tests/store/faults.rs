//! A disk that fails in the middle of things: every single write, sync or cut of a life goes wrong once.
//! The error has a code a person can be told about, nothing is half done, and as soon as the disk is
//! well the same store goes on, without being opened again.

use crate::life::{Life, Lived, a_life, complaints, state_of};
use crate::people::*;
use crate::power::{each_cut, effort, scratch};
use crate::segments::bobs_new_device;
use disk::{Disk, Fault, Kind};
use store::{Code, DeviceFile, Store, StoreError};

/// How far apart the operations are that fail: all of them when this runs for long (`./dev soak`).
fn stride(ordinary: usize) -> usize {
    if std::env::var_os("LOCKSTEP_SOAK").is_some() { 1 } else { ordinary }
}

fn is_told(error: &StoreError, fault: Fault) {
    let code = if fault.code == 13 { Code::DiskFull } else { Code::Io };
    assert_eq!(error.code(), code, "{fault:?}: {error:?}");
}

/// Lives a life on a disk that fails once as `fault` says; returns whether it came to that, and the disk
/// with its history.
async fn live_through(life: &Life, fault: Fault) -> (bool, Disk) {
    let folder = scratch();
    std::fs::write(Lived::path_in(folder.path()), &life.begin).unwrap();
    let disk = Disk::watch(folder.path()).unwrap();
    let mut lived = Lived::open(folder.path(), &life.identity).await.unwrap();
    disk.fail(fault);
    let mut failed = false;
    for (at, step) in life.steps.iter().enumerate() {
        if let Err(error) = lived.take(step).await {
            is_told(&error, fault);
            failed |= disk.heal();
            assert!(failed, "{fault:?}: an error on a healthy disk: {error:?}");
            assert_eq!(state_of(&lived.path).await, life.states[at], "{fault:?}: step {at} is half done");
            lived.take(step).await.unwrap_or_else(|error| panic!("{fault:?}: step {at} again: {error:?}"));
            assert_eq!(state_of(&lived.path).await, life.states[at + 1], "{fault:?}: after step {at}");
        }
        disk.acknowledge();
    }
    failed |= disk.heal();
    assert_eq!(state_of(&lived.path).await, *life.states.last().unwrap(), "{fault:?}: in the end");
    lived.store.close().await.unwrap();
    assert_eq!(complaints(&lived.path).await, [""; 0], "{fault:?}");
    (failed, disk)
}

/// Fails every so many operations of a kind, one after the other.
async fn sweep(fault: impl Fn(usize) -> Fault, step: usize) {
    let life = a_life().await;
    let mut after = 0;
    while live_through(life, fault(after)).await.0 {
        after += step;
    }
    assert!(after > 3 * step, "hardly anything failed");
}

#[tokio::test]
async fn a_disk_may_fill_up_at_any_write() {
    sweep(Fault::full, stride(67)).await;
}

#[tokio::test]
async fn any_write_may_fail() {
    sweep(|after| Fault::once(Kind::Write, after), stride(83)).await;
}

#[tokio::test]
async fn any_sync_may_fail() {
    sweep(|after| Fault::lasting(Kind::Sync, after), stride(13)).await;
}

#[tokio::test]
async fn any_cut_may_fail() {
    sweep(|after| Fault::lasting(Kind::Truncate, after), stride(1)).await;
}

/// Linux forgets what a failed sync did not write and says so once. Whatever is acknowledged later must
/// not stand on it.
#[tokio::test]
async fn what_a_failed_sync_forgot_is_written_again() {
    let life = a_life().await;
    let (_, whole) = live_through(life, Fault::full(usize::MAX)).await;
    let syncs = whole.count(Kind::Sync);
    for after in (0..syncs).step_by(stride(syncs / 3)) {
        let (failed, disk) = live_through(life, Fault::once(Kind::Sync, after)).await;
        if !failed {
            // Only closing the whole one synced any more.
            assert!(after > 0);
            break;
        }
        each_cut(&disk, effort(0, 0), async |cut| {
            let folder = scratch();
            cut.restore(folder.path()).unwrap();
            let opened = Lived::open(folder.path(), &life.identity).await;
            let lived = opened.unwrap_or_else(|error| panic!("sync {after}, {}: {error:?}", cut.at));
            let state = state_of(&lived.path).await;
            let may_be = life.states.iter().skip(cut.acknowledged).take(2);
            assert!(may_be.into_iter().any(|known| *known == state), "sync {after}: {}", cut.at);
            lived.store.close().await.unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn the_device_file_lives_through_it_as_well() {
    for kind in [Kind::Write, Kind::Sync] {
        let mut after = 0;
        loop {
            let folder = scratch();
            let path = folder.path().join("device.db");
            let disk = Disk::watch(folder.path()).unwrap();
            let fault = Fault::lasting(kind, after);
            disk.fail(fault);
            let mut failed = false;
            let file = match DeviceFile::open(&path, &file_key()).await {
                Ok(file) => file,
                Err(error) => {
                    is_told(&error, fault);
                    failed |= disk.heal();
                    DeviceFile::open(&path, &file_key()).await.unwrap()
                }
            };
            for value in ["on", "off", "on"] {
                let before = file.setting("work_offline").await.unwrap();
                if let Err(error) = file.set_setting("work_offline", value).await {
                    is_told(&error, fault);
                    failed |= disk.heal();
                    assert_eq!(file.setting("work_offline").await.unwrap(), before, "{fault:?}");
                    file.set_setting("work_offline", value).await.unwrap();
                }
                assert_eq!(file.setting("work_offline").await.unwrap().as_deref(), Some(value));
            }
            failed |= disk.heal();
            file.close().await.unwrap();
            if !failed {
                break;
            }
            after += 1;
        }
        assert!(after > 5, "hardly anything failed");
    }
}

/// What segments bring is not synced by itself. When the first sync behind it fails, the system has forgotten
/// that as well, and what is acknowledged later would lie behind a hole in the log.
#[tokio::test]
async fn nothing_acknowledged_stands_on_rows_that_a_failed_sync_forgot() {
    let (world, mut bob, deal, _) = bobs_new_device().await;
    bob.store.close().await.unwrap();
    let folder = scratch();
    let path = folder.path().join("program.db");
    std::fs::copy(&bob.path, &path).unwrap();
    let disk = Disk::watch(folder.path()).unwrap();
    bob.path = path;
    bob.store = Store::open(&bob.path, &file_key(), bob.identity.clone()).await.unwrap();
    let offer = world.hub.offer(bob.device, 200);
    bob.begin_segments(&world.hub, &offer).await.unwrap();
    for segment in &offer.list {
        bob.take_segment(&world.hub, segment).await;
    }
    let before = disk.history().after_power_cuts(effort(0, 0)).count();

    disk.fail(Fault::once(Kind::Sync, 0));
    let refused = bob.store.commit(say(deal, "Not kept"), now()).await.unwrap_err();
    assert!(disk.heal(), "{refused:?}");
    bob.store.commit(say(deal, "Kept"), now()).await.unwrap();
    disk.acknowledge();
    let mut after = 0;
    each_cut(&disk, effort(2, 6), async |cut| {
        if cut.acknowledged == 0 {
            return;
        }
        after += 1;
        let folder = scratch();
        cut.restore(folder.path()).unwrap();
        let store = Store::open(&folder.path().join("program.db"), &file_key(), bob.identity.clone()).await;
        let store = store.unwrap_or_else(|error| panic!("{}: {error:?}", cut.at));
        let waiting = store.outbox_after(0, 10, usize::MAX).await.unwrap();
        assert_eq!(waiting.len(), 1, "{}: what was acknowledged is gone", cut.at);
        store.close().await.unwrap();
    })
    .await;
    assert!(after > 0, "{before} power cuts before");
}
