//! One connection: what it may send in which phase, and what it has been sent.

use super::batch::Task;
use super::{ConnectionId, HubEffect, Sequencer, send};
use crate::frame::{
    Answer, Challenge, FromDevice, FromHub, Hello, Inspect, Join, PAYLOAD_MAX, PROTO, PROTO_MIN, PUSH_MAX,
    Reason, Resume, Sealed,
};
use crate::segment::Segments;
use domain::entity::{Grant, Key, grants_of};
use domain::{Actor, DeviceId, Rows, ScopeId, Timestamp};
use std::collections::BTreeMap;

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub nonce: Key,
    pub phase: Phase,
    /// Too much waits to be written: deltas are held back and read again later.
    pub congested: bool,
}

/// How far a connection has come.
#[derive(Debug)]
pub(super) enum Phase {
    /// Challenged.
    Fresh,
    /// Has sent its hello; waits for the batch that checks it.
    Joining,
    /// Signed in.
    Live(Box<Live>),
}

/// A device that is signed in.
#[derive(Debug)]
pub(super) struct Live {
    pub actor: Actor,
    /// Scopes it may see, each with the sequence number at which it got it.
    pub scopes: BTreeMap<ScopeId, u64>,
    /// Everything up to here was sent.
    pub sent: u64,
    /// A catch-up is running.
    pub paging: Option<Paging>,
    /// Something was committed that it has not been sent.
    pub behind: bool,
    /// The last batch gave it a scope, whose older rows it lacks.
    pub granted: bool,
    /// Answers that wait for the next delta.
    pub answers: Vec<Answer>,
    /// How far it is with segments.
    pub bulk: Bulk,
}

/// How a device comes by what it has nothing of.
#[derive(Debug, Default)]
pub(super) enum Bulk {
    /// By pages, or it has it.
    #[default]
    No,
    /// Segments are looked for; `Resume` is where pages go on when there are none.
    Looking(Resume),
    /// There are some: rows of its person are on their way, then it is told.
    Found(Segments),
    /// It fetches them, up to this head. Nothing else is sent to it before it has them.
    Fetching(u64),
}

impl Live {
    /// A device that has been sent nothing, with the scopes its member holds according to `rows`.
    pub fn new(actor: Actor, rows: &Rows) -> Self {
        let mut scopes: BTreeMap<ScopeId, u64> =
            actor.own_scopes().into_iter().map(|scope| (scope, 0)).collect();
        for key in rows.under(&grants_of(actor.organization)).unwrap_or_default() {
            if let (Ok(Some(row)), Ok(Some(grant))) = (rows.row(key), rows.get::<Grant>(key.id)) {
                scopes.insert(grant.scope, row.seq);
            }
        }
        Self {
            actor,
            scopes,
            sent: 0,
            paging: None,
            behind: false,
            granted: false,
            answers: Vec::new(),
            bulk: Bulk::No,
        }
    }
}

/// A running catch-up.
#[derive(Debug, Clone)]
pub(super) struct Paging {
    /// What the device had when it began.
    pub base: u64,
    /// Where the next page starts.
    pub next: Resume,
    /// Whether a page is being read now.
    pub reading: bool,
}

/// What a frame asks for, before it is known from which connection.
pub(super) enum Asked {
    Hello(Box<Hello>),
    Sealed(DeviceId, Box<Sealed>),
    Inspect(Inspect),
    Join(Box<Join>),
}

impl Asked {
    pub fn of(self, connection: ConnectionId) -> Task {
        match self {
            Self::Hello(hello) => Task::Hello { connection, hello },
            Self::Sealed(device, sealed) => Task::sealed(connection, device, *sealed),
            Self::Inspect(Inspect { token }) => Task::Inspect { connection, token },
            Self::Join(join) => Task::join(connection, *join),
        }
    }
}

impl Connection {
    /// What a frame asks for in this phase, or why the connection ends.
    pub fn admit(&mut self, frame: FromDevice) -> Result<Vec<Asked>, (Reason, &'static str)> {
        match (frame, &self.phase) {
            (FromDevice::Hello(hello), Phase::Fresh) => {
                if !(PROTO_MIN..=PROTO).contains(&hello.proto) {
                    return Err((Reason::Version, "Update Lockstep to work with this hub."));
                }
                self.phase = Phase::Joining;
                Ok(vec![Asked::Hello(Box::new(hello))])
            }
            (FromDevice::Inspect(inspect), Phase::Fresh) => Ok(vec![Asked::Inspect(inspect)]),
            (FromDevice::Join(join), Phase::Fresh) => {
                if join.payload.len() > PAYLOAD_MAX {
                    return Err((Reason::TooLarge, "The request is too large."));
                }
                Ok(vec![Asked::Join(Box::new(join))])
            }
            (FromDevice::Push(push), Phase::Live(live)) => {
                let device = live.actor.device;
                if push.sealed.len() > PUSH_MAX {
                    return Err((Reason::TooLarge, "Too many changes in one frame."));
                }
                if push.sealed.iter().any(|sealed| sealed.payload.len() > PAYLOAD_MAX) {
                    return Err((Reason::TooLarge, "A change is larger than allowed."));
                }
                Ok(push.sealed.into_iter().map(|sealed| Asked::Sealed(device, Box::new(sealed))).collect())
            }
            _ => Err((Reason::Malformed, "A frame came out of turn.")),
        }
    }
}

impl Sequencer {
    pub(super) fn opened(
        &mut self,
        now: Timestamp,
        connection: ConnectionId,
        nonce: Key,
        effects: &mut Vec<HubEffect>,
    ) {
        self.connections.insert(connection, Connection { nonce, phase: Phase::Fresh, congested: false });
        let challenge =
            Challenge { proto: PROTO, proto_min: PROTO_MIN, capabilities: Vec::new(), nonce, now };
        effects.push(send(connection, &FromHub::Challenge(challenge)));
    }
}
