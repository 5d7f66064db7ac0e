//! Talk in a deal room.

use crate::app::App;
use crate::deals::Looked;
use crate::dto::{
    CommandError, Done, MessageRow, MessageSend, ReplyPreview, RoomQuery, RoomRead, RoomWindow,
};
use crate::map;
use domain::mutation;
use domain::{MemberId, MessageId};
use std::sync::Arc;
use store::query::room::{self, MessageLine};

/// Characters of an answered message that are shown with the answer.
const PREVIEW_CHARS: usize = 120;

impl App {
    pub(crate) async fn room_window(self: &Arc<Self>, asked: RoomQuery) -> Result<RoomWindow, CommandError> {
        let looked = self.looked_at(&asked.program).await?;
        // A position is a whole number that a double holds exactly.
        let before = asked.before.map(|position| position.max(0.0) as u64);
        let window = room::window(&looked.joined.store, map::id(&asked.deal)?, before, asked.limit)
            .await
            .map_err(|error| map::store_error(&error))?;
        let me = looked.faces.me()?.member;
        Ok(RoomWindow {
            messages: window.messages.into_iter().map(|line| message(&looked, me, line)).collect(),
            has_older: window.has_older,
            unread_from: window.unread_from.map(|position| position as f64),
        })
    }

    pub(crate) async fn message_send(self: &Arc<Self>, asked: MessageSend) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let message = match &asked.message {
            Some(message) => map::id(message)?,
            None => MessageId(map::new_id()),
        };
        let send = mutation::MessageSend {
            message,
            deal: map::id(&asked.deal)?,
            body: asked.body.trim_end().to_owned(),
            reply_to: asked.reply_to.as_deref().map(map::id).transpose()?,
        };
        self.act(&joined, Some(message.to_string()), send).await
    }

    pub(crate) async fn room_read(self: &Arc<Self>, asked: RoomRead) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let position = asked.position.max(0.0) as u64;
        let read = mutation::RoomRead { deal: map::id(&asked.deal)?, member: joined.member, position };
        joined.commit(read).await?;
        Ok(Done::default())
    }
}

fn message(looked: &Looked, me: MemberId, line: MessageLine) -> MessageRow {
    let MessageLine { id, message, reply, mark } = line;
    let reply_to = message.reply_to.zip(reply).map(|(id, answered)| ReplyPreview {
        id: id.to_string(),
        author: looked.faces.person(answered.author).name,
        text: map::shortened(&answered.body, PREVIEW_CHARS),
    });
    MessageRow {
        id: id.to_string(),
        author: looked.faces.person(message.author),
        mine: message.author == me,
        body: message.body,
        reply_to,
        position: message.position.map(|position| position as f64),
        at: map::at(message.at),
        // A room that a refusal concerns is shown as such; a message in it has its own mark only
        // while it waits itself.
        mark: map::mark(mark, looked.sent, false),
    }
}
