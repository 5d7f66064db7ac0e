//! Pages for a device that catches up. A page is chosen from the indexes first and gets its bodies
//! second; a row that changes in between is past the head of the page, so it is left out and comes with
//! a later one.
//!
//! The order within a scope, and in the tail across scopes, is by sequence number. Rows of one mutation
//! share theirs, and a page never ends between them: what a device has after a page is a state that
//! existed. If they alone are more than a page, the page is longer.

use super::{ProgramStore, sql};
use crate::Error;
use domain::planted::limit;
use domain::{RowKey, ScopeId, Table};
use futures_util::TryStreamExt;
use protocol::frame::Resume;
use protocol::sequencer::{CommitRow, PAGE_BYTES, PAGE_ROWS, Page, PageQuery};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Numbers of scopes that statements are made for, so that each is prepared once. Few scopes are looked at one
/// by one. Many are looked for among the last changes, see [`super::recent`]; when those do not reach back far
/// enough, one by one again, unless there are fewer changes than scopes: then all changes are walked.
const SCOPES: [usize; 5] = [1, 32, 256, 2_048, 16_384];
/// Bytes a row costs on the wire besides its body.
const ROW_BYTES: usize = 64;
/// Rows whose bodies are read at a time.
const BODIES: usize = 256;
/// Rows read beyond the room in a page, so that it can end where a mutation ends.
const SLACK: usize = 1_024;

/// Which row changed where, by number.
pub(super) const BY_NUMBER: &str = "SELECT seq, tbl, id, scope FROM row INDEXED BY row_seq \
    WHERE program = ? AND seq > ? AND seq <= ? ORDER BY seq, tbl, id";

/// A row that may go into a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) seq: u64,
    pub(super) key: RowKey,
}

/// Which rows of the old scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Grants,
    Others,
}

/// Whether tombstones are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Live,
    All,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) rows: Vec<Candidate>,
    /// How many rows the statement gave.
    read: usize,
    /// Whether it was left before its end.
    pub(super) more: bool,
}

impl Chosen {
    /// Takes one in, or says that there was enough: `room` of them, and a mutation ends here.
    pub(super) fn take(&mut self, candidate: Candidate, room: Option<usize>) -> ControlFlow<()> {
        let ended = domain::planted!(PageEndsInMutation)
            || self.rows.last().is_some_and(|last| last.seq != candidate.seq);
        if ended && room.is_some_and(|room| self.rows.len() >= room) {
            self.more = true;
            return ControlFlow::Break(());
        }
        self.rows.push(candidate);
        ControlFlow::Continue(())
    }
}

impl Part {
    pub(super) fn has(self, table: Table) -> bool {
        (table == Table::Grants) == (self == Self::Grants)
    }
}

impl ProgramStore {
    /// Reads a page, see [`PageQuery`].
    pub async fn page(&self, query: &PageQuery) -> Result<Page, Error> {
        let head = query.from.head;
        let mut page = Filling::default();
        if query.first && !query.old.is_empty() && !domain::planted!(GrantsOfPageDropped) {
            // All of them, however many: they tell the device what the rest is about.
            let (grants, _) = self.changed(&query.old, query.base, head, Part::Grants, None).await?;
            for grants in grants.chunks(BODIES) {
                for group in self.with_bodies(grants, Kind::All).await? {
                    page.add(group);
                }
            }
            page.grants = page.rows.len();
        }
        let mut after = query.from.after;
        if let Some(from) = query.from.scope {
            // A device names the scope; only those it may see are looked at.
            let reached = query.new.partition_point(|scope| *scope < from);
            for scope in query.new.iter().skip(reached).copied() {
                let start = if scope == from { after } else { 0 };
                let stopped = if page.is_full() && scope != from {
                    Some(0)
                } else {
                    self.fill_scope(scope, start, head, &mut page).await?
                };
                if let Some(after) = stopped {
                    let resume = Some(Resume { head, scope: Some(scope), after });
                    return Ok(Page { head, rows: page.rows, resume });
                }
            }
            after = 0;
        }
        let resume = self.fill_tail(query, after.max(query.base), &mut page).await?;
        Ok(Page { head, rows: page.rows, resume })
    }

    /// Adds live rows of one scope; where to go on when they did not all fit.
    async fn fill_scope(
        &self,
        scope: ScopeId,
        mut after: u64,
        head: u64,
        page: &mut Filling,
    ) -> Result<Option<u64>, Error> {
        loop {
            let room = page.room();
            let (candidates, more) = self.of_scope(scope, after, head, room).await?;
            for group in self.with_bodies(&candidates, Kind::Live).await? {
                let seq = group.iter().map(|row| row.seq).max();
                if !page.takes(&group) {
                    return Ok(Some(after));
                }
                page.add(group);
                after = seq.unwrap_or(after);
            }
            if !more {
                return Ok(None);
            }
            after = candidates.last().map_or(head, |last| last.seq);
            if page.is_full() {
                return Ok(Some(after));
            }
        }
    }

