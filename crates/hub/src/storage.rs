//! Where a hub keeps everything: one SQLite file.
//!
//! The pools are private to this module, and whatever belongs to a program is read and written through
//! [`ProgramStore`], which puts its program into every statement: a query across programs cannot be
//! written anywhere else. Within a program rows leave only by [`ProgramStore::page`], which takes the
//! scopes, and by [`ProgramStore::load`], for the rules.
//!
//! One connection writes, begins with `BEGIN IMMEDIATE` and is the only one that checkpoints (the
//! SQLite below SQLCipher corrupts a file on which two do); a few others read.

mod access;
mod commit;
mod compact;
mod founding;
mod load;
mod open;
mod page;
mod recent;
mod segments;
#[cfg(feature = "sim")]
mod sim;
mod sql;
#[cfg(test)]
mod tests;

pub(crate) use access::Holder;
pub(crate) use founding::leave_invitation;
pub(crate) use segments::{Listed, Wanted};

use crate::Error;
use domain::{ProgramId, Timestamp};
use protocol::sequencer::Past;
use recent::Recent;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::RwLock;

/// Answers kept for every device.
pub(crate) const ANSWERS_KEPT: u64 = 4_096;

/// The store of a whole hub.
#[derive(Debug, Clone)]
pub(crate) struct Storage(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writer: SqlitePool,
    readers: SqlitePool,
    /// `None` in memory.
    folder: Option<PathBuf>,
    recent: Mutex<HashMap<ProgramId, Arc<RwLock<Recent>>>>,
    /// Held as long as the hub runs: two of them on one file would each think they alone write.
    lock: Mutex<Option<std::fs::File>>,
}

impl Storage {
    /// What belongs to one program.
    pub fn program(&self, program: ProgramId) -> ProgramStore {
        ProgramStore { storage: self.clone(), program }
    }

    /// The last changes of a program.
    fn recent(&self, program: ProgramId) -> Arc<RwLock<Recent>> {
        let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(recent.entry(program).or_default())
    }

    /// Whether nothing was ever founded here and nobody invited to.
    pub async fn is_fresh(&self) -> Result<bool, Error> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM program) AND NOT EXISTS (SELECT 1 FROM founding)";
        let fresh: i64 =
            sqlx::query_scalar(sql).fetch_one(&self.0.readers).await.map_err(|error| self.failed(error))?;
        Ok(fresh == 1)
    }

    /// Closes the file: readers first, so that the writer is the one that tidies up. Then another hub
    /// may have the folder.
    pub async fn close(&self) {
        self.0.readers.close().await;
        self.0.writer.close().await;
        drop(self.0.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        sql::classify(error, self.0.folder.as_deref())
    }
}

/// The store of one program.
#[derive(Debug, Clone)]
pub(crate) struct ProgramStore {
    storage: Storage,
    program: ProgramId,
}

/// A program as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The present run.
    pub epoch: u64,
    /// Last sequence number.
    pub head: u64,
    /// What is known of earlier runs.
    pub past: Past,
}

impl ProgramStore {
    /// Which program.
    pub fn id(&self) -> ProgramId {
        self.program
    }

    /// Where the program stands, if it exists.
    pub async fn opened(&self) -> Result<Option<Opened>, Error> {
        let found: Option<(i64, i64, i64)> =
            sqlx::query_as("SELECT epoch, head, horizon FROM program WHERE id = ?")
                .bind(&self.program.as_bytes()[..])
                .fetch_optional(self.readers())
                .await
                .map_err(|error| self.failed(error))?;
        let Some((epoch, head, horizon)) = found else { return Ok(None) };
        let runs: Vec<(i64, i64)> = sqlx::query_as("SELECT epoch, head FROM run WHERE program = ?")
            .bind(&self.program.as_bytes()[..])
            .fetch_all(self.readers())
            .await
            .map_err(|error| self.failed(error))?;
        let runs = runs.into_iter().map(|(epoch, head)| (sql::unsigned(epoch), sql::unsigned(head)));
        let past = Past { runs: runs.collect(), horizon: sql::unsigned(horizon) };
        Ok(Some(Opened { epoch: sql::unsigned(epoch), head: sql::unsigned(head), past }))
    }

    /// Closes the whole file, so that a test sees what happens when nothing can be read.
    #[cfg(test)]
    pub async fn close(&self) {
        self.storage.close().await;
    }

    async fn reader(&self) -> Result<PoolConnection<Sqlite>, Error> {
        self.readers().acquire().await.map_err(|error| self.failed(error))
    }

    fn readers(&self) -> &SqlitePool {
        &self.storage.0.readers
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        self.storage.failed(error)
    }
}

/// When a founding invitation was used or ends, as stored.
fn stored(at: Timestamp) -> i64 {
    at.0
}
