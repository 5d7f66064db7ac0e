//! Noticing that the file is damaged: when a damaged page is read, and by reading every page now and then.
//!
//! SQLCipher checks a page when it reads it. One that does not fit its seal comes back as zeros, without
//! an error of its own; only what the connection reads next fails, as if memory had run out. So a
//! connection is asked once more after it was used ([`has_met_damage`]): a last page of a long value would
//! otherwise be believed.

use crate::error::{Code, Result, StoreError};
use crate::open;
use crate::store::Store;
use sqlx::{AssertSqlSafe, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// After the first time, all of it is looked at so often.
const AGAIN: Duration = Duration::from_secs(6 * 60 * 60);
/// A piece that had to give way is read again after this.
const AWAY: Duration = Duration::from_secs(2);
/// Steps of SQLite between two looks at the clock.
const STEPS: i32 = 2_000;
/// The look works so long at a time, and then rests several times as long.
const WORK: Duration = Duration::from_millis(2);
const RESTS: u32 = 4;

/// What the connections tell whoever watches over the file.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Something did not read as it was written.
    suspicion: Notify,
    /// The look at everything is in the way of erasing, and ends for now.
    give_way: AtomicBool,
}

impl Watch {
    /// Called when a connection has met damage.
    pub(crate) fn suspect(&self) {
        self.suspicion.notify_one();
    }

    /// Called before and after the log is emptied, which no reader may outlast.
    pub(crate) fn give_way(&self, now: bool) {
        self.give_way.store(now, Ordering::Relaxed);
    }
}

/// Whether this connection has read a page that does not fit its seal.
pub(crate) async fn has_met_damage(conn: &mut SqliteConnection) -> bool {
    let asked = sqlx::query("PRAGMA schema_version").fetch_one(conn).await;
    asked.is_err_and(|error| StoreError::from(error).code() == Code::Damaged)
}

impl Store {
    /// Whether the whole file can be read, by a connection that has nothing of it in memory. Reads all of
    /// it: ask only after something failed.
    ///
    /// # Errors
    /// Whatever the disk has to say; damage is an answer and no error.
    pub async fn is_sound(&self) -> Result<bool> {
        let checked = async {
            let mut conn = open::onlooker(&self.inner.path, &self.inner.key).await?;
            let sound = passes(&mut conn, "PRAGMA quick_check(1)").await?;
            sqlx::Connection::close(conn).await?;
            Ok::<_, StoreError>(sound)
        };
        damage_is_an_answer(checked.await)
    }

    /// Returns when the file turns out to be damaged: after something could not be read, or when all of it
    /// is read, which happens slowly in the background, `first` from now and then a few times a day.
    pub async fn until_damaged(&self, first: Duration) {
        let mut next = tokio::time::Instant::now() + first;
        loop {
            let look = async {
                tokio::time::sleep_until(next).await;
                damage_is_an_answer(self.look_through().await)
            };
            let found = tokio::select! {
                biased;
                () = self.inner.watch.suspicion.notified() => self.is_sound().await,
                found = look => found,
            };
            next = tokio::time::Instant::now() + AGAIN;
            match found {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::debug!(%error, "the file could not be looked through"),
            }
        }
    }

    /// Reads everything, one table with its indexes after the other, resting most of the time.
    async fn look_through(&self) -> Result<bool> {
        let mut conn = open::onlooker(&self.inner.path, &self.inner.key).await?;
        let paced = paced(Arc::clone(&self.inner.watch));
        conn.lock_handle().await?.set_progress_handler(STEPS, paced);
        let mut tables: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY rootpage",
        )
        .fetch_all(&mut conn)
        .await?;
        tables.push("sqlite_schema".to_owned());
        for table in tables {
            loop {
                match passes(&mut conn, &format!("PRAGMA quick_check('{table}')")).await {
                    Ok(true) => break,
                    Err(error) if error.code() == Code::Busy => tokio::time::sleep(AWAY).await,
                    other => return other,
                }
            }
        }
        sqlx::Connection::close(conn).await?;
        Ok(true)
    }
}

async fn passes(conn: &mut SqliteConnection, check: &str) -> Result<bool> {
    let found: String = sqlx::query_scalar(AssertSqlSafe(check.to_owned())).fetch_one(&mut *conn).await?;
    Ok(found == "ok" && !has_met_damage(conn).await)
}

fn damage_is_an_answer(checked: Result<bool>) -> Result<bool> {
    match checked {
        Err(error) if matches!(error.code(), Code::Damaged | Code::WrongKey) => Ok(false),
        other => other,
    }
}

/// Lets a connection work a little and rest a lot, and stop when it is in the way.
fn paced(watch: Arc<Watch>) -> impl FnMut() -> bool + Send + 'static {
    let mut began = Instant::now();
    move || {
        let worked = began.elapsed();
        if worked >= WORK {
            rest(worked.min(5 * WORK) * RESTS);
            began = Instant::now();
        }
        !watch.give_way.load(Ordering::Relaxed)
    }
}

#[expect(clippy::disallowed_methods, reason = "the thread is SQLite's own, for this connection alone")]
fn rest(time: Duration) {
    std::thread::sleep(time);
}
