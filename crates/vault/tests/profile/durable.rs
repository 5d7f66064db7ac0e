//! What the vault has promised is on the disk: the order of its system calls is checked, calls fail, and
//! a real process is killed between them. Linux only, with strace.

use std::collections::BTreeSet;
use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use vault::{Code, ProfileLock, Vault};

use crate::alice::{HALDEN, MERIDIAN, PASSPHRASE, passphrase};

/// Tells the child its profile folder.
const CHILD: &str = "LOCKSTEP_VAULT_CHILD";
/// What the child does, in order; it says so after each.
const STEPS: usize = 4;

async fn step(lock: &ProfileLock, number: usize) -> Result<(), vault::Error> {
    if number == 0 {
        return match Vault::choose_passphrase(lock, passphrase(PASSPHRASE)).await {
            // Said no the first time, but the file was there already.
            Err(error) if error.code() == Code::KeyExists => Ok(()),
            other => other.map(drop),
        };
    }
    let vault = Vault::unlock(lock, passphrase(PASSPHRASE)).await?;
    match number {
        1 => vault.create_program(HALDEN).map(drop),
        2 => vault.create_program(MERIDIAN).map(drop),
        _ => match vault.forget_program(HALDEN) {
            Err(error) if error.code() == Code::NoSuchProgram => Ok(()),
            other => other,
        },
    }
}

/// Ids of the programs after so many steps.
fn programs_after(steps: usize) -> &'static [&'static str] {
    match steps {
        0 | 1 => &[],
        2 => &[HALDEN],
        3 => &[HALDEN, MERIDIAN],
        _ => &[MERIDIAN],
    }
}

#[tokio::test]
#[ignore = "the child of the tests below"]
async fn child() -> Result<()> {
    let profile = env::var(CHILD)?;
    let lock = ProfileLock::take(&profile).or_else(|_| ProfileLock::take(&profile))?;
    for number in 0..STEPS {
        // A call that failed goes well the next time, but each thread that makes it fails once.
        let mut done = step(&lock, number).await;
        for _ in 0..8 {
            if done.is_ok() {
                break;
            }
            done = step(&lock, number).await;
        }
        done?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "promised {number}")?;
        out.flush()?;
    }
    Ok(())
}

/// Runs the child under strace with these arguments; `None` where there is no strace.
fn child_under(arguments: &[&str], profile: &Path) -> Result<Option<Output>> {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        eprintln!("not run: strace is not installed");
        return Ok(None);
    }
    let output = Command::new("strace")
        .args(["-D", "-f", "-qq"])
        .args(arguments)
        .arg(env::current_exe()?)
        .args(["--exact", "durable::child", "--ignored", "--nocapture"])
        .env(CHILD, profile)
        .output()?;
    Ok(Some(output))
}

/// The text between two others.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?.1.split_once(to).map(|(found, _)| found)
}

#[tokio::test]
async fn what_is_promised_was_synced_file_and_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (profile, trace) = (folder.path().join("profile"), folder.path().join("trace"));
    let calls = "trace=write,fsync,fdatasync,rename,mkdir,unlink,openat";
    let out = trace.to_str().context("a path of text")?;
    let Some(output) = child_under(&["-y", "-e", calls, "-o", out], &profile)? else { return Ok(()) };
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));

    let ours = |path: &str| path.starts_with(profile.to_str().unwrap_or("?")) && !path.ends_with(".lock");
    let mut unsynced: BTreeSet<PathBuf> = BTreeSet::new();
    let mut unnamed: BTreeSet<PathBuf> = BTreeSet::new();
    let (mut promises, mut renames) = (0, 0);
    for line in std::fs::read_to_string(&trace)?.lines().filter(|line| !line.contains("= -1 ")) {
        let Some((_, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let Some((name, _)) = call.split_once('(') else { continue };
        let opened = between(call, "<", ">").unwrap_or_default();
        let path = between(call, "\"", "\"").unwrap_or_default();
        match name {
            "write" if call.contains("promised ") => {
                promises += 1;
                ensure!(unsynced.is_empty(), "promise {promises}: not synced: {unsynced:?}");
                ensure!(unnamed.is_empty(), "promise {promises}: their folders are not synced: {unnamed:?}");
            }
            "write" if ours(opened) => drop(unsynced.insert(opened.into())),
            "fsync" | "fdatasync" => {
                unsynced.remove(Path::new(opened));
                unnamed.retain(|path| path.parent() != Some(Path::new(opened)));
            }
            "rename" if ours(path) => {
                renames += 1;
                ensure!(!unsynced.contains(Path::new(path)), "{path} got its name before it was synced");
                let to = call.split('"').nth(3).context("a new name")?;
                unnamed.remove(Path::new(path));
                unnamed.insert(to.into());
            }
            "mkdir" | "unlink" if ours(path) => drop(unnamed.insert(path.into())),
            "openat" if call.contains("O_CREAT") && ours(path) => drop(unnamed.insert(path.into())),
            _ => {}
        }
    }
    ensure!((promises, renames) == (STEPS, 4), "{promises} promises, {renames} renames");
    Ok(())
}

#[tokio::test]
async fn killed_or_failed_at_any_call_it_keeps_its_promises() -> Result<()> {
    let kill = "signal=SIGKILL";
    let fail = "error=EIO";
    let at = |call, what, when: &[usize]| {
        let all = when.iter().map(move |when| format!("inject={call}:{what}:when={when}"));
        all.collect::<Vec<_>>()
    };
    let soak = env::var_os("LOCKSTEP_SOAK").is_some();
    let (few, many): (&[usize], &[usize]) = if soak {
        (&[1, 2, 3, 4], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    } else {
        (&[1, 2], &[1, 3, 5, 8])
    };
    let mut injections = at("fsync", kill, many);
    injections.extend(at("fsync", fail, many));
    injections.extend(at("rename", kill, few));
    injections.extend(at("rename", fail, few));
    injections.extend(at("unlink", kill, &[1]));
    for injection in injections {
        let folder = tempfile::tempdir()?;
        let profile = folder.path().join("profile");
        let Some(output) = child_under(&["-o", "/dev/null", "-e", &injection], &profile)? else {
            return Ok(());
        };
        let said = String::from_utf8_lossy(&output.stdout);
        if injection.contains(fail) {
            ensure!(
                output.status.success(),
                "{injection}: {said}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let promised = said.lines().filter(|line| line.contains("promised ")).count();
        let lock = ProfileLock::take(&profile)?;
        if promised == 0 {
            // Nobody counts on it yet; it can be begun, or has begun.
            step(&lock, 0).await.with_context(|| injection.clone())?;
        }
        let vault = Vault::unlock(&lock, passphrase(PASSPHRASE)).await.with_context(|| injection.clone())?;
        let found = vault.programs()?;
        let may_be = [programs_after(promised), programs_after(promised + 1)];
        ensure!(may_be.iter().any(|known| *known == found), "{injection}: {promised} promised, {found:?}");
        for program in &found {
            if let Err(error) = vault.program(program) {
                bail!("{injection}: the keys of {program}: {error}");
            }
        }
        for number in promised..STEPS {
            match step(&lock, number).await {
                Err(error) if error.code() == Code::ProgramExists => {}
                other => other.with_context(|| format!("{injection}: then step {number}"))?,
            }
        }
    }
    Ok(())
}
