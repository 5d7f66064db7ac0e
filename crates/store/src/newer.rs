//! Rows of tables that only a newer version knows: kept as they came, and put where they belong once this
//! program is updated, so that nothing has to be fetched again.

use crate::error::Result;
use crate::meta::{signed, unsigned};
use crate::rows::{self, Write};
use crate::store::Store;
use crate::tables;
use crate::tx::Tx;
use domain::{RowKey, ScopeId, Table};
use protocol::frame::NewerRow;
use std::collections::BTreeSet;
use uuid::Uuid;

impl Store {
    /// Keeps rows that this version cannot read.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn keep_newer(&self, newer: Vec<NewerRow>) -> Result<()> {
        let work = self.write(move |tx| Box::pin(async move { keep(tx, newer).await }));
        work.await.map(drop)
    }

    /// Puts rows into their tables that an earlier version could not read and this one can.
    pub(crate) async fn take_in_newer(&self) -> Result<()> {
        let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM newer)")
            .fetch_one(&mut *self.reader().await?)
            .await?;
        if !any {
            return Ok(());
        }
        let work = self.write(move |tx| Box::pin(async move { take_in(tx).await }));
        work.await.map(drop)
    }
}

async fn keep(tx: &mut Tx, newer: Vec<NewerRow>) -> Result<()> {
    for NewerRow { table, id, scope, seq, body } in newer {
        let statement = match body {
            Some(_) => {
                "INSERT INTO newer (tbl, id, scope, seq, body) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (tbl, id) DO UPDATE SET seq = excluded.seq, body = excluded.body
                 WHERE excluded.seq >= newer.seq"
            }
            None => {
                "DELETE FROM newer WHERE tbl = ?1 AND id = ?2 AND scope = ?3 AND seq <= ?4 AND ?5 IS NULL"
            }
        };
        sqlx::query(statement)
            .bind(i64::from(table))
            .bind(id)
            .bind(scope)
            .bind(signed(seq))
            .bind(body)
            .execute(tx.conn()?)
            .await?;
    }
    Ok(())
}

/// Table, id, scope, sequence number and body as stored.
type Kept = (i64, Vec<u8>, Vec<u8>, i64, Vec<u8>);

async fn take_in(tx: &mut Tx) -> Result<()> {
    let kept: Vec<Kept> =
        sqlx::query_as("SELECT tbl, id, scope, seq, body FROM newer").fetch_all(tx.conn()?).await?;
    let mut known = Vec::new();
    for (table, id, scope, seq, body) in kept {
        let found = u8::try_from(table).ok().and_then(Table::from_number);
        let found = found.filter(|table| tables::layout(*table).is_some());
        let (Some(found), Ok(row_id)) = (found, Uuid::from_slice(&id)) else { continue };
        let Ok(scope) = minicbor::decode::<ScopeId>(&scope) else { continue };
        let forget = sqlx::query("DELETE FROM newer WHERE tbl = ? AND id = ?").bind(table).bind(id);
        forget.execute(tx.conn()?).await?;
        let key = RowKey { table: found, id: row_id };
        known.push(Write { key, scope, seq: unsigned(seq), body: Some(body) });
    }
    rows::write(tx, known).await
}

/// Removes rows of scopes. Returns how many there were.
pub(crate) async fn erase(tx: &mut Tx, scopes: &BTreeSet<ScopeId>) -> Result<u64> {
    let mut erased = 0;
    for scope in scopes {
        let encoded = minicbor::to_vec(scope).unwrap_or_default();
        let done = sqlx::query("DELETE FROM newer WHERE scope = ?").bind(encoded).execute(tx.conn()?).await?;
        erased += done.rows_affected();
    }
    Ok(erased)
}
