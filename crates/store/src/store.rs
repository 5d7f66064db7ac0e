//! The store itself: one writing connection, a few reading ones, and the change feed.

use crate::change::Change;
use crate::error::{Code, Result, StoreError};
use crate::integrity::Watch;
use crate::key::{FileKey, Identity};
use crate::query::people;
use crate::tx::Tx;
use crate::{find, lease, meta, open, schema};
use protocol::lease::Lease;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, broadcast};

/// How often, and after what pause, a log is tried to be emptied that somebody reads. What is left then
/// goes with the next erasure or start.
const WIPES_MAX: usize = 120;
const WIPE_PAUSE: Duration = Duration::from_secs(1);

/// Changes that a slow listener may lag behind before it loses some.
const FEED: usize = 1_024;

/// The encrypted file of one joined program. Cheap to clone; all clones share one file.
///
/// Every change goes through the one connection that writes, one transaction after the other, and
/// runs to its end even when the caller stops waiting. Reading never waits for writing.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) identity: Identity,
    pub(crate) path: PathBuf,
    pub(crate) key: FileKey,
    pub(crate) watch: Arc<Watch>,
    /// The only connection that writes, and the only one that checkpoints: SQLCipher's SQLite can
    /// corrupt the log when two do. It is opened first and closed last; `None` once closed.
    pub(crate) writer: Arc<Mutex<Option<SqliteConnection>>>,
    /// How many wait for it.
    pub(crate) waiting: AtomicUsize,
    /// When somebody last had to wait for segments being taken in.
    pub(crate) waited_at: std::sync::Mutex<Option<Instant>>,
    readers: SqlitePool,
    pub(crate) feed: broadcast::Sender<Change>,
    pub(crate) directory: people::Kept,
    pub(crate) lease: lease::Held,
    /// Bytes of erased rows are still in the log, because somebody was reading.
    pub(crate) owed: AtomicBool,
    /// There may be rows that are not indexed.
    pub(crate) unindexed: Notify,
}

impl Inner {
    /// Waits until nobody else writes.
    pub(crate) async fn turn(&self) -> OwnedMutexGuard<Option<SqliteConnection>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.waiting);
        let writer = Arc::clone(&self.writer).lock_owned().await;
        drop(waiting);
        writer
    }

    /// Empties the log of erased rows; whoever looks through the file makes room meanwhile.
    pub(crate) async fn wipe(&self, conn: &mut SqliteConnection) -> Result<bool> {
        self.watch.give_way(true);
        let wiped = meta::wipe_if_owed(conn, &self.path).await;
        self.watch.give_way(false);
        wiped
    }

    /// Tries again to empty the log, until nobody reads.
    pub(crate) async fn wipe_later(self: Arc<Self>) {
        for _ in 0..WIPES_MAX {
            tokio::time::sleep(WIPE_PAUSE).await;
            let mut writer = self.writer.lock().await;
            let Some(conn) = writer.as_mut() else { return };
            match self.wipe(conn).await {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => tracing::warn!(code = ?error.code(), "the log still holds erased rows"),
            }
        }
        self.owed.store(false, Ordering::Relaxed);
    }
}

/// A connection for windows; goes back to the pool when dropped.
pub(crate) type PooledReader = PoolConnection<Sqlite>;

impl Store {
    /// Writes a new file for `identity`, also over the remains of one whose making was interrupted.
    ///
    /// # Errors
    /// [`Code::AlreadyExists`] when there is a file already, and whatever the disk has to say.
    pub async fn create(path: &Path, key: &FileKey, identity: Identity) -> Result<Self> {
        let doing = "creating the file";
        match Self::open(path, key, identity.clone()).await {
            Err(error) if error.code() == Code::Missing => open::remove(path).await?,
            Ok(store) => store.close().await?,
            Err(_) => {}
        }
        // Made here first: SQLite would silently take over a file that exists.
        let file = tokio::fs::OpenOptions::new().write(true).create_new(true).open(path).await;
        file.map_err(|error| StoreError::caused(crate::error::code_of_io(&error), doing, error))?;
        let made = async {
            let mut conn = open::writer(path, key, true).await?;
            schema::migrate(&mut conn, path).await?;
            meta::create(&mut conn, &identity).await?;
            find::check(&mut conn).await?;
            truncate_log(&mut conn).await?;
            Ok(conn)
        };
        match made.await {
            Ok(conn) => Ok(Self::over(conn, path, key, identity, None)),
            Err(error) => {
                // Half a file would never open again.
                open::remove(path).await?;
                Err(StoreError::doing(error, doing))
            }
        }
    }

