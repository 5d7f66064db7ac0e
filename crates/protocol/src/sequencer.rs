//! The hub's side: one [`Sequencer`] a program.
//!
//! Everything that arrives is queued and worked off in batches: load the rows a batch needs, decide
//! every mutation in order with the rules of `domain`, commit all of it in one transaction, and only
//! then answer and push to the other devices. While a batch is with the store, whatever arrives waits
//! and forms the next batch: that is the group commit.
//!
//! The machine does no I/O. Of its effects, [`HubEffect::Load`] and [`HubEffect::Commit`] are answered
//! by the very next event; at most one of them is out at a time. Pages ([`HubEffect::ReadPage`]) may be
//! answered at any later time.

mod access;
mod batch;
mod connection;
mod deliver;
mod join;
mod scopes;
mod segments;

use crate::frame::{self, Answer, FrameError, FromDevice, FromHub, Goodbye, Incoming, Reason, Resume};
use crate::seal::Chain;
use crate::segment::Segments;
pub use batch::refused_before;
use batch::{Batch, Task};
use connection::{Connection, Phase};
use domain::entity::Key;
use domain::{DeviceId, MemberId, OrganizationId, ProgramId, ReadSet, RowKey, Rows, ScopeId, Timestamp};
pub use join::founding_preview;
use scopes::Shared;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Names one connection; given by the driver, never reused.
pub type ConnectionId = u64;

/// Most tasks decided in one transaction.
pub const BATCH_MAX: usize = 512;
/// Most rows in one page.
pub const PAGE_ROWS: usize = 2_000;
/// Bytes of row bodies after which a page ends.
pub const PAGE_BYTES: usize = 384 << 10;
/// What a hub takes to sign a device in, about, in milliseconds; see [`Goodbye::retry_after_ms`].
const SIGN_IN_MS: u64 = 1;

/// What happened. Its `Debug` is for logs: it names the event and shows nothing of what was sent.
pub enum HubEvent {
    /// A device connected; `nonce` was drawn at random for it.
    Opened {
        /// Connection.
        connection: ConnectionId,
        /// 32 random bytes.
        nonce: Key,
    },
    /// A frame arrived.
    Received {
        /// Connection.
        connection: ConnectionId,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// A connection is gone.
    Closed {
        /// Connection.
        connection: ConnectionId,
    },
    /// More than the outbound budget waits to be written to a connection.
    Congested {
        /// Connection.
        connection: ConnectionId,
    },
    /// What waited has been written.
    Drained {
        /// Connection.
        connection: ConnectionId,
    },
    /// Answer to [`HubEffect::Load`].
    Loaded(Loaded),
    /// Answer to [`HubEffect::Commit`]: it is on disk.
    Committed,
    /// Answer to [`HubEffect::Load`] or [`HubEffect::Commit`]: nothing was read or written.
    StoreFailed {
        /// A sentence for the devices that have to try again.
        message: String,
    },
    /// Answer to [`HubEffect::ReadPage`].
    PageRead {
        /// Connection.
        connection: ConnectionId,
        /// What was read.
        page: Page,
    },
    /// Answer to [`HubEffect::FindSegments`].
    SegmentsFound {
        /// Connection.
        connection: ConnectionId,
        /// `None` when the device is to have pages.
        segments: Option<Segments>,
    },
    /// Tombstones up to this sequence number are about to be removed.
    Forgetting {
        /// Highest of their sequence numbers.
        horizon: u64,
    },
    /// The hub is about to stop.
    ShuttingDown,
}

impl std::fmt::Debug for HubEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Opened { connection, .. } => write!(f, "Opened({connection})"),
            Self::Received { connection, bytes } => {
                write!(f, "Received({connection}, {} bytes)", bytes.len())
            }
            Self::Closed { connection } => write!(f, "Closed({connection})"),
            Self::Congested { connection } => write!(f, "Congested({connection})"),
            Self::Drained { connection } => write!(f, "Drained({connection})"),
            Self::Loaded(_) => f.write_str("Loaded"),
            Self::Committed => f.write_str("Committed"),
            Self::StoreFailed { message } => write!(f, "StoreFailed({message})"),
            Self::PageRead { connection, page } => {
                write!(f, "PageRead({connection}, {} rows)", page.rows.len())
            }
            Self::SegmentsFound { connection, segments } => {
                let many = segments.as_ref().map_or(0, |segments| segments.list.len());
                write!(f, "SegmentsFound({connection}, {many})")
            }
            Self::Forgetting { horizon } => write!(f, "Forgetting({horizon})"),
            Self::ShuttingDown => f.write_str("ShuttingDown"),
        }
    }
}

