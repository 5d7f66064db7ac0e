//! The hub's file on a disk that loses power or fails: what was committed is there, nothing is half
//! there, and the same store goes on as soon as the disk is well.

use super::*;
use disk::{Cut, Disk, Effort, Fault, Kind};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use std::path::Path;
use tempfile::TempDir;

/// What happens to a hub's file.
#[derive(Debug)]
enum Step {
    Commit(Commit),
    /// Moves the log into the file, as SQLite does by itself from time to time.
    Checkpoint,
    Reopen,
}

/// A hub's file, with what belongs to one program.
struct Lived {
    storage: Storage,
    store: ProgramStore,
    data: Data,
}

impl Lived {
    async fn open(folder: &Path) -> Result<Self, Error> {
        let data = Data::Folder(folder.to_owned());
        let storage = Storage::open(&data).await?;
        Ok(Self { store: storage.program(program(1)), storage, data })
    }

    async fn take(&mut self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Commit(commit) => self.store.commit(EPOCH, NOW, commit).await,
            Step::Checkpoint => {
                let moved = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&self.storage.0.writer);
                moved.await.map(drop).map_err(|error| self.storage.failed(error))
            }
            Step::Reopen => {
                self.storage.close().await;
                self.storage = Storage::open(&self.data).await?;
                self.store = self.storage.program(program(1));
                Ok(())
            }
        }
    }
}

/// Group commits as a busy room makes them: new rows, long ones, changed ones, tombstones, chains and
/// answers.
fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for n in 1..=14_u64 {
        let (seq, device) = (n, DeviceId(Uuid::from_u128(u128::from(n % 3) + 5)));
        let length = if n % 4 == 0 { 30_000 } else { 700 };
        let body = vec![u8::try_from(n).unwrap(); length];
        let mut rows: Vec<CommitRow> =
            (0..4).map(|m| row(message(u128::from(n * 4 + m)), deal(1), seq, Some(&body))).collect();
        if n > 2 {
            rows.push(row(message(u128::from(n - 1) * 4), deal(1), seq, Some(b"changed")));
            rows.push(row(message(u128::from(n - 2) * 4 + 1), deal(1), seq, None));
        }
        rows.sort_by_key(|row| row.key);
        let mut commit = batch(n - 1, n, rows);
        commit.chains.insert(device, Chain { n, hash: Key([7; 32]) });
        commit.answers.push((device, Answer { n, seq, refusal: None, at: NOW }));
        steps.push(Step::Commit(commit));
        match n {
            3 | 6 | 12 => steps.push(Step::Checkpoint),
            9 => steps.push(Step::Reopen),
            _ => {}
        }
    }
    steps
}

/// All that the file says, in an order of its own.
async fn state_of(folder: &Path) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(folder.join(open::FILE)).read_only(true);
    let mut conn = options.connect().await.unwrap();
    let mut lines = Vec::new();
    for sql in [
        "SELECT 'program ' || quote(id) || epoch || ' ' || head AS line FROM program ORDER BY line",
        "SELECT 'row ' || quote(id) || quote(scope) || ' ' || seq || coalesce(' ' || hex(body), ' gone') AS line \
         FROM row ORDER BY line",
        "SELECT 'chain ' || quote(device) || n || quote(hash) AS line FROM chain ORDER BY line",
        "SELECT 'answer ' || quote(device) || n || ' ' || seq AS line FROM answer ORDER BY line",
    ] {
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut conn).await.unwrap();
        lines.extend(rows);
    }
    conn.close().await.unwrap();
    lines
}

async fn complaints(folder: &Path) -> Vec<String> {
    let mut conn = SqliteConnectOptions::new().filename(folder.join(open::FILE)).connect().await.unwrap();
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    found.into_iter().filter(|line| line != "ok").collect()
}

fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// A fault after so many good operations.
type FaultAfter = fn(usize) -> Fault;

