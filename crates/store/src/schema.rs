//! Brings a file up to the present schema. The rules are in `migrations/desktop/README.md`.

use crate::error::{Code, Result, StoreError, code_of_io};
use crate::rows;
use domain::Table;
use sqlx::SqliteConnection;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The steps, in order; the first one has number 1.
const STEPS: &[&str] = &[
    include_str!("../../../migrations/desktop/0001_store.sql"),
    include_str!("../../../migrations/desktop/0002_store.sql"),
    include_str!("../../../migrations/desktop/0003_store.sql"),
    include_str!("../../../migrations/desktop/0004_access.sql"),
    include_str!("../../../migrations/desktop/0005_search.sql"),
    include_str!("../../../migrations/desktop/0006_put_aways.sql"),
    include_str!("../../../migrations/desktop/0007_registrations.sql"),
    include_str!("../../../migrations/desktop/0008_rules.sql"),
];

/// Steps that add columns which follow from the rows of a table that is there already.
const DERIVED: &[(usize, Table)] = &[(7, Table::Deals), (8, Table::Deals), (8, Table::Accounts)];

/// The oldest version that can read a new file: what is in `meta.readable_from` after all steps.
pub(crate) const READABLE_FROM: i64 = 8;

/// Runs the steps the file lacks.
pub(crate) async fn migrate(conn: &mut SqliteConnection, path: &Path) -> Result<()> {
    run(conn, path, STEPS).await.map_err(|error| error.doing("updating the file's schema"))
}

/// Runs the first steps only, on a new file.
pub(crate) async fn up_to(conn: &mut SqliteConnection, path: &Path, version: usize) -> Result<()> {
    run(conn, path, STEPS.get(..version).unwrap_or(STEPS)).await
}

async fn run(conn: &mut SqliteConnection, path: &Path, steps: &'static [&'static str]) -> Result<()> {
    let done: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *conn).await?;
    let done =
        usize::try_from(done).map_err(|_| StoreError::new(Code::Damaged, "reading the schema version"))?;
    if done > steps.len() {
        let readable_from: i64 =
            sqlx::query_scalar("SELECT readable_from FROM meta").fetch_one(&mut *conn).await?;
        let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
        if readable_from > known {
            return Err(StoreError::new(Code::NewerSchema, "reading the schema version"));
        }
        return Ok(());
    }
    for (number, step) in (1..).zip(steps).skip(done) {
        if done > 0 && number == done + 1 {
            back_up(conn, path, number).await?;
        }
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await?;
        let outcome = one(conn, number, step).await;
        // With the last step, as the columns are those of today.
        let outcome = match outcome {
            Ok(()) if done > 0 && number == steps.len() => derive(conn, done..number).await,
            outcome => outcome,
        };
        let last = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let closed = sqlx::query(last).execute(&mut *conn).await;
        outcome?;
        closed?;
    }
    Ok(())
}

/// Fills what steps have added and follows from rows; `done` counts those before and those now.
async fn derive(conn: &mut SqliteConnection, done: Range<usize>) -> Result<()> {
    let new = DERIVED.iter().filter(|(step, _)| *step > done.start && *step <= done.end);
    // Once, whatever the number of steps.
    for table in new.map(|(_, table)| *table).collect::<BTreeSet<_>>() {
        rows::derive_again(conn, table).await?;
    }
    Ok(())
}

