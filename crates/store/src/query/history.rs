//! What fields of deals and milestones were before.

use super::{read_entity, read_id};
use crate::change::Change;
use crate::error::Result;
use crate::store::Store;
use domain::entity::{Deal, FieldHistory, Milestone};
use domain::mutation::{DealValue, MilestoneValue, history_id};
use domain::{DealId, MemberId, ScopeId, Timestamp};
use sqlx::{Row as _, SqliteConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Most changes of one deal that are read.
const CHANGES_MAX: i64 = 500;
/// Most overwritten fields that are looked at: more is no list to go through.
const OVERWRITTEN_MAX: i64 = 200;
/// For so long an overwritten field is brought up, milliseconds.
const RECENT: i64 = 30 * 86_400_000;

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a deal.
    Deal(DealValue),
    /// Of a milestone.
    Milestone(MilestoneValue),
}

/// A change of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Id.
    pub id: Uuid,
    /// What the hub keeps of it.
    pub kept: FieldHistory,
    /// What was there before.
    pub was: Value,
    /// What was there from then on.
    pub now: Value,
}

/// A field whose value was overwritten by somebody who had not seen it, and that still has the new value.
#[derive(Debug, Clone, PartialEq)]
pub struct Overwritten {
    /// The change.
    pub change: FieldChange,
    /// When the overwritten value was written, hub time.
    pub was_at: Option<Timestamp>,
    /// When the own one of the two changes was made on this device, this device's time.
    pub made_at: Option<Timestamp>,
    /// Title of the deal.
    pub deal_title: String,
    /// Title of the milestone, when it is a field of one.
    pub milestone_title: Option<String>,
}

/// The changes of the fields of a deal and its milestones, latest first.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn of_deal(store: &Store, deal: DealId) -> Result<Vec<FieldChange>> {
    let mut conn = store.reader().await?;
    let rows =
        sqlx::query("SELECT id, body FROM field_history WHERE scope = ? ORDER BY at DESC, seq DESC LIMIT ?")
            .bind(ScopeId::Deal(deal).to_bytes())
            .bind(CHANGES_MAX)
            .fetch_all(&mut *conn)
            .await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in &rows {
        changes.extend(read_entity(row, 1)?.and_then(|kept| change(read_id(row, 0).ok()?, kept)));
    }
    Ok(changes)
}

/// One change; `None` when it is not here.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn get(store: &Store, id: Uuid) -> Result<Option<FieldChange>> {
    Ok(store.entity::<FieldHistory>(id).await?.and_then(|kept| change(id, kept)))
}

/// A change with its values; `None` when another version wrote them.
fn change(id: Uuid, kept: FieldHistory) -> Option<FieldChange> {
    let read = |bytes: &[u8]| match kept.milestone {
        Some(_) => minicbor::decode(bytes).map(Value::Milestone).ok(),
        None => minicbor::decode(bytes).map(Value::Deal).ok(),
    };
    let (was, now) = (read(&kept.value)?, read(kept.now.as_ref()?)?);
    Some(FieldChange { id, was, now, kept })
}

/// Fields in which this member was overwritten, or has overwritten somebody, unseen in the 30 days before
/// `now`, latest first. One that was changed again since, or is settled, is none.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn overwritten(store: &Store, now: Timestamp) -> Result<Vec<Overwritten>> {
    let mut snapshot = store.snapshot().await?;
    let conn = &mut *snapshot;
    let rows = sqlx::query(
        "SELECT h.id, h.body, h.seq FROM field_history AS h
         WHERE h.unseen = 1 AND h.at > ? AND NOT EXISTS (SELECT 1 FROM settled AS s WHERE s.id = h.id)
         ORDER BY h.at DESC LIMIT ?",
    )
    .bind(now.0 - RECENT)
    .bind(OVERWRITTEN_MAX)
    .fetch_all(&mut *conn)
    .await?;
    let me = store.identity().member;
    let mut found = Vec::new();
    for row in &rows {
        let Some(change) = read_entity(row, 1)?.and_then(|kept| change(read_id(row, 0).ok()?, kept)) else {
            continue;
        };
        let mine = change.kept.by == me || change.kept.was_by == Some(me);
        if mine && change.was != change.now {
            found.extend(still(conn, change, crate::meta::unsigned(row.try_get(2)?), me).await?);
        }
    }
    Ok(found)
}

