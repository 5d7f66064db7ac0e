//! Columns of a deal that follow from the rows of its room and plan.

use crate::error::Result;
use crate::rows::for_ids;
use crate::store::Tx;
use uuid::Uuid;

/// Works out last message, activity and next milestone of deals anew. Called after every write to
/// them, their messages or milestones; deals that are not here (yet) are passed over.
pub(crate) async fn settle(tx: &mut Tx, deals: &[Uuid]) -> Result<()> {
    let head = "UPDATE deals SET
        (last_position, last_author, activity_at) = (
          SELECT coalesce(max(m.position), 0), m.author, max(deals.created_at, coalesce(m.at, 0))
          FROM (SELECT position, author, at FROM messages
                WHERE scope = deals.scope ORDER BY position DESC, id DESC LIMIT 1) AS m),
        (next_milestone, next_side) = (
          SELECT max(s.id), s.owner_side
          FROM (SELECT id, owner_side FROM milestones
                WHERE scope = deals.scope AND done_at IS NULL
                ORDER BY due IS NULL, due, id LIMIT 1) AS s)
      WHERE id IN";
    for_ids(tx.conn()?, "settle", (head, ""), deals).await
}
