//! The bounded run of the simulator: worlds in which no promise is broken, and worlds with a bug planted
//! in them, each of which has to be found. `./dev soak` runs more of both.

#![expect(clippy::unwrap_used, reason = "a test that is surprised fails")]

use sim::table::{self, Found};
use sim::{Base, Bug};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// Worlds without a bug.
const CLEAN: u64 = 220;
/// Worlds in which a planted bug has to be found.
const HUNT: u64 = 1_000;
/// What to do when worlds have changed and their bugs are found elsewhere.
const REFRESH: &str = "if worlds were changed on purpose, `./dev sim --refresh docs/simulation.md --seeds 1000` finds \
                       the bugs anew and writes down where.";
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
    let broken = Mutex::new(BTreeMap::new());
    on_threads(CLEAN, |runtime, number| {
        // Seed 0 is the one of the world that all others begin with; another with the same would name its
        // first run as that one did.
        let seed = number + 1;
        if let Some(violation) = clean(runtime, seed) {
            broken.lock().unwrap().insert(seed, violation);
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "`./dev sim --seed N --seeds 1` tells the story of {broken:#?}");
}

/// How a world without a bug ends; each is played once.
fn clean(runtime: &tokio::runtime::Runtime, seed: u64) -> Option<String> {
    static SEEN: Mutex<BTreeMap<u64, Option<String>>> = Mutex::new(BTreeMap::new());
    if let Some(seen) = SEEN.lock().unwrap().get(&seed) {
        return seen.clone();
    }
    let outcome = runtime.block_on(sim::run(base(), seed, sim::STEPS, None));
    let violation = outcome.violation.map(|violation| violation.to_string());
    SEEN.lock().unwrap().insert(seed, violation.clone());
    violation
}

#[test]
fn every_planted_bug_is_found_where_it_was() {
    let known = table::read(include_str!("../../../docs/simulation.md"));
    let names = |bugs: &mut dyn Iterator<Item = Bug>| bugs.map(Bug::name).collect::<BTreeSet<_>>();
    let listed = names(&mut known.iter().map(|found| found.bug));
    assert_eq!(listed, names(&mut Bug::ALL.iter().copied()), "{REFRESH}");
    let wrong = Mutex::new(BTreeMap::new());
    on_threads(known.len() as u64, |runtime, number| {
        let Found { bug, seed, .. } = known[usize::try_from(number).unwrap()];
        let planted = runtime.block_on(sim::run(base(), seed, sim::STEPS, Some(bug))).violation;
        if planted.is_none() {
            wrong.lock().unwrap().insert(bug.name(), format!("is not found at seed {seed} any more"));
        } else if let Some(violation) = clean(runtime, seed) {
            wrong.lock().unwrap().insert(bug.name(), format!("seed {seed} fails without it: {violation}"));
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{REFRESH} {wrong:#?}");
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

#[test]
fn what_a_page_was_too_late_to_bring_stays_on_the_screen() {
    let runtime = sim::runtime().unwrap();
    let play = |bug| runtime.block_on(sim::scenes::a_row_moves_while_its_page_is_read(base(), bug));
    play(None).unwrap();
    let broken = play(Some(Bug::OvertakenSettles)).unwrap_err();
    assert_eq!(broken.law, "I9", "{broken}");
}