/// What the driver has to do.
#[derive(Debug)]
pub enum HubEffect {
    /// Write a frame.
    Send {
        /// Connection.
        connection: ConnectionId,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// Hang up once everything sent before is written.
    Close {
        /// Connection.
        connection: ConnectionId,
    },
    /// Take rows of these scopes, or everything without any, out of what waits to be written to a
    /// connection. Comes before whatever tells anybody that access has ended.
    Withhold {
        /// Connection.
        connection: ConnectionId,
        /// Which scopes; `None` for all that waits.
        scopes: Option<BTreeSet<ScopeId>>,
    },
    /// Read rows and device records; answered by [`HubEvent::Loaded`].
    Load(Load),
    /// Write durably, all or nothing; answered by [`HubEvent::Committed`].
    Commit(Commit),
    /// Read a page of rows; answered by [`HubEvent::PageRead`].
    ReadPage {
        /// For whom.
        connection: ConnectionId,
        /// What to read.
        query: PageQuery,
    },
    /// Find segments of all that a device sees but its own person's, or make them if that is worth it;
    /// answered by [`HubEvent::SegmentsFound`], like a page at any later time.
    FindSegments {
        /// For whom.
        connection: ConnectionId,
        /// The device.
        device: DeviceId,
        /// Its organization.
        organization: OrganizationId,
    },
}

/// What a batch needs to know.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Rows and lookups.
    pub reads: ReadSet,
    /// Devices that sign in or push, each with the number after which answers are wanted.
    pub devices: BTreeMap<DeviceId, u64>,
    /// Founding invitations by token hash.
    pub founding: Vec<Key>,
}

impl Load {
    fn is_empty(&self) -> bool {
        self.reads.is_empty() && self.devices.is_empty() && self.founding.is_empty()
    }

    fn extend(&mut self, other: Self) {
        self.reads.extend(other.reads);
        for (device, after) in other.devices {
            let wanted = self.devices.entry(device).or_insert(after);
            *wanted = after.min(*wanted);
        }
        self.founding.extend(other.founding);
    }
}

/// Answer to a [`Load`].
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every row and lookup asked for, present or absent.
    pub rows: Rows,
    /// Every device asked for; a device without a record is at the start of its chain.
    pub devices: BTreeMap<DeviceId, DeviceRecord>,
    /// Founding invitations that exist.
    pub founding: BTreeMap<Key, Founding>,
}

/// What the hub keeps of a device besides its row.
#[derive(Debug, Clone, Default)]
pub struct DeviceRecord {
    /// End of its chain; `None` at the start.
    pub chain: Option<Chain>,
    /// Answers it was given, those after the number asked for, in order.
    pub answers: Vec<Answer>,
}

/// A founding invitation of the hub itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Founding {
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Whether it was used.
    pub used: bool,
}

/// One transaction.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Last sequence number before it.
    pub base: u64,
    /// Last sequence number after it.
    pub head: u64,
    /// Rows in the order of their keys; the driver derives lookup keys with
    /// [`domain::row::lookups_of`].
    pub rows: Vec<CommitRow>,
    /// New chain ends.
    pub chains: BTreeMap<DeviceId, Chain>,
    /// Answers to keep, so that they can be given again.
    pub answers: Vec<(DeviceId, Answer)>,
    /// Founding invitation used up by this transaction; it fails when it was used already.
    pub founding: Option<Key>,
}

