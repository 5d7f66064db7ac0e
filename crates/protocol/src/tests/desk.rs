//! Alice's laptop: the client machine with a driver and a store in memory. The test plays the hub,
//! the network and the clock.

use super::frame_samples::*;
use crate::client::{Client, ClientEffect, ClientEvent, Line, Status, SyncState, Tick};
use crate::frame::*;
use crate::seal::Chain;
use crate::segment::Segments;
use domain::entity::Key;
use std::collections::VecDeque;

/// The epoch of the hub that the tests play.
pub const EPOCH: u64 = 5;

/// What the driver was asked to do, in order, without what the desk answers by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Did {
    Connected,
    HungUp,
    Sent(FromDevice),
    Read { after: u64, items: usize },
    Compared(Chain),
    Applied { epoch: u64, delta: Delta },
    KeptNewer(Vec<NewerRow>),
    Fetches { epoch: u64, segments: Segments },
    Adopted(u64),
    Reset(u64),
    Told(Line),
}

/// See the module documentation.
pub struct Desk {
    pub client: Client,
    pub now: Tick,
    /// What the store knows.
    pub state: SyncState,
    /// Everything alice's laptop ever did, answered or not.
    pub outbox: Vec<Sealed>,
    pub ends: Vec<Chain>,
    /// The store fails at whatever it is asked for.
    pub broken: bool,
    /// The driver is opening a line.
    ringing: bool,
    pub timer: Option<Tick>,
    pub did: Vec<Did>,
    pub told: Vec<Status>,
    /// Leases the hub has given: its time and the days.
    pub leases: Vec<(domain::Timestamp, u32)>,
}

impl Desk {
    /// A laptop that has just been switched on, before the store was read.
    pub fn switched_off(work_offline: bool, seed: u64) -> Self {
        let start = Chain::start(id(0x10), id(0x200));
        let state = SyncState { epoch: EPOCH, cursor: 100, resume: None, answered: 0, chain: start };
        Self {
            client: Client::new(id(0x10), id(0x200), alices_key(), work_offline, seed),
            now: 1_000,
            state,
            outbox: Vec::new(),
            ends: vec![start],
            broken: false,
            ringing: false,
            timer: None,
            did: Vec::new(),
            told: Vec::new(),
            leases: Vec::new(),
        }
    }

    /// A laptop that is trying to connect.
    pub fn dialling() -> Self {
        let mut desk = Self::switched_off(false, 42);
        desk.load();
        desk
    }

    /// A laptop with an open line that has greeted the hub.
    pub fn greeting() -> Self {
        let mut desk = Self::dialling();
        desk.answer_the_call();
        desk
    }

    /// A laptop that is signed in and caught up.
    pub fn online() -> Self {
        let mut desk = Self::greeting();
        desk.welcome(0);
        desk.catch_up();
        assert_eq!(desk.line(), Line::Online);
        desk
    }

    /// Reads the store's numbers.
    pub fn load(&mut self) {
        self.happens(ClientEvent::Loaded(self.state.clone()));
    }

    /// The line opens and the hub introduces itself.
    pub fn answer_the_call(&mut self) {
        assert!(std::mem::take(&mut self.ringing), "nobody has called");
        self.happens(ClientEvent::Opened);
        self.hears(FromHub::Challenge(challenge()));
    }

    /// The hub welcomes a device of which it has the first `last_n` mutations.
    pub fn welcome(&mut self, last_n: u64) {
        self.hears(FromHub::Welcome(self.a_welcome(last_n)));
    }

    pub fn a_welcome(&self, last_n: u64) -> Welcome {
        let end = self.ends[usize::try_from(last_n).unwrap()];
        let (n, hash) = (end.n, end.hash);
        Welcome {
            proto: PROTO,
            epoch: EPOCH,
            head: 100,
            last_n: n,
            chain: hash,
            answers: vec![],
            now: MONDAY,
            start_over: false,
            lease_days: Some(30),
            again_after: None,
        }
    }

    /// The empty delta of a hub that has nothing new.
    pub fn catch_up(&mut self) {
        let to = self.state.cursor.max(100);
        self.hears(FromHub::Delta(Delta { to, answers: vec![], rows: vec![], resume: None, beyond: None }));
    }

    /// The hub answers the mutations up to `n`.
    pub fn answers_up_to(&mut self, n: u64) {
        let to = self.state.cursor + 1;
        let answers = (self.state.answered + 1..=n).map(|n| accepted(n, to)).collect();
        self.hears(FromHub::Delta(Delta { to, answers, rows: vec![], resume: None, beyond: None }));
    }

    /// Alice writes `count` messages.
    pub fn writes(&mut self, count: u64) {
        let written = self.state.chain.n;
        for (sealed, end) in sealed(written + count).drain(usize::try_from(written).unwrap()..) {
            self.outbox.push(sealed);
            self.ends.push(end);
            self.state.chain = end;
        }
        self.happens(ClientEvent::Queued);
    }

    /// A frame arrives.
    pub fn hears(&mut self, frame: FromHub) {
        self.happens(ClientEvent::Received { bytes: encode(&frame) });
    }

    pub fn loses_the_line(&mut self) {
        self.ringing = false;
        self.happens(ClientEvent::Lost { message: "The network is gone.".into() });
    }

    /// Lets the time pass until the timer.
    pub fn waits(&mut self) {
        self.now = self.now.max(self.timer.take().expect("a timer is set"));
        self.happens(ClientEvent::Timer);
    }

