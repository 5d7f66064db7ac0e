//! The programs of a hub that somebody is connected to, and the way in.
//!
//! A program's task is started by the first connection and ends when nobody is left. Whoever comes by
//! the founding path waits in the lobby until a valid founding invitation names the program to be.

use crate::clock::Clock;
use crate::outbox::Outbox;
use crate::program::{EVENTS, Event, ProgramTask};
use crate::segments::Segmenter;
use crate::server::Seat;
use crate::storage::{Opened, Storage};
use crate::{Error, Rate};
use domain::entity::Key;
use domain::{Mutation, ProgramId};
use protocol::frame::{
    self, Challenge, FrameError, FromDevice, FromHub, Incoming, Inspected, Join, Joined, PAYLOAD_MAX, PROTO,
    PROTO_MIN, Reason,
};
use protocol::link::Token;
use protocol::seal;
use protocol::sequencer::{ConnectionId, Past, Settings, founding_preview};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, mpsc};
use tokio_util::task::TaskTracker;

/// Times a connection is handed to a program whose task is just ending.
const TRIES: usize = 3;
const UNKNOWN_PROGRAM: &str = "There is no such program on this hub.";
const TOO_MANY_TRIES: &str = "Too many invitations were tried from this address. Please try again later.";
const NO_RECORDS: &str = "The hub could not read its records.";

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Programs {
    storage: Storage,
    clock: Clock,
    settings: Settings,
    /// Of one device.
    mutations: Option<Rate>,
    segments: Arc<Segmenter>,
    tasks: TaskTracker,
    connections: AtomicU64,
    /// `None` once the hub stops.
    open: Mutex<Option<HashMap<ProgramId, mpsc::Sender<Event>>>>,
}

impl Programs {
    pub fn new(
        storage: Storage,
        clock: Clock,
        settings: Settings,
        mutations: Option<Rate>,
        segments: Arc<Segmenter>,
    ) -> Self {
        Self {
            storage,
            clock,
            settings,
            mutations,
            segments,
            tasks: TaskTracker::new(),
            connections: AtomicU64::new(0),
            open: Mutex::new(Some(HashMap::new())),
        }
    }

    /// A connection arrives for a program, or to found one.
    pub async fn visit(
        self: &Arc<Self>,
        program: Option<ProgramId>,
        seat: Option<Seat>,
    ) -> Result<Visitor, Error> {
        let visitor = Visitor {
            programs: Arc::clone(self),
            connection: self.connections.fetch_add(1, Ordering::Relaxed),
            nonce: Key(random()?),
            outbox: Arc::new(Outbox::default()),
            seat,
            inside: OnceLock::new(),
        };
        match program {
            None => {
                let challenge = Challenge {
                    proto: PROTO,
                    proto_min: PROTO_MIN,
                    capabilities: Vec::new(),
                    nonce: visitor.nonce,
                    now: self.clock.now(),
                };
                visitor.send(&FromHub::Challenge(challenge));
            }
            Some(program) => visitor.enter(program, Entry::Existing).await,
        }
        Ok(visitor)
    }

    /// Hangs up on everybody, after what is being stored is stored, and lets nobody in any more.
    pub async fn shut_down(&self) {
        let open = self.open.lock().await.take();
        for (_, events) in open.into_iter().flatten() {
            // A task that has ended has nobody to hang up on.
            let _ = events.send(Event::ShuttingDown).await;
        }
        self.segments.stop();
        self.tasks.close();
    }

    /// Where the bytes of a segment lie and how many they are, for whoever shows a ticket: outer `None`
    /// when the ticket is no good or its device is shut out, inner when the device may not have this one
    /// or there is no such segment.
    pub async fn segment(
        &self,
        program: ProgramId,
        ticket: &[u8],
        hash: &Key,
    ) -> Result<Option<Option<(PathBuf, u64)>>, Error> {
        let Some(device) = self.segments.device_of(program, ticket) else { return Ok(None) };
        let store = self.storage.program(program);
        let Some(holder) = store.holder(device).await? else { return Ok(None) };
        let Some(segment) = store.readable_segment(&holder, hash).await? else { return Ok(Some(None)) };
        Ok(Some(store.segment_path(hash).map(|path| (path, segment.announced.bytes))))
    }

    /// Waits until nothing is being stored any more.
    pub async fn finished(&self) {
        self.tasks.wait().await;
    }

