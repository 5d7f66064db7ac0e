//! What the device's side is told, what it wants done, and how the line looks to a person.

use crate::bootstrap::End;
use crate::frame::{Delta, NewerRow, Resume, Sealed};
use crate::seal::Chain;
use crate::segment::Segments;
use domain::Timestamp;

/// Milliseconds on a clock that never jumps, from any start.
pub type Tick = u64;

/// What the store knows about the line to the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// Run of the hub that the cursor was reached in; 0 before the first catch-up.
    pub epoch: u64,
    /// Everything up to here is stored.
    pub cursor: u64,
    /// Where an interrupted catch-up goes on.
    pub resume: Option<Resume>,
    /// Highest own mutation whose answer is stored.
    pub answered: u64,
    /// End of the device's chain.
    pub chain: Chain,
}

/// What happened.
#[derive(Debug)]
pub enum ClientEvent {
    /// The store's numbers, at start.
    Loaded(SyncState),
    /// Answer to [`ClientEffect::Connect`]: the line is open.
    Opened,
    /// The line is gone, or could not be opened.
    Lost {
        /// For the log and the sync page.
        message: String,
    },
    /// A frame arrived.
    Received {
        /// The frame.
        bytes: Vec<u8>,
    },
    /// The outbox has grown.
    Queued,
    /// Answer to [`ClientEffect::ReadOutbox`], in order.
    OutboxRead(Vec<Sealed>),
    /// Answer to [`ClientEffect::CheckChain`]: whether the own chain has this hash there, and
    /// everything after it is still at hand.
    ChainChecked(bool),
    /// Answer to [`ClientEffect::Apply`], [`ClientEffect::Adopt`] and [`ClientEffect::Reset`]: it is on
    /// disk.
    Applied(SyncState),
    /// Answer to [`ClientEffect::FetchSegments`], whenever it ends by itself; with [`End::Complete`] the
    /// store's numbers, after it has noted that all is in.
    SegmentsEnded(End, Option<SyncState>),
    /// Answer to an effect that concerns the store: it could not be done.
    StoreFailed {
        /// For the log and the sync page.
        message: String,
    },
    /// The person wants to stay off the network, or not any more.
    WorkOffline(bool),
    /// The person asked to try now.
    TryNow,
    /// The time of [`ClientEffect::Timer`] has come.
    Timer,
}

/// What the driver has to do.
#[derive(Debug)]
pub enum ClientEffect {
    /// Open a line; answered by [`ClientEvent::Opened`] or [`ClientEvent::Lost`].
    Connect,
    /// Write a frame.
    Send {
        /// The frame.
        bytes: Vec<u8>,
    },
    /// Drop the line; no event follows.
    HangUp,
    /// Read sealed mutations with numbers above `after`; answered by [`ClientEvent::OutboxRead`].
    ReadOutbox {
        /// Number after which to read.
        after: u64,
        /// Most mutations.
        items: usize,
        /// Bytes of payload after which to stop.
        bytes: usize,
    },
    /// Compare the own chain; answered by [`ClientEvent::ChainChecked`].
    CheckChain(Chain),
    /// Store a delta in one transaction; answered by [`ClientEvent::Applied`].
    Apply {
        /// Epoch it belongs to.
        epoch: u64,
        /// The delta.
        delta: Delta,
    },
    /// Fetch segments and take them in, while everything else goes on, until the line is dropped; see
    /// [`crate::bootstrap`]. Answered by [`ClientEvent::SegmentsEnded`].
    FetchSegments {
        /// Epoch they belong to.
        epoch: u64,
        /// What to fetch.
        segments: Segments,
    },
    /// Store rows that this version cannot read, for a later one; an event follows only when it could
    /// not be done.
    KeepNewer(Vec<NewerRow>),
    /// The hub continues under another epoch; answered by [`ClientEvent::Applied`].
    Adopt {
        /// The new epoch.
        epoch: u64,
    },
    /// Forget rows and cursor but nothing of the person's own, and put back into the queue what the hub
    /// had answered and does not have any more, or answers anew; answered by [`ClientEvent::Applied`].
    Reset {
        /// The new epoch.
        epoch: u64,
        /// The last own mutation of which the hub's answer still counts.
        last_n: u64,
    },
    /// The hub has let the device in at its time `hub_now`: what is here may be shown for `days` from now
    /// on. An event follows only when it could not be noted.
    Renew {
        /// Hub time.
        hub_now: Timestamp,
        /// Days.
        days: u32,
    },
    /// Send [`ClientEvent::Timer`] at this tick; replaces an earlier one.
    Timer {
        /// When.
        at: Tick,
    },
    /// Tell the person.
    Status(Status),
}

/// The line as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where it stands.
    pub line: Line,
    /// When the next attempt is made.
    pub retry_at: Option<Tick>,
    /// Why it is not online, a sentence.
    pub message: Option<String>,
    /// True when the device has just caught up.
    pub caught_up: bool,
    /// What the hub's clock said when the line was opened.
    pub hub_now: Option<Timestamp>,
}

/// Where the line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// No line; `retry_at` tells when the next attempt is made.
    Offline,
    /// The person asked for it.
    WorkingOffline,
    /// Trying.
    Connecting,
    /// Signed in, still receiving.
    CatchingUp,
    /// Caught up.
    Online,
    /// The hub shut this device out: its data has to be removed.
    Revoked,
    /// The versions do not meet: reading only, the outbox is kept.
    Outdated,
    /// Another installation uses this device's identity: the outbox is kept.
    Forked,
}
