//! Taking in segments: hundreds of thousands of rows that a new device gets at once.
//!
//! A segment is written in small transactions, so that what a person does meanwhile waits for one of
//! them at most; with the last one it is noted as being in. Until all are in, the cursor stays where it
//! was and the file says that a catch-up is under way, so an interrupted one goes on and is never taken
//! for complete.

use crate::change::Change;
use crate::delta;
use crate::error::{Code, Result, StoreError};
use crate::meta::{signed, unsigned};
use crate::store::Store;
use crate::tx::Tx;
use crate::{access, meta, tray};
use domain::ScopeId;
use domain::entity::Key;
use protocol::client::SyncState;
use protocol::frame::{DeltaRow, Resume};
use protocol::segment::{Contents, SegmentRef};
use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Rows after which a transaction ends if somebody else wants to write, about: a few milliseconds.
const CHUNK: usize = 500;
/// A mutation with more rows in one scope is cut.
const CHUNK_MAX: usize = 2_000;
/// Chunks in one transaction when nobody does. A page that many rows touch is enciphered once for all of them,
/// which is most of the work: ids come in no order. And whoever comes at its end waits for it.
const CHUNKS: usize = 16;
/// Memory for pages while segments are taken in, in KiB: ids come in no order, and each page of their indexes
/// that is not in memory has to be read and deciphered for one row. And what it is otherwise.
const CACHE: &str = "PRAGMA cache_size = -65536";
const CACHE_USUAL: &str = "PRAGMA cache_size = -8000";
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
        // Empty for a segment without a row that this version knows.
        let mut chunks: VecDeque<Vec<DeltaRow>> = chunks(rows).collect();
        loop {
            let some = chunks.drain(..chunks.len().min(CHUNKS)).collect();
            let taken = self.take(epoch, some, chunks.is_empty().then_some(segment.hash)).await;
            let over = match taken {
                Ok((left, change)) => {
                    untold.tables.extend(&change.tables);
                    untold.sync |= change.sync;
                    left.into_iter().rev().for_each(|chunk| chunks.push_front(chunk));
                    Ok(chunks.is_empty())
                }
                Err(error) => Err(error),
            };
            if !matches!(over, Ok(false)) || told.elapsed() >= TOLD_EVERY {
                self.tell(std::mem::take(&mut untold));
                told = Instant::now();
            }
            if over? {
                return Ok(());
            }
        }
    }

    /// Takes chunks in until somebody waits; returns those that are left. With the last of them, `done` is noted.
    async fn take(
        &self,
        epoch: u64,
        chunks: VecDeque<Vec<DeltaRow>>,
        done: Option<Key>,
    ) -> Result<(VecDeque<Vec<DeltaRow>>, Change)> {
        let work = self.write(move |tx| Box::pin(async move { take(tx, epoch, chunks, done).await }));
        work.await
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

/// Cuts rows into transactions, between two mutations if it can be.
fn chunks(rows: Vec<DeltaRow>) -> impl Iterator<Item = Vec<DeltaRow>> {
    let mut rows = rows.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut chunk: Vec<DeltaRow> = rows.by_ref().take(CHUNK).collect();
        while let (Some(last), Some(next)) = (chunk.last(), rows.peek()) {
            if (last.seq, last.scope) != (next.seq, next.scope) || chunk.len() >= CHUNK_MAX {
                break;
            }
            chunk.extend(rows.next());
        }
        (!chunk.is_empty()).then_some(chunk)
    })
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
    sqlx::query(CACHE).execute(tx.conn()?).await?;
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

async fn take(
    tx: &mut Tx,
    epoch: u64,
    mut chunks: VecDeque<Vec<DeltaRow>>,
    done: Option<Key>,
) -> Result<VecDeque<Vec<DeltaRow>>> {
    let (mut state, head) = expected(tx, epoch).await?;
    // The words of hundreds of thousands of rows are indexed afterwards, in slices.
    tx.index_later = true;
    tx.untold = true;
    // Whatever pages brought meanwhile, this is where a catch-up goes on.
    state.resume = Some(start(head));
    let mut scopes: BTreeSet<ScopeId> = BTreeSet::new();
    while let Some(rows) = chunks.pop_front() {
        scopes.extend(rows.iter().map(|row| row.scope));
        delta::take_segment(tx, &state, rows).await?;
        if tx.is_waited_for() {
            break;
        }
    }
    if let Some(hash) = done.filter(|_| chunks.is_empty()) {
        sqlx::query("INSERT OR REPLACE INTO segment_in (hash) VALUES (?)")
            .bind(&hash.0[..])
            .execute(tx.conn()?)
            .await?;
    }
    tray::try_restored(tx, &scopes).await?;
    Ok(chunks)
}

async fn finish(tx: &mut Tx, epoch: u64) -> Result<()> {
    let (mut state, head) = expected(tx, epoch).await?;
    (state.cursor, state.resume) = (head, None);
    forget(tx).await?;
    access::given_again(tx).await?;
    sqlx::query(CACHE_USUAL).execute(tx.conn()?).await?;
    meta::write_cursor(tx.conn()?, &state).await
}

/// Forgets that segments are expected.
pub(crate) async fn forget(tx: &mut Tx) -> Result<()> {
    for forget in ["DELETE FROM bootstrap", "DELETE FROM segment_in"] {
        sqlx::query(forget).execute(tx.conn()?).await?;
    }
    Ok(())
}
