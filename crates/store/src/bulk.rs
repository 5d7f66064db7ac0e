//! Taking in segments: hundreds of thousands of rows that a new device gets at once.
//!
//! A segment is written in large transactions, and in small ones while somebody else writes, who waits for
//! one of them at most; with the last one it is noted as being in. Until all are in, the cursor stays where
//! it was and the file says that a catch-up is under way, so an interrupted one goes on and is never taken
//! for complete.

use crate::change::Change;
use crate::delta;
use crate::error::{Code, Result, StoreError};
use crate::meta::{signed, unsigned};
use crate::store::{Inner, Store};
use crate::tx::Tx;
use crate::{access, meta, tray};
use domain::ScopeId;
use domain::entity::Key;
use protocol::client::SyncState;
use protocol::frame::{DeltaRow, Resume};
use protocol::segment::{Contents, SegmentRef};
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How many rows go into one transaction.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Rows that are written at once, about. Each statement for some of them costs the way to the thread of the
    /// connection and back.
    chunk: usize,
    /// Chunks in one transaction, which ends with fewer when somebody wants to write. A page that many rows touch
    /// is enciphered once for all of them: ids come in no order.
    chunks: usize,
}
/// While nobody else writes.
const ALONE: Pace = Pace { chunk: 2_000, chunks: 8 };
/// When somebody does, who waits for the end of a transaction.
const BESIDE: Pace = Pace { chunk: 250, chunks: 1 };
/// For so long after somebody had to wait.
const BESIDE_FOR: Duration = Duration::from_secs(2);
/// A mutation that has so many times more rows in one scope is cut.
const OVER: usize = 4;
/// While segments are taken in: memory for pages, in KiB, because ids come in no order, and each page of their
/// indexes that is not in memory has to be read and deciphered for one row; and pages in the log before it is
/// moved into the file, because most of them are written again soon. And what both are otherwise.
const TAKING_IN: &str = "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 6000";
const USUAL: &str = "PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 1000";
/// The window is told this often that rows have come.
const TOLD_EVERY: Duration = Duration::from_millis(400);

impl Store {
    /// Notes that segments which lead to `head` are going to be taken in. Returns those of the list that
    /// are in already.
    ///
    /// # Errors
    /// [`Code::WrongEpoch`] when the rows here are of another history, and whatever the disk has to say.
    pub async fn begin_segments(&self, epoch: u64, head: u64, list: &[SegmentRef]) -> Result<BTreeSet<Key>> {
        let list: BTreeSet<Key> = list.iter().map(|segment| segment.hash).collect();
        let work = self.write(move |tx| Box::pin(async move { begin(tx, epoch, head, &list).await }));
        work.await.map(|(done, _)| done)
    }

    /// Writes the rows of a segment, and that it is in.
    ///
    /// # Errors
    /// [`Code::WrongEpoch`] when no segments are expected (any more), and whatever the disk has to say.
    /// What was written so far is written again when the segment is taken in anew.
    pub async fn take_segment(&self, epoch: u64, segment: &SegmentRef, contents: Contents) -> Result<()> {
        let Contents { rows, newer } = contents;
        if !newer.is_empty() {
            self.keep_newer(newer).await?;
        }
        let mut untold = Change::default();
        let mut told = Instant::now();
        let mut rows = rows.into_iter().peekable();
        loop {
            let taken = self.take(epoch, rows, segment.hash).await;
            let (left, change) = match taken {
                Ok(taken) => taken,
                Err(error) => {
                    self.tell(untold);
                    return Err(error);
                }
            };
            rows = left;
            untold.tables.extend(&change.tables);
            untold.sync |= change.sync;
            let over = rows.peek().is_none();
            if over || told.elapsed() >= TOLD_EVERY {
                self.tell(std::mem::take(&mut untold));
                told = Instant::now();
            }
            if over {
                return Ok(());
            }
        }
    }

    /// Takes rows in until it is enough or somebody waits; returns those that are left. With the last of them,
    /// the segment is noted as being in.
    async fn take(&self, epoch: u64, rows: Rows, hash: Key) -> Result<(Rows, Change)> {
        let pace = self.inner.pace();
        let work = self.write(move |tx| Box::pin(async move { take(tx, epoch, rows, pace, hash).await }));
        let taken = work.await;
        self.inner.notice();
        taken
    }

    /// All segments are in: what they lead to is here.
    ///
    /// # Errors
    /// [`Code::WrongEpoch`] when no segments are expected (any more), and whatever the disk has to say.
    pub async fn finish_segments(&self, epoch: u64) -> Result<Change> {
        let work = self.write(move |tx| Box::pin(async move { finish(tx, epoch).await }));
        work.await.map(|((), change)| change)
    }
}

impl Inner {
    fn pace(&self) -> Pace {
        let waited = *self.waited_at.lock().unwrap_or_else(PoisonError::into_inner);
        if waited.is_some_and(|at| at.elapsed() < BESIDE_FOR) { BESIDE } else { ALONE }
    }

