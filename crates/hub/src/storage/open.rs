//! Opening the hub's folder: lock, file, migrations.

use super::{Inner, Storage, sql};
use crate::{Data, Error};
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Sqlite};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Name of the database in the hub's folder.
pub(super) const FILE: &str = "hub.sqlite";
/// File whose lock says that a hub runs.
const LOCK: &str = "hub.lock";
/// Connections that read.
const READERS: u32 = 4;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/hub/sqlite");

impl Storage {
    /// Opens the store, and creates it when there is none.
    pub async fn open(data: &Data) -> Result<Self, Error> {
        match data {
            Data::Folder(folder) => Self::open_folder(folder).await,
            Data::Memory => {
                let options = SqliteConnectOptions::new().in_memory(true);
                // An in-memory database belongs to its one connection.
                let only = writer_pool().connect_with(options).await;
                let only = only.map_err(|error| sql::classify(error, None))?;
                migrate(&only, None).await?;
                let inner = Inner {
                    writer: only.clone(),
                    readers: only,
                    folder: None,
                    recent: Mutex::default(),
                    lock: Mutex::default(),
                };
                Ok(Self(Arc::new(inner)))
            }
        }
    }

    async fn open_folder(folder: &Path) -> Result<Self, Error> {
        let unusable = |path: PathBuf| move |source| Error::Folder { path, source };
        for path in
            [folder.to_owned(), folder.join(super::segments::FOLDER), folder.join(super::founding::PENDING)]
        {
            create_private(&path).map_err(unusable(path))?;
        }
        let lock = folder.join(LOCK);
        let lock = File::create(&lock).map_err(unusable(lock))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => return Err(unusable(folder.to_owned())(source)),
        }
        let file = folder.join(FILE);
        let existed = file.exists();
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(200)
            .command_buffer_size(64)
            .row_buffer_size(256);
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("journal_size_limit", "67108864")
            .pragma("cache_size", "-32768");
        let failed = |error| sql::classify(error, Some(folder));
        let writer = writer_pool().connect_with(writing).await.map_err(failed)?;
        if !sound(&writer).await.map_err(failed)? {
            return Err(Error::Damaged(file));
        }
        migrate(&writer, existed.then_some(folder)).await?;
        let reading = options.read_only(true).pragma("query_only", "1").pragma("cache_size", "-24576");
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(60))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(reading)
            .await
            .map_err(failed)?;
        let (folder, lock) = (Some(folder.to_owned()), Mutex::new(Some(lock)));
        let inner = Inner { writer, readers, folder, recent: Mutex::default(), lock };
        Ok(Self(Arc::new(inner)))
    }
}

/// Exactly one connection that is never replaced.
fn writer_pool() -> PoolOptions<Sqlite> {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(60))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Creates a folder that only its owner can look into.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    sync_names(path)
}

/// Makes what was created, renamed or removed beside `path` survive a power cut.
pub(super) fn sync_names(path: &Path) -> std::io::Result<()> {
    // Windows offers no such call on folders; NTFS journals names itself.
    #[cfg(unix)]
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Whether the pages fit together. They carry no checksums: a changed value inside a row is not seen.
async fn sound(writer: &SqlitePool) -> Result<bool, sqlx::Error> {
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(writer).await?;
    Ok(found == "ok")
}

/// Brings the schema up to date, after copying a file that is about to change.
async fn migrate(writer: &SqlitePool, existing: Option<&Path>) -> Result<(), Error> {
    let failed = |error| sql::classify(error, existing);
    if let Some(folder) = existing
        && let Some(next) = pending(writer).await.map_err(failed)?
    {
        back_up(writer, folder, &folder.join(format!("hub.before-{next:04}.sqlite"))).await?;
    }
    MIGRATIONS.run(writer).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => Error::NewerSchema(version),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => failed(error),
        error => Error::Database(Box::new(error)),
    })
}

/// Copies the file unless that was done before. SQLite does not sync such a copy, and an interrupted one
/// is only a part: it gets its name when it is whole.
async fn back_up(writer: &SqlitePool, folder: &Path, copy: &Path) -> Result<(), Error> {
    if copy.exists() {
        return Ok(());
    }
    let failed = |error| sql::classify(error, Some(folder));
    let unusable = |source| Error::Folder { path: copy.to_owned(), source };
    let part = copy.with_extension("part");
    if part.exists() {
        std::fs::remove_file(&part).map_err(unusable)?;
    }
    let path = part.to_string_lossy().replace('\'', "''");
    let into = AssertSqlSafe(format!("VACUUM INTO '{path}'"));
    sqlx::raw_sql(into).execute(writer).await.map_err(failed)?;
    let finish = || {
        File::options().write(true).open(&part)?.sync_all()?;
        std::fs::rename(&part, copy)?;
        sync_names(copy)
    };
    finish().map_err(unusable)
}

/// The first migration that an existing file lacks; `None` for one without any, which is new.
async fn pending(writer: &SqlitePool) -> Result<Option<i64>, sqlx::Error> {
    let mut connection = writer.acquire().await?;
    let table = "_sqlx_migrations";
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE name = ?")
        .bind(table)
        .fetch_optional(&mut *connection)
        .await?;
    if known.is_none() {
        return Ok(None);
    }
    let applied = connection.list_applied_migrations(table).await.map_err(|error| match error {
        MigrateError::Execute(error) => error,
        error => sqlx::Error::Migrate(Box::new(error)),
    })?;
    let last = applied.iter().map(|migration| migration.version).max().unwrap_or(0);
    Ok(MIGRATIONS.iter().map(|migration| migration.version).find(|version| *version > last))
}
