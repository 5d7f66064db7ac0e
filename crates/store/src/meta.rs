//! The one row about the file itself: whose it is and how far it has caught up.

use crate::error::{Code, Result, StoreError};
use crate::key::Identity;
use crate::schema;
use crate::store::truncate_log;
use domain::entity::Key;
use protocol::client::SyncState;
use protocol::seal::Chain;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::path::Path;

pub(crate) async fn create(conn: &mut SqliteConnection, identity: &Identity) -> Result<()> {
    let start = Chain::start(identity.program, identity.device);
    let mut tx = conn.begin().await?;
    sqlx::query(
        "INSERT INTO meta (id, program, device, member, chain_hash, readable_from) VALUES (1, ?, ?, ?, ?, ?)",
    )
    .bind(identity.program.as_bytes().as_slice())
    .bind(identity.device.as_bytes().as_slice())
    .bind(identity.member.as_bytes().as_slice())
    .bind(start.hash.0.as_slice())
    .bind(schema::READABLE_FROM)
    .execute(&mut *tx)
    .await?;
    note_chain(&mut tx, &start).await?;
    Ok(tx.commit().await?)
}

pub(crate) async fn check(conn: &mut SqliteConnection, identity: &Identity) -> Result<()> {
    let row = sqlx::query("SELECT program, device, member FROM meta").fetch_optional(conn).await?;
    // Without the row, creating the file was interrupted.
    let row = row.ok_or_else(|| StoreError::new(Code::Missing, "opening the file"))?;
    let same = row.try_get::<Vec<u8>, _>(0)? == identity.program.as_bytes()
        && row.try_get::<Vec<u8>, _>(1)? == identity.device.as_bytes()
        && row.try_get::<Vec<u8>, _>(2)? == identity.member.as_bytes();
    if same { Ok(()) } else { Err(StoreError::new(Code::Foreign, "opening the file")) }
}

/// Reads the state.
pub(crate) async fn read(conn: &mut SqliteConnection) -> Result<SyncState> {
    let row = sqlx::query("SELECT epoch, cursor, resume, answered, chain_n, chain_hash FROM meta")
        .fetch_one(conn)
        .await?;
    let resume: Option<Vec<u8>> = row.try_get(2)?;
    let resume = match resume {
        Some(bytes) => Some(minicbor::decode(&bytes).map_err(damaged)?),
        None => None,
    };
    let hash: Vec<u8> = row.try_get(5)?;
    Ok(SyncState {
        epoch: row.try_get::<i64, _>(0)?.cast_unsigned(),
        cursor: unsigned(row.try_get(1)?),
        resume,
        answered: unsigned(row.try_get(3)?),
        chain: Chain { n: unsigned(row.try_get(4)?), hash: key(&hash)? },
    })
}

/// Writes how far the rows have caught up.
pub(crate) async fn write_cursor(conn: &mut SqliteConnection, state: &SyncState) -> Result<()> {
    let resume = state.resume.as_ref().map(|resume| minicbor::to_vec(resume).unwrap_or_default());
    sqlx::query("UPDATE meta SET epoch = ?, cursor = ?, resume = ?, answered = ?")
        .bind(state.epoch.cast_signed())
        .bind(signed(state.cursor))
        .bind(resume)
        .bind(signed(state.answered))
        .execute(conn)
        .await?;
    Ok(())
}

/// The end of the chain.
pub(crate) async fn chain(conn: &mut SqliteConnection) -> Result<Chain> {
    let (n, hash): (i64, Vec<u8>) =
        sqlx::query_as("SELECT chain_n, chain_hash FROM meta").fetch_one(conn).await?;
    Ok(Chain { n: unsigned(n), hash: key(&hash)? })
}

/// Moves the end of the chain.
pub(crate) async fn write_chain(conn: &mut SqliteConnection, chain: &Chain) -> Result<()> {
    sqlx::query("UPDATE meta SET chain_n = ?, chain_hash = ?")
        .bind(signed(chain.n))
        .bind(chain.hash.0.as_slice())
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Remembers a hash of the chain.
pub(crate) async fn note_chain(conn: &mut SqliteConnection, chain: &Chain) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO chain (n, hash) VALUES (?, ?)")
        .bind(signed(chain.n))
        .bind(chain.hash.0.as_slice())
        .execute(conn)
        .await?;
    Ok(())
}

/// Empties the log when erased rows may still be in it, and removes copies of the file that have them.
/// False when somebody reads and it has to be done later.
pub(crate) async fn wipe_if_owed(conn: &mut SqliteConnection, path: &Path) -> Result<bool> {
    let owed: i64 = sqlx::query_scalar("SELECT wipe FROM meta").fetch_one(&mut *conn).await?;
    if owed == 0 {
        return Ok(true);
    }
    schema::remove_backups(path).await?;
    let emptied = truncate_log(conn).await?;
    if emptied {
        sqlx::query("UPDATE meta SET wipe = 0").execute(conn).await?;
    }
    Ok(emptied)
}

/// 32 bytes as stored.
pub(crate) fn key(bytes: &[u8]) -> Result<Key> {
    bytes.try_into().map(Key).map_err(damaged)
}

/// A stored value has the wrong form.
pub(crate) fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::caused(Code::Damaged, "reading the store", error)
}

/// Sequence numbers and positions as SQLite holds them; nothing real comes near the end.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The reverse of [`signed`].
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
