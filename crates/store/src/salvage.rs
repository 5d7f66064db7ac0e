//! What can still be read of a damaged file, which is not touched.

mod mend;

use crate::error::Result;
use crate::integrity::has_met_damage;
use crate::key::FileKey;
use crate::outbox::{PARKED, QUEUED};
use crate::tray::Item;
use crate::{open, tables, tray};
use domain::Row;
use futures_util::StreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Row as _, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Rows read at a time.
const BATCH: i64 = 200;
/// Most rows that are passed over at a time among lost ones.
const FARTHEST: usize = 64;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Salvage {
    /// The rows, table by table.
    pub rows: Vec<Row>,
    /// Own changes that had not reached the hub, were refused or wait behind a refused one, in the order
    /// they were made.
    pub unsent: Vec<Item>,
    /// Whether something could not be read.
    pub holes: bool,
}

impl Salvage {
    /// Nothing at all was found.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.unsent.is_empty()
    }
}

/// Reads whatever a file still gives: every table from both ends up to the damage, and what lies between
/// two damaged places through the table's index. When the file does not even say any more which tables it
/// has, a copy that does is read, and removed again.
///
/// # Errors
/// When the file cannot even be opened for reading: the key does not fit, it is gone, the disk fails.
pub async fn salvage(path: &Path, key: &FileKey) -> Result<Salvage> {
    let mut conn = open::bystander(path, key).await?;
    if mend::knows_its_tables(&mut conn).await {
        return read(Wreck { path, key, conn }).await;
    }
    let mut conn = open::bystander(path, key).await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut conn).await?;
    let mended = mend::copy(path, key, usize::try_from(version).unwrap_or_default()).await?;
    let conn = open::bystander(&mended.path, key).await?;
    let found = read(Wreck { path: &mended.path, key, conn }).await?;
    Ok(Salvage { holes: true, ..found })
}

async fn read(mut wreck: Wreck<'_>) -> Result<Salvage> {
    let mut found = Salvage::default();
    for layout in tables::layouts() {
        let table = Columns { table: layout.name, columns: "id, scope, seq, body", index: "id" };
        let holes = wreck.read(&table, |row| {
            let id = row.try_get::<Vec<u8>, _>(1)?;
            let id = uuid::Uuid::from_slice(&id).map_err(crate::meta::damaged)?;
            found.rows.push(Row {
                key: domain::RowKey { table: layout.table, id },
                scope: crate::rows::scope(&row.try_get::<Vec<u8>, _>(2)?)?,
                seq: crate::meta::unsigned(row.try_get(3)?),
                body: row.try_get(4)?,
            });
            Ok(())
        });
        found.holes |= holes.await;
    }
    let mut unsent = BTreeMap::new();
    for table in ["outbox", "parked", "refusal"] {
        let state = if table == "outbox" { "state" } else { "0" };
        let columns = format!("n, name, lane, payload, at, {state}");
        let from = Columns { table, columns: &columns, index: "lane" };
        let holes = wreck.read(&from, |row| {
            // The rest was accepted, or has nothing in it any more.
            if matches!(row.try_get::<i64, _>(6)?, QUEUED | PARKED) {
                let item = tray::read_item(row, 1)?;
                unsent.insert(item.n, item);
            }
            Ok(())
        });
        found.holes |= holes.await;
    }
    found.unsent = unsent.into_values().collect();
    drop(wreck.conn.close().await);
    Ok(found)
}

/// What is read of a table.
struct Columns<'a> {
    table: &'static str,
    columns: &'a str,
    /// What an index of it is ordered by.
    index: &'static str,
}

/// A file that is damaged somewhere.
struct Wreck<'a> {
    path: &'a Path,
    key: &'a FileKey,
    conn: SqliteConnection,
}

