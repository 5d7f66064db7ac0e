//! One connection: what it may send in which phase, and what it has been sent.

use super::batch::Task;
use super::scopes::Scopes;
use super::{ConnectionId, HubEffect, Sequencer, send};
use crate::frame::{
    Answer, Challenge, FromDevice, FromHub, Hello, Inspect, Join, PAYLOAD_MAX, PROTO, PROTO_MIN, PUSH_MAX,
    Reason, Resume, Sealed,
};
use crate::seal::{Chain, PublicKey};
use crate::segment::Segments;
use domain::entity::Key;
use domain::{Actor, DeviceId, Timestamp};

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
    /// Scopes it may see.
    pub scopes: Scopes,
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
    /// The device's key, and the end of its chain as far as it was heard and found in order on this connection.
    pub heard: (Key, Option<Chain>),
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
    /// A device that has been sent nothing.
    pub fn new(actor: Actor, scopes: Scopes, heard: (Key, Option<Chain>)) -> Self {
        Self {
            actor,
            scopes,
            sent: 0,
            paging: None,
            behind: false,
            granted: false,
            answers: Vec::new(),
            heard,
            bulk: Bulk::No,
        }
    }

    /// Notes a mutation that arrived. What is not the next one, or not signed as it should be, is for the
    /// batch to judge.
    fn hear(&mut self, sealed: &Sealed, key: &PublicKey) -> Option<Verified> {
        let before = self.heard.1?;
        if sealed.header.n <= before.n {
            // It came again; the batch skips it.
            return None;
        }
        let after = before.continued_by(sealed, key);
        self.heard.1 = after;
        after.map(|after| Verified { key: self.heard.0, before, after })
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

/// A mutation that was found to continue a chain, when it arrived: a signature takes longer than all the rest,
/// and so it is looked at while the store works on those before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verified {
    pub key: Key,
    pub before: Chain,
    pub after: Chain,
}

/// What a frame asks for, before it is known from which connection.
pub(super) enum Asked {
    Hello(Box<Hello>),
    Sealed(DeviceId, Box<Sealed>, Option<Verified>),
    Inspect(Inspect),
    Join(Box<Join>),
}

impl Asked {
    pub fn of(self, connection: ConnectionId) -> Task {
        match self {
            Self::Hello(hello) => Task::Hello { connection, hello },
            Self::Sealed(device, sealed, verified) => Task::sealed(connection, device, *sealed, verified),
            Self::Inspect(Inspect { token }) => Task::Inspect { connection, token },
            Self::Join(join) => Task::join(connection, *join),
        }
    }
}

impl Connection {
    /// What a frame asks for in this phase, or why the connection ends.
    pub fn admit(&mut self, frame: FromDevice) -> Result<Vec<Asked>, (Reason, &'static str)> {
        match (frame, &mut self.phase) {
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
                let key = PublicKey::new(&live.heard.0);
                let hear = |sealed: Sealed| {
                    let verified = key.as_ref().and_then(|key| live.hear(&sealed, key));
                    Asked::Sealed(device, Box::new(sealed), verified)
                };
                Ok(push.sealed.into_iter().map(hear).collect())
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
