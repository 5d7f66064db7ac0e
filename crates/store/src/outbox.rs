//! Own mutations on their way to the hub: sealing, order, what they touched.

use crate::change::Change;
use crate::error::{Code, CommitError, Result, StoreError};
use crate::local::Draft;
use crate::meta::{self, damaged, key, signed, unsigned};
use crate::rows::{self, insert_many, scope};
use crate::store::Store;
use crate::tables::Value;
use crate::tx::Tx;
use domain::entity::{Device, Key};
use domain::{LookupKey, Mutation, Refusal, RowKey, Rule, Timestamp, Undo};
use protocol::client::SyncState;
use protocol::frame::{Header, Sealed, Signature};
use protocol::seal::Chain;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

/// Stands for lookup keys where a table number is stored.
const LOOKUPS: u8 = 255;
/// Hashes of the chain that are kept behind the first waiting mutation.
const CHAIN_KEPT: i64 = 4_096;

/// States of an outbox row; 1 would be "sent", which only the connection knows.
pub(crate) const QUEUED: i64 = 0;
pub(crate) const ANSWERED: i64 = 2;
pub(crate) const PARKED: i64 = 3;
pub(crate) const VOID: i64 = 4;

/// What a pending mutation did with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    Read = 0,
    Changed = 1,
    Created = 2,
}

/// How a lookup key is noted among the rows a mutation touched.
pub(crate) fn lookup_touch(lookup: &LookupKey) -> (u8, Uuid) {
    (LOOKUPS, domain::id::derived("lookup", &[lookup.0.as_bytes()]))
}

/// A change that was committed here.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// Its place in the outbox: its number, as SQLite holds it.
    pub outbox_id: i64,
    /// Its number in the chain of this device.
    pub n: u64,
    /// What its transaction changed.
    pub change: Change,
    /// How to take it back.
    pub undo: Undo,
}

impl Store {
    /// Applies a mutation here and queues it for the hub, in one transaction. `now` is this device's
    /// time: evidence, and what is shown until the hub says otherwise.
    ///
    /// # Errors
    /// [`CommitError::Refused`] when the rules refuse it and [`CommitError::Store`] when it cannot be
    /// written, [`Code::NotCaughtUp`] among others; nothing is changed then.
    pub async fn commit(
        &self,
        mutation: impl Into<Mutation>,
        now: Timestamp,
    ) -> Result<Committed, CommitError> {
        let mut committed = self.commit_all(vec![mutation.into()], now).await?;
        committed.pop().ok_or_else(|| StoreError::new(Code::Internal, "committing").into())
    }

    /// As [`Store::commit`] for many: all of them, in order, or none.
    ///
    /// # Errors
    /// As [`Store::commit`]; the first refusal ends it.
    pub async fn commit_all(
        &self,
        mutations: Vec<Mutation>,
        now: Timestamp,
    ) -> Result<Vec<Committed>, CommitError> {
        self.unlocked()?;
        let work = self.write(move |tx| Box::pin(async move { commit_in(tx, &mutations, now).await }));
        let (mut committed, change) = work.await?;
        committed.iter_mut().for_each(|committed| committed.change = change.clone());
        Ok(committed)
    }

    /// Mutations for the hub, numbered from `n` + 1 without gaps: at most `max_items`, and no more
    /// once their payloads exceed `max_bytes`.
    ///
    /// # Errors
    /// [`Code::HistoryGone`] when the first one was given up already: the hub has lost something.
    pub async fn outbox_after(&self, n: u64, max_items: usize, max_bytes: usize) -> Result<Vec<Sealed>> {
        let mut conn = self.reader().await?;
        // The payloads may be large: read them in handfuls.
        let mut sealed: Vec<Sealed> = Vec::new();
        let mut bytes = 0;
        loop {
            let after = sealed.last().map_or(n, |last| last.header.n);
            let rows = sqlx::query(
                "SELECT o.n, lane, name, at, payload, signature, hash FROM outbox AS o
                 LEFT JOIN chain AS c ON o.state = ?2 AND c.n = o.n
                 WHERE o.n > ?1 ORDER BY o.n LIMIT 32",
            )
            .bind(signed(after))
            .bind(VOID)
            .fetch_all(&mut *conn)
            .await?;
            if rows.is_empty() {
                return Ok(sealed);
            }
            for row in rows {
                let next = read_sealed(&row)?;
                let expected = sealed.last().map_or(n, |last| last.header.n) + 1;
                if next.header.n != expected {
                    return if sealed.is_empty() {
                        Err(StoreError::new(Code::HistoryGone, "reading the outbox"))
                    } else {
                        Ok(sealed)
                    };
                }
                bytes += next.payload.len();
                if sealed.len() >= max_items || (bytes > max_bytes && !sealed.is_empty()) {
                    return Ok(sealed);
                }
                sealed.push(next);
            }
        }
    }

