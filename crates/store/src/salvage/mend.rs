//! When those pages are damaged that say which tables there are and where each begins, nothing else can be
//! found, however sound it is. They are the same in every file of one version, down to their numbers: they
//! are written first. So they are taken from a new, empty file under the same key.

use crate::error::{Result, StoreError, code_of_io};
use crate::integrity::has_met_damage;
use crate::key::FileKey;
use crate::{open, schema};
use sqlx::{Connection, SqliteConnection};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of a page, as SQLCipher sets them.
const PAGE: u64 = 4_096;
/// What a file begins with, in clear: its keys depend on it.
const SALT: usize = 16;

/// A copy of a damaged file whose schema is whole, encrypted as the file is. Removed when dropped.
pub(super) struct Mended {
    pub(super) path: PathBuf,
}

impl Drop for Mended {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(open::beside(&self.path, suffix)));
        }
    }
}

/// Whether the file still says which tables there are.
pub(super) async fn knows_its_tables(conn: &mut SqliteConnection) -> bool {
    let counted = sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *conn).await;
    counted.is_ok() && !has_met_damage(conn).await
}

/// Copies the file and mends the copy.
///
/// # Errors
/// When the file cannot be copied or a new one cannot be written beside it.
pub(super) async fn copy(path: &Path, key: &FileKey, version: usize) -> Result<Mended> {
    let failed = |error: std::io::Error| StoreError::caused(code_of_io(&error), "mending a copy", error);
    let blank = Mended { path: open::beside(path, "-blank") };
    let mended = Mended { path: open::beside(path, "-mended") };
    // What an attempt left that was interrupted.
    drop(std::fs::remove_file(&blank.path));
    let mut salt = [0; SALT];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut salt)).map_err(failed)?;
    let pages = write_blank(&blank.path, key, &salt, version).await?;
    tokio::fs::copy(path, &mended.path).await.map_err(failed)?;
    let log = open::beside(path, "-wal");
    if log.exists() {
        tokio::fs::copy(&log, open::beside(&mended.path, "-wal")).await.map_err(failed)?;
    }
    let replaced = || {
        let mut from = std::fs::File::open(&blank.path)?;
        let mut to = std::fs::OpenOptions::new().write(true).open(&mended.path)?;
        let mut page = vec![0; usize::try_from(PAGE).unwrap_or_default()];
        for number in pages {
            let at = SeekFrom::Start(u64::from(number).saturating_sub(1) * PAGE);
            from.seek(at)?;
            from.read_exact(&mut page)?;
            to.seek(at)?;
            to.write_all(&page)?;
        }
        Ok::<_, std::io::Error>(())
    };
    replaced().map_err(failed)?;
    Ok(mended)
}

/// Writes an empty file of a version; returns the numbers of the pages of its schema, but for the first one,
/// which says more than that.
async fn write_blank(path: &Path, key: &FileKey, salt: &[u8; SALT], version: usize) -> Result<Vec<u32>> {
    let mut conn = open::blank(path, key, salt).await?;
    schema::up_to(&mut conn, path, version).await?;
    let pages = sqlx::query_scalar("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema' AND pageno > 1")
        .fetch_all(&mut conn)
        .await?;
    conn.close().await?;
    Ok(pages)
}
