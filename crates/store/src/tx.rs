//! The one transaction that runs at a time: how it begins, and what it has to be at its end. Every one is on
//! the disk when it is done: should a sync fail, the system has forgotten all that lay unsynced before it too,
//! and what is acknowledged later would stand on that.

use crate::change::{Change, Changing};
use crate::error::{Code, Result, StoreError};
use crate::find;
use crate::integrity::has_met_damage;
use crate::key::Identity;
use crate::query::people;
use crate::store::Inner;
use sqlx::SqliteConnection;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::OwnedMutexGuard;

/// A running transaction.
pub(crate) struct Tx {
    writer: OwnedMutexGuard<Option<SqliteConnection>>,
    inner: Arc<Inner>,
    pub(crate) changing: Changing,
    /// Set when rows were erased for good: the log is emptied after the commit.
    pub(crate) wipe: bool,
    /// Its commit is not announced: whoever makes many in a row tells of them with `Store::tell`.
    pub(crate) untold: bool,
    /// Rows are not indexed when they are written.
    pub(crate) index_later: bool,
    pub(crate) touched: find::Touched,
}

impl Tx {
    pub(crate) async fn begin(inner: Arc<Inner>) -> Result<Self> {
        let mut tx = Self {
            writer: inner.turn().await,
            inner,
            changing: Changing::default(),
            wipe: false,
            untold: false,
            index_later: false,
            touched: find::Touched::default(),
        };
        let conn = tx.conn()?;
        if sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await.is_err() {
            // A transaction that crashed may have been left open.
            drop(sqlx::query("ROLLBACK").execute(&mut *conn).await);
            let begun = sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await;
            if let Err(error) = begun {
                tx.suspect().await;
                return Err(StoreError::from(error).doing("starting to write"));
            }
        }
        Ok(tx)
    }

    /// The connection.
    pub(crate) fn conn(&mut self) -> Result<&mut SqliteConnection> {
        self.writer.as_mut().ok_or_else(|| StoreError::new(Code::Closed, "using the store"))
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Whether somebody else wants to write. Whoever takes in segments then goes on in small steps for a while.
    pub(crate) fn notice_who_waits(&self) -> bool {
        self.inner.notice()
    }

    /// Tells whoever fills the index in that there is something to do.
    pub(crate) fn rows_unindexed(&self) {
        self.inner.unindexed.notify_one();
    }

    /// After something failed: tells whoever watches over the file when it was damage.
    async fn suspect(&mut self) {
        let met = match self.conn() {
            Ok(conn) => has_met_damage(conn).await,
            Err(_) => false,
        };
        if met {
            self.inner.watch.suspect();
        }
    }

    pub(crate) async fn finish<T, E: From<StoreError>>(
        mut self,
        outcome: Result<T, E>,
    ) -> Result<(T, Change), E> {
        let outcome = match outcome {
            Ok(value) => find::settle(&mut self).await.map(|()| value).map_err(E::from),
            Err(error) => Err(error),
        };
        let wipe = self.wipe;
        let inner = Arc::clone(&self.inner);
        let unwritten = domain::planted!(ConfirmedBeforeCommit) && self.changing.sync;
        let conn = self.conn()?;
        let committed = match outcome {
            Ok(value) => {
                match sqlx::query(if unwritten { "ROLLBACK" } else { "COMMIT" }).execute(&mut *conn).await {
                    Ok(_) => Ok(value),
                    Err(error) => Err(StoreError::from(error).doing("committing").into()),
                }
            }
            Err(error) => Err(error),
        };
        let value = match committed {
            Ok(value) => value,
            Err(error) => {
                // On some errors SQLite has rolled back by itself, and this one fails: both are fine.
                drop(sqlx::query("ROLLBACK").execute(&mut *conn).await);
                self.suspect().await;
                return Err(error);
            }
        };
        if wipe {
            // The rows are gone already. If their bytes cannot be removed from the log now, the next
            // start or the next erasure does it.
            let wiped = inner.wipe(conn).await.unwrap_or_else(|error| {
                tracing::warn!(code = ?error.code(), "the log still holds erased rows");
                false
            });
            if !wiped && !inner.owed.swap(true, Ordering::Relaxed) {
                tokio::spawn(inner.wipe_later());
            }
        }
        let change = std::mem::take(&mut self.changing).finish();
        if people::DIRECTORY.iter().any(|table| change.tables.contains(table)) {
            self.inner.directory.outdated();
        }
        if !change.is_empty() && !self.untold {
            // Nobody listening is no error.
            drop(self.inner.feed.send(change.clone()));
        }
        Ok((value, change))
    }
}
