//! The device's side: one [`Client`] a joined program.
//!
//! Connects, signs in, sends the outbox in order and hands what comes to the store. It holds no data
//! of its own beyond the numbers in [`SyncState`]: whatever must survive a crash is in the store, and
//! a restart begins with [`ClientEvent::Loaded`].
//!
//! Every effect runs to completion before the next event; effects that ask for something are answered
//! by the event named in their documentation.

mod events;
mod parting;

pub use events::{ClientEffect, ClientEvent, Line, Status, SyncState, Tick};

use crate::bootstrap::End;
use crate::frame::{
    self, Challenge, Delta, FromDevice, FromHub, Hello, Incoming, PROTO, PROTO_MIN, Push, Sealed, Welcome,
};
use crate::seal::{self, Chain, DeviceKey};
use crate::segment::{self, Took};
use domain::entity::Key;
use domain::{DeviceId, ProgramId, Timestamp};

/// Mutations on their way that have no answer yet, at most.
pub const IN_FLIGHT_MAX: u64 = 1_024;
/// Mutations in one push, at most.
pub const PUSH_ITEMS: usize = 256;
/// Bytes of payload in one push, about.
pub const PUSH_BYTES: usize = 256 << 10;
/// The hub has this long to answer a hello.
const HELLO_MS: u64 = 20_000;
/// Lists of segments that came to nothing, one after the other, after which a device asks for pages.
const LISTS_MAX: u32 = 3;

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    /// No line and none wanted now.
    Down,
    /// Waiting for the line.
    Connecting,
    /// Line open, waiting for the challenge.
    Opened,
    /// Hello sent.
    Greeted,
    /// Welcomed; the own chain is being compared.
    Comparing(Box<Welcome>),
    /// In.
    In { caught_up_at: u64 },
    /// The hub will not have us; only a person changes that, with [`ClientEvent::TryNow`], and not
    /// after a revocation.
    Shut(Line),
}

/// One program of a device. See the module documentation.
#[derive(Debug)]
pub struct Client {
    program: ProgramId,
    device: DeviceId,
    key: DeviceKey,
    state: Option<SyncState>,
    phase: Phase,
    work_offline: bool,
    attempts: u32,
    seed: u64,
    /// Highest own mutation handed to the line since it opened.
    sent: u64,
    reading: bool,
    more_queued: bool,
    /// The delta that is being stored is the last of a catch-up.
    last_delta: bool,
    hub_now: Option<Timestamp>,
    /// Epoch of the present line.
    epoch: u64,
    /// Lists of segments that came to nothing since the last that did not.
    lists_failed: u32,
}

impl Client {
    /// A client without a line. `seed` spreads the reconnects of many devices.
    pub fn new(program: ProgramId, device: DeviceId, key: DeviceKey, work_offline: bool, seed: u64) -> Self {
        Self {
            program,
            device,
            key,
            state: None,
            phase: Phase::Down,
            work_offline,
            attempts: 0,
            seed: seed | 1,
            sent: 0,
            reading: false,
            more_queued: false,
            last_delta: false,
            hub_now: None,
            epoch: 0,
            lists_failed: 0,
        }
    }

    /// Highest own mutation handed to the open line; those up to it show as "sending".
    pub fn sent(&self) -> u64 {
        if matches!(self.phase, Phase::In { .. }) { self.sent } else { 0 }
    }

    /// Takes one event at tick `now` and says what to do.
    pub fn step(&mut self, now: Tick, event: ClientEvent) -> Vec<ClientEffect> {
        let mut effects = Vec::new();
        match event {
            ClientEvent::Loaded(state) => {
                self.state = Some(state);
                self.connect(&mut effects);
            }
            ClientEvent::Opened => {
                if self.phase == Phase::Connecting {
                    self.phase = Phase::Opened;
                    effects.push(ClientEffect::Timer { at: now.saturating_add(HELLO_MS) });
                }
            }
            ClientEvent::Lost { message } => self.lost(now, message, &mut effects),
            // What was on its way when the line was dropped.
            ClientEvent::Received { .. } if matches!(self.phase, Phase::Down | Phase::Shut(_)) => {}
            ClientEvent::Received { bytes } => match frame::decode::<FromHub>(&bytes) {
                Ok(Incoming::Known(frame)) => {
                    let newer = frame::newer_rows(&bytes);
                    if !newer.is_empty() && matches!(self.phase, Phase::In { .. }) {
                        effects.push(ClientEffect::KeepNewer(newer));
                    }
                    self.received(now, frame, &mut effects);
                }
                Ok(Incoming::Unknown(_)) => {}
                Err(error) => {
                    self.drop_line(now, format!("The hub sent something unreadable: {error}"), &mut effects)
                }
            },
            ClientEvent::Queued if domain::planted!(QueuedUnheard) => {}
            ClientEvent::Queued => self.send_more(&mut effects),
            ClientEvent::OutboxRead(sealed) => self.push(now, sealed, &mut effects),
            ClientEvent::ChainChecked(same) => self.compared(same, &mut effects),
            ClientEvent::Applied(state) => self.applied(state, &mut effects),
            ClientEvent::SegmentsEnded(end, state) => self.segments_ended(now, end, state, &mut effects),
            ClientEvent::StoreFailed { message } => self.drop_line(now, message, &mut effects),
            ClientEvent::WorkOffline(on) => {
                self.work_offline = on;
                if matches!(self.phase, Phase::Shut(_)) {
                    // What shut the door matters more to the person than the network.
                } else if on {
                    self.phase = Phase::Down;
                    effects.push(ClientEffect::HangUp);
                    self.tell(Line::WorkingOffline, None, None, &mut effects);
                } else {
                    self.attempts = 0;
                    self.connect(&mut effects);
                }
            }
            ClientEvent::TryNow => {
                self.attempts = 0;
                if matches!(self.phase, Phase::Shut(Line::Outdated | Line::Forked)) {
                    self.phase = Phase::Down;
                }
                self.connect(&mut effects);
            }
            ClientEvent::Timer => match self.phase {
                Phase::Down => self.connect(&mut effects),
                Phase::Opened | Phase::Greeted if !domain::planted!(HelloTimeoutIgnored) => {
                    self.drop_line(now, "The hub does not answer.".to_owned(), &mut effects);
                }
                _ => {}
            },
        }
        effects
    }

