//! Columns of a deal that follow from the rows of its room and plan.

use crate::error::Result;
use crate::rows::for_ids;
use crate::tx::Tx;
use uuid::Uuid;

/// Works out the last message and activity of deals anew. Called after every write to them or their
/// messages; deals that are not here (yet) are passed over, and those that stay as they are cost no
/// write.
pub(crate) async fn settle_rooms(tx: &mut Tx, deals: &[Uuid]) -> Result<()> {
    let head = "UPDATE deals SET last_position = now.position, last_author = now.author, activity_at = now.at
      FROM (
        SELECT d.id, coalesce(m.position, 0) AS position, m.author, max(d.created_at, coalesce(m.at, 0)) AS at
        FROM deals AS d
        LEFT JOIN messages AS m ON m.rowid = (
          SELECT rowid FROM messages WHERE scope = d.scope ORDER BY position DESC, id DESC LIMIT 1)
        WHERE d.id IN";
    let tail = ") AS now
      WHERE deals.id = now.id AND (last_position, last_author, activity_at) IS NOT (now.position, now.author, now.at)";
    for_ids(tx.conn()?, "settle rooms", (head, tail), deals).await
}

/// Works out the next milestone of deals anew, as [`settle_rooms`] does for messages.
pub(crate) async fn settle_plans(tx: &mut Tx, deals: &[Uuid]) -> Result<()> {
    let head = "UPDATE deals SET next_milestone = now.milestone, next_side = now.side
      FROM (
        SELECT d.id, s.id AS milestone, s.owner_side AS side
        FROM deals AS d
        LEFT JOIN milestones AS s ON s.rowid = (
          SELECT rowid FROM milestones WHERE scope = d.scope AND done_at IS NULL
          ORDER BY due IS NULL, due, id LIMIT 1)
        WHERE d.id IN";
    let tail = ") AS now
      WHERE deals.id = now.id AND (next_milestone, next_side) IS NOT (now.milestone, now.side)";
    for_ids(tx.conn()?, "settle plans", (head, tail), deals).await
}
