//! What can still be read of a damaged file. Nothing is written anywhere.

use crate::error::{Code, Result};
use crate::key::FileKey;
use crate::open;
use crate::store::Store;
use crate::tables;
use domain::Mutation;
use domain::Row;
use sqlx::{AssertSqlSafe, Connection, Row as _, SqliteConnection};
use std::path::Path;

/// Rows read at a time.
const BATCH: i64 = 200;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Salvage {
    /// The rows, table by table.
    pub rows: Vec<Row>,
    /// Own changes that had not reached the hub or were refused, oldest first; `None` for one that a newer
    /// version made.
    pub unsent: Vec<Option<Mutation>>,
    /// Whether something could not be read.
    pub holes: bool,
}

impl Salvage {
    /// Nothing at all was found.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.unsent.is_empty()
    }
}

impl Store {
    /// Whether the whole file can be read. Reads all of it: ask only after something failed.
    ///
    /// # Errors
    /// Whatever the disk has to say; damage is an answer and no error.
    pub async fn is_sound(&self) -> Result<bool> {
        let checked = async {
            let mut conn = self.reader().await?;
            let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *conn).await?;
            Ok::<_, crate::StoreError>(found == "ok")
        };
        match checked.await {
            Err(error) if unreadable(error.code()) => Ok(false),
            other => other,
        }
    }
}

/// Whether a code means that the file itself is in the way.
fn unreadable(code: Code) -> bool {
    matches!(code, Code::Damaged | Code::WrongKey)
}

/// Reads whatever a file still gives: every table from both ends up to the damage.
///
/// # Errors
/// When the file cannot even be opened for reading: the key does not fit, it is gone, the disk fails.
pub async fn salvage(path: &Path, key: &FileKey) -> Result<Salvage> {
    let mut conn = open::bystander(path, key).await?;
    let mut found = Salvage::default();
    for layout in tables::layouts() {
        let columns = format!("rowid, id, scope, seq, body FROM {}", layout.name);
        let holes = both_ends(&mut conn, (path, key), &columns, |row| {
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
    for columns in ["rowid, name, payload FROM refusal", "rowid, name, payload FROM outbox"] {
        let holes = both_ends(&mut conn, (path, key), columns, |row| {
            let (name, payload): (String, Vec<u8>) = (row.try_get(1)?, row.try_get(2)?);
            found.unsent.push(Mutation::from_payload(&name, &payload).ok());
            Ok(())
        });
        found.holes |= holes.await;
    }
    drop(conn.close().await);
    Ok(found)
}

/// Reads a table forwards and, when that fails, backwards from its end. True when something is missing.
async fn both_ends(
    conn: &mut SqliteConnection,
    (path, key): (&Path, &FileKey),
    columns: &str,
    mut take: impl FnMut(&sqlx::sqlite::SqliteRow) -> Result<()>,
) -> bool {
    let mut holes = false;
    let mut last = i64::MIN;
    for (compare, order) in [(">", "ASC"), ("<", "DESC")] {
        let sql =
            format!("SELECT {columns} WHERE rowid {compare} ? AND rowid > ? ORDER BY rowid {order} LIMIT ?");
        let mut from = if order == "ASC" { i64::MIN } else { i64::MAX };
        // Going back must not read again what was read going forward.
        let floor = if order == "ASC" { i64::MIN } else { last };
        let mut size = BATCH;
        loop {
            let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(from).bind(floor).bind(size);
            match query.fetch_all(&mut *conn).await {
                Ok(rows) if rows.is_empty() => return holes,
                Ok(rows) => {
                    for row in &rows {
                        from = row.try_get(0).unwrap_or(from);
                        holes |= take(row).is_err();
                    }
                    if order == "ASC" {
                        last = from;
                    }
                }
                Err(_) => {
                    // After one page that does not authenticate, SQLCipher gives nothing more on a connection.
                    match open::bystander(path, key).await {
                        Ok(fresh) => *conn = fresh,
                        Err(_) => return true,
                    }
                    if size == 1 {
                        break;
                    }
                    // One row at a time up to the very damage.
                    size = 1;
                }
            }
        }
        holes = true;
    }
    holes
}
