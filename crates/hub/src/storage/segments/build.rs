//! Making the segments of an organization, from one state of the file that a reading connection holds
//! on to: whoever writes does not notice.
//!
//! First what opens the rest and what the first screen shows: program, organizations, grants; then deals,
//! those in which something happened last first. Segments of which nothing has changed are kept, so that
//! the next time costs what has changed since.

use super::{FOLDER, Listed};
use crate::Error;
use crate::storage::{Holder, ProgramStore, sql};
use domain::entity::Key;
use domain::{RowKey, ScopeId, Timestamp};
use futures_util::TryStreamExt;
use protocol::segment::{LIST_MAX, Writer};
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

/// The first deals come in a segment of this size unpacked, so that they are there at once.
const RAW_FIRST: usize = 192 << 10;
/// Unpacked bytes of one scope after which it is cut, between two mutations.
const RAW_CUT: usize = 256 << 10;
/// Disk that all segments of a hub may take, in bytes. Beyond, devices get pages.
const DISK_MAX: u64 = 8 << 30;

/// What is worth making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Rows below which pages do.
    pub rows: u64,
    /// Bytes unpacked at which a segment ends.
    pub full: usize,
}

/// What is known of a scope before its rows are read.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Highest number of a row or tombstone.
    last: u64,
    rows: u64,
}

/// A row on its way into a segment.
struct Found {
    key: RowKey,
    seq: u64,
    body: Vec<u8>,
}

/// Segments under way.
struct Making<'s> {
    store: &'s ProgramStore,
    head: u64,
    full: usize,
    writer: Writer,
    scopes: Vec<ScopeId>,
    made: Vec<Listed>,
}

impl ProgramStore {
    /// Makes the list anew as far as it is not as of now; `None` when the organization sees too little
    /// for it, or there is no room.
    pub async fn make_segments(
        &self,
        holder: &Holder,
        now: Timestamp,
        wanted: Wanted,
    ) -> Result<Option<Vec<Listed>>, Error> {
        self.sweep_segments(now).await?;
        let old = self.segments(holder.organization).await?;
        let mut snapshot = self.readers().begin().await.map_err(|error| self.failed(error))?;
        let (head, horizon): (i64, i64) = sqlx::query_as("SELECT head, horizon FROM program WHERE id = ?")
            .bind(&self.program.as_bytes()[..])
            .fetch_one(&mut *snapshot)
            .await
            .map_err(|error| self.failed(error))?;
        let (head, horizon) = (sql::unsigned(head), sql::unsigned(horizon));
        let mut held = self.held(&mut snapshot, holder).await?;
        if domain::planted!(SegmentOfOtherScope) {
            held = self.all_scopes(&mut snapshot).await?;
        }
        let extents = self.extents(&mut snapshot, &held).await?;
        let rows: u64 = extents.values().map(|extent| extent.rows).sum();
        if rows < wanted.rows || self.segment_bytes().await? > DISK_MAX {
            return Ok(None);
        }
        let (kept, missing) = sorted_out(old, &extents, horizon, |listed| self.is_whole(listed));
        let mut making = Making {
            store: self,
            head,
            full: wanted.full,
            writer: Writer::default(),
            scopes: Vec::new(),
            made: Vec::new(),
        };
        let (own, mut deals): (Vec<ScopeId>, Vec<ScopeId>) =
            missing.into_iter().partition(|scope| !matches!(scope, ScopeId::Deal(_)));
        self.add(&mut snapshot, &own, &mut making).await?;
        making.end().await?;
        let opening = making.made.len();
        deals.sort_by_key(|scope| std::cmp::Reverse(extents.get(scope).map_or(0, |extent| extent.last)));
        self.add(&mut snapshot, &deals, &mut making).await?;
        making.end().await?;
        drop(snapshot);

        let is_deals = |listed: &Listed| matches!(listed.scopes.first(), Some(ScopeId::Deal(_)));
        let (kept_deals, kept_own): (Vec<Listed>, Vec<Listed>) = kept.into_iter().partition(is_deals);
        let mut list = making.made;
        let new_deals = list.split_off(opening);
        list.extend(kept_own);
        list.extend(new_deals);
        list.extend(kept_deals);
        if list.len() > LIST_MAX {
            return Ok(None);
        }
        for listed in &mut list {
            // Nothing of what was kept has changed up to here.
            listed.head = head;
        }
        self.list_segments(holder.organization, now, &list).await?;
        Ok(Some(list))
    }