    /// The way to a program's task, which is started when it does not run; `None` without the program.
    async fn task(
        self: &Arc<Self>,
        program: ProgramId,
        entry: Entry,
    ) -> Result<Option<mpsc::Sender<Event>>, Error> {
        let mut open = self.open.lock().await;
        let open = open.as_mut().ok_or(Error::Closed)?;
        if let Some(events) = open.get(&program) {
            return Ok(Some(events.clone()));
        }
        let store = self.storage.program(program);
        let found = store.opened().await?;
        let exists = found.is_some();
        let opened = match (found, entry) {
            (Some(opened), _) => opened,
            (None, Entry::Existing) => return Ok(None),
            (None, Entry::Founding) => {
                // Never 0, which devices say that have nothing, and within what SQLite can hold.
                let epoch = (u64::from_le_bytes(random()?) >> 1).max(1);
                Opened { epoch, head: 0, past: Past::default() }
            }
        };
        let (events, receiver) = mpsc::channel(EVENTS);
        open.insert(program, events.clone());
        let task = ProgramTask::new(store, self.clock.clone(), self.settings, opened, exists, receiver)
            .limited_to(self.mutations)
            .with_segments(Arc::clone(&self.segments));
        self.tasks.spawn(task.run(Retirement { programs: Arc::clone(self), program }));
        Ok(Some(events))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Existing,
    Founding,
}

/// How a program's task takes itself off the list.
pub(crate) struct Retirement {
    programs: Arc<Programs>,
    program: ProgramId,
}

impl Retirement {
    /// Ends the task unless somebody is on the way in.
    pub async fn retire(&self, events: &mut mpsc::Receiver<Event>) -> bool {
        let mut open = self.programs.open.lock().await;
        if !events.is_empty() {
            return false;
        }
        if let Some(open) = open.as_mut() {
            open.remove(&self.program);
        }
        turn_away(events, Reason::Busy, "Please try again.");
        true
    }

    /// Ends the task because the hub stops.
    pub fn shut_down(&self, events: &mut mpsc::Receiver<Event>) {
        turn_away(events, Reason::ShuttingDown, "The hub restarts.");
    }
}

/// Lets nobody in any more; whoever slipped in tries again.
fn turn_away(events: &mut mpsc::Receiver<Event>, reason: Reason, message: &str) {
    events.close();
    while let Ok(event) = events.try_recv() {
        if let Event::Opened { outbox, .. } = event {
            outbox.goodbye(reason, message, Some(500));
        }
    }
}

/// The hub's end of one connection, however its bytes travel.
#[derive(Debug)]
pub(crate) struct Visitor {
    programs: Arc<Programs>,
    connection: ConnectionId,
    nonce: Key,
    outbox: Arc<Outbox>,
    seat: Option<Seat>,
    /// The way to the program; unset in the lobby.
    inside: OnceLock<mpsc::Sender<Event>>,
}

impl Visitor {
    /// What is to be written to the connection.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// A frame arrived.
    pub async fn received(&self, bytes: Vec<u8>) {
        if self.outbox.is_closing() {
            return;
        }
        let connection = self.connection;
        if let Some(seat) = self.seat.as_ref().filter(|_| frame::is_about_invitation(&bytes))
            && let Err(wait) = seat.try_invitation()
        {
            let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            return self.outbox.goodbye(Reason::Busy, TOO_MANY_TRIES, Some(wait));
        }
        match self.inside.get() {
            Some(events) => {
                if events.send(Event::Received { connection, bytes }).await.is_err() {
                    self.outbox.close();
                }
            }
            None => self.received_in_lobby(bytes).await,
        }
    }

    /// What waited has been written.
    pub async fn drained(&self) {
        let connection = self.connection;
        if let Some(events) = self.inside.get() {
            let _ = events.send(Event::Drained { connection }).await;
        }
    }

    /// The connection is gone.
    pub async fn leave(&self) {
        let connection = self.connection;
        self.outbox.close();
        if let Some(events) = self.inside.get() {
            let _ = events.send(Event::Closed { connection }).await;
        }
    }

    /// The hub stops. Whoever is inside hears it from the program.
    pub fn dismiss(&self) {
        if self.inside.get().is_none() {
            self.outbox.goodbye(Reason::ShuttingDown, "The hub restarts.", Some(500));
        }
    }