    /// Runs an event and everything that follows from it.
    pub fn happens(&mut self, event: ClientEvent) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let mut answers = Vec::new();
            for effect in self.client.step(self.now, event) {
                answers.extend(self.carry_out(effect));
            }
            for answer in answers.into_iter().rev() {
                events.push_front(answer);
            }
        }
    }

    fn carry_out(&mut self, effect: ClientEffect) -> Option<ClientEvent> {
        let broken = self.broken;
        let or_broken = |event| {
            let failed = || ClientEvent::StoreFailed { message: "The disk is full.".into() };
            Some(if broken { failed() } else { event })
        };
        match effect {
            ClientEffect::Connect => {
                assert!(!std::mem::replace(&mut self.ringing, true), "one call at a time");
                self.did.push(Did::Connected);
                None
            }
            ClientEffect::Send { bytes } => {
                let Ok(Incoming::Known(frame)) = decode::<FromDevice>(&bytes) else { panic!("no frame") };
                self.did.push(Did::Sent(frame));
                None
            }
            ClientEffect::HangUp => {
                self.ringing = false;
                self.did.push(Did::HungUp);
                None
            }
            ClientEffect::ReadOutbox { after, items, bytes } => {
                self.did.push(Did::Read { after, items });
                or_broken(ClientEvent::OutboxRead(self.read(after, items, bytes)))
            }
            ClientEffect::CheckChain(chain) => {
                self.did.push(Did::Compared(chain));
                or_broken(ClientEvent::ChainChecked(self.ends.contains(&chain)))
            }
            ClientEffect::Apply { epoch, delta } => {
                self.did.push(Did::Applied { epoch, delta: delta.clone() });
                if !broken {
                    let answered = delta.answers.iter().map(|answer| answer.n).max();
                    self.state.answered = self.state.answered.max(answered.unwrap_or(0));
                    self.state.epoch = epoch;
                    if delta.resume.is_none() {
                        self.state.cursor = delta.to;
                    }
                    self.state.resume = delta.resume;
                }
                or_broken(ClientEvent::Applied(self.state.clone()))
            }
            ClientEffect::KeepNewer(newer) => {
                self.did.push(Did::KeptNewer(newer));
                None
            }
            ClientEffect::FetchSegments { epoch, segments } => {
                self.did.push(Did::Fetches { epoch, segments });
                None
            }
            ClientEffect::Adopt { epoch } => {
                self.did.push(Did::Adopted(epoch));
                if !broken {
                    self.state.epoch = epoch;
                }
                or_broken(ClientEvent::Applied(self.state.clone()))
            }
            ClientEffect::Reset { epoch, last_n } => {
                self.did.push(Did::Reset(epoch));
                if !broken {
                    let answered = self.state.answered.min(last_n);
                    self.state = SyncState { epoch, cursor: 0, resume: None, answered, ..self.state.clone() };
                }
                or_broken(ClientEvent::Applied(self.state.clone()))
            }
            ClientEffect::Renew { hub_now, days } => {
                self.leases.push((hub_now, days));
                None
            }
            ClientEffect::Timer { at } => {
                assert!(at >= self.now, "a timer in the past");
                self.timer = Some(at);
                None
            }
            ClientEffect::Status(status) => {
                self.did.push(Did::Told(status.line));
                self.told.push(status);
                None
            }
        }
    }

    fn read(&self, after: u64, items: usize, bytes: usize) -> Vec<Sealed> {
        let mut size = 0;
        let rest = self.outbox.iter().filter(|sealed| sealed.header.n > after);
        rest.take(items)
            .take_while(|sealed| {
                let fits = size < bytes;
                size += sealed.payload.len();
                fits
            })
            .cloned()
            .collect()
    }

    /// What alice sees now.
    pub fn line(&self) -> Line {
        self.status().line
    }

    pub fn status(&self) -> &Status {
        self.told.last().expect("the person was told something")
    }

    /// What was done since the last call.
    pub fn lately(&mut self) -> Vec<Did> {
        std::mem::take(&mut self.did)
    }

    /// The mutations pushed since the last [`Desk::lately`], one list a frame.
    pub fn pushes(&self) -> Vec<Vec<u64>> {
        let pushes = self.did.iter().cloned().filter_map(pushed);
        pushes.map(|sealed| sealed.iter().map(|sealed| sealed.header.n).collect()).collect()
    }

    /// How long alice's laptop waits before it tries again.
    pub fn pause(&self) -> Tick {
        self.timer.expect("a timer is set") - self.now
    }
}

/// The mutations of a push.
pub fn pushed(did: Did) -> Option<Vec<Sealed>> {
    match did {
        Did::Sent(FromDevice::Push(push)) => Some(push.sealed),
        _ => None,
    }
}

/// A hub of this version introduces itself.
pub fn challenge() -> Challenge {
    Challenge { proto: PROTO, proto_min: PROTO_MIN, capabilities: vec![], nonce: Key([9; 32]), now: MONDAY }
}

/// The hub took a mutation.
pub fn accepted(n: u64, seq: u64) -> Answer {
    Answer { n, seq, refusal: None, at: MONDAY }
}

pub fn goodbye(reason: Reason, retry_after_ms: Option<u64>) -> FromHub {
    FromHub::Goodbye(Goodbye { reason, message: format!("Because of {reason:?}."), retry_after_ms })
}
