//! What the hub has answered already, kept for a while: a hub that was restored from a backup gets
//! again what it lost.
//!
//! A mutation that leaves the outbox comes here with its number and signature. An accepted one keeps its
//! payload. One that was refused is *void*: it is sent again without a payload, only so that the chain
//! has no hole, because what the person made of the refusal came later.

use crate::error::Result;
use crate::meta::signed;
use crate::outbox::{ANSWERED, VOID};
use crate::rebase;
use crate::rows::scope_list;
use crate::tx::Tx;
use domain::{ScopeId, Timestamp};
use std::collections::BTreeSet;

/// How long an answered mutation is kept, days of hub time: a backup that is older loses what came
/// after it.
const DAYS: i64 = 30;

/// Takes accepted mutations out of the outbox; `answered_at` is for those of which it was not noted.
pub(crate) async fn keep(tx: &mut Tx, numbers: &BTreeSet<i64>, answered_at: Option<Timestamp>) -> Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let move_over = [
        // What a scope that is gone was told is void.
        "INSERT INTO journal (n, lane, name, at, payload, signature, answered_at)
         SELECT n, lane, iif(r.scope IS NULL, name, ''), iif(r.scope IS NULL, at, 0),
                iif(r.scope IS NULL, payload, NULL), signature, coalesce(answered_at, ?2, 0)
         FROM outbox LEFT JOIN revoked AS r ON r.scope = lane WHERE n IN (SELECT value FROM json_each(?1))",
        "DELETE FROM outbox WHERE n IN (SELECT value FROM json_each(?1))",
    ];
    for move_over in move_over.into_iter().skip(usize::from(domain::planted!(JournalNotKept))) {
        let moved = sqlx::query(move_over).bind(rebase::json(numbers)).bind(answered_at.map(|at| at.0));
        moved.execute(tx.conn()?).await?;
    }
    tx.changing.sync = true;
    prune(tx).await
}

/// Takes a mutation out of the outbox that has no effect at the hub.
pub(crate) async fn keep_void(tx: &mut Tx, n: i64, answered_at: Timestamp) -> Result<()> {
    let void = if domain::planted!(RefusedSentWhole) {
        "INSERT INTO journal (n, lane, name, at, payload, signature, answered_at)
         SELECT n, lane, name, at, payload, signature, ? FROM outbox WHERE n = ?"
    } else {
        "INSERT INTO journal (n, lane, name, at, payload, signature, answered_at)
         SELECT n, lane, '', 0, NULL, signature, ? FROM outbox WHERE n = ?"
    };
    sqlx::query(void).bind(answered_at.0).bind(n).execute(tx.conn()?).await?;
    sqlx::query("DELETE FROM outbox WHERE n = ?").bind(n).execute(tx.conn()?).await?;
    tx.changing.sync = true;
    Ok(())
}

/// Puts back into the outbox what the hub does not have any more: everything after `last_n`.
pub(crate) async fn put_back(tx: &mut Tx, last_n: u64) -> Result<()> {
    let last_n = signed(last_n);
    let move_back = [
        "INSERT INTO outbox (n, lane, name, at, payload, signature, state, restored)
         SELECT n, lane, name, at, coalesce(payload, x''), signature,
                CASE WHEN payload IS NULL THEN ?2 ELSE 0 END, 1
         FROM journal WHERE n > ?1",
        "DELETE FROM journal WHERE n > ?1",
        // Accepted, and lost before its rows came.
        "UPDATE outbox SET state = 0, seq = NULL, restored = 1 WHERE state = ?3 AND n > ?1",
        // Accepted in what is left of the old history: whatever page is the last one has its rows.
        "UPDATE outbox SET seq = 0 WHERE state = ?3",
    ];
    for move_back in move_back.into_iter().skip(usize::from(domain::planted!(LostNotQueued))) {
        let moved = sqlx::query(move_back).bind(last_n).bind(VOID).bind(ANSWERED);
        moved.execute(tx.conn()?).await?;
    }
    Ok(())
}

/// Forgets what mutations in these scopes said, because the scopes were taken away. What was refused in
/// them stays until the person decides; what they have discarded goes.
pub(crate) async fn forget_scopes(tx: &mut Tx, scopes: &[ScopeId]) -> Result<()> {
    if scopes.is_empty() || domain::planted!(RevokeKeepsJournal) {
        return Ok(());
    }
    let scopes = scope_list(&scopes.iter().copied().collect());
    for forget in [
        "UPDATE journal SET payload = NULL, name = '', at = 0
         WHERE lane IN (SELECT unhex(value) FROM json_each(?))",
        "DELETE FROM discarded WHERE lane IN (SELECT unhex(value) FROM json_each(?))",
    ] {
        sqlx::query(forget).bind(&scopes).execute(tx.conn()?).await?;
    }
    Ok(())
}

/// Numbers are answered in order, so everything before the first young one is old.
async fn prune(tx: &mut Tx) -> Result<()> {
    sqlx::query(
        "DELETE FROM journal WHERE n < (
           SELECT n FROM journal
           WHERE answered_at >= (SELECT answered_at FROM journal ORDER BY n DESC LIMIT 1) - ?
           ORDER BY n LIMIT 1)",
    )
    .bind(DAYS * 86_400_000)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
