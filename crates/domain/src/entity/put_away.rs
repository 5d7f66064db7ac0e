//! Rows of somebody's list of the day that were put away.

use crate::codec::entity;
use crate::date::Timestamp;
use crate::id::*;
use minicbor::{Decode, Encode};
use uuid::Uuid;

/// A row of the list of the day, by what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum RowOf {
    /// The talk in the room of a deal.
    #[n(0)]
    Reply(#[n(0)] DealId),
    /// A registration that waits for a decision.
    #[n(1)]
    Decision(#[n(0)] DealId),
    /// A registration that was not sent.
    #[n(2)]
    Draft(#[n(0)] DealId),
    /// A registration that was rejected.
    #[n(3)]
    Rejected(#[n(0)] DealId),
    /// A step of the plan of a deal.
    #[n(4)]
    Milestone(#[n(0)] DealId, #[n(1)] MilestoneId),
    /// A question about a registration.
    #[n(5)]
    Question(#[n(0)] DealId),
    /// The end of a protection.
    #[n(6)]
    Protection(#[n(0)] DealId),
}

impl RowOf {
    /// The deal it belongs to.
    pub fn deal(self) -> DealId {
        match self {
            Self::Reply(deal)
            | Self::Decision(deal)
            | Self::Draft(deal)
            | Self::Rejected(deal)
            | Self::Question(deal)
            | Self::Protection(deal)
            | Self::Milestone(deal, _) => deal,
        }
    }

    /// The id of what `member` did with this row.
    pub fn put_away_id(self, member: MemberId) -> Uuid {
        let (kind, id): (&[u8], _) = match &self {
            Self::Reply(deal) => (b"reply", deal.as_bytes()),
            Self::Decision(deal) => (b"decision", deal.as_bytes()),
            Self::Draft(deal) => (b"draft", deal.as_bytes()),
            Self::Rejected(deal) => (b"rejected", deal.as_bytes()),
            Self::Question(deal) => (b"question", deal.as_bytes()),
            Self::Protection(deal) => (b"protection", deal.as_bytes()),
            Self::Milestone(_, milestone) => (b"milestone", milestone.as_bytes()),
        };
        derived("put away", &[kind, id, member.as_bytes()])
    }
}

/// Where a row was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Put {
    /// Back where it came from.
    #[n(0)]
    Here,
    /// Away until something new happens there.
    #[n(1)]
    Done,
    /// Away until this moment, or until something new happens there if that is earlier.
    #[n(2)]
    Until(#[n(0)] Timestamp),
    /// Away until something new happens there, and waited for.
    #[n(3)]
    UntilNews,
}

entity! {
    /// What a member did with a row of their list of the day. Scope: person. Its id is [`RowOf::put_away_id`].
    PutAway in PutAways;
    /// Which row.
    1 row: RowOf,
    /// Where it is.
    2 put: Put,
    /// A number for what there was to see when it was put away: the position of the last message of
    /// somebody else, the state of a registration, the due day of a step. Any other number is news.
    3 seen: u64,
    /// When: hub time; the device's claim while only local.
    4 at: Timestamp,
}

/// Where a row of the list of the day stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It asks for attention.
    Open,
    /// It was put away until now, and has come back.
    Back,
    /// Later, at that moment or with none as soon as something happens.
    Later(Option<Timestamp>),
    /// Done.
    Done,
}

impl PutAway {
    /// Where the row stands at `now`, when there is `seen` to see.
    pub fn standing(&self, seen: u64, now: Timestamp) -> Standing {
        match self.put {
            Put::Here => Standing::Open,
            _ if seen != self.seen => Standing::Open,
            Put::Done => Standing::Done,
            Put::Until(until) if until <= now => Standing::Back,
            Put::Until(until) => Standing::Later(Some(until)),
            Put::UntilNews => Standing::Later(None),
        }
    }
}