    /// What this device says when it signs in.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn sync_state(&self) -> Result<SyncState> {
        let mut conn = self.reader().await?;
        meta::read(&mut conn).await
    }

    /// The hash of the own chain at number `n`; `None` for a number that was never reached or is long
    /// settled. A hub that names another hash there has met a copy of this device.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn chain_hash_at(&self, n: u64) -> Result<Option<Key>> {
        let mut conn = self.reader().await?;
        let hash: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM chain WHERE n = ?")
            .bind(signed(n))
            .fetch_optional(&mut *conn)
            .await?;
        hash.as_deref().map(key).transpose()
    }
}

/// Applies and queues mutations within a transaction.
pub(crate) async fn commit_in(
    tx: &mut Tx,
    mutations: &[Mutation],
    now: Timestamp,
) -> Result<Vec<Committed>, CommitError> {
    let mut committed = Vec::with_capacity(mutations.len());
    let mut draft = Draft::default();
    let mut chain = meta::chain(tx.conn()?).await?;
    let (mut queued, mut hashes) = (Vec::new(), Vec::new());
    for mutation in mutations {
        let Some(actor) = draft.actor(tx).await? else { return Err(nobody(tx).await) };
        let attempt = draft.attempt(tx, Some(actor), mutation, now).await?;
        if let Err(refusal) = attempt.outcome {
            return Err(refusal.into());
        }
        let (sealed, next) = tx.identity().device_key.seal(&chain, mutation, now);
        let (n, number) = (next.n, signed(next.n));
        draft.perform(tx, number, &attempt).await?;
        if !domain::planted!(OutboxRowMissing)
            || committed.is_empty()
            || committed.len() + 1 < mutations.len()
        {
            queued.push(outbox_row(sealed));
        }
        hashes.push(vec![Value::Int(number), Value::Blob(next.hash.0.to_vec())]);
        chain = next;
        committed.push(Committed { outbox_id: number, n, change: Change::default(), undo: attempt.undo });
    }
    draft.finish(tx).await?;
    let head = "INSERT INTO outbox (n, lane, name, at, payload, signature)";
    insert_many(tx.conn()?, "outbox", (head, ""), 6, queued).await?;
    insert_many(tx.conn()?, "chain", ("INSERT INTO chain (n, hash)", ""), 2, hashes).await?;
    meta::write_chain(tx.conn()?, &chain).await?;
    tx.changing.sync = true;
    Ok(committed)
}

fn outbox_row(sealed: Sealed) -> Vec<Value> {
    let Sealed { header: Header { n, lane, name, at }, payload, signature, void: _ } = sealed;
    vec![
        Value::Int(signed(n)),
        Value::Blob(lane.to_bytes()),
        Value::Text(name),
        Value::Int(at.0),
        Value::Blob(payload),
        Value::Blob(signature.0.to_vec()),
    ]
}

/// Why nobody acts on this device.
async fn nobody(tx: &mut Tx) -> CommitError {
    let device = RowKey::of::<Device>(tx.identity().device);
    let known = match tx.conn() {
        Ok(conn) => rows::read(conn, [&device]).await,
        Err(error) => Err(error),
    };
    match known {
        Ok(known) if known.is_empty() => StoreError::new(Code::NotCaughtUp, "finding out who acts").into(),
        Ok(_) => Refusal::new(Rule::NotAllowed, "You have left this program on this device.").into(),
        Err(error) => error.into(),
    }
}

fn read_sealed(row: &SqliteRow) -> Result<Sealed> {
    let signature: Vec<u8> = row.try_get(5)?;
    let signature = <[u8; 64]>::try_from(signature.as_slice()).map_err(damaged)?;
    let void: Option<Vec<u8>> = row.try_get(6)?;
    Ok(Sealed {
        header: Header {
            n: unsigned(row.try_get(0)?),
            lane: scope(&row.try_get::<Vec<u8>, _>(1)?)?,
            name: row.try_get(2)?,
            at: Timestamp(row.try_get(3)?),
        },
        payload: row.try_get(4)?,
        signature: Signature(signature),
        void: void.as_deref().map(key).transpose()?,
    })
}

impl Store {
    /// Whether the hub's end of the own chain is on it, and everything after it is here to be sent:
    /// from the outbox, or from what was answered before.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn continues(&self, end: Chain) -> Result<bool> {
        if self.chain_hash_at(end.n).await? != Some(end.hash) {
            return Ok(false);
        }
        let mut conn = self.reader().await?;
        let complete: bool = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM outbox WHERE n > ?1) + (SELECT count(*) FROM journal WHERE n > ?1)
                    = (SELECT chain_n FROM meta) - ?1",
        )
        .bind(signed(end.n))
        .fetch_one(&mut *conn)
        .await?;
        Ok(complete)
    }
}

/// Drops chain hashes nobody will ask for any more.
pub(crate) async fn prune_chain(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::query(
        "DELETE FROM chain WHERE n < min(
           coalesce((SELECT min(n) FROM outbox), (SELECT chain_n FROM meta)) - ?,
           coalesce((SELECT min(n) FROM journal), (SELECT chain_n FROM meta)) - 1)",
    )
    .bind(CHAIN_KEPT)
    .execute(conn)
    .await?;
    Ok(())
}
