//! Refusals that a person has given up, and how that is taken back.

use crate::change::Change;
use crate::error::{Code, Result, StoreError};
use crate::store::Store;
use crate::tray::{self, Item};
use crate::tx::Tx;
use domain::Timestamp;
use sqlx::Row as _;

/// What was discarded can be put back for so long, milliseconds.
const KEPT: i64 = 30 * 86_400_000;

/// A refusal that was discarded.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscardedItem {
    /// Its id among the refusals.
    pub id: i64,
    /// The refused mutation.
    pub item: Item,
    /// When, this device's time.
    pub at: Timestamp,
    /// How many were parked behind it.
    pub parked: u64,
}

impl Store {
    /// Gives up a refused mutation and what was parked behind it. [`Store::put_back`] takes that back for
    /// 30 days.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is no such refusal.
    pub async fn discard(&self, refusal: i64, now: Timestamp) -> Result<Change> {
        let work = self.write(move |tx| Box::pin(async move { discard(tx, refusal, now).await }));
        let ((), change) = work.await?;
        Ok(change)
    }

    /// Makes a discarded refusal wait for a decision again.
    ///
    /// # Errors
    /// [`Code::NotFound`] when it was not discarded, or too long ago.
    pub async fn put_back(&self, refusal: i64) -> Result<Change> {
        let work = self.write(move |tx| Box::pin(async move { put_back(tx, refusal).await }));
        let ((), change) = work.await?;
        Ok(change)
    }

    /// What was discarded in the 30 days before `now`, latest first.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn discarded(&self, now: Timestamp) -> Result<Vec<DiscardedItem>> {
        let mut conn = self.reader().await?;
        let rows = sqlx::query(
            "SELECT n, name, lane, payload, at, id, discarded_at,
               (SELECT count(*) FROM discarded AS behind WHERE behind.id = d.id AND behind.ord > 0)
             FROM discarded AS d WHERE ord = 0 AND discarded_at > ? ORDER BY discarded_at DESC, id DESC",
        )
        .bind(now.0 - KEPT)
        .fetch_all(&mut *conn)
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| -> Result<DiscardedItem> {
            Ok(DiscardedItem {
                id: row.try_get(5)?,
                item: tray::read_item(row, 0)?,
                at: Timestamp(row.try_get(6)?),
                parked: crate::meta::unsigned(row.try_get(7)?),
            })
        };
        rows.iter().map(read).collect()
    }
}

async fn discard(tx: &mut Tx, refusal: i64, now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM discarded WHERE discarded_at <= ?")
        .bind(now.0 - KEPT)
        .execute(tx.conn()?)
        .await?;
    for keep in [
        "INSERT INTO discarded (id, ord, n, name, lane, payload, at, rule, message, evidence, refused_at,
                                restored, discarded_at)
         SELECT id, 0, n, name, lane, payload, at, rule, message, evidence, refused_at, restored, ?2
         FROM refusal WHERE id = ?1",
        "INSERT INTO discarded (id, ord, n, name, lane, payload, at, discarded_at)
         SELECT refusal_id, 1 + ord, n, name, lane, payload, at, ?2 FROM parked WHERE refusal_id = ?1",
    ] {
        sqlx::query(keep).bind(refusal).bind(now.0).execute(tx.conn()?).await?;
    }
    tray::remove(tx, refusal).await
}

async fn put_back(tx: &mut Tx, refusal: i64) -> Result<()> {
    for back in [
        "INSERT INTO refusal (id, n, name, lane, payload, at, rule, message, evidence, refused_at, restored)
         SELECT id, n, name, lane, payload, at, rule, message, evidence, refused_at, restored
         FROM discarded WHERE id = ? AND ord = 0",
        "INSERT INTO parked (refusal_id, ord, n, name, lane, payload, at)
         SELECT id, ord - 1, n, name, lane, payload, at FROM discarded WHERE id = ? AND ord > 0",
    ] {
        sqlx::query(back).bind(refusal).execute(tx.conn()?).await?;
    }
    let gone = sqlx::query("DELETE FROM discarded WHERE id = ?").bind(refusal).execute(tx.conn()?).await?;
    if gone.rows_affected() == 0 {
        return Err(StoreError::new(Code::NotFound, "looking for what was discarded"));
    }
    tx.changing.sync = true;
    Ok(())
}
