//! What waits for whom.

use super::deals::{DealLine, lines};
use super::{read_entity, read_id};
use crate::error::Result;
use crate::store::Store;
use crate::tables::UNPLACED;
use domain::entity::{Message, Milestone, OwnerSide, Put, PutAway, RowOf};
use domain::{Date, DealId, MessageId, MilestoneId, OrganizationId, ScopeId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

/// Most items of each kind: more is no list for one day.
pub const EACH_MAX: u32 = 200;

/// Everything a list of the day is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inputs {
    /// Open milestones of deals that go on, by due date, each side by itself.
    pub milestones: Vec<OpenMilestone>,
    /// Registrations that wait for a decision of the vendor, oldest first.
    pub registrations: Vec<DealLine>,
    /// Registrations about which the vendor asked something, oldest first.
    pub asked: Vec<DealLine>,
    /// Open deals whose protection ends in these days, or ended in them: by that day.
    pub ending: Vec<DealLine>,
    /// Rooms whose last message is by another organization and not read, newest first.
    pub rooms: Vec<UnreadRoom>,
    /// Registrations that were not sent, latest activity first.
    pub drafts: Vec<DealLine>,
    /// Rejected registrations, latest activity first.
    pub rejected: Vec<DealLine>,
    /// Rows that were put away and not taken back, newest first.
    pub put_away: Vec<PutAway>,
    /// Deals of rows that were put away as done since the day began, in no order.
    pub done_deals: Vec<DealLine>,
    /// Milestones that this person finished since the day began, latest first.
    pub finished: Vec<OpenMilestone>,
}

/// A milestone and its deal.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenMilestone {
    /// Id.
    pub id: MilestoneId,
    /// The milestone.
    pub milestone: Milestone,
    /// Its deal.
    pub deal: DealId,
    /// Title of the deal.
    pub deal_title: String,
    /// Customer of the deal.
    pub customer: String,
}

/// A room with something to read.
#[derive(Debug, Clone, PartialEq)]
pub struct UnreadRoom {
    /// The deal.
    pub deal: DealLine,
    /// Id of the last message of another organization.
    pub message_id: MessageId,
    /// That message.
    pub message: Message,
}

/// Days before and after the end of a protection in which it is told of.
const ENDING_DAYS: i32 = 14;

/// Most rows that were put away and are looked at: far more than [`EACH_MAX`] of each kind.
const PUT_AWAY_MAX: u32 = 5_000;

/// Reads the inputs: milestones due until `until`, what was done since `morning`, and all of it only
/// for deals of `partner` when one is given.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn inputs(
    store: &Store,
    until: Date,
    morning: Timestamp,
    partner: Option<OrganizationId>,
) -> Result<Inputs> {
    let mut snapshot = store.showing_one().await?;
    let conn = &mut *snapshot;
    let partner = partner.map(|partner| partner.as_bytes().to_vec());
    let mut milestones = Vec::new();
    for side in [OwnerSide::Vendor, OwnerSide::Partner, OwnerSide::Customer] {
        milestones.extend(open_milestones(conn, side, until, partner.as_deref()).await?);
    }
    let waiting = deals_where(conn, store, "turn = 0", "created_at", partner.as_deref()).await?;
    let asked = deals_where(conn, store, "status = 7", "created_at", partner.as_deref()).await?;
    let ending = ending(conn, store, Timestamp::date(morning), partner.as_deref()).await?;
    let drafts = deals_where(conn, store, "status = 0", "activity_at DESC", partner.as_deref()).await?;
    let rejected = deals_where(conn, store, "status = 4", "activity_at DESC", partner.as_deref()).await?;
    let put_away = put_away(conn).await?;
    let kept = put_away.iter().filter_map(|put| match (put.row, put.put) {
        (RowOf::Reply(deal), Put::Until(_) | Put::UntilNews) => Some(deal),
        _ => None,
    });
    let rooms = rooms(conn, store, partner.as_deref(), kept.collect()).await?;
    let done = put_away.iter().filter(|put| put.put == Put::Done && put.at >= morning);
    let done: Vec<DealId> = done.map(|put| put.row.deal()).collect();
    let done_deals = deals_of(conn, store, partner.as_deref(), &done).await?;
    let finished = finished(conn, store, morning, partner.as_deref()).await?;
    Ok(Inputs {
        milestones,
        registrations: waiting,
        asked,
        ending,
        rooms,
        drafts,
        rejected,
        put_away,
        done_deals,
        finished,
    })
}

