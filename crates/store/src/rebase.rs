//! Undoing pending mutations and running them again on top of what came from the hub.
//!
//! A pending mutation is applied in place, with the rows it replaced kept as images. When rows it
//! read or wrote arrive, or when it settles itself, its effect is taken away, the hub's rows are
//! written, and it runs again unless it has settled. So that a thousand waiting mutations are not
//! run again for each of them that settles, only those are touched that depend on one another.

use crate::error::Result;
use crate::local::Draft;
use crate::meta::unsigned;
use crate::outbox::{PARKED, VOID, lookup_touch};
use crate::rows::{self, Write, scope};
use crate::tables::row_key;
use crate::tx::Tx;
use domain::{Mutation, Row, RowKey, ScopeId, Timestamp};
use sqlx::Row as _;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a mutation touches: table number (or the mark of lookup keys) and id.
pub(crate) type Touched = (u8, Uuid);

/// Numbers as a JSON list, for `json_each`.
pub(crate) fn json(numbers: &BTreeSet<i64>) -> String {
    let numbers: Vec<_> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// Whether anything is pending at all: usually nothing is, and nothing has to be looked at.
pub(crate) async fn any_pending(tx: &mut Tx) -> Result<bool> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM outbox LIMIT 1").fetch_optional(tx.conn()?).await?;
    Ok(found.is_some())
}

/// All pending mutations that may have an effect here.
pub(crate) async fn all_pending(tx: &mut Tx) -> Result<BTreeSet<i64>> {
    let ids: Vec<i64> = sqlx::query_scalar("SELECT n FROM outbox WHERE state NOT IN (?, ?)")
        .bind(PARKED)
        .bind(VOID)
        .fetch_all(tx.conn()?)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Pending mutations that touched one of `keys`.
pub(crate) async fn touching(tx: &mut Tx, keys: &BTreeSet<Touched>) -> Result<BTreeSet<i64>> {
    let mut found = BTreeSet::new();
    let mut by_table: BTreeMap<u8, Vec<Uuid>> = BTreeMap::new();
    for (table, id) in keys {
        by_table.entry(*table).or_default().push(*id);
    }
    for (table, ids) in by_table {
        for ids in ids.chunks(2_000) {
            // Both sides are in the order of the index, so this is one walk along it.
            let hits: Vec<i64> = sqlx::query_scalar(
                "SELECT DISTINCT t.n FROM json_each(?1) AS k
                 CROSS JOIN touched AS t ON t.tbl = ?2 AND t.id = unhex(k.value)",
            )
            .bind(rows::id_list(ids.iter().copied()))
            .bind(i64::from(table))
            .fetch_all(tx.conn()?)
            .await?;
            found.extend(hits);
        }
    }
    Ok(found)
}

/// Pending mutations that belong to one of `scopes`, touched a row of one, or replaced one.
pub(crate) async fn touching_scopes(tx: &mut Tx, scopes: &BTreeSet<ScopeId>) -> Result<BTreeSet<i64>> {
    let mut found: BTreeSet<i64> = BTreeSet::new();
    if scopes.is_empty() {
        return Ok(found);
    }
    let scopes = rows::scope_list(scopes);
    for layout in crate::tables::layouts() {
        let sql = format!(
            "SELECT DISTINCT t.n FROM touched AS t JOIN {} AS r ON r.id = t.id
             WHERE t.tbl = ? AND r.scope IN (SELECT unhex(value) FROM json_each(?))",
            layout.name
        );
        let hits: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(i64::from(layout.table.number()))
            .bind(&scopes)
            .fetch_all(tx.conn()?)
            .await?;
        found.extend(hits);
    }
    let hits: Vec<i64> = sqlx::query_scalar(
        "WITH scopes (scope) AS (SELECT unhex(value) FROM json_each(?1))
         SELECT n FROM undo_image WHERE scope IN (SELECT scope FROM scopes)
         UNION SELECT n FROM outbox WHERE lane IN (SELECT scope FROM scopes) AND state <> ?2",
    )
    .bind(&scopes)
    .bind(PARKED)
    .fetch_all(tx.conn()?)
    .await?;
    found.extend(hits);
    Ok(found)
}

/// Adds every later mutation that touched what one of `affected` wrote, and so on.
pub(crate) async fn close_over(tx: &mut Tx, affected: &mut BTreeSet<i64>) -> Result<()> {
    if affected.is_empty() || domain::planted!(DependantsNotRerun) {
        return Ok(());
    }
    let all: Vec<i64> = sqlx::query_scalar(
        "WITH RECURSIVE affected (n) AS (
           SELECT value FROM json_each(?)
           UNION
           SELECT later.n FROM affected
           CROSS JOIN touched AS wrote ON wrote.n = affected.n AND wrote.wrote > 0
           CROSS JOIN touched AS later ON later.tbl = wrote.tbl AND later.id = wrote.id AND later.n > affected.n
         ) SELECT n FROM affected",
    )
    .bind(json(affected))
    .fetch_all(tx.conn()?)
    .await?;
    affected.extend(all);
    Ok(())
}

/// A row as it was before pending mutations wrote it.
#[derive(Debug)]
pub(crate) struct Before {
    /// `None` when they created it.
    pub(crate) row: Option<Row>,
    /// Lane of the first one that wrote it: the scope of every created row of a deal.
    lane: ScopeId,
}

