//! Scopes that were taken away: what is forgotten with them besides their rows, and telling the person.

use crate::change::Change;
use crate::error::Result;
use crate::journal;
use crate::rows::{self, scope, scope_list};
use crate::store::Store;
use crate::tx::Tx;
use domain::ScopeId;
use std::collections::BTreeSet;

impl Store {
    /// Scopes that were taken away and of which the person has not been told.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn taken_away(&self) -> Result<Vec<ScopeId>> {
        let mut conn = self.reader().await?;
        let scopes: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT scope FROM revoked WHERE told = 0 ORDER BY scope")
                .fetch_all(&mut *conn)
                .await?;
        scopes.iter().map(|bytes| scope(bytes)).collect()
    }

    /// Whether a scope was taken away and not given again.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn is_taken_away(&self, of: ScopeId) -> Result<bool> {
        let mut conn = self.reader().await?;
        let found: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM revoked WHERE scope = ?)")
            .bind(of.to_bytes())
            .fetch_one(&mut *conn)
            .await?;
        Ok(found)
    }

    /// Notes that the person knows of everything that was taken away so far.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn told_of_taken_away(&self) -> Result<Change> {
        let work = self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE revoked SET told = 1").execute(tx.conn()?).await?;
                tx.changing.access = true;
                Ok::<_, crate::StoreError>(())
            })
        });
        let ((), change) = work.await?;
        Ok(change)
    }
}

/// Follows what a delta gave and took, after their rows were erased.
pub(crate) async fn follow(tx: &mut Tx, granted: &BTreeSet<ScopeId>, revoked: &[ScopeId]) -> Result<()> {
    if !granted.is_empty() {
        sqlx::query("DELETE FROM revoked WHERE scope IN (SELECT unhex(value) FROM json_each(?))")
            .bind(scope_list(granted))
            .execute(tx.conn()?)
            .await?;
    }
    if revoked.is_empty() {
        return Ok(());
    }
    sqlx::query("INSERT OR REPLACE INTO revoked (scope) SELECT unhex(value) FROM json_each(?)")
        .bind(scope_list(&revoked.iter().copied().collect()))
        .execute(tx.conn()?)
        .await?;
    journal::forget_scopes(tx, revoked).await?;
    tx.changing.access = true;
    owe_wipe(tx).await
}

/// After segments, which bring grants without opening their scopes: what is held is not taken away any more.
pub(crate) async fn given_again(tx: &mut Tx) -> Result<()> {
    let given = sqlx::query("DELETE FROM revoked WHERE scope IN (SELECT granted FROM grants)")
        .execute(tx.conn()?)
        .await?;
    tx.changing.access |= given.rows_affected() > 0;
    Ok(())
}

/// Before all rows are fetched anew: notes which scopes were held.
pub(crate) async fn remember_held(tx: &mut Tx) -> Result<()> {
    sqlx::query(
        "INSERT OR IGNORE INTO held (scope) SELECT granted FROM grants WHERE seq > 0 AND granted <> x''",
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// After all rows were fetched anew: the scopes that were held before and did not come again.
pub(crate) async fn lost_meanwhile(tx: &mut Tx) -> Result<Vec<ScopeId>> {
    let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM held)").fetch_one(tx.conn()?).await?;
    if !any {
        return Ok(Vec::new());
    }
    let lost: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT scope FROM held WHERE scope NOT IN (SELECT granted FROM grants)")
            .fetch_all(tx.conn()?)
            .await?;
    sqlx::query("DELETE FROM held").execute(tx.conn()?).await?;
    let lost: Vec<ScopeId> = lost.iter().map(|bytes| scope(bytes)).collect::<Result<_>>()?;
    rows::erase_scopes(tx, &lost.iter().copied().collect()).await?;
    Ok(lost)
}

/// The log has to be emptied after this transaction, now or when the file is opened next.
pub(crate) async fn owe_wipe(tx: &mut Tx) -> Result<()> {
    if domain::planted!(WipeForgotten) {
        return Ok(());
    }
    sqlx::query("UPDATE meta SET wipe = 1").execute(tx.conn()?).await?;
    tx.wipe = true;
    Ok(())
}