/// A row as committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRow {
    /// Which.
    pub key: RowKey,
    /// Scope.
    pub scope: ScopeId,
    /// Sequence number.
    pub seq: u64,
    /// Body; `None` leaves a tombstone.
    pub body: Option<Vec<u8>>,
}

/// Which rows a page holds. In this order: grants of the old scopes changed since `base`; all live
/// rows of the new scopes, by scope and sequence number; all other rows and tombstones of the old
/// scopes changed since `base`, by sequence number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// What the device has already of its old scopes.
    pub base: u64,
    /// Scopes the device had at `base`.
    pub old: Vec<ScopeId>,
    /// Scopes it got since, sorted.
    pub new: Vec<ScopeId>,
    /// Where to go on; `after` 0 and the first scope at the start.
    pub from: Resume,
    /// Whether this is the first page, the one that carries the grants.
    pub first: bool,
}

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    /// Head the pages lead to.
    pub head: u64,
    /// Rows.
    pub rows: Vec<CommitRow>,
    /// Where the next page goes on.
    pub resume: Option<Resume>,
}

/// How a hub treats a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether demo programs may be founded, whose history is dated by the devices.
    pub allow_demo: bool,
}

/// What a hub knows of its own history. Each time it starts, a new *run* begins, named by an epoch that
/// was never used before. A hub that was restored from a backup so has other runs than its devices have
/// seen, without anybody telling it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Earlier runs: epoch, and the sequence number at which it ended.
    pub runs: BTreeMap<u64, u64>,
    /// Deletions up to this sequence number are forgotten.
    pub horizon: u64,
}

/// One program of a hub. See the module documentation.
#[derive(Debug)]
pub struct Sequencer {
    program: ProgramId,
    /// The present run.
    epoch: u64,
    past: Past,
    head: u64,
    settings: Settings,
    connections: BTreeMap<ConnectionId, Connection>,
    /// The connection of each device that is signed in.
    lines: BTreeMap<DeviceId, ConnectionId>,
    granted: Shared,
    queue: VecDeque<Task>,
    batch: Option<Batch>,
    /// Rows that nearly every batch needs: program, people, grants.
    directory: Rows,
    /// Chain ends of devices that were seen.
    chains: BTreeMap<DeviceId, Chain>,
}

impl Sequencer {
    /// A sequencer over a store whose last sequence number is `head`.
    pub fn new(program: ProgramId, epoch: u64, head: u64, settings: Settings) -> Self {
        Self {
            program,
            epoch,
            past: Past::default(),
            head,
            settings,
            connections: BTreeMap::new(),
            lines: BTreeMap::new(),
            granted: Shared::default(),
            queue: VecDeque::new(),
            batch: None,
            directory: Rows::default(),
            chains: BTreeMap::new(),
        }
    }

    /// The same with a past, which decides what devices may keep.
    #[must_use]
    pub fn with_past(self, past: Past) -> Self {
        Self { past, ..self }
    }

    /// The last sequence number given out and committed.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// The device and member behind a connection that has signed in.
    pub fn signed_in(&self, connection: ConnectionId) -> Option<(DeviceId, MemberId)> {
        match &self.connections.get(&connection)?.phase {
            Phase::Live(live) => Some((live.actor.device, live.actor.member)),
            Phase::Fresh | Phase::Joining => None,
        }
    }

    /// Number of open connections.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Whether nothing waits for the store.
    pub fn is_idle(&self) -> bool {
        self.batch.is_none() && self.queue.is_empty()
    }