    pub(super) fn is_whole(&self, listed: &Listed) -> bool {
        let file = self.segment_path(&listed.announced.hash);
        let there = file.and_then(|file| std::fs::metadata(file).ok());
        there.is_some_and(|there| there.len() == listed.announced.bytes)
    }

    /// What the scopes hold, those that hold anything.
    async fn extents(
        &self,
        reader: &mut SqliteConnection,
        scopes: &BTreeSet<ScopeId>,
    ) -> Result<BTreeMap<ScopeId, Extent>, Error> {
        let scopes: Vec<ScopeId> = scopes.iter().copied().collect();
        let mut extents = BTreeMap::new();
        for piece in sql::pieces(&scopes) {
            let text = sql::repeated(
                "SELECT scope, max(seq), count(*) FROM row INDEXED BY row_scope \
                 WHERE program = ? AND scope IN (",
                "?",
                piece.len(),
                ") GROUP BY scope",
            );
            let mut query = sqlx::query_as(text).bind(&self.program.as_bytes()[..]);
            for scope in piece {
                query = query.bind(scope.to_bytes());
            }
            let found: Vec<(Vec<u8>, i64, i64)> =
                query.fetch_all(&mut *reader).await.map_err(|error| self.failed(error))?;
            for (scope, last, rows) in found {
                let extent = Extent { last: sql::unsigned(last), rows: sql::unsigned(rows) };
                extents.insert(sql::scope(&scope)?, extent);
            }
        }
        Ok(extents)
    }

    /// Reads the live rows of scopes into segments.
    async fn add(
        &self,
        reader: &mut SqliteConnection,
        scopes: &[ScopeId],
        making: &mut Making<'_>,
    ) -> Result<(), Error> {
        for piece in sql::pieces(scopes) {
            let text = sql::repeated(
                "SELECT scope, seq, tbl, id, body FROM row INDEXED BY row_scope \
                 WHERE program = ? AND body IS NOT NULL AND scope IN (",
                "?",
                piece.len(),
                ") ORDER BY scope, seq, tbl, id",
            );
            let mut query = sqlx::query(text).bind(&self.program.as_bytes()[..]);
            for scope in piece {
                query = query.bind(scope.to_bytes());
            }
            let (mut of, mut rows, mut bytes) = (None, Vec::new(), 0);
            let mut found = query.fetch(&mut *reader);
            while let Some(row) = found.try_next().await.map_err(|error| self.failed(error))? {
                let read = || {
                    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?))
                };
                let (scope, seq, table, id, body): (&[u8], i64, i64, &[u8], Vec<u8>) =
                    read().map_err(|error| self.failed(error))?;
                let (scope, seq) = (sql::scope(scope)?, sql::unsigned(seq));
                let cut = bytes >= RAW_CUT && rows.last().is_some_and(|last: &Found| last.seq != seq);
                if of != Some(scope) || cut {
                    if let Some(of) = of {
                        making.take(of, &mut rows).await?;
                    }
                    (of, bytes) = (Some(scope), 0);
                }
                bytes += body.len() + 32;
                rows.push(Found { key: sql::key(table, id)?, seq, body });
            }
            if let Some(of) = of {
                making.take(of, &mut rows).await?;
            }
        }
        Ok(())
    }

    /// Every scope there is: what a hub that forgot to ask would take.
    async fn all_scopes(&self, reader: &mut SqliteConnection) -> Result<BTreeSet<ScopeId>, Error> {
        let found: Vec<Vec<u8>> = sqlx::query_scalar("SELECT DISTINCT scope FROM row WHERE program = ?")
            .bind(&self.program.as_bytes()[..])
            .fetch_all(reader)
            .await
            .map_err(|error| self.failed(error))?;
        found
            .iter()
            .map(|scope| sql::scope(scope))
            .filter(|scope| !matches!(scope, Ok(ScopeId::Hub)))
            .collect()
    }
}

