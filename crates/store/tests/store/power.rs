//! Power cuts: whatever the disk had not synced may be gone, torn or in another order. What was
//! acknowledged is there, nothing is half there, and work goes on.

use crate::life::{Life, Lived, a_life, complaints, state_of};
use crate::people::*;
use disk::{Cut, Disk, Effort};
use std::path::Path;
use store::{Code, DeviceFile, JoinedProgram, Store};
use tempfile::TempDir;

/// More of everything when this runs for long (`./dev soak`).
pub fn effort(exhaustive: usize, samples: usize) -> Effort {
    let soak = std::env::var("LOCKSTEP_SOAK").ok().and_then(|text| text.parse::<usize>().ok());
    let seed = std::env::var("LOCKSTEP_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    match soak {
        Some(times) => Effort { exhaustive: exhaustive + 4, samples: samples * times, seed },
        None => Effort { exhaustive, samples, seed },
    }
}

/// Where files are rebuilt: in memory, because nothing is asked of that disk.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Lives a life on a recorded disk.
async fn recorded(life: &Life) -> (Disk, TempDir) {
    let folder = scratch();
    std::fs::write(Lived::path_in(folder.path()), &life.begin).unwrap();
    let disk = Disk::watch(folder.path()).unwrap();
    let mut lived = Lived::open(folder.path(), &life.identity).await.unwrap();
    for step in &life.steps {
        lived.take(step).await.unwrap();
        disk.acknowledge();
    }
    assert_eq!(state_of(&lived.path).await, *life.states.last().unwrap(), "a life can be lived again");
    lived.store.close().await.unwrap();
    (disk, folder)
}

/// Checks what each power cut leaves; returns how many there were.
pub async fn each_cut(disk: &Disk, effort: Effort, mut check: impl AsyncFnMut(Cut)) -> usize {
    let mut tried = 0;
    for cut in disk.history().after_power_cuts(effort) {
        check(cut).await;
        tried += 1;
    }
    tried
}

#[tokio::test]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let life = a_life().await;
    let (disk, _folder) = recorded(life).await;
    let mut number = 0;
    let tried = each_cut(&disk, effort(3, 4), async |cut| {
        number += 1;
        let folder = scratch();
        cut.restore(folder.path()).unwrap();
        let opened = Lived::open(folder.path(), &life.identity).await;
        let mut lived = opened.unwrap_or_else(|error| panic!("{}: {error:?}", cut.at));
        // All that was acknowledged, and perhaps the next step as a whole.
        let state = state_of(&lived.path).await;
        let reached = [cut.acknowledged, cut.acknowledged + 1]
            .into_iter()
            .find(|step| life.states.get(*step) == Some(&state))
            .unwrap_or_else(|| panic!("{}: lost or torn after {} steps", cut.at, cut.acknowledged));
        // Work goes on: to the next step, and now and then to the end.
        let last = if number % 16 == 0 { life.steps.len() } else { reached + 1 };
        for at in reached..last.min(life.steps.len()) {
            lived.take(&life.steps[at]).await.unwrap();
            assert_eq!(state_of(&lived.path).await, life.states[at + 1], "{}, then step {at}", cut.at);
        }
        lived.store.close().await.unwrap();
        assert_eq!(complaints(&lived.path).await, [""; 0], "{}", cut.at);
    })
    .await;
    println!("{tried} power cuts in {} steps, {} operations", life.steps.len(), disk.history().len());
    assert!(tried > 150, "only {tried} different power cuts");
}

#[tokio::test]
async fn a_file_that_was_being_made_is_whole_or_made_again() {
    let identity = World::before_first_sync().await.alice.identity;
    let folder = scratch();
    let disk = Disk::watch(folder.path()).unwrap();
    let store = Store::create(&Lived::path_in(folder.path()), &file_key(), identity.clone()).await.unwrap();
    disk.acknowledge();
    let fresh = state_of(&Lived::path_in(folder.path())).await;
    let tried = each_cut(&disk, effort(5, 12), async |cut| {
        let folder = scratch();
        cut.restore(folder.path()).unwrap();
        let path = Lived::path_in(folder.path());
        let store = match Store::open(&path, &file_key(), identity.clone()).await {
            Ok(store) => store,
            Err(error) => {
                assert_eq!(cut.acknowledged, 0, "{}: {error:?}", cut.at);
                assert_eq!(error.code(), Code::Missing, "{}: {error:?}", cut.at);
                Store::create(&path, &file_key(), identity.clone()).await.unwrap()
            }
        };
        assert_eq!(state_of(&path).await, fresh, "{}", cut.at);
        store.close().await.unwrap();
    })
    .await;
    assert!(tried > 20, "only {tried} different power cuts");
    store.close().await.unwrap();
}

#[tokio::test]
async fn the_device_file_survives_power_cuts_too() {
    let joined = |n: u128| JoinedProgram {
        program: domain::ProgramId(uuid::Uuid::from_u128(n)),
        hub: "https://hub.example".to_owned(),
        device: domain::DeviceId(uuid::Uuid::from_u128(n + 100)),
        member: domain::MemberId(uuid::Uuid::from_u128(n + 200)),
        joined_at: now(),
        written: true,
    };
    let folder = scratch();
    let disk = Disk::watch(folder.path()).unwrap();
    let path = folder.path().join("device.db");
    let file = DeviceFile::open(&path, &file_key()).await.unwrap();
    let mut states = vec![state_of(&path).await];
    disk.acknowledge();
    for step in 0..4 {
        match step {
            0 => file.add(&joined(1)).await.unwrap(),
            1 => file.set_setting("work_offline", "on").await.unwrap(),
            2 => file.add(&joined(2)).await.unwrap(),
            _ => file.remove(joined(1).program).await.unwrap(),
        }
        disk.acknowledge();
        states.push(state_of(&path).await);
    }
    file.close().await.unwrap();
    let tried = each_cut(&disk, effort(5, 8), async |cut| {
        let folder = scratch();
        cut.restore(folder.path()).unwrap();
        let path = folder.path().join("device.db");
        let opened = DeviceFile::open(&path, &file_key()).await;
        let file = opened.unwrap_or_else(|error| panic!("{}: {error:?}", cut.at));
        let state = state_of(&path).await;
        // Opening is the first thing acknowledged.
        let may_be = [cut.acknowledged.saturating_sub(1), cut.acknowledged];
        assert!(may_be.iter().any(|at| states.get(*at) == Some(&state)), "{}", cut.at);
        file.add(&joined(9)).await.unwrap();
        file.close().await.unwrap();
    })
    .await;
    assert!(tried > 20, "only {tried} different power cuts");
}