    /// Takes one event at hub time `now` and says what to do.
    pub fn step(&mut self, now: Timestamp, event: HubEvent) -> Vec<HubEffect> {
        let mut effects = Vec::new();
        match event {
            HubEvent::Opened { connection, nonce } => self.opened(now, connection, nonce, &mut effects),
            HubEvent::Received { connection, bytes } => self.received(connection, &bytes, &mut effects),
            HubEvent::Closed { connection } => {
                self.remove(connection);
            }
            HubEvent::Congested { connection } => {
                if let Some(open) = self.connections.get_mut(&connection) {
                    open.congested = true;
                }
            }
            HubEvent::Drained { connection } => self.drained(connection, &mut effects),
            HubEvent::Loaded(loaded) => {
                if let Some(mut batch) = self.batch.take() {
                    batch.take_in(loaded);
                    self.work(now, batch, &mut effects);
                }
            }
            HubEvent::Committed => self.committed(now, &mut effects),
            HubEvent::StoreFailed { message } => self.store_failed(&message, &mut effects),
            HubEvent::PageRead { connection, page } => self.page_read(connection, page, &mut effects),
            HubEvent::SegmentsFound { connection, segments } => {
                self.segments_found(connection, segments, &mut effects);
            }
            HubEvent::Forgetting { horizon } => self.forget_deletions(horizon, &mut effects),
            HubEvent::ShuttingDown => {
                let open: Vec<_> = self.connections.keys().copied().collect();
                for connection in open {
                    self.hang_up(connection, Reason::ShuttingDown, "The hub restarts.", &mut effects);
                }
            }
        }
        if self.batch.is_none() && !self.queue.is_empty() {
            let tasks = self.queue.drain(..self.queue.len().min(BATCH_MAX)).collect();
            let batch = Batch::new(tasks, self.head);
            self.start(now, batch, &mut effects);
        }
        effects
    }

    fn received(&mut self, connection: ConnectionId, bytes: &[u8], effects: &mut Vec<HubEffect>) {
        let Some(open) = self.connections.get_mut(&connection) else { return };
        let frame = match frame::decode::<FromDevice>(bytes) {
            Ok(Incoming::Known(frame)) => frame,
            Ok(Incoming::Unknown(_)) => return,
            Err(error) => {
                let reason = match error {
                    FrameError::TooLarge(_) => Reason::TooLarge,
                    FrameError::Malformed => Reason::Malformed,
                };
                self.hang_up(connection, reason, &error.to_string(), effects);
                return;
            }
        };
        if let FromDevice::Took(took) = frame {
            self.took(connection, &took, effects);
            return;
        }
        match open.admit(frame) {
            Ok(tasks) => self.queue.extend(tasks.into_iter().map(|task| task.of(connection))),
            Err((reason, message)) => self.hang_up(connection, reason, message, effects),
        }
    }

    fn hang_up(
        &mut self,
        connection: ConnectionId,
        reason: Reason,
        message: &str,
        effects: &mut Vec<HubEffect>,
    ) {
        if !self.remove(connection) {
            return;
        }
        // About what those still connected take to sign in, one after the other.
        let storm_ms = self.connections.len() as u64 * SIGN_IN_MS;
        let retry_after_ms = match reason {
            Reason::Busy => Some(storm_ms.max(2_000)),
            Reason::ShuttingDown => Some(storm_ms.max(500)),
            _ => None,
        };
        if reason == Reason::Revoked && !domain::planted!(FramesAfterRevoke) {
            effects.push(HubEffect::Withhold { connection, scopes: None });
        }
        let goodbye = Goodbye { reason, message: message.to_owned(), retry_after_ms };
        effects.push(send(connection, &FromHub::Goodbye(goodbye)));
        effects.push(HubEffect::Close { connection });
    }

    /// Forgets a connection; whether it was there.
    fn remove(&mut self, connection: ConnectionId) -> bool {
        let Some(gone) = self.connections.remove(&connection) else { return false };
        if let Phase::Live(live) = gone.phase
            && self.lines.get(&live.actor.device) == Some(&connection)
        {
            self.lines.remove(&live.actor.device);
        }
        true
    }

    fn store_failed(&mut self, message: &str, effects: &mut Vec<HubEffect>) {
        // Nothing of the batch happened. Its devices still hold everything and will send it again.
        let Some(batch) = self.batch.take() else { return };
        self.directory = Rows::default();
        self.chains.clear();
        let mut failed = batch.connections();
        failed.extend(self.queue.drain(..).map(|task| task.connection()));
        for connection in failed {
            self.hang_up(connection, Reason::Busy, message, effects);
        }
    }
}

fn send(connection: ConnectionId, frame: &FromHub) -> HubEffect {
    HubEffect::Send { connection, bytes: frame::encode(frame) }
}