    /// Adds changes of the old scopes; where to go on when they did not all fit.
    async fn fill_tail(
        &self,
        query: &PageQuery,
        mut after: u64,
        page: &mut Filling,
    ) -> Result<Option<Resume>, Error> {
        let head = query.from.head;
        if query.old.is_empty() {
            return Ok(None);
        }
        let on = |after| Ok(Some(Resume { head, scope: None, after }));
        let room = page.room();
        let (candidates, more) = self.changed(&query.old, after, head, Part::Others, Some(room)).await?;
        for group in self.with_bodies(&candidates, Kind::All).await? {
            if !page.takes(&group) {
                return on(after);
            }
            after = group.iter().map(|row| row.seq).max().unwrap_or(after);
            page.add(group);
        }
        if more { on(candidates.last().map_or(after, |last| last.seq)) } else { Ok(None) }
    }

    /// Rows of one scope with a number above `after`, and whether there are more.
    async fn of_scope(
        &self,
        scope: ScopeId,
        after: u64,
        head: u64,
        room: usize,
    ) -> Result<(Vec<Candidate>, bool), Error> {
        let sql = "SELECT seq, tbl, id, scope FROM row INDEXED BY row_scope \
                   WHERE program = ? AND scope = ? AND seq > ? AND seq <= ? ORDER BY seq, tbl, id";
        let query = sqlx::query(sql)
            .bind(&self.program.as_bytes()[..])
            .bind(scope.to_bytes())
            .bind(sql::signed(after))
            .bind(sql::signed(head));
        let chosen = self.choose(query, Some(room), |_, _| true).await?;
        Ok((chosen.rows, chosen.more))
    }

    /// Rows and tombstones of the scopes with a number above `after`, and whether there are more.
    async fn changed(
        &self,
        scopes: &[ScopeId],
        after: u64,
        head: u64,
        part: Part,
        room: Option<usize>,
    ) -> Result<(Vec<Candidate>, bool), Error> {
        let granting;
        let scopes = match part {
            Part::Others => scopes,
            // Grants live with the organization they are for.
            Part::Grants => {
                let of_organization = |scope: &&ScopeId| matches!(scope, ScopeId::Organization(_));
                granting = scopes.iter().filter(of_organization).copied().collect::<Vec<_>>();
                granting.as_slice()
            }
        };
        if scopes.is_empty() {
            return Ok((Vec::new(), false));
        }
        let few = SCOPES.into_iter().find(|few| scopes.len() <= *few);
        let [_, always, ..] = SCOPES;
        if scopes.len() > always
            && let Some(chosen) = self.among_the_last(scopes, after, head, part, room).await?
        {
            return Ok((chosen.rows, chosen.more));
        }
        let Some(few) = few.filter(|few| *few <= always || scopes.len() as u64 <= head.saturating_sub(after))
        else {
            let query = sqlx::query(BY_NUMBER)
                .bind(&self.program.as_bytes()[..])
                .bind(sql::signed(after))
                .bind(sql::signed(head));
            let scopes: BTreeSet<ScopeId> = scopes.iter().copied().collect();
            let wanted = |table, scope| part.has(table) && scopes.contains(&scope);
            let chosen = self.choose(query, room, wanted).await?;
            return Ok((chosen.rows, chosen.more));
        };
        // Filled up with one that is there already, which finds nothing more.
        let mut scopes = scopes.to_vec();
        scopes.resize(few, scopes.last().copied().unwrap_or(ScopeId::Program));
        let scopes = &scopes;
        // Sorted across scopes, so limited: a long tail is not sorted anew for every page of it. The
        // limit may cut through a mutation, which is then left for the next page, or read whole.
        let limit = room.map(|room| room + SLACK);
        let chosen = self.changed_in_few(scopes, after, head, part, room, limit).await?;
        if limit != Some(chosen.read) || chosen.more {
            return Ok((chosen.rows, chosen.more));
        }
        let cut = chosen.rows.last().map_or(head, |last| last.seq);
        let whole: Vec<Candidate> = chosen.rows.into_iter().filter(|row| row.seq < cut).collect();
        if !whole.is_empty() {
            return Ok((whole, true));
        }
        let chosen = self.changed_in_few(scopes, after, cut, part, None, None).await?;
        Ok((chosen.rows, cut < head))
    }