/// Segments that can stay, and scopes that have to be read.
fn sorted_out(
    old: Vec<Listed>,
    extents: &BTreeMap<ScopeId, Extent>,
    horizon: u64,
    is_whole: impl Fn(&Listed) -> bool,
) -> (Vec<Listed>, BTreeSet<ScopeId>) {
    let same = |scope: &ScopeId, head: u64| extents.get(scope).is_some_and(|extent| extent.last <= head);
    let mut missing: BTreeSet<ScopeId> = extents.keys().copied().collect();
    let mut kept = old;
    loop {
        // A scope may be in several segments: when one of them goes, all do.
        let gone: BTreeSet<ScopeId> = kept
            .iter()
            .filter(|listed| {
                let stale = listed.scopes.iter().any(|scope| !same(scope, listed.head));
                (stale && !domain::planted!(SegmentStale)) || listed.head < horizon || !is_whole(listed)
            })
            .flat_map(|listed| listed.scopes.iter().copied())
            .collect();
        let before = kept.len();
        kept.retain(|listed| !listed.scopes.iter().any(|scope| gone.contains(scope)));
        if kept.len() == before {
            break;
        }
    }
    for listed in &kept {
        for scope in &listed.scopes {
            missing.remove(scope);
        }
    }
    (kept, missing)
}

impl Making<'_> {
    /// Takes rows of one scope.
    async fn take(&mut self, scope: ScopeId, rows: &mut Vec<Found>) -> Result<(), Error> {
        let mut rows = std::mem::take(rows);
        if domain::planted!(SegmentRowsDropped) {
            rows.pop();
        }
        if rows.is_empty() {
            return Ok(());
        }
        let section = rows.iter().map(|row| (row.key, row.seq, row.body.as_slice()));
        self.writer.section(scope, section);
        if self.scopes.last() != Some(&scope) {
            self.scopes.push(scope);
        }
        let first_deals = matches!(scope, ScopeId::Deal(_))
            && !self.made.iter().any(|listed| matches!(listed.scopes.first(), Some(ScopeId::Deal(_))));
        let full = if first_deals { self.full.min(RAW_FIRST) } else { self.full };
        if self.writer.len() >= full { self.end().await } else { Ok(()) }
    }

    /// Ends the segment under way.
    async fn end(&mut self) -> Result<(), Error> {
        if self.writer.is_empty() {
            return Ok(());
        }
        let writer = std::mem::take(&mut self.writer);
        let scopes = std::mem::take(&mut self.scopes);
        let store = self.store.clone();
        let writing = tokio::task::spawn_blocking(move || {
            let (announced, bytes) = writer.finish().map_err(|error| Error::Database(Box::new(error)))?;
            if let Some(path) = store.segment_path(&announced.hash) {
                put(&path, &announced.hash, &bytes)
                    .map_err(|source| Error::Folder { path: FOLDER.into(), source })?;
            }
            Ok::<_, Error>(announced)
        });
        let announced = writing.await.map_err(|error| Error::Database(Box::new(error)))??;
        self.made.push(Listed { announced, head: self.head, scopes });
        Ok(())
    }
}

/// Writes a file whole or not at all.
fn put(path: &Path, hash: &Key, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_file_name(format!("{hash:?}.part"));
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&unfinished, path)
}
