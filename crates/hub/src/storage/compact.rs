//! What keeps a hub's file from growing for ever: tombstones and the memory of earlier runs go after a
//! while. A device that was away for longer starts over; see [`protocol::sequencer::Past`].

use super::{ProgramStore, Storage, sql, stored};
use crate::Error;
use domain::Timestamp;

/// A tombstone is kept this long, hub time.
const TOMBSTONE_DAYS: i64 = 180;
/// An earlier run is remembered this long. Devices that were away for longer start over.
const RUN_DAYS: i64 = 800;
/// Tombstones removed in one transaction, about.
const PIECE: i64 = 5_000;

impl Storage {
    /// Begins a run: every program gets an epoch that was never used before. When the file was `restored`
    /// in a way that its runs cannot show, they are forgotten, and every device starts over.
    ///
    /// Interrupted anywhere, the next start does the same again.
    pub async fn begin_run(&self, now: Timestamp, restored: bool) -> Result<(), Error> {
        let ended = "INSERT OR REPLACE INTO run (program, epoch, head, ended_at) SELECT id, epoch, head, ? FROM program";
        let old = if restored { i64::MAX } else { stored(now.plus_days(-RUN_DAYS)) };
        // Never 0, which devices say that have nothing.
        let begin = "UPDATE program SET epoch = (random() & 9223372036854775807) | 1";
        for query in [
            sqlx::query(ended).bind(stored(now)),
            sqlx::query("DELETE FROM run WHERE ended_at < ?").bind(old),
            sqlx::query(begin),
        ] {
            query.execute(&self.0.writer).await.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }
}

impl ProgramStore {
    /// The sequence number up to which tombstones are old enough to go; `None` when none is.
    pub async fn forgettable(&self, now: Timestamp) -> Result<Option<u64>, Error> {
        let highest: Option<i64> = sqlx::query_scalar(
            "SELECT max(seq) FROM (SELECT seq FROM row INDEXED BY row_deleted \
             WHERE program = ? AND deleted_at < ? ORDER BY deleted_at LIMIT ?)",
        )
        .bind(&self.program.as_bytes()[..])
        .bind(stored(now.plus_days(-TOMBSTONE_DAYS)))
        .bind(PIECE)
        .fetch_one(self.readers())
        .await
        .map_err(|error| self.failed(error))?;
        Ok(highest.map(sql::unsigned))
    }

    /// Removes old tombstones up to `horizon`. That it does is noted first: interrupted between, devices
    /// start over that would not have to.
    pub async fn forget(&self, now: Timestamp, horizon: u64) -> Result<(), Error> {
        for query in [
            sqlx::query("UPDATE program SET horizon = max(horizon, ?2) WHERE id = ?1 AND ?3 IS NOT NULL"),
            sqlx::query("DELETE FROM row WHERE program = ?1 AND seq <= ?2 AND deleted_at < ?3"),
        ] {
            query
                .bind(&self.program.as_bytes()[..])
                .bind(sql::signed(horizon))
                .bind(stored(now.plus_days(-TOMBSTONE_DAYS)))
                .execute(&self.storage.0.writer)
                .await
                .map_err(|error| self.failed(error))?;
        }
        Ok(())
    }
}