    fn connect(&mut self, effects: &mut Vec<ClientEffect>) {
        if matches!(self.phase, Phase::Shut(_)) {
            return;
        }
        if self.work_offline {
            self.tell(Line::WorkingOffline, None, None, effects);
        } else if self.phase == Phase::Down && self.state.is_some() {
            self.phase = Phase::Connecting;
            self.tell(Line::Connecting, None, None, effects);
            effects.push(ClientEffect::Connect);
        }
    }

    fn received(&mut self, now: Tick, frame: FromHub, effects: &mut Vec<ClientEffect>) {
        match (frame, &self.phase) {
            (FromHub::Challenge(challenge), Phase::Opened) => self.greet(&challenge, effects),
            (FromHub::Welcome(welcome), Phase::Greeted) => {
                let chain = Chain { n: welcome.last_n, hash: welcome.chain };
                self.hub_now = Some(welcome.now);
                self.phase = Phase::Comparing(Box::new(welcome));
                effects.push(ClientEffect::CheckChain(chain));
            }
            (FromHub::Delta(delta), Phase::In { caught_up_at }) => {
                self.last_delta = delta.resume.is_none() && delta.to >= *caught_up_at;
                effects.push(ClientEffect::Apply { epoch: self.epoch, delta });
            }
            (FromHub::Segments(segments), Phase::In { .. }) if self.has_nothing() => {
                effects.push(ClientEffect::FetchSegments { epoch: self.epoch, segments });
            }
            (FromHub::Goodbye(goodbye), _) => self.goodbye(now, goodbye, effects),
            _ => self.drop_line(now, "The hub sent something out of turn.".to_owned(), effects),
        }
    }

    fn greet(&mut self, challenge: &Challenge, effects: &mut Vec<ClientEffect>) {
        let Some(state) = &self.state else { return };
        let proto = PROTO.min(challenge.proto);
        if proto < PROTO_MIN.max(challenge.proto_min) {
            let message = "This hub and this version of Lockstep do not understand each other. Update the older \
                           one; nothing is lost meanwhile.";
            effects.push(ClientEffect::HangUp);
            self.shut(Line::Outdated, message.to_owned(), effects);
            return;
        }
        let nonce: Key = challenge.nonce;
        let hello = Hello {
            proto,
            capabilities: self.capabilities(),
            device: self.device,
            signature: self.key.sign(&seal::hello_bytes(self.program, self.device, &nonce)),
            epoch: state.epoch,
            cursor: state.cursor,
            resume: state.resume.clone(),
            answered: state.answered,
        };
        self.phase = Phase::Greeted;
        effects.push(ClientEffect::Send { bytes: frame::encode(&FromDevice::Hello(hello)) });
    }