async fn one(conn: &mut SqliteConnection, number: usize, step: &'static str) -> Result<()> {
    sqlx::raw_sql(step).execute(&mut *conn).await?;
    let version = format!("PRAGMA user_version = {number}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(version)).execute(&mut *conn).await?;
    Ok(())
}

/// Copies the file, as encrypted as it is, and drops the copy made before an earlier step.
async fn back_up(conn: &mut SqliteConnection, path: &Path, number: usize) -> Result<()> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *conn).await?;
    let failed = |error: std::io::Error| StoreError::caused(code_of_io(&error), "copying the file", error);
    // Half a copy must not pass for one, whenever the power fails.
    let copy = backup_path(path, number);
    let part = copy.with_added_extension("part");
    tokio::fs::copy(path, &part).await.map_err(failed)?;
    let whole = tokio::fs::OpenOptions::new().write(true).open(&part).await.map_err(failed)?;
    whole.sync_all().await.map_err(failed)?;
    tokio::fs::rename(&part, &copy).await.map_err(failed)?;
    // Windows offers no such call on folders; NTFS journals names itself.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let names = tokio::fs::File::open(folder).await.map_err(failed)?;
        names.sync_all().await.map_err(failed)?;
    }
    for older in 1..number {
        match tokio::fs::remove_file(backup_path(path, older)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Where the copy made before step `number` is.
fn backup_path(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-{number:04}"));
    PathBuf::from(name)
}

/// Removes the copies beside a file: they hold what was erased from it since.
pub(crate) async fn remove_backups(path: &Path) -> Result<()> {
    for copy in backup_paths(path) {
        match tokio::fs::remove_file(&copy).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::caused(code_of_io(&error), "removing a copy of the file", error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Every copy that steps so far can have left beside a file.
pub(crate) fn backup_paths(path: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    (1..=STEPS.len()).flat_map(|number| {
        let copy = backup_path(path, number);
        let part = copy.with_added_extension("part");
        [copy, part]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::FileKey;
    use crate::open;

    async fn version(conn: &mut SqliteConnection) -> i64 {
        sqlx::query_scalar("PRAGMA user_version").fetch_one(conn).await.unwrap()
    }

    #[tokio::test]
    async fn steps_run_once_in_order_after_a_copy_was_made() {
        const ONE: &str = "CREATE TABLE one (a INTEGER) STRICT; INSERT INTO one VALUES (1)";
        const TWO: &str = "ALTER TABLE one ADD COLUMN b INTEGER NOT NULL DEFAULT 2";
        const BROKEN: &str = "CREATE TABLE three (a INTEGER) STRICT; SELECT nonsense";
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program.db");
        let key = FileKey::from_bytes(&[1; 32]);
        let conn = &mut open::writer(&path, &key, true).await.unwrap();
        run(conn, &path, &[ONE]).await.unwrap();
        assert!(!backup_path(&path, 1).exists(), "there was nothing to copy");
        run(conn, &path, &[ONE, TWO]).await.unwrap();
        run(conn, &path, &[ONE, TWO]).await.unwrap();
        let row: (i64, i64) = sqlx::query_as("SELECT a, b FROM one").fetch_one(&mut *conn).await.unwrap();
        assert_eq!((row, version(conn).await), ((1, 2), 2));

        let copy = backup_path(&path, 2);
        let old = &mut open::writer(&copy, &key, false).await.unwrap();
        assert_eq!(version(old).await, 1, "the copy is the file before the step, under the same key");
        assert!(run(conn, &path, &[ONE, TWO, BROKEN]).await.is_err());
        assert_eq!(version(conn).await, 2, "half a step is no step");
        assert!(sqlx::query("SELECT * FROM three").execute(&mut *conn).await.is_err());
        assert!(backup_path(&path, 3).exists() && !copy.exists(), "one copy is kept");
    }

    #[tokio::test]
    async fn columns_that_follow_from_the_rows_are_filled_for_those_that_are_here() {
        use domain::codec::Entity as _;
        use domain::entity::{Customer, Deal, Stage, Status};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program.db");
        let key = FileKey::from_bytes(&[1; 32]);
        let conn = &mut open::writer(&path, &key, true).await.unwrap();
        up_to(conn, &path, 6).await.unwrap();
        let by = (uuid::Uuid::from_u128(2).into(), uuid::Uuid::from_u128(3).into());
        let customer = Customer { name: String::new(), domain: String::new(), country: String::new() };
        let amount = domain::Money { minor: 1, currency: "EUR".to_owned() };
        let close = "2026-03-01".parse().unwrap();
        let mut deal = Deal {
            number: Some(2_001),
            title: "Polder rollout".to_owned(),
            stage: Stage::Qualified,
            ..Deal::draft(by, customer, amount, close, domain::Timestamp(0))
        };
        for (n, status) in [(1_u8, Status::Draft), (2, Status::Approved), (3, Status::Rejected)] {
            deal.registration.status = status;
            deal.registration.protected_until = (n == 2).then(|| "1970-02-01".parse().unwrap());
            sqlx::query("INSERT INTO deals (id, scope, seq, stage, status, body) VALUES (?, ?, 7, 1, ?, ?)")
                .bind(vec![n; 16])
                .bind(domain::ScopeId::Program.to_bytes())
                .bind(i64::from(status as u8))
                .bind(deal.to_body())
                .execute(&mut *conn)
                .await
                .unwrap();
        }
        migrate(conn, &path).await.unwrap();
        let told = "SELECT concat_ws(' ', ifnull(turn, '-'), open, ifnull(protected_day, '-'), ifnull(court, '-'), seq)
                    FROM deals ORDER BY id";
        let rows: Vec<String> = sqlx::query_scalar(told).fetch_all(&mut *conn).await.unwrap();
        assert_eq!(rows, ["1 1 - 1 7", "3 1 31 1 7", "- 0 - - 7"]);
    }
}