/// The change, unless the field was changed again.
async fn still(
    conn: &mut SqliteConnection,
    change: FieldChange,
    seq: u64,
    me: MemberId,
) -> Result<Option<Overwritten>> {
    let kept = &change.kept;
    let Some(deal) = entity::<Deal>(conn, "deals", kept.deal.0).await? else { return Ok(None) };
    let (same, milestone_title) = match (&change.now, kept.milestone) {
        (Value::Milestone(now), Some(id)) => {
            let Some(milestone) = entity::<Milestone>(conn, "milestones", id.0).await? else {
                return Ok(None);
            };
            let same = now.current(&milestone) == *now && seq_of(&milestone.field_seq, kept.field) == seq;
            (same, Some(milestone.title))
        }
        (Value::Deal(now), None) => {
            (now.current(&deal) == *now && seq_of(&deal.field_seq, kept.field) == seq, None)
        }
        _ => return Ok(None),
    };
    if !same || deal.registration.status.is_closed() {
        return Ok(None);
    }
    let of = kept.milestone.map_or(kept.deal.0, |milestone| milestone.0);
    let was_at = match kept.was_seq {
        Some(was) => {
            let before =
                entity::<FieldHistory>(conn, "field_history", history_id(of, kept.field, was)).await?;
            before.map(|before| before.at)
        }
        None => None,
    };
    let mine_at = if kept.by == me { Some(kept.at) } else { was_at };
    let made_at = match mine_at {
        Some(answered) => made(conn, kept.deal, answered).await?,
        None => None,
    };
    Ok(Some(Overwritten { deal_title: deal.title, milestone_title, was_at, made_at, change }))
}

fn seq_of(seqs: &BTreeMap<u8, u64>, field: u8) -> u64 {
    seqs.get(&field).copied().unwrap_or_default()
}

/// When the own change that the hub answered at this time was made here.
async fn made(conn: &mut SqliteConnection, deal: DealId, answered: Timestamp) -> Result<Option<Timestamp>> {
    let at: Option<i64> = sqlx::query_scalar(
        "SELECT at FROM journal WHERE answered_at = ? AND lane = ? AND payload IS NOT NULL ORDER BY n LIMIT 1",
    )
    .bind(answered.0)
    .bind(ScopeId::Deal(deal).to_bytes())
    .fetch_optional(conn)
    .await?;
    Ok(at.map(Timestamp))
}

async fn entity<E: domain::codec::Entity>(
    conn: &mut SqliteConnection,
    table: &'static str,
    id: Uuid,
) -> Result<Option<E>> {
    let sql = format!("SELECT body FROM {table} WHERE id = ?");
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.as_bytes().as_slice()).fetch_optional(conn).await?;
    row.map_or(Ok(None), |row| read_entity(&row, 0))
}

impl Store {
    /// Notes that the person is content with how a field was overwritten, or with none that they are not.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn settle(&self, change: Uuid, content: Option<Timestamp>) -> Result<Change> {
        let work = self.write(move |tx| {
            Box::pin(async move {
                let id = change.as_bytes().as_slice();
                match content {
                    Some(at) => sqlx::query("INSERT OR REPLACE INTO settled (id, at) VALUES (?, ?)")
                        .bind(id)
                        .bind(at.0),
                    None => sqlx::query("DELETE FROM settled WHERE id = ?").bind(id),
                }
                .execute(tx.conn()?)
                .await?;
                // What is older is not brought up any more.
                if let Some(now) = content {
                    let old = sqlx::query("DELETE FROM settled WHERE at < ?").bind(now.0 - 2 * RECENT);
                    old.execute(tx.conn()?).await?;
                }
                tx.changing.sync = true;
                Ok::<_, crate::StoreError>(())
            })
        });
        let ((), change) = work.await?;
        Ok(change)
    }
}
