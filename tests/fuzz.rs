//! A bounded run of the fuzz targets on stable Rust: known samples, changed at random from a fixed seed.
//! `tests/soak/parts/fuzz` runs the same targets with libFuzzer, for as long as one likes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that stops at the first surprise is a good test"
)]

#[path = "fuzz/mutator.rs"]
mod mutator;
#[path = "fuzz/samples.rs"]
mod samples;
#[path = "../fuzz/src/whole.rs"]
mod whole;
#[path = "../fuzz/src/wire.rs"]
mod wire;

use mutator::Mutator;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a target on every sample and on so many changed ones.
fn run(target: &str, times: usize) {
    let targets = wire::TARGETS.iter().chain(whole::TARGETS);
    let (_, body) = targets.into_iter().find(|(name, _)| *name == target).unwrap();
    let samples = samples::of(target);
    assert!(!samples.is_empty(), "{target} has no samples");
    let mut mutator = Mutator::new(0x10c5_7e90 ^ times as u64);
    for round in 0..samples.len() + times {
        let bytes = match samples.get(round) {
            Some(sample) => sample.clone(),
            None if target.ends_with("in_turn") || target == "repeats" => mutator.changed_in_turn(&samples),
            None => mutator.changed(&samples),
        };
        if catch_unwind(AssertUnwindSafe(|| body(&bytes))).is_err() {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            panic!("{target} cannot stand, in round {round}: {hex}");
        }
    }
}

macro_rules! bounded {
    ($($target:ident: $times:expr),* $(,)?) => {$(
        #[test]
        fn $target() {
            run(stringify!($target), $times);
        }
    )*};
}

bounded! {
    frames: 60_000,
    frame_bodies: 60_000,
    repeats: 30_000,
    mutations: 6_000,
    rows: 20_000,
    segments: 20_000,
    links: 60_000,
    device_frames_in_turn: 15_000,
    hub_frames_in_turn: 30_000,
    imports: 1_000,
    connections: 1_500,
    vault_files: 400,
}

#[test]
fn every_target_is_run_here_and_by_libfuzzer() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    for (name, _) in wire::TARGETS.iter().chain(whole::TARGETS) {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "libFuzzer does not know {name}");
        assert!(include_str!("fuzz.rs").contains(&format!("    {name}: ")), "{name} is not run here");
    }
}

/// For libFuzzer to begin with.
#[test]
#[ignore = "writes files; called by tests/soak/parts/fuzz"]
fn write_the_corpus() {
    let folder = std::path::PathBuf::from(std::env::var_os("LOCKSTEP_CORPUS").unwrap());
    for (target, _) in wire::TARGETS.iter().chain(whole::TARGETS) {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).unwrap();
        for (n, sample) in samples::of(target).iter().enumerate() {
            std::fs::write(folder.join(format!("sample-{n:03}")), sample).unwrap();
        }
    }
}
