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
        let queries = [
            sqlx::query(ended).bind(stored(now)),
            sqlx::query("DELETE FROM run WHERE ended_at < ?").bind(old),
            sqlx::query(begin),
        ];
        for query in queries.into_iter().skip(usize::from(domain::planted!(RunNotNoted))) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Data;
    use domain::{ProgramId, RowKey, ScopeId, Table};
    use protocol::sequencer::{Commit, CommitRow};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn row(n: u128, seq: u64, body: Option<&[u8]>) -> CommitRow {
        let key = RowKey { table: Table::Messages, id: Uuid::from_u128(n) };
        CommitRow { key, scope: ScopeId::Program, seq, body: body.map(<[u8]>::to_vec) }
    }

    #[tokio::test]
    async fn tombstones_go_after_180_days_and_the_horizon_says_so() {
        let storage = Storage::open(&Data::Memory).await.unwrap();
        let store = storage.program(ProgramId(Uuid::from_u128(1)));
        let commit = |base: u64, rows| Commit { base, head: base + 1, rows, ..Commit::default() };
        let live = (1..=3).map(|n| row(n, 1, Some(b"here"))).collect();
        store.commit(7, NOW, &commit(0, live)).await.unwrap();
        store.commit(7, NOW, &commit(1, vec![row(1, 2, None), row(2, 2, None)])).await.unwrap();
        store.commit(7, NOW.plus_days(90), &commit(2, vec![row(3, 3, None)])).await.unwrap();
        // One of them came back: it is no tombstone any more.
        store.commit(7, NOW.plus_days(91), &commit(3, vec![row(2, 4, Some(b"back"))])).await.unwrap();

        assert_eq!(store.forgettable(NOW.plus_days(179)).await.unwrap(), None);
        let later = NOW.plus_days(181);
        assert_eq!(store.forgettable(later).await.unwrap(), Some(2));
        store.forget(later, 2).await.unwrap();
        assert_eq!(store.forgettable(later).await.unwrap(), None);
        assert_eq!(store.opened().await.unwrap().unwrap().past.horizon, 2);
        let keys: Vec<RowKey> = (1..=3).map(|n| row(n, 0, None).key).collect();
        let mut reader = store.reader().await.unwrap();
        let left = store.stored(&mut reader, &keys).await.unwrap();
        let left: Vec<_> = left.iter().map(|row| (row.key.id.as_u128(), row.body.is_some())).collect();
        assert_eq!(left, [(2, true), (3, false)]);
    }

    #[tokio::test]
    async fn every_start_is_a_run_of_its_own() {
        let storage = Storage::open(&Data::Memory).await.unwrap();
        let store = storage.program(ProgramId(Uuid::from_u128(1)));
        let first = Commit { head: 1, rows: vec![row(1, 1, Some(b"one"))], ..Commit::default() };
        store.commit(7, NOW, &first).await.unwrap();
        storage.begin_run(NOW, false).await.unwrap();
        let second = store.opened().await.unwrap().unwrap();
        assert!(![0, 7].contains(&second.epoch));
        assert_eq!(second.past.runs, [(7, 1)].into());
        storage.begin_run(NOW.plus_days(801), false).await.unwrap();
        let third = store.opened().await.unwrap().unwrap();
        assert_eq!(third.past.runs, [(second.epoch, 1)].into(), "the first is too long ago");
        storage.begin_run(NOW.plus_days(801), true).await.unwrap();
        assert_eq!(store.opened().await.unwrap().unwrap().past.runs, [].into(), "and now nobody can tell");
    }
}