/// How much longer this runs in `./dev soak`.
fn soak() -> usize {
    std::env::var("LOCKSTEP_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

async fn each_cut(disk: &Disk, samples: usize, mut check: impl AsyncFnMut(Cut)) -> usize {
    let seed = std::env::var("LOCKSTEP_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let effort = Effort { exhaustive: 3, samples: samples * soak(), seed };
    let mut tried = 0;
    for cut in disk.history().after_power_cuts(effort) {
        check(cut).await;
        tried += 1;
    }
    tried
}

/// Takes the steps on a disk that fails as `fault` says. Returns whether it came to that, the disk with
/// its history, and the states after each step when nothing fails.
async fn live(steps: &[Step], fault: Option<Fault>) -> (bool, Disk, Vec<Vec<String>>, TempDir) {
    let folder = scratch();
    let disk = Disk::watch(folder.path()).unwrap();
    let mut lived = Lived::open(folder.path()).await.unwrap();
    disk.acknowledge();
    let mut states = vec![state_of(folder.path()).await];
    if let Some(fault) = fault {
        disk.fail(fault);
    }
    let mut failed = false;
    for step in steps {
        let before = states.last().unwrap();
        if let Err(error) = lived.take(step).await {
            failed |= disk.heal();
            let is_full = fault.is_some_and(|fault| fault.code == 13);
            let told = matches!((&error, is_full), (Error::DiskFull, true) | (Error::Disk(_), false));
            assert!(told && failed, "{fault:?}: {error:?}");
            assert_eq!(state_of(folder.path()).await, *before, "{fault:?}: half done");
            lived.take(step).await.unwrap_or_else(|error| panic!("{fault:?}: again: {error:?}"));
        }
        disk.acknowledge();
        states.push(state_of(folder.path()).await);
    }
    failed |= disk.heal();
    lived.storage.close().await;
    assert_eq!(complaints(folder.path()).await, [""; 0], "{fault:?}");
    (failed, disk, states, folder)
}

#[tokio::test]
async fn a_power_cut_loses_nothing_that_was_committed() {
    let steps = steps();
    let (_, disk, states, _folder) = live(&steps, None).await;
    let mut number = 0;
    let tried = each_cut(&disk, 4, async |cut| {
        number += 1;
        let folder = scratch();
        cut.restore(folder.path()).unwrap();
        let opened = Lived::open(folder.path()).await;
        let mut lived = opened.unwrap_or_else(|error| panic!("{}: {error:?}", cut.at));
        let state = state_of(folder.path()).await;
        // Being opened for the first time is the first thing that is acknowledged.
        let known = cut.acknowledged.saturating_sub(1);
        let reached = [known, cut.acknowledged].into_iter().find(|at| states.get(*at) == Some(&state));
        let reached = reached.unwrap_or_else(|| panic!("{}: lost or torn", cut.at));
        // A step without an effect looks as if it had been taken.
        let last = if number % 16 == 0 { steps.len() } else { reached + 1 };
        for at in reached..last.min(steps.len()) {
            lived.take(&steps[at]).await.unwrap_or_else(|error| panic!("{}, step {at}: {error:?}", cut.at));
            assert_eq!(state_of(folder.path()).await, states[at + 1], "{}, then step {at}", cut.at);
        }
        lived.storage.close().await;
        assert_eq!(complaints(folder.path()).await, [""; 0], "{}", cut.at);
    })
    .await;
    assert!(tried > 100, "only {tried} different power cuts");
}

#[tokio::test]
async fn any_operation_may_fail() {
    let steps = steps();
    let faults: [(FaultAfter, usize); 4] = [
        (Fault::full, 67),
        (|after| Fault::once(Kind::Write, after), 83),
        (|after| Fault::lasting(Kind::Sync, after), 7),
        (|after| Fault::lasting(Kind::Truncate, after), 1),
    ];
    for (fault, stride) in faults {
        let stride = if soak() > 1 { 1 } else { stride };
        let mut after = 0;
        while live(&steps, Some(fault(after))).await.0 {
            after += stride;
        }
    }
}

/// What a failed sync did not write is never written by a later one (see the crate `disk`).
#[tokio::test]
async fn what_a_failed_sync_forgot_is_written_again() {
    let steps = steps();
    for after in (1..30).step_by(if soak() > 1 { 1 } else { 12 }) {
        let (failed, disk, states, _folder) = live(&steps, Some(Fault::once(Kind::Sync, after))).await;
        assert!(failed || after > 15);
        each_cut(&disk, 0, async |cut| {
            let folder = scratch();
            cut.restore(folder.path()).unwrap();
            let opened = Lived::open(folder.path()).await;
            let lived = opened.unwrap_or_else(|error| panic!("sync {after}, {}: {error:?}", cut.at));
            let state = state_of(folder.path()).await;
            let known = cut.acknowledged.saturating_sub(1);
            assert!(states.iter().skip(known).take(2).any(|other| *other == state), "{after}, {}", cut.at);
            lived.storage.close().await;
        })
        .await;
    }
}
