//! What the simulator reads and does behind the sequencer's back.

use super::{ProgramStore, Storage, sql};
use crate::Error;
use protocol::sequencer::CommitRow;
use sqlx::Row as _;

impl ProgramStore {
    /// Every row and tombstone of the program.
    pub async fn everything(&self) -> Result<Vec<CommitRow>, Error> {
        let found =
            sqlx::query("SELECT tbl, id, scope, seq, body FROM row WHERE program = ? ORDER BY tbl, id")
                .bind(&self.program.as_bytes()[..])
                .fetch_all(self.readers())
                .await
                .map_err(|error| self.failed(error))?;
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let read =
                || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?));
            let (table, id, scope, seq, body): (i64, &[u8], &[u8], i64, Option<Vec<u8>>) =
                read().map_err(|error| self.failed(error))?;
            let (key, scope) = (sql::key(table, id)?, sql::scope(scope)?);
            rows.push(CommitRow { key, scope, seq: sql::unsigned(seq), body });
        }
        Ok(rows)
    }
}

impl Storage {
    /// Gives the run that has begun a name that is not left to chance.
    pub async fn name_run(&self, epoch: u64) -> Result<(), Error> {
        sqlx::query("UPDATE program SET epoch = ?")
            .bind(sql::signed(epoch))
            .execute(&self.0.writer)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }
}