    async fn enter(&self, program: ProgramId, entry: Entry) {
        for _ in 0..TRIES {
            let events = match self.programs.task(program, entry).await {
                Ok(Some(events)) => events,
                Ok(None) => return self.outbox.goodbye(Reason::UnknownProgram, UNKNOWN_PROGRAM, None),
                Err(Error::Closed) => {
                    return self.outbox.goodbye(Reason::ShuttingDown, "The hub restarts.", Some(500));
                }
                Err(error) => {
                    tracing::error!(%error, program.id = %program, "program {program} could not be opened");
                    return self.outbox.goodbye(Reason::Busy, NO_RECORDS, Some(2_000));
                }
            };
            let event = Event::Opened {
                connection: self.connection,
                nonce: self.nonce,
                outbox: Arc::clone(&self.outbox),
                greeted: entry == Entry::Founding,
            };
            if events.send(event).await.is_ok() {
                let _ = self.inside.set(events);
                return;
            }
        }
        self.outbox.goodbye(Reason::Busy, "Please try again.", Some(200));
    }

    async fn received_in_lobby(&self, bytes: Vec<u8>) {
        match frame::decode::<FromDevice>(&bytes) {
            Ok(Incoming::Known(FromDevice::Inspect(inspect))) => {
                let preview = match self.founding(&inspect.token).await {
                    Ok(preview) => preview,
                    Err(()) => return,
                };
                let inspected = match preview {
                    Ok(preview) => Inspected { preview: Some(preview), refusal: None },
                    Err(refusal) => Inspected { preview: None, refusal: Some(refusal) },
                };
                self.send(&FromHub::Inspected(inspected));
            }
            Ok(Incoming::Known(FromDevice::Join(join))) => self.found(join, bytes).await,
            Ok(Incoming::Known(FromDevice::Hello(_) | FromDevice::Push(_) | FromDevice::Took(_))) => {
                self.outbox.goodbye(Reason::Malformed, "A frame came out of turn.", None);
            }
            Ok(Incoming::Unknown(_)) => {}
            Err(error @ FrameError::TooLarge(_)) => {
                self.outbox.goodbye(Reason::TooLarge, &error.to_string(), None);
            }
            Err(error @ FrameError::Malformed) => {
                self.outbox.goodbye(Reason::Malformed, &error.to_string(), None);
            }
        }
    }

    /// Only who shows a usable founding invitation gets as far as a program that does not exist.
    async fn found(&self, join: Join, bytes: Vec<u8>) {
        if join.payload.len() > PAYLOAD_MAX {
            return self.outbox.goodbye(Reason::TooLarge, "The request is too large.", None);
        }
        let Ok(Mutation::ProgramCreate(create)) = Mutation::from_payload(&join.name, &join.payload) else {
            return self.outbox.goodbye(Reason::Malformed, "This is no way to found a program.", None);
        };
        let preview = match self.founding(&join.token).await {
            Ok(preview) => preview,
            Err(()) => return,
        };
        // Who founded it and lost the answer may ask again: the program itself knows.
        if let Err(refusal) = preview
            && !self.exists(create.program).await
        {
            let joined = Joined { program: create.program, member: None, refusal: Some(refusal) };
            return self.send(&FromHub::Joined(joined));
        }
        self.enter(create.program, Entry::Founding).await;
        if let Some(events) = self.inside.get() {
            let _ = events.send(Event::Received { connection: self.connection, bytes }).await;
        }
    }

    async fn exists(&self, program: ProgramId) -> bool {
        matches!(self.programs.storage.program(program).opened().await, Ok(Some(_)))
    }

    /// What a founding invitation leads to; `Err` after hanging up.
    async fn founding(&self, token: &Token) -> Result<Result<frame::Preview, domain::Refusal>, ()> {
        let hash = seal::token_hash(token);
        match self.programs.storage.founding(&[hash]).await {
            Ok(found) => Ok(founding_preview(self.programs.clock.now(), found.get(&hash))),
            Err(error) => {
                tracing::error!(%error, "founding invitations could not be read");
                self.outbox.goodbye(Reason::Busy, NO_RECORDS, Some(2_000));
                Err(())
            }
        }
    }

    fn send(&self, frame: &FromHub) {
        self.outbox.put(frame::encode(frame));
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(bytes)
}