/// Rows as they were before `affected`, which must be closed over; forgets their effects.
pub(crate) async fn take_back(tx: &mut Tx, affected: &BTreeSet<i64>) -> Result<BTreeMap<RowKey, Before>> {
    let mut before = BTreeMap::new();
    if affected.is_empty() {
        return Ok(before);
    }
    let ids = json(affected);
    // Of several that wrote a row, the first one knows what was there before them all.
    let wrote = sqlx::query(
        "SELECT t.tbl, t.id, min(t.n), i.scope, i.seq, i.body, o.lane
         FROM json_each(?) AS a
         CROSS JOIN outbox AS o ON o.n = a.value
         CROSS JOIN touched AS t ON t.n = a.value AND t.wrote > 0 AND t.tbl <> 255
         LEFT JOIN undo_image AS i ON i.n = t.n AND i.tbl = t.tbl AND i.id = t.id
         GROUP BY t.tbl, t.id",
    )
    .bind(&ids)
    .fetch_all(tx.conn()?)
    .await?;
    for row in wrote {
        let key = row_key(row.try_get(0)?, row.try_get(1)?)?;
        let lane = scope(row.try_get(6)?)?;
        let image = match row.try_get::<Option<Vec<u8>>, _>(3)? {
            Some(home) => {
                let (seq, body) = (unsigned(row.try_get(4)?), row.try_get(5)?);
                Some(Row { key, scope: scope(&home)?, seq, body })
            }
            None => None,
        };
        before.insert(key, Before { row: image, lane });
    }
    for forget in [
        "DELETE FROM undo_image WHERE n IN (SELECT value FROM json_each(?))",
        "DELETE FROM touched WHERE n IN (SELECT value FROM json_each(?))",
    ] {
        sqlx::query(forget).bind(&ids).execute(tx.conn()?).await?;
    }
    Ok(before)
}

/// What writes rows back as they were, except those of erased scopes.
pub(crate) fn restored(before: BTreeMap<RowKey, Before>, erased: &BTreeSet<ScopeId>) -> Vec<Write> {
    let restore = |(key, Before { row, lane })| match row {
        Some(row) if erased.contains(&row.scope) => None,
        Some(row) => Some(Write { key, scope: row.scope, seq: row.seq, body: Some(row.body) }),
        // Whatever is there was made here.
        None => Some(Write { key, scope: lane, seq: u64::MAX, body: None }),
    };
    before.into_iter().filter_map(restore).collect()
}

/// Runs `again` once more, in order, as far as the rules still allow: what they refuse now stays
/// queued without an effect until the hub answers.
pub(crate) async fn run_again(tx: &mut Tx, again: &BTreeSet<i64>) -> Result<()> {
    if again.is_empty() {
        return Ok(());
    }
    let stray = run(tx, again).await?;
    let Some(stray) = stray.filter(|_| !domain::planted!(DependantsNotRerun)) else { return Ok(()) };
    // Rare: a mutation writes something else than before, on which one depends that was left alone.
    // Start over with everything, where no such thing can happen. First what has just run, on top of those
    // that were left alone: a row that both wrote is what it was before the latter, whatever their numbers.
    tracing::debug!(stray, "running all pending mutations again");
    let all = all_pending(tx).await?;
    for some in [again, &all] {
        let before = take_back(tx, some).await?;
        rows::write(tx, restored(before, &BTreeSet::new())).await?;
    }
    run(tx, &all).await?;
    Ok(())
}

/// Runs mutations in order. Returns one that was left alone although it touches what they wrote.
async fn run(tx: &mut Tx, numbers: &BTreeSet<i64>) -> Result<Option<i64>> {
    let mut draft = Draft::default();
    let mut written: BTreeMap<Touched, i64> = BTreeMap::new();
    let queued = sqlx::query(
        "SELECT o.n, o.name, o.payload, o.at FROM json_each(?) AS a CROSS JOIN outbox AS o ON o.n = a.value
         ORDER BY o.n",
    )
    .bind(json(numbers))
    .fetch_all(tx.conn()?)
    .await?;
    for row in queued {
        let n: i64 = row.try_get(0)?;
        let (name, payload): (&str, &[u8]) = (row.try_get(1)?, row.try_get(2)?);
        let now = Timestamp(row.try_get(3)?);
        let Ok(mutation) = Mutation::from_payload(name, payload) else { continue };
        let actor = draft.actor(tx).await?;
        let attempt = draft.attempt(tx, actor, &mutation, now).await?;
        if let Err(refusal) = &attempt.outcome {
            tracing::debug!(n, rule = refusal.rule.name(), "a pending mutation has no effect any more");
        }
        for touched in draft.perform(tx, n, &attempt).await? {
            written.entry(touched).or_insert(n);
        }
    }
    draft.finish(tx).await?;
    let keys = written.keys().copied().collect();
    let touching = touching(tx, &keys).await?;
    let first = written.values().min().copied().unwrap_or_default();
    Ok(touching.into_iter().find(|n| !numbers.contains(n) && *n > first))
}

/// The touched keys of rows that arrive: their own, and the lookup keys they come or go under.
pub(crate) async fn keys_of(tx: &mut Tx, rows: &[protocol::frame::DeltaRow]) -> Result<BTreeSet<Touched>> {
    let mut keys = BTreeSet::new();
    for row in rows {
        keys.insert((row.key.table.number(), row.key.id));
        match &row.body {
            Some(body) => {
                keys.extend(domain::row::lookups_of(row.key, body).iter().map(lookup_touch));
            }
            None if crate::tables::layout(row.key.table).is_some_and(|layout| layout.has_lookups) => {
                let under: Vec<String> =
                    sqlx::query_scalar("SELECT key FROM lookup WHERE tbl = ? AND id = ?")
                        .bind(i64::from(row.key.table.number()))
                        .bind(row.key.id.as_bytes().as_slice())
                        .fetch_all(tx.conn()?)
                        .await?;
                keys.extend(under.into_iter().map(|key| lookup_touch(&domain::LookupKey(key))));
            }
            None => {}
        }
    }
    Ok(keys)
}
