//! The lease of a program's data on this device: counting it, and refusing to show anything when it is
//! over. What comes from the hub is still taken in, and what the person has written still goes out.

use crate::error::{Code, Result, StoreError};
use crate::store::{PooledReader, Store};
use domain::Timestamp;
use protocol::lease::Lease;
use sqlx::{Sqlite, SqliteConnection, Transaction};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// A lease is written down when it has moved by this much, in milliseconds: so much of the time that the
/// device ran can be lost by a crash.
const WRITTEN_EVERY: u64 = 600_000;
/// A clock that differs by more from the time that has passed was set.
const JUMP: u64 = 60_000;

/// The lease in memory.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// As it is now, and as it is in the file.
    lease: Mutex<Option<(Lease, Lease)>>,
    over: AtomicBool,
}

impl Held {
    pub(crate) fn of(lease: Option<Lease>) -> Self {
        let over = lease.is_some_and(|lease| lease.is_over());
        Self { lease: Mutex::new(lease.map(|lease| (lease, lease))), over: AtomicBool::new(over) }
    }

    fn get(&self) -> Option<(Lease, Lease)> {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, now: Lease, written: Lease) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, written));
        self.over.store(now.is_over() && !domain::planted!(LeaseIgnored), Ordering::Release);
    }
}

/// Whether a lease has moved enough since it was written down.
fn has_moved(now: &Lease, written: &Lease) -> bool {
    let given = now.given_at.0.saturating_sub(written.given_at.0);
    let clock = now.clock.0.saturating_sub(written.clock.0);
    given.unsigned_abs() >= WRITTEN_EVERY
        || clock.saturating_sub(given).unsigned_abs() > JUMP
        || now.passed_ms.saturating_sub(written.passed_ms).unsigned_abs() >= WRITTEN_EVERY
        || now.is_over() != written.is_over()
}

impl Store {
    /// The lease as it was last counted; `None` before the hub has given one.
    pub fn lease(&self) -> Option<Lease> {
        self.inner.lease.get().map(|(now, _)| now)
    }

    /// Whether the lease is over: nothing is shown or changed until the hub gives another.
    pub fn is_locked(&self) -> bool {
        self.inner.lease.over.load(Ordering::Acquire)
    }

    /// Notes a lease that the hub has given at its time `hub_now`, when this device's clock says `clock`.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn give_lease(&self, hub_now: Timestamp, days: u32, clock: Timestamp) -> Result<()> {
        self.keep_lease(Lease::given(hub_now, days, clock)).await
    }

    /// Counts on; see [`Lease::counted`]. Tells whether the data is locked now.
    ///
    /// # Errors
    /// Whatever the disk has to say; it is locked all the same.
    pub async fn count_lease(&self, clock: Timestamp, ran_ms: u64) -> Result<bool> {
        if let Some((before, written)) = self.inner.lease.get() {
            self.move_lease(before.counted(clock, ran_ms), written).await?;
        }
        Ok(self.is_locked())
    }

    /// The hub is still heard; see [`Lease::renewed`].
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn renew_lease(&self, clock: Timestamp, ran_ms: u64) -> Result<()> {
        match self.inner.lease.get() {
            Some((before, written)) => self.move_lease(before.renewed(clock, ran_ms), written).await,
            None => Ok(()),
        }
    }

    async fn move_lease(&self, now: Lease, written: Lease) -> Result<()> {
        self.inner.lease.set(now, written);
        if has_moved(&now, &written) { self.keep_lease(now).await } else { Ok(()) }
    }

    async fn keep_lease(&self, lease: Lease) -> Result<()> {
        let work = self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE meta SET lease_given_at = ?, lease_days = ?, lease_clock = ?, lease_passed = ?",
                )
                .bind(lease.given_at.0)
                .bind(lease.days)
                .bind(lease.clock.0)
                .bind(lease.passed_ms)
                .execute(tx.conn()?)
                .await?;
                Ok::<_, StoreError>(())
            })
        });
        work.await?;
        self.inner.lease.set(lease, lease);
        Ok(())
    }

    /// A connection for what a person looks at.
    ///
    /// # Errors
    /// [`Code::LeaseOver`], and whatever the disk has to say.
    pub(crate) async fn showing(&self) -> Result<PooledReader> {
        self.unlocked()?;
        self.reader().await
    }

    /// As [`Store::showing`], seeing one state of the file until it is dropped.
    ///
    /// # Errors
    /// As [`Store::showing`].
    pub(crate) async fn showing_one(&self) -> Result<Transaction<'static, Sqlite>> {
        self.unlocked()?;
        self.snapshot().await
    }

    /// Whether anything may be shown and changed.
    ///
    /// # Errors
    /// [`Code::LeaseOver`].
    pub fn unlocked(&self) -> Result<()> {
        if self.is_locked() { Err(StoreError::new(Code::LeaseOver, "using the program")) } else { Ok(()) }
    }
}

/// The lease as it is in the file.
pub(crate) async fn read(conn: &mut SqliteConnection) -> Result<Option<Lease>> {
    let row: (Option<i64>, Option<u32>, Option<i64>, Option<i64>) =
        sqlx::query_as("SELECT lease_given_at, lease_days, lease_clock, lease_passed FROM meta")
            .fetch_one(conn)
            .await?;
    Ok(match row {
        (Some(given_at), Some(days), Some(clock), Some(passed_ms)) => {
            Some(Lease { given_at: Timestamp(given_at), days, clock: Timestamp(clock), passed_ms })
        }
        _ => None,
    })
}
