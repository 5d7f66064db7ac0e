//! The last changes of a program in memory, without their bodies. When a hub comes back, all devices ask at once
//! for what little they have missed in hundreds of scopes: looking for it scope by scope in the file costs
//! each of them thousands of pages.

use super::page::{BY_NUMBER, Candidate, Chosen, Part};
use super::{ProgramStore, sql};
use crate::Error;
use domain::ScopeId;
use futures_util::TryStreamExt;
use std::collections::{HashSet, VecDeque};
use tokio::sync::RwLock;

/// How far they reach back, sequence numbers.
const REACH: u64 = 16_384;

/// Which rows changed after `from` and up to `to`, in order. A row that has changed again stands there twice; only
/// its last number is that of the row.
#[derive(Debug, Default)]
pub(super) struct Recent {
    from: u64,
    to: u64,
    changes: VecDeque<Change>,
}

#[derive(Debug, Clone, Copy)]
struct Change {
    row: Candidate,
    scope: ScopeId,
}

impl Recent {
    fn has(&self, after: u64, head: u64) -> bool {
        self.from <= after && head <= self.to
    }

    /// The changes in between, oldest first.
    fn between(&self, after: u64, head: u64) -> impl Iterator<Item = &Change> {
        let start = self.changes.partition_point(|change| change.row.seq <= after);
        self.changes.range(start..).take_while(move |change| change.row.seq <= head)
    }
}

impl ProgramStore {
    /// Rows and tombstones of the scopes with a number above `after`, some of which may have changed since.
    /// `None` when that is further back than is kept.
    pub(super) async fn among_the_last(
        &self,
        scopes: &[ScopeId],
        after: u64,
        head: u64,
        part: Part,
        room: Option<usize>,
    ) -> Result<Option<Chosen>, Error> {
        let recent = self.storage.recent(self.program);
        if !recent.read().await.has(after, head) && !self.reach(&recent, after, head).await? {
            return Ok(None);
        }
        let scopes: HashSet<&ScopeId> = scopes.iter().collect();
        let mut chosen = Chosen::default();
        let recent = recent.read().await;
        if !recent.has(after, head) {
            return Ok(None);
        }
        for change in recent.between(after, head) {
            if !part.has(change.row.key.table) || !scopes.contains(&change.scope) {
                continue;
            }
            if chosen.take(change.row, room).is_break() {
                break;
            }
        }
        Ok(Some(chosen))
    }

    /// Reads what is missing. False when it would be too much.
    async fn reach(&self, recent: &RwLock<Recent>, after: u64, head: u64) -> Result<bool, Error> {
        let mut recent = recent.write().await;
        let to = recent.to.max(head);
        if after < to.saturating_sub(REACH) {
            return Ok(false);
        }
        if recent.to < to.saturating_sub(REACH) || recent.to == 0 {
            *recent = Recent { from: after, to: after, changes: VecDeque::new() };
        }
        if recent.to < to {
            let newer = self.changes(recent.to, to).await?;
            recent.changes.extend(newer);
            recent.to = to;
        }
        if after < recent.from {
            for change in self.changes(after, recent.from).await?.into_iter().rev() {
                recent.changes.push_front(change);
            }
            recent.from = after;
        }
        let from = to.saturating_sub(REACH);
        if recent.from < from {
            let gone = recent.changes.partition_point(|change| change.row.seq <= from);
            recent.changes.drain(..gone);
            recent.from = from;
        }
        Ok(true)
    }

    async fn changes(&self, after: u64, head: u64) -> Result<Vec<Change>, Error> {
        let query = sqlx::query(BY_NUMBER)
            .bind(&self.program.as_bytes()[..])
            .bind(sql::signed(after))
            .bind(sql::signed(head));
        let mut found = query.fetch(self.readers());
        let mut changes = Vec::new();
        while let Some(row) = found.try_next().await.map_err(|error| self.failed(error))? {
            let (row, scope) = self.candidate(&row)?;
            changes.push(Change { row, scope });
        }
        Ok(changes)
    }
}