async fn ending(
    conn: &mut SqliteConnection,
    store: &Store,
    day: Date,
    partner: Option<&[u8]>,
) -> Result<Vec<DealLine>> {
    let rowids: Vec<i64> = sqlx::query_scalar(
        "SELECT rowid FROM deals INDEXED BY deals_protected
         WHERE protected_day BETWEEN ?1 AND ?2 AND open = 1 AND turn = 3 AND (?3 IS NULL OR partner = ?3)
         ORDER BY protected_day, id LIMIT ?4",
    )
    .bind(i64::from(day.days() - ENDING_DAYS))
    .bind(i64::from(day.days() + ENDING_DAYS))
    .bind(partner)
    .bind(EACH_MAX)
    .fetch_all(&mut *conn)
    .await?;
    lines(conn, store, &rowids).await
}

async fn put_away(conn: &mut SqliteConnection) -> Result<Vec<PutAway>> {
    let rows = sqlx::query("SELECT body FROM put_aways WHERE put > 0 ORDER BY at DESC LIMIT ?")
        .bind(PUT_AWAY_MAX)
        .fetch_all(conn)
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        all.extend(read_entity::<PutAway>(row, 0)?);
    }
    Ok(all)
}

async fn deals_of(
    conn: &mut SqliteConnection,
    store: &Store,
    partner: Option<&[u8]>,
    deals: &[DealId],
) -> Result<Vec<DealLine>> {
    let mut rowids = Vec::new();
    for deal in deals {
        let rowid: Option<i64> =
            sqlx::query_scalar("SELECT rowid FROM deals WHERE id = ?1 AND (?2 IS NULL OR partner = ?2)")
                .bind(deal.as_bytes().as_slice())
                .bind(partner)
                .fetch_optional(&mut *conn)
                .await?;
        rowids.extend(rowid.filter(|rowid| !rowids.contains(rowid)));
    }
    lines(conn, store, &rowids).await
}

async fn finished(
    conn: &mut SqliteConnection,
    store: &Store,
    morning: Timestamp,
    partner: Option<&[u8]>,
) -> Result<Vec<OpenMilestone>> {
    let rows = sqlx::query(
        "SELECT m.id, m.body, d.id, d.title, d.customer
         FROM milestones AS m CROSS JOIN deals AS d ON d.id = m.deal
         WHERE m.done_at >= ?1 AND (?2 IS NULL OR d.partner = ?2)
         ORDER BY m.done_at DESC LIMIT ?3",
    )
    .bind(morning.0)
    .bind(partner)
    .bind(EACH_MAX)
    .fetch_all(conn)
    .await?;
    let mut all = with_deals(&rows)?;
    let me = store.identity().member;
    all.retain(|step| step.milestone.done.is_some_and(|done| done.by == me));
    Ok(all)
}

async fn open_milestones(
    conn: &mut SqliteConnection,
    side: OwnerSide,
    until: Date,
    partner: Option<&[u8]>,
) -> Result<Vec<OpenMilestone>> {
    let rows = sqlx::query(
        "SELECT m.id, m.body, d.id, d.title, d.customer
         FROM milestones AS m CROSS JOIN deals AS d ON d.id = m.deal
         WHERE m.done_at IS NULL AND m.owner_side = ?1 AND m.due <= ?2
           AND d.open = 1 AND d.status IN (3, 9, 10) AND (?3 IS NULL OR d.partner = ?3)
         ORDER BY m.due, m.id LIMIT ?4",
    )
    .bind(i64::from(side as u8))
    .bind(i64::from(until.days()))
    .bind(partner)
    .bind(EACH_MAX)
    .fetch_all(conn)
    .await?;
    with_deals(&rows)
}

