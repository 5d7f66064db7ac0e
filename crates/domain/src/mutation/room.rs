//! Talk in a deal room.

use super::*;
use crate::entity::{Deal, Message, ReadMark, Status, read_mark_id};
use minicbor::{Decode, Encode};

/// Longest message in characters.
pub const MESSAGE_MAX: usize = 8_000;

/// Sends a message.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MessageSend {
    /// Id of the message.
    #[n(1)]
    pub message: MessageId,
    /// The room.
    #[n(2)]
    pub deal: DealId,
    /// Text.
    #[n(3)]
    pub body: String,
    /// Message it answers.
    #[n(4)]
    pub reply_to: Option<MessageId>,
}

impl Mutate for MessageSend {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Deal>(self.deal).row::<Message>(self.message);
        match self.reply_to {
            Some(message) => reads.row::<Message>(message),
            None => reads,
        }
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let deal: Deal = rows.need(self.deal, "deal")?;
        if deal.registration.status == Status::Draft {
            return Err(Refusal::new(Rule::WrongState, "The room opens when the registration is sent."));
        }
        check_text("The message", &self.body, MESSAGE_MAX)?;
        if rows.get::<Message>(self.message)?.is_some() {
            return Err(Refusal::new(Rule::AlreadyExists, "This message was sent already."));
        }
        if let Some(answered) = self.reply_to
            && rows.need::<Message>(answered, "message")?.deal != self.deal
        {
            return Err(Refusal::new(Rule::NotFound, "The answered message is in another room."));
        }
        let message = Message {
            deal: self.deal,
            author: actor.member,
            body: self.body.clone(),
            reply_to: self.reply_to,
            position: ctx.decided(if crate::planted!(ChatPositionReused) { ctx.seq / 2 } else { ctx.seq }),
            at: ctx.now,
            extra: Default::default(),
        };
        Ok(vec![RowChange::put(self.message, self.lane(), &message)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The others may have read it. Write what you meant.")
    }
}

/// Notes how far the member has read a room. Never moves backwards.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RoomRead {
    /// The room.
    #[n(1)]
    pub deal: DealId,
    /// Whose mark.
    #[n(2)]
    pub member: MemberId,
    /// Position of the last message seen.
    #[n(3)]
    pub position: u64,
}

impl Mutate for RoomRead {
    fn lane(&self) -> ScopeId {
        ScopeId::Person(self.member)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<ReadMark>(read_mark_id(self.deal, self.member))
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        if ctx.actor()?.member != self.member {
            return Err(Refusal::new(Rule::NotAllowed, "Only the reader moves a read mark."));
        }
        let id = read_mark_id(self.deal, self.member);
        let before = rows.get::<ReadMark>(id)?;
        let seen = before.as_ref().is_some_and(|mark| mark.position >= self.position);
        if seen && !crate::planted!(ReadMarkMovesBack) {
            return Ok(Vec::new());
        }
        let extra = before.map(|mark| mark.extra).unwrap_or_default();
        let mark = ReadMark { deal: self.deal, position: self.position, extra };
        Ok(vec![RowChange::put(id, self.lane(), &mark)])
    }

    // Nobody asks for it, so it is not among what Ctrl+Z takes back.
    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("What was read stays read.")
    }
}