    /// Whether the device has not caught up for the first time, which is what segments are for.
    fn has_nothing(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.cursor == 0)
    }

    fn capabilities(&self) -> Vec<String> {
        let segments = self.lists_failed < LISTS_MAX;
        segments.then(|| segment::CAPABILITY.to_owned()).into_iter().collect()
    }

    /// Fetching segments is over.
    fn segments_ended(
        &mut self,
        now: Tick,
        end: End,
        state: Option<SyncState>,
        effects: &mut Vec<ClientEffect>,
    ) {
        if !matches!(self.phase, Phase::In { .. }) {
            if state.is_some() {
                self.state = state;
            }
            return;
        }
        let took = |cursor| ClientEffect::Send { bytes: frame::encode(&FromDevice::Took(Took { cursor })) };
        match (end, state) {
            (End::Complete, Some(state)) => {
                self.lists_failed = 0;
                effects.push(took(Some(state.cursor)));
                self.applied(state, effects);
            }
            // What is in stays; pages bring all of it again, and the rest.
            (End::Complete, None) | (End::Useless(_), _) => effects.push(took(None)),
            (End::Gone(message), _) => {
                self.lists_failed += 1;
                self.drop_line(now, message, effects);
            }
            (End::Unreachable(message), _) => self.drop_line(now, message, effects),
        }
    }

    fn compared(&mut self, same: bool, effects: &mut Vec<ClientEffect>) {
        let (Phase::Comparing(welcome), Some(state)) = (&self.phase, &self.state) else { return };
        let (welcome, state) = (welcome.clone(), state.clone());
        if !same && !domain::planted!(CloneNotSeen) {
            effects.push(ClientEffect::HangUp);
            let message = "Another installation uses this device's identity, or the hub lost more than this \
                           device keeps. Your queue is kept: join again with a device link to send it.";
            self.shut(Line::Forked, message.to_owned(), effects);
            return;
        }
        self.epoch = welcome.epoch;
        self.sent =
            if domain::planted!(SentNotRewound) { self.sent.max(welcome.last_n) } else { welcome.last_n };
        self.reading = false;
        self.last_delta = false;
        self.phase = Phase::In { caught_up_at: welcome.head };
        if let Some(days) = welcome.lease_days {
            effects.push(ClientEffect::Renew { hub_now: welcome.now, days });
        }
        self.tell(Line::CatchingUp, None, None, effects);
        let fresh = !welcome.start_over || domain::planted!(EpochIgnored);
        if !fresh {
            let last_n = welcome.again_after.map_or(welcome.last_n, |after| after.min(welcome.last_n));
            effects.push(ClientEffect::Reset { epoch: welcome.epoch, last_n });
        } else if state.epoch != 0 && state.epoch != welcome.epoch {
            effects.push(ClientEffect::Adopt { epoch: welcome.epoch });
        }
        if !welcome.answers.is_empty() && !domain::planted!(AnswersLostOnReconnect) {
            let to = if fresh { state.cursor } else { 0 };
            let delta = Delta {
                to,
                answers: welcome.answers,
                rows: Vec::new(),
                resume: state.resume.filter(|_| fresh),
                beyond: (to < welcome.head).then_some(welcome.head),
            };
            effects.push(ClientEffect::Apply { epoch: welcome.epoch, delta });
        }
        self.send_more(effects);
    }

    /// Something of this line is on disk.
    fn applied(&mut self, state: SyncState, effects: &mut Vec<ClientEffect>) {
        self.state = Some(state);
        if !matches!(self.phase, Phase::In { .. }) {
            return;
        }
        // Only now: a line on which nothing can be stored must not be opened again and again at once.
        self.attempts = 0;
        if std::mem::take(&mut self.last_delta) {
            effects.push(ClientEffect::Status(Status { caught_up: true, ..self.status(Line::Online) }));
        }
        self.send_more(effects);
    }

    fn send_more(&mut self, effects: &mut Vec<ClientEffect>) {
        let (Phase::In { .. }, Some(state)) = (&self.phase, &self.state) else { return };
        if self.reading {
            self.more_queued = true;
            return;
        }
        let free = IN_FLIGHT_MAX.saturating_sub(self.sent.saturating_sub(state.answered));
        if free == 0 {
            return;
        }
        self.reading = true;
        let most = domain::planted::limit(PUSH_ITEMS);
        let items = usize::try_from(free).map_or(most, |free| free.min(most));
        effects.push(ClientEffect::ReadOutbox { after: self.sent, items, bytes: PUSH_BYTES });
    }

    fn push(&mut self, now: Tick, sealed: Vec<Sealed>, effects: &mut Vec<ClientEffect>) {
        if !std::mem::take(&mut self.reading) || !matches!(self.phase, Phase::In { .. }) {
            return;
        }
        let again = std::mem::take(&mut self.more_queued);
        if let (Some(first), Some(last)) = (sealed.first(), sealed.last()) {
            if Some(first.header.n) != self.sent.checked_add(1) {
                // The hub would take a gap for a second installation.
                self.drop_line(now, "The outbox does not go on where the hub is.".to_owned(), effects);
                return;
            }
            self.sent = last.header.n;
            effects.push(ClientEffect::Send { bytes: frame::encode(&FromDevice::Push(Push { sealed })) });
            self.send_more(effects);
        } else if again {
            self.send_more(effects);
        }
    }

    fn status(&self, line: Line) -> Status {
        Status { line, retry_at: None, message: None, caught_up: false, hub_now: self.hub_now }
    }

    fn tell(
        &self,
        line: Line,
        retry_at: Option<Tick>,
        message: Option<String>,
        effects: &mut Vec<ClientEffect>,
    ) {
        effects.push(ClientEffect::Status(Status { retry_at, message, ..self.status(line) }));
    }
}