    async fn changed_in_few(
        &self,
        scopes: &[ScopeId],
        after: u64,
        head: u64,
        part: Part,
        room: Option<usize>,
        limit: Option<usize>,
    ) -> Result<Chosen, Error> {
        let text = sql::repeated(
            "SELECT seq, tbl, id, scope FROM row INDEXED BY row_scope \
             WHERE program = ? AND seq > ? AND seq <= ? AND (tbl = ?) = ? AND scope IN (",
            "?",
            scopes.len(),
            ") ORDER BY seq, tbl, id LIMIT ?",
        );
        let mut query = sqlx::query(text)
            .bind(&self.program.as_bytes()[..])
            .bind(sql::signed(after))
            .bind(sql::signed(head))
            .bind(i64::from(Table::Grants.number()))
            .bind(part == Part::Grants);
        for scope in scopes {
            query = query.bind(scope.to_bytes());
        }
        let query = query.bind(limit.map_or(-1, |limit| sql::signed(limit as u64)));
        self.choose(query, room, |_, _| true).await
    }

    /// Takes candidates until there are `room` of them and a mutation ends.
    async fn choose(
        &self,
        query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
        room: Option<usize>,
        wanted: impl Fn(Table, ScopeId) -> bool,
    ) -> Result<Chosen, Error> {
        let mut chosen = Chosen::default();
        let mut found = query.fetch(self.readers());
        while let Some(row) = found.try_next().await.map_err(|error| self.failed(error))? {
            let (candidate, scope) = self.candidate(&row)?;
            chosen.read += 1;
            if !wanted(candidate.key.table, scope) {
                continue;
            }
            if chosen.take(candidate, room).is_break() {
                break;
            }
        }
        Ok(chosen)
    }

    /// A row and its scope, from the columns of [`BY_NUMBER`].
    pub(super) fn candidate(&self, row: &SqliteRow) -> Result<(Candidate, ScopeId), Error> {
        let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
        let (seq, table, id, scope): (i64, i64, &[u8], &[u8]) = read().map_err(|error| self.failed(error))?;
        Ok((Candidate { seq: sql::unsigned(seq), key: sql::key(table, id)? }, sql::scope(scope)?))
    }

    /// The rows of candidates as they are now, grouped by sequence number, in order; without those that
    /// have changed since. Stops early at more than any page takes.
    async fn with_bodies(&self, candidates: &[Candidate], kind: Kind) -> Result<Vec<Vec<CommitRow>>, Error> {
        let mut groups: Vec<Vec<CommitRow>> = Vec::new();
        let mut bytes = 0;
        for piece in candidates.chunks(BODIES) {
            let keys: Vec<RowKey> = piece.iter().map(|candidate| candidate.key).collect();
            let mut reader = self.reader().await?;
            let stored = self.stored(&mut reader, &keys).await?;
            drop(reader);
            let mut bodies: BTreeMap<RowKey, CommitRow> =
                stored.into_iter().map(|row| (row.key, row)).collect();
            for candidate in piece {
                // One that has changed since has another number, under which it is found.
                if bodies.get(&candidate.key).is_none_or(|row| row.seq != candidate.seq) {
                    continue;
                }
                let Some(row) = bodies.remove(&candidate.key) else { continue };
                if (kind == Kind::Live || domain::planted!(TombstoneDropped)) && row.body.is_none() {
                    continue;
                }
                bytes += row.body.as_ref().map_or(0, Vec::len);
                match groups.last_mut() {
                    Some(group) if group.last().is_some_and(|last| last.seq == row.seq) => group.push(row),
                    _ => groups.push(vec![row]),
                }
            }
            if bytes > 2 * PAGE_BYTES && groups.len() > 1 {
                // The last group may be incomplete: the ones before it or it alone fill the page.
                break;
            }
        }
        Ok(groups)
    }
}

/// A page that is being filled.
#[derive(Debug, Default)]
struct Filling {
    rows: Vec<CommitRow>,
    bytes: usize,
    /// Rows at the start that are grants. They do not count as a step forward, which every page makes.
    grants: usize,
}

impl Filling {
    fn room(&self) -> usize {
        limit(PAGE_ROWS).saturating_sub(self.rows.len()).max(1)
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= limit(PAGE_ROWS) || self.bytes >= PAGE_BYTES
    }

    /// Whether a group fits. A page without any takes it in any case.
    fn takes(&self, group: &[CommitRow]) -> bool {
        let bytes = bytes_of(group);
        self.rows.len() == self.grants
            || (self.rows.len() + group.len() <= limit(PAGE_ROWS) && self.bytes + bytes <= PAGE_BYTES)
    }

    fn add(&mut self, group: Vec<CommitRow>) {
        self.bytes += bytes_of(&group);
        self.rows.extend(group);
    }
}

fn bytes_of(rows: &[CommitRow]) -> usize {
    rows.iter().map(|row| ROW_BYTES + row.body.as_ref().map_or(0, Vec::len)).sum()
}