    /// Notes whether somebody waits.
    pub(crate) fn notice(&self) -> bool {
        let waits = self.waiting.load(Ordering::Relaxed) > 0;
        if waits {
            *self.waited_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        waits
    }
}

/// Rows that are still to be written.
type Rows = Peekable<std::vec::IntoIter<DeltaRow>>;

/// Takes about `size` rows off, to an end of a mutation if it can be.
fn cut(rows: &mut Rows, size: usize) -> Vec<DeltaRow> {
    let mut chunk: Vec<DeltaRow> = rows.by_ref().take(size).collect();
    while let (Some(last), Some(next)) = (chunk.last(), rows.peek()) {
        if (last.seq, last.scope) != (next.seq, next.scope) || chunk.len() >= size * OVER {
            break;
        }
        chunk.extend(rows.next());
    }
    chunk
}

/// The place of a catch-up that has no page yet.
fn start(head: u64) -> Resume {
    Resume { head, scope: Some(ScopeId::Program), after: 0 }
}

async fn begin(tx: &mut Tx, epoch: u64, head: u64, list: &BTreeSet<Key>) -> Result<BTreeSet<Key>> {
    let mut state = delta::state(tx).await?;
    if state.epoch == 0 && state.cursor == 0 {
        state.epoch = epoch;
    }
    if state.epoch != epoch || state.cursor > 0 {
        return Err(StoreError::new(Code::WrongEpoch, "beginning with segments"));
    }
    let before: Option<i64> =
        sqlx::query_scalar("SELECT head FROM bootstrap").fetch_optional(tx.conn()?).await?;
    let done: Vec<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM segment_in").fetch_all(tx.conn()?).await?;
    let mut known = BTreeSet::new();
    for hash in done {
        known.insert(meta::key(&hash)?);
    }
    // What an earlier list or pages have brought may have been deleted since: the tail goes back that far.
    let pages = state.resume.as_ref().map(|resume| resume.head);
    let head = before.map(unsigned).into_iter().chain(pages).fold(head, u64::min);
    sqlx::query(TAKING_IN).execute(tx.conn()?).await?;
    sqlx::query("INSERT OR REPLACE INTO bootstrap (id, head) VALUES (1, ?)")
        .bind(signed(head))
        .execute(tx.conn()?)
        .await?;
    state.resume = Some(start(head));
    meta::write_cursor(tx.conn()?, &state).await?;
    Ok(known.intersection(list).copied().collect())
}

async fn expected(tx: &mut Tx, epoch: u64) -> Result<(SyncState, u64)> {
    let state = delta::state(tx).await?;
    let head: Option<i64> =
        sqlx::query_scalar("SELECT head FROM bootstrap").fetch_optional(tx.conn()?).await?;
    match head {
        Some(head) if state.epoch == epoch && state.cursor == 0 => Ok((state, unsigned(head))),
        _ => Err(StoreError::new(Code::WrongEpoch, "taking in a segment")),
    }
}

async fn take(tx: &mut Tx, epoch: u64, mut rows: Rows, pace: Pace, hash: Key) -> Result<Rows> {
    let (mut state, head) = expected(tx, epoch).await?;
    // The words of hundreds of thousands of rows are indexed afterwards, in slices.
    tx.index_later = true;
    tx.untold = true;
    // Whatever pages brought meanwhile, this is where a catch-up goes on.
    state.resume = Some(start(head));
    let mut scopes: BTreeSet<ScopeId> = BTreeSet::new();
    for _ in 0..pace.chunks {
        let chunk = cut(&mut rows, pace.chunk);
        if chunk.is_empty() {
            break;
        }
        scopes.extend(chunk.iter().map(|row| row.scope));
        delta::take_segment(tx, &state, chunk).await?;
        if tx.notice_who_waits() {
            break;
        }
    }
    if rows.peek().is_none() {
        sqlx::query("INSERT OR REPLACE INTO segment_in (hash) VALUES (?)")
            .bind(&hash.0[..])
            .execute(tx.conn()?)
            .await?;
    }
    tray::try_restored(tx, &scopes).await?;
    Ok(rows)
}

async fn finish(tx: &mut Tx, epoch: u64) -> Result<()> {
    let (mut state, head) = expected(tx, epoch).await?;
    (state.cursor, state.resume) = (head, None);
    forget(tx).await?;
    access::given_again(tx).await?;
    sqlx::query(USUAL).execute(tx.conn()?).await?;
    meta::write_cursor(tx.conn()?, &state).await
}

/// Forgets that segments are expected.
pub(crate) async fn forget(tx: &mut Tx) -> Result<()> {
    for forget in ["DELETE FROM bootstrap", "DELETE FROM segment_in"] {
        sqlx::query(forget).execute(tx.conn()?).await?;
    }
    Ok(())
}
