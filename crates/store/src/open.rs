//! Opening and removing files.

use crate::error::{Code, Result, StoreError, code_of_io};
use crate::integrity::{self, Watch};
use crate::key::FileKey;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How many windows can be read at the same time.
const READERS: u32 = 2;
/// Statements that stay prepared: one per table and batch size, and the queries.
const STATEMENTS: usize = 256;

fn options(path: &Path, key: &FileKey) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .pragma("key", key.pragma())
        .foreign_keys(false)
        // Otherwise a wrong key is reported on standard error as well.
        .pragma("cipher_log_level", "NONE")
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(512)
        .busy_timeout(Duration::from_secs(5))
        // Statements are logged by nobody: the first one carries the key.
        .disable_statement_logging()
}

/// Checks that `key` opens the file, without writing anything anywhere: neither a lock nor a log
/// file is made. [`Code::Missing`] when there is none, or only the remains of one whose making was
/// interrupted.
pub(crate) async fn check_key(path: &Path, key: &FileKey) -> Result<()> {
    let doing = "opening the file";
    let found = tokio::fs::metadata(path).await;
    let found = found.map_err(|error| StoreError::caused(code_of_io(&error), doing, error))?;
    // A file of ours has a log and never a journal, except while its first page is written.
    if found.len() == 0 || beside(path, "-journal").exists() {
        return Err(StoreError::new(Code::Missing, doing));
    }
    let mut checked = read_with(options(path, key).read_only(true).immutable(true)).await;
    let log = std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
    if log && checked.as_ref().is_err_and(|error| error.code() == Code::Damaged) {
        // A power cut while the log was moved into the file has torn its first page, which the log still
        // has whole. Reading the log leaves an index of it behind.
        let index = beside(path, "-shm");
        let had_index = index.exists();
        checked = read_with(options(path, key).read_only(true)).await;
        if !had_index {
            drop(std::fs::remove_file(index));
        }
    }
    // A page that does not authenticate reads as "not a database".
    checked
        .map_err(|error| if error.code() == Code::Damaged { error.with_code(Code::WrongKey) } else { error })
}

async fn read_with(options: SqliteConnectOptions) -> Result<()> {
    let failed = |error| StoreError::from(error).doing("opening the file");
    let mut conn = options.connect().await.map_err(failed)?;
    let read: Result<i64, _> = sqlx::query_scalar("PRAGMA schema_version").fetch_one(&mut conn).await;
    conn.close().await.map_err(failed)?;
    read.map(drop).map_err(failed)
}

/// The one connection that writes.
pub(crate) async fn writer(path: &Path, key: &FileKey, create: bool) -> Result<SqliteConnection> {
    if !create {
        // SQLite would open a file it may not write for reading, and fail later with less to say.
        let writable = tokio::fs::OpenOptions::new().write(true).open(path).await;
        writable.map_err(|error| StoreError::caused(code_of_io(&error), "opening the file", error))?;
    }
    let options = options(path, key)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("fullfsync", "ON")
        .pragma("checkpoint_fullfsync", "ON")
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-8000");
    options.connect().await.map_err(|error| StoreError::from(error).doing("opening the file"))
}

/// A connection that only looks on, for a file that may be damaged: with its log if that can be read, and
/// without it otherwise.
pub(crate) async fn bystander(path: &Path, key: &FileKey) -> Result<SqliteConnection> {
    for immutable in [false, true] {
        let options = options(path, key).read_only(true).immutable(immutable).pragma("query_only", "ON");
        let opened = async {
            let mut conn = options.connect().await?;
            sqlx::query("PRAGMA schema_version").fetch_one(&mut conn).await?;
            Ok::<_, sqlx::Error>(conn)
        };
        if let Ok(conn) = opened.await {
            return Ok(conn);
        }
    }
    check_key(path, key).await?;
    Err(StoreError::new(Code::Damaged, "opening the file"))
}

/// A new file whose pages are sealed as those of the file that begins with `salt`.
pub(crate) async fn blank(path: &Path, key: &FileKey, salt: &[u8]) -> Result<SqliteConnection> {
    let salt: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
    let options = options(path, key).create_if_missing(true).pragma("cipher_salt", format!("\"x'{salt}'\""));
    options.connect().await.map_err(|error| StoreError::from(error).doing("mending a copy"))
}

/// A connection of its own that reads the file as it is on the disk, for checking it.
pub(crate) async fn onlooker(path: &Path, key: &FileKey) -> Result<SqliteConnection> {
    let options = options(path, key).read_only(true).pragma("query_only", "ON").pragma("cache_size", "-1000");
    options.connect().await.map_err(|error| StoreError::from(error).doing("checking the file"))
}

/// The connections that read; none is opened before it is needed. One that has met damage is not used
/// again, and tells `watch`.
pub(crate) fn readers(path: &Path, key: &FileKey, watch: Arc<Watch>) -> SqlitePool {
    let options = options(path, key).read_only(true).pragma("query_only", "ON").pragma("cache_size", "-2000");
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(0)
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(30))
        .after_release(move |conn, _| {
            let watch = Arc::clone(&watch);
            Box::pin(async move {
                let damage = integrity::has_met_damage(conn).await;
                if damage {
                    watch.suspect();
                }
                Ok(!damage)
            })
        })
        .connect_lazy_with(options)
}

/// Removes a file and everything beside it. Missing files are fine.
pub(crate) async fn remove(path: &Path) -> Result<()> {
    let all = [path.to_owned(), beside(path, "-wal"), beside(path, "-shm"), beside(path, "-journal")];
    for file in all.into_iter().chain(crate::schema::backup_paths(path)) {
        match tokio::fs::remove_file(&file).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::caused(code_of_io(&error), "removing the file", error));
            }
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
