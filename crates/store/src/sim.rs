//! What the simulator (`crates/sim`) sees of a file, in few statements. Nobody else turns the feature on.

use crate::error::{Code, Result, StoreError};
use crate::meta::{self, unsigned};
use crate::outbox::{ANSWERED, PARKED, VOID};
use crate::rows;
use crate::store::Store;
use crate::tables::{self, row_key};
use domain::{Row, ScopeId};
use protocol::client::SyncState;
use sqlx::Row as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Where a mutation in the outbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Without an answer.
    Queued,
    /// Accepted with this sequence number, whose rows are not all here.
    Answered(u64),
    /// Behind a refusal.
    Parked,
    /// Sent again without its payload, because it was refused before the hub lost it.
    Void,
}

/// A file as it is at one moment.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Every row.
    pub rows: Vec<Row>,
    /// The outbox.
    pub outbox: BTreeMap<u64, Stand>,
    /// Numbers of refused mutations.
    pub refused: BTreeSet<u64>,
    /// Numbers of what is parked behind them.
    pub parked: BTreeSet<u64>,
    /// Numbers of what was answered and is kept for a hub that may lose it; true for what is kept whole.
    pub journal: BTreeMap<u64, bool>,
    /// How many rows of tables that only a newer version knows.
    pub newer: usize,
    /// Scopes of what is kept besides the rows: images for undoing, and what was answered.
    pub remains: BTreeSet<ScopeId>,
    /// Whether all rows are being fetched anew.
    pub refetching: bool,
}

static ROWS: LazyLock<String> = LazyLock::new(|| {
    let one = |layout: &tables::Layout| {
        format!("SELECT {}, id, scope, seq, body FROM {}", layout.table.number(), layout.name)
    };
    tables::layouts().iter().map(one).collect::<Vec<_>>().join(" UNION ALL ")
});

impl Store {
    /// Looks at the whole file, by the connection that writes: it alone has the pages at hand, while a
    /// reader would have to decipher all of them after each commit.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn see(&self) -> Result<(Seen, SyncState)> {
        let mut writer = self.between_writes().await;
        let conn = writer.as_mut().ok_or_else(|| StoreError::new(Code::Closed, "looking at the store"))?;
        let state = meta::read(conn).await?;
        let mut seen = Seen::default();
        for row in sqlx::query(sqlx::AssertSqlSafe(ROWS.as_str())).fetch_all(&mut *conn).await? {
            let key = row_key(row.try_get(0)?, row.try_get(1)?)?;
            let scope = rows::scope(row.try_get(2)?)?;
            seen.rows.push(Row { key, scope, seq: unsigned(row.try_get(3)?), body: row.try_get(4)? });
        }
        let marks: Vec<(i64, i64, i64, Option<i64>)> = sqlx::query_as(
            "SELECT 0, n, state, seq FROM outbox UNION ALL SELECT 1, n, 0, NULL FROM refusal
             UNION ALL SELECT 2, n, 0, NULL FROM parked UNION ALL SELECT 3, rerun, 0, NULL FROM meta
             UNION ALL SELECT 4, n, payload IS NOT NULL, NULL FROM journal
             UNION ALL SELECT 5, count(*), 0, NULL FROM newer",
        )
        .fetch_all(&mut *conn)
        .await?;
        for (kind, n, state, seq) in marks {
            let number = unsigned(n);
            match kind {
                0 => {
                    let stand = match state {
                        ANSWERED => Stand::Answered(unsigned(seq.unwrap_or_default())),
                        PARKED => Stand::Parked,
                        VOID => Stand::Void,
                        _ => Stand::Queued,
                    };
                    seen.outbox.insert(number, stand);
                }
                1 => {
                    seen.refused.insert(number);
                }
                2 => {
                    seen.parked.insert(number);
                }
                3 => seen.refetching = n != 0,
                5 => seen.newer = usize::try_from(n).unwrap_or_default(),
                _ => {
                    seen.journal.insert(number, state != 0);
                }
            }
        }
        let remains: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT scope FROM undo_image WHERE seq > 0 UNION SELECT lane FROM journal WHERE payload IS NOT NULL",
        )
        .fetch_all(&mut *conn)
        .await?;
        seen.remains = remains.iter().map(|bytes| rows::scope(bytes)).collect::<Result<_>>()?;
        Ok((seen, state))
    }
}
