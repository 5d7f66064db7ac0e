//! The room of a deal.

use super::{Mark, WINDOW_MAX, read_entity, read_id, read_mark, waiting};
use crate::error::Result;
use crate::meta::{signed, unsigned};
use crate::store::Store;
use crate::tables::UNPLACED;
use domain::entity::Message;
use domain::{DealId, MessageId, Row, RowKey, ScopeId};
use std::collections::BTreeMap;

/// A window of a room.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// The messages, oldest first; waiting ones come after all that the hub has placed.
    pub messages: Vec<MessageLine>,
    /// Whether there are older ones.
    pub has_older: bool,
    /// Position of the first message by others that this member has not read, anywhere in the room.
    pub unread_from: Option<u64>,
    /// Position of the last message the hub has placed, to move the read mark to.
    pub last_position: Option<u64>,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageLine {
    /// Id.
    pub id: MessageId,
    /// The message.
    pub message: Message,
    /// The message it answers, when that is here.
    pub reply: Option<Message>,
    /// How far it has travelled.
    pub mark: Mark,
}

const LINES: &str = concat!(
    "SELECT m.id, m.body, ",
    waiting!("m", "10"),
    " FROM messages AS m WHERE m.scope = ? AND m.position >= ? AND m.position < ?
      ORDER BY m.position DESC, m.id DESC LIMIT ?"
);

/// Reads the last `limit` messages (at most [`WINDOW_MAX`]) that the hub has placed in a room, or those
/// before a position. What waits has no position to go on from, so all of it (again at most
/// [`WINDOW_MAX`]) comes with the last window.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn window(store: &Store, deal: DealId, before: Option<u64>, limit: u32) -> Result<Window> {
    let mut snapshot = store.showing_one().await?;
    let scope = ScopeId::Deal(deal).to_bytes();
    let limit = limit.min(WINDOW_MAX);
    let lines = |from: i64, until: i64, limit: u32| {
        sqlx::query(LINES).bind(&scope).bind(from).bind(until).bind(i64::from(limit))
    };
    let until = before.map_or(UNPLACED, |before| signed(before).min(UNPLACED));
    let placed = lines(0, until, limit + 1).fetch_all(&mut *snapshot).await?;
    let waiting = match before {
        None => lines(UNPLACED, i64::MAX, WINDOW_MAX).fetch_all(&mut *snapshot).await?,
        Some(_) => Vec::new(),
    };
    let mut window = Window { has_older: placed.len() > limit as usize, ..Window::default() };
    let placed = placed.iter().take(limit as usize);
    for row in placed.rev().chain(waiting.iter().rev()) {
        let Some(message) = read_entity::<Message>(row, 1)? else { continue };
        let mark = read_mark(row, 2)?;
        window.messages.push(MessageLine { id: read_id(row, 0)?, message, reply: None, mark });
    }
    let answered: Vec<RowKey> =
        window.messages.iter().filter_map(|line| line.message.reply_to).map(RowKey::of::<Message>).collect();
    let answered: BTreeMap<RowKey, Row> = crate::rows::read(&mut snapshot, &answered).await?;
    for line in &mut window.messages {
        let reply = line.message.reply_to.and_then(|reply| answered.get(&RowKey::of::<Message>(reply)));
        line.reply = reply.and_then(|row| domain::codec::Entity::from_body(&row.body).ok());
    }
    let (unread, last): (Option<i64>, Option<i64>) = sqlx::query_as(
        "SELECT
           (SELECT min(position) FROM messages WHERE scope = ?1 AND position < ?4 AND author <> ?3
            AND position > coalesce((SELECT max(position) FROM read_marks WHERE deal = ?2), 0)),
           (SELECT max(position) FROM messages WHERE scope = ?1 AND position < ?4)",
    )
    .bind(&scope)
    .bind(deal.as_bytes().as_slice())
    .bind(store.identity().member.as_bytes().as_slice())
    .bind(UNPLACED)
    .fetch_one(&mut *snapshot)
    .await?;
    (window.unread_from, window.last_position) = (unread.map(unsigned), last.map(unsigned));
    Ok(window)
}
