//! What waits for whom.

use super::deals::{DealLine, lines};
use super::{read_entity, read_id};
use crate::error::Result;
use crate::store::Store;
use crate::tables::UNPLACED;
use domain::entity::{Message, Milestone, OwnerSide};
use domain::{Date, DealId, MessageId, MilestoneId, OrganizationId};
use sqlx::{Row as _, SqliteConnection};

/// Most items of each kind: more is no list for one day.
pub const EACH_MAX: u32 = 200;

/// Everything a list of the day is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inputs {
    /// Open milestones of deals that go on, by due date, each side by itself.
    pub milestones: Vec<OpenMilestone>,
    /// Registrations that wait for a decision, oldest first.
    pub registrations: Vec<DealLine>,
    /// Rooms whose last message is by another organization and not read, newest first.
    pub rooms: Vec<UnreadRoom>,
    /// Registrations that were not sent, latest activity first.
    pub drafts: Vec<DealLine>,
    /// Rejected registrations, latest activity first.
    pub rejected: Vec<DealLine>,
}

/// A milestone that is open.
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
    /// Id of its last message.
    pub message_id: MessageId,
    /// Its last message.
    pub message: Message,
}

/// Reads the inputs: milestones due until `until`, and all of it only for deals of `partner` when
/// one is given.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn inputs(store: &Store, until: Date, partner: Option<OrganizationId>) -> Result<Inputs> {
    let mut snapshot = store.showing_one().await?;
    let conn = &mut *snapshot;
    let partner = partner.map(|partner| partner.as_bytes().to_vec());
    let mut milestones = Vec::new();
    for side in [OwnerSide::Vendor, OwnerSide::Partner, OwnerSide::Customer] {
        milestones.extend(open_milestones(conn, side, until, partner.as_deref()).await?);
    }
    let waiting = deals_where(conn, store, "status IN (1, 2)", "created_at", partner.as_deref()).await?;
    let drafts = deals_where(conn, store, "status = 0", "activity_at DESC", partner.as_deref()).await?;
    let rejected = deals_where(conn, store, "status = 4", "activity_at DESC", partner.as_deref()).await?;
    let rooms = rooms(conn, store, partner.as_deref()).await?;
    Ok(Inputs { milestones, registrations: waiting, rooms, drafts, rejected })
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
           AND d.open = 1 AND d.status = 3 AND (?3 IS NULL OR d.partner = ?3)
         ORDER BY m.due, m.id LIMIT ?4",
    )
    .bind(i64::from(side as u8))
    .bind(i64::from(until.days()))
    .bind(partner)
    .bind(EACH_MAX)
    .fetch_all(conn)
    .await?;
    let mut open = Vec::with_capacity(rows.len());
    for row in &rows {
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

async fn rooms(
    conn: &mut SqliteConnection,
    store: &Store,
    partner: Option<&[u8]>,
) -> Result<Vec<UnreadRoom>> {
    let rows = sqlx::query(
        "SELECT d.rowid, d.scope, d.last_position FROM deals AS d INDEXED BY deals_talk
         WHERE d.last_position BETWEEN 1 AND ?1 AND d.last_position > 0
           AND d.last_position > coalesce((SELECT max(position) FROM read_marks WHERE deal = d.id), 0)
           AND d.last_author NOT IN (
             SELECT id FROM members
             WHERE organization = (SELECT organization FROM members WHERE id = ?2))
           AND (?3 IS NULL OR d.partner = ?3)
         ORDER BY d.activity_at DESC LIMIT ?4",
    )
    .bind(UNPLACED - 1)
    .bind(store.identity().member.as_bytes().as_slice())
    .bind(partner)
    .bind(EACH_MAX)
    .fetch_all(&mut *conn)
    .await?;
    let mut rowids = Vec::with_capacity(rows.len());
    let mut last = Vec::with_capacity(rows.len());
    for row in &rows {
        rowids.push(row.try_get::<i64, _>(0)?);
        let message =
            sqlx::query("SELECT id, body FROM messages WHERE scope = ? AND position = ? ORDER BY id DESC")
                .bind(row.try_get::<&[u8], _>(1)?)
                .bind(row.try_get::<i64, _>(2)?)
                .fetch_optional(&mut *conn)
                .await?;
        last.push(message);
    }
    let deals = lines(conn, store, &rowids).await?;
    let mut rooms = Vec::with_capacity(deals.len());
    for message in last.into_iter().flatten() {
        let Some(found) = read_entity::<Message>(&message, 1)? else { continue };
        let Some(deal) = deals.iter().find(|line| line.id == found.deal) else { continue };
        rooms.push(UnreadRoom { deal: deal.clone(), message_id: read_id(&message, 0)?, message: found });
    }
    Ok(rooms)
}
