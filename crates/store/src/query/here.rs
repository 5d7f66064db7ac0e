//! How much of a program is on this device.

use crate::error::Result;
use crate::meta::unsigned;
use crate::store::Store;
use crate::tables::UNPLACED;

/// See the module documentation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Here {
    /// Rooms in which something was said.
    pub rooms: u64,
    /// Deals.
    pub deals: u64,
    /// Customer accounts.
    pub accounts: u64,
    /// Messages that their hub has placed.
    pub messages: u64,
    /// Steps of plans.
    pub milestones: u64,
}

/// Counts it.
///
/// # Errors
/// [`crate::Code::LeaseOver`], and whatever the disk has to say.
pub async fn count(store: &Store) -> Result<Here> {
    let mut conn = store.showing().await?;
    let (rooms, deals, accounts, messages, milestones): (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM deals WHERE last_position > 0),
                (SELECT count(*) FROM deals),
                (SELECT count(*) FROM accounts),
                (SELECT count(*) FROM messages WHERE position < ?),
                (SELECT count(*) FROM milestones)",
    )
    .bind(UNPLACED)
    .fetch_one(&mut *conn)
    .await?;
    Ok(Here {
        rooms: unsigned(rooms),
        deals: unsigned(deals),
        accounts: unsigned(accounts),
        messages: unsigned(messages),
        milestones: unsigned(milestones),
    })
}
