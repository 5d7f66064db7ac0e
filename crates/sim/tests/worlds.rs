//! The bounded run of the simulator: worlds in which no promise is broken, and worlds with a bug planted
//! in them, each of which has to be found. `./dev soak` runs more of both.

#![expect(clippy::unwrap_used, reason = "a test that is surprised fails")]

use sim::{Base, Bug};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// Worlds without a bug.
const CLEAN: u64 = 220;
/// Worlds in which a planted bug has to be found.
const HUNT: u64 = 1_000;
/// Worlds at the same time.
const JOBS: usize = 2;

fn base() -> &'static Base {
    static BASE: OnceLock<Base> = OnceLock::new();
    BASE.get_or_init(|| sim::runtime().unwrap().block_on(Base::make()).unwrap())
}

/// Runs `work` on every number below `end`, on a few threads.
fn on_threads(end: u64, work: impl Fn(&tokio::runtime::Runtime, u64) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..JOBS {
            scope.spawn(|| {
                let runtime = sim::runtime().unwrap();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return;
                    }
                    work(&runtime, number);
                }
            });
        }
    });
}

#[test]
fn no_promise_is_broken() {
    let base = base();
    let broken = Mutex::new(BTreeMap::new());
    on_threads(CLEAN, |runtime, seed| {
        let outcome = runtime.block_on(sim::run(base, seed, sim::STEPS, None));
        if let Some(violation) = outcome.violation {
            broken.lock().unwrap().insert(seed, violation.to_string());
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "`./dev sim --seed N --seeds 1` tells the story of {broken:#?}");
}

#[test]
#[ignore = "takes a quarter of an hour: `./dev soak` runs it"]
fn every_planted_bug_is_found() {
    let base = base();
    let bugs = Bug::ALL;
    assert!(bugs.len() >= 40, "{} bugs", bugs.len());
    let missed = Mutex::new(Vec::new());
    let worlds = AtomicUsize::new(0);
    on_threads(bugs.len() as u64, |runtime, number| {
        let bug = bugs[usize::try_from(number).unwrap()];
        let found = (1..=HUNT).find(|seed| {
            worlds.fetch_add(1, Ordering::Relaxed);
            runtime.block_on(sim::run(base, *seed, sim::STEPS, Some(bug))).violation.is_some()
        });
        if found.is_none() {
            missed.lock().unwrap().push(bug.name());
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "not found in {HUNT} worlds each: {missed:?}");
}

#[test]
fn the_same_seed_is_the_same_world() {
    let base = base();
    let runtime = sim::runtime().unwrap();
    // Not only within a process: another base is as good.
    let other = runtime.block_on(Base::make()).unwrap();
    let mut traces = BTreeMap::new();
    for seed in 1..=8 {
        let once = runtime.block_on(sim::run(base, seed, sim::STEPS, None)).trace;
        let twice = runtime.block_on(sim::run(&other, seed, sim::STEPS, None)).trace;
        assert_eq!(once, twice, "seed {seed}");
        traces.insert(once, seed);
    }
    assert_eq!(traces.len(), 8, "and another seed is another world");
}

#[test]
fn a_failing_world_is_shortened_and_told() {
    let base = base();
    let runtime = sim::runtime().unwrap();
    let bug = Some(Bug::AckBeforeCommit);
    let shrunk =
        (1..=20).find_map(|seed| runtime.block_on(sim::shrink(base, seed, sim::STEPS, bug))).unwrap();
    let (before, after) = shrunk.actions;
    assert!(after < before / 4, "{after} of {before}");
    assert_eq!(shrunk.plan.len(), after);
    assert!(shrunk.outcome.story.last().unwrap().contains("=> I"), "{:?}", shrunk.outcome.story);
}
