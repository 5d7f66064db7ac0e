//! `./dev sim`: runs worlds, and tells the story of one that breaks a promise.

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use sim::table::{self, Found};
use sim::{Base, Bug, Outcome, Violation};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// After so many worlds it says how far it is.
const REPORTED: usize = 250;

/// Runs whole worlds from seeds and checks every promise on the way.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many worlds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed; 0 is the one of the world that all others begin with.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    seed: u64,
    /// Actions in each world.
    #[arg(long, default_value_t = sim::STEPS)]
    steps: usize,
    /// Plant this bug and stop at the first world that finds it; `all` tries each.
    #[arg(long)]
    plant: Option<String>,
    /// Write into this file, which is docs/simulation.md, where each planted bug is found: where it was
    /// when that is still so, and otherwise in the first of the worlds.
    #[arg(long)]
    refresh: Option<PathBuf>,
    /// Worlds at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: u64,
    /// Go on after a world that fails, and list all of them.
    #[arg(long)]
    keep_going: bool,
    /// Tell the whole story of a world that fails, instead of its last lines.
    #[arg(long)]
    whole: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let base = sim::runtime()?.block_on(Base::make())?;
    if let Some(file) = &arguments.refresh {
        return refresh(&base, &arguments, file);
    }
    match arguments.plant.as_deref() {
        None => clean(&base, &arguments),
        Some("all") => hunt_all(&base, &arguments),
        Some(name) => {
            let bug = Bug::ALL.iter().copied().find(|bug| bug.name() == name);
            let bug =
                bug.with_context(|| format!("there is no bug called {name}; see docs/simulation.md"))?;
            match first_failure(&base, &arguments, Some(bug)) {
                Some((seed, _)) => {
                    tell(&base, &arguments, seed, Some(bug))?;
                    Ok(ExitCode::SUCCESS)
                }
                None => bail!("{name} was not found in {} worlds", arguments.seeds),
            }
        }
    }
}

fn clean(base: &Base, arguments: &Arguments) -> Result<ExitCode> {
    let began = Instant::now();
    let seen = survey(base, arguments, None);
    for (seed, violation) in &seen.failures {
        say(&format!("seed {seed}: {violation}"))?;
    }
    say(&format!(
        "{} worlds from seed {} with {} actions each: {} broke a promise, {} s, trace {}",
        seen.worlds,
        arguments.seed,
        arguments.steps,
        seen.failures.len(),
        began.elapsed().as_secs(),
        seen.trace
    ))?;
    let Some((seed, _)) = seen.failures.first_key_value() else { return Ok(ExitCode::SUCCESS) };
    tell(base, arguments, *seed, None)?;
    Ok(ExitCode::FAILURE)
}

fn hunt_all(base: &Base, arguments: &Arguments) -> Result<ExitCode> {
    let mut missed = 0;
    say("| Bug | What it does | Found by | Seed |\n|---|---|---|---:|")?;
    for bug in Bug::ALL {
        let (law, seed) = match first_failure(base, arguments, Some(*bug)) {
            Some((seed, violation)) => (violation.law, seed.to_string()),
            None => {
                missed += 1;
                ("not found", format!("> {}", arguments.seeds))
            }
        };
        say(&format!("| `{}` | {} | {law} | {seed} |", bug.name(), bug.what()))?;
    }
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn refresh(base: &Base, arguments: &Arguments, file: &Path) -> Result<ExitCode> {
    let text = std::fs::read_to_string(file)?;
    let known = table::read(&text);
    let found: Mutex<BTreeMap<usize, Found>> = Mutex::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                let Ok(runtime) = sim::runtime() else { return };
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(bug) = Bug::ALL.get(number).copied() else { return };
                    let run = |seed, bug| runtime.block_on(sim::run(base, seed, sim::STEPS, bug)).violation;
                    let before = known.iter().filter(|found| found.bug == bug).map(|found| found.seed);
                    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.seeds);
                    let hit = before.chain(seeds).find_map(|seed| {
                        let law = run(seed, Some(bug))?.law.to_owned();
                        run(seed, None).is_none().then_some(Found { bug, law, seed })
                    });
                    if let Some(hit) = hit {
                        found.lock().unwrap_or_else(PoisonError::into_inner).insert(number, hit);
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let missed = (0..).zip(Bug::ALL).filter(|(number, _)| !found.contains_key(number));
    let missed: Vec<&str> = missed.map(|(_, bug)| bug.name()).collect();
    let lines: Vec<Found> = found.into_values().collect();
    let text = table::replace(&text, &lines).context("there is no table of planted bugs in this file")?;
    std::fs::write(file, text)?;
    say(&format!("{} planted bugs are found, {} are not: {}", lines.len(), missed.len(), missed.join(", ")))?;
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What became of some worlds.
struct Survey {
    worlds: usize,
    failures: BTreeMap<u64, Violation>,
    /// Over the traces of all of them.
    trace: String,
}

/// The lowest seed that fails, and how.
fn first_failure(base: &Base, arguments: &Arguments, bug: Option<Bug>) -> Option<(u64, Violation)> {
    survey(base, arguments, bug).failures.pop_first()
}

/// Runs worlds on several threads; up to the first that fails, unless told to go on.
fn survey(base: &Base, arguments: &Arguments, bug: Option<Bug>) -> Survey {
    let next = AtomicU64::new(arguments.seed);
    let end = arguments.seed.saturating_add(arguments.seeds);
    let seen: Mutex<BTreeMap<u64, Outcome>> = Mutex::default();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                let Ok(runtime) = sim::runtime() else { return };
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let outcome = runtime.block_on(sim::run(base, seed, arguments.steps, bug));
                    if outcome.violation.is_some() && !arguments.keep_going {
                        stop.store(true, Ordering::Relaxed);
                    }
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.insert(seed, outcome);
                    if seen.len().is_multiple_of(REPORTED) {
                        let failed = seen.values().filter(|outcome| outcome.violation.is_some()).count();
                        let mut err = std::io::stderr().lock();
                        // Nobody may be listening, and the worlds go on.
                        drop(writeln!(
                            err,
                            "{} of {} worlds, {failed} broke a promise",
                            seen.len(),
                            arguments.seeds
                        ));
                    }
                }
            });
        }
    });
    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut trace = blake3::Hasher::new();
    for outcome in seen.values() {
        trace.update(outcome.trace.as_bytes());
    }
    let trace = trace.finalize().to_hex().chars().take(16).collect();
    let worlds = seen.len();
    let failures = seen.into_iter().filter_map(|(seed, outcome)| Some((seed, outcome.violation?))).collect();
    Survey { worlds, failures, trace }
}

fn tell(base: &Base, arguments: &Arguments, seed: u64, bug: Option<Bug>) -> Result<()> {
    let runtime = sim::runtime()?;
    let shrunk = runtime.block_on(sim::shrink(base, seed, arguments.steps, bug));
    let Some(shrunk) = shrunk else {
        bail!("seed {seed} failed once and not again: something is left to chance")
    };
    let (before, after) = shrunk.actions;
    say(&format!("seed {seed} breaks a promise; {after} of its {before} actions are enough:"))?;
    for action in &shrunk.plan {
        say(&format!("  {action}"))?;
    }
    let story = &shrunk.outcome.story;
    let skipped = if arguments.whole { 0 } else { story.len().saturating_sub(60) };
    say(&format!("the story, {} lines{}:", story.len(), if skipped > 0 { ", the last 60" } else { "" }))?;
    for line in story.iter().skip(skipped) {
        say(line)?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(())
}