fn with_deals(rows: &[SqliteRow]) -> Result<Vec<OpenMilestone>> {
    let mut open = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(milestone) = read_entity(row, 1)? else { continue };
        open.push(OpenMilestone {
            id: read_id(row, 0)?,
            milestone,
            deal: read_id(row, 2)?,
            deal_title: row.try_get(3)?,
            customer: row.try_get(4)?,
        });
    }
    Ok(open)
}

async fn deals_where(
    conn: &mut SqliteConnection,
    store: &Store,
    condition: &'static str,
    order: &'static str,
    partner: Option<&[u8]>,
) -> Result<Vec<DealLine>> {
    // Only registrations that go on are many: an open one is found by its index.
    let open = if condition == "status = 4" { "open = 0" } else { "open = 1" };
    let sql = format!(
        "SELECT rowid FROM deals WHERE {open} AND {condition} AND (?1 IS NULL OR partner = ?1)
         ORDER BY {order} LIMIT ?2"
    );
    let rowids: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(partner)
        .bind(EACH_MAX)
        .fetch_all(&mut *conn)
        .await?;
    lines(conn, store, &rowids).await
}

/// Rooms with something to read, and those of `kept`, which were put away until later.
async fn rooms(
    conn: &mut SqliteConnection,
    store: &Store,
    partner: Option<&[u8]>,
    kept: Vec<DealId>,
) -> Result<Vec<UnreadRoom>> {
    let me = store.identity().member;
    let mut rowids: Vec<i64> = sqlx::query_scalar(
        "SELECT d.rowid FROM deals AS d INDEXED BY deals_talk
         WHERE d.last_position BETWEEN 1 AND ?1 AND d.last_position > 0
           AND d.last_position > coalesce((SELECT max(position) FROM read_marks WHERE deal = d.id), 0)
           AND d.last_author NOT IN (
             SELECT id FROM members
             WHERE organization = (SELECT organization FROM members WHERE id = ?2))
           AND (?3 IS NULL OR d.partner = ?3)
         ORDER BY d.activity_at DESC LIMIT ?4",
    )
    .bind(UNPLACED - 1)
    .bind(me.as_bytes().as_slice())
    .bind(partner)
    .bind(EACH_MAX)
    .fetch_all(&mut *conn)
    .await?;
    for deal in kept {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT rowid FROM deals WHERE id = ?1 AND (?2 IS NULL OR partner = ?2)")
                .bind(deal.as_bytes().as_slice())
                .bind(partner)
                .fetch_optional(&mut *conn)
                .await?;
        rowids.extend(found.filter(|rowid| !rowids.contains(rowid)));
    }
    let deals = lines(conn, store, &rowids).await?;
    let mut rooms = Vec::with_capacity(deals.len());
    for deal in deals {
        let last = sqlx::query(
            "SELECT id, body FROM messages
             WHERE scope = ?1 AND position BETWEEN 1 AND ?2
               AND author NOT IN (
                 SELECT id FROM members
                 WHERE organization = (SELECT organization FROM members WHERE id = ?3))
             ORDER BY position DESC, id DESC LIMIT 1",
        )
        .bind(ScopeId::Deal(deal.id).to_bytes())
        .bind(UNPLACED - 1)
        .bind(me.as_bytes().as_slice())
        .fetch_optional(&mut *conn)
        .await?;
        let Some(last) = last else { continue };
        let Some(message) = read_entity::<Message>(&last, 1)? else { continue };
        rooms.push(UnreadRoom { deal, message_id: read_id(&last, 0)?, message });
    }
    Ok(rooms)
}