    /// Opens the file of `identity`.
    ///
    /// # Errors
    /// [`Code::Missing`], [`Code::WrongKey`] (the file is not touched), [`Code::Foreign`] when it
    /// belongs to another program or device, [`Code::NewerSchema`], [`Code::Damaged`], and whatever
    /// the disk has to say.
    pub async fn open(path: &Path, key: &FileKey, identity: Identity) -> Result<Self> {
        open::check_key(path, key).await?;
        let mut conn = open::writer(path, key, false).await?;
        let ready = async {
            schema::migrate(&mut conn, path).await?;
            meta::check(&mut conn, &identity).await?;
            find::check(&mut conn).await?;
            meta::wipe_if_owed(&mut conn, path).await?;
            lease::read(&mut conn).await
        };
        match ready.await {
            Ok(lease) => {
                let store = Self::over(conn, path, key, identity, lease);
                store.take_in_newer().await?;
                Ok(store)
            }
            Err(error) => {
                conn.close().await?;
                Err(error)
            }
        }
    }

    fn over(
        conn: SqliteConnection,
        path: &Path,
        key: &FileKey,
        identity: Identity,
        lease: Option<Lease>,
    ) -> Self {
        let (feed, _) = broadcast::channel(FEED);
        let writer = Arc::new(Mutex::new(Some(conn)));
        let watch = Arc::new(Watch::default());
        // Whatever was left to do when the file was closed.
        let unindexed = Notify::new();
        unindexed.notify_one();
        Self {
            inner: Arc::new(Inner {
                identity,
                path: path.to_owned(),
                key: key.clone(),
                writer,
                waiting: AtomicUsize::new(0),
                waited_at: std::sync::Mutex::default(),
                readers: open::readers(path, key, Arc::clone(&watch)),
                watch,
                feed,
                directory: people::Kept::default(),
                lease: lease::Held::of(lease),
                owed: AtomicBool::new(false),
                unindexed,
            }),
        }
    }

    /// Removes a file that no store has open, with its log and backups. Missing files are fine.
    ///
    /// # Errors
    /// Whatever the disk has to say; calling again goes on.
    pub async fn erase(path: &Path) -> Result<()> {
        open::remove(path).await
    }

    /// Closes the file: waits for what is being written and read, empties the log into the file.
    /// Everything fails with [`Code::Closed`] from then on.
    ///
    /// # Errors
    /// Whatever the disk has to say; what was committed is safe nevertheless.
    pub async fn close(&self) -> Result<()> {
        let mut writer = self.inner.writer.lock().await;
        self.inner.readers.close().await;
        let Some(mut conn) = writer.take() else { return Ok(()) };
        self.inner.watch.give_way(true);
        let emptied = truncate_log(&mut conn).await;
        conn.close().await?;
        emptied.map(drop)
    }

    /// Who uses this store.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// What commits change from now on. A listener that lags by more than a thousand loses some and
    /// has to ask for everything again.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.feed.subscribe()
    }

    pub(crate) async fn reader(&self) -> Result<PooledReader> {
        match self.inner.readers.acquire().await {
            Ok(reader) => Ok(reader),
            Err(error) => Err(StoreError::from(error).doing("opening a reading connection")),
        }
    }

    /// A reading connection that sees one state of the file until it is dropped.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>> {
        match self.inner.readers.begin().await {
            Ok(snapshot) => Ok(snapshot),
            Err(error) => Err(StoreError::from(error).doing("opening a reading connection")),
        }
    }

    /// The connection that writes, between two transactions.
    #[cfg(feature = "sim")]
    pub(crate) async fn between_writes(&self) -> OwnedMutexGuard<Option<SqliteConnection>> {
        Arc::clone(&self.inner.writer).lock_owned().await
    }

    /// Runs `work` in one transaction: all of it is committed, or nothing. Runs to its end even when
    /// the caller is dropped.
    pub(crate) async fn write<T, E, W>(&self, work: W) -> Result<(T, Change), E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'a> FnOnce(&'a mut Tx) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>
            + Send
            + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let running = tokio::spawn(async move {
            let mut tx = Tx::begin(inner).await?;
            let outcome = work(&mut tx).await;
            tx.finish(outcome).await
        });
        let crashed = |error| StoreError::caused(Code::Internal, "writing to the store", error);
        running.await.map_err(crashed)?
    }

    /// Announces a change that its commits kept to themselves.
    pub(crate) fn tell(&self, change: Change) {
        if !change.is_empty() {
            // Nobody listening is no error.
            drop(self.inner.feed.send(change));
        }
    }
}

/// Moves all of the log into the file and cuts it to nothing, so that nothing erased survives in
/// it. Returns false when a reader is still in the way.
pub(crate) async fn truncate_log(conn: &mut SqliteConnection) -> Result<bool> {
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(conn).await?;
    Ok(busy == 0)
}

/// Somebody who waits, until they do not any more.
struct Waiting<'w>(&'w AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