impl Wreck<'_> {
    /// Reads a table with its rowid before the columns. True when something is missing.
    async fn read(&mut self, from: &Columns<'_>, mut take: impl FnMut(&SqliteRow) -> Result<()>) -> bool {
        let mut seen = BTreeSet::new();
        let mut holes = false;
        let mut note = |rows: &[SqliteRow], seen: &mut BTreeSet<i64>| {
            for row in rows {
                if row.try_get(0).is_ok_and(|rowid| seen.insert(rowid)) {
                    holes |= take(row).is_err();
                }
            }
        };
        if self.both_ends(from, &mut seen, &mut note).await {
            return holes;
        }
        let known = self.indexed(from).await;
        let missing: Vec<i64> = known.difference(&seen).copied().collect();
        self.one_by_one(from, &missing, &mut seen, &mut note).await;
        true
    }

    /// Reads forwards and, when that fails, backwards from the end. True when it came to the other end.
    async fn both_ends(
        &mut self,
        from: &Columns<'_>,
        seen: &mut BTreeSet<i64>,
        note: &mut impl FnMut(&[SqliteRow], &mut BTreeSet<i64>),
    ) -> bool {
        let Columns { table, columns, .. } = from;
        let mut floor = i64::MIN;
        for (compare, order, start) in [(">", "ASC", i64::MIN), ("<", "DESC", i64::MAX)] {
            let sql = format!(
                "SELECT rowid, {columns} FROM {table} WHERE rowid {compare} ? AND rowid > ?
                 ORDER BY rowid {order} LIMIT ?"
            );
            let (mut at, mut size) = (start, BATCH);
            loop {
                match self.fetch(&sql, &[at, floor, size]).await {
                    Some(rows) => {
                        let Some(last) = rows.last() else { return true };
                        let Ok(last) = last.try_get(0) else { return false };
                        at = last;
                        note(&rows, seen);
                    }
                    // One row at a time up to the very damage.
                    None if size > 1 => size = 1,
                    None => break,
                }
            }
            // Going back must not read again what was read going forward.
            floor = at;
        }
        false
    }

    /// The rowids that an index of the table still names, from both of its ends.
    async fn indexed(&mut self, from: &Columns<'_>) -> BTreeSet<i64> {
        let Columns { table, index, .. } = from;
        let mut known = BTreeSet::new();
        for order in ["ASC", "DESC"] {
            let sql = format!("SELECT rowid FROM {table} ORDER BY {index} {order}");
            let mut whole = true;
            {
                let mut rows = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch(&mut self.conn);
                while let Some(rowid) = rows.next().await {
                    match rowid {
                        Ok(rowid) => _ = known.insert(rowid),
                        Err(_) => {
                            whole = false;
                            break;
                        }
                    }
                }
            }
            whole &= !has_met_damage(&mut self.conn).await;
            if whole || !self.afresh().await {
                break;
            }
        }
        known
    }

    /// Reads rows by their rowids. Where several in a row are lost, looks at fewer and fewer of the next
    /// ones: each that is lost costs a new connection. What was passed over is read backwards from the
    /// first one that is there again.
    async fn one_by_one(
        &mut self,
        from: &Columns<'_>,
        missing: &[i64],
        seen: &mut BTreeSet<i64>,
        note: &mut impl FnMut(&[SqliteRow], &mut BTreeSet<i64>),
    ) {
        let Columns { table, columns, .. } = from;
        let sql = format!("SELECT rowid, {columns} FROM {table} WHERE rowid = ?");
        let (mut at, mut step, mut looked_at) = (0, 1, 0);
        while let Some(rowid) = missing.get(at) {
            match self.fetch(&sql, &[*rowid]).await {
                None => {
                    looked_at = at + 1;
                    at += step;
                    step = (step * 2).min(FARTHEST);
                }
                Some(rows) => {
                    note(&rows, seen);
                    let passed_over = missing.get(looked_at..at).unwrap_or_default();
                    for rowid in passed_over.iter().rev() {
                        match self.fetch(&sql, &[*rowid]).await {
                            Some(rows) => note(&rows, seen),
                            None => break,
                        }
                    }
                    at += 1;
                    (step, looked_at) = (1, at);
                }
            }
        }
    }

    /// The rows, unless damage was met among them; then on with another connection.
    async fn fetch(&mut self, sql: &str, bound: &[i64]) -> Option<Vec<SqliteRow>> {
        let query = sqlx::query::<sqlx::Sqlite>(AssertSqlSafe(sql.to_owned()));
        let query = bound.iter().fold(query, |query, value| query.bind(*value));
        let rows = query.fetch_all(&mut self.conn).await;
        match rows {
            Ok(rows) if !has_met_damage(&mut self.conn).await => Some(rows),
            _ => {
                self.afresh().await;
                None
            }
        }
    }

    /// After one page that does not fit its seal, SQLCipher gives nothing more on a connection.
    async fn afresh(&mut self) -> bool {
        match open::bystander(self.path, self.key).await {
            Ok(fresh) => {
                self.conn = fresh;
                true
            }
            Err(_) => false,
        }
    }
}
