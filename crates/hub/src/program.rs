//! One task a program: it owns the sequencer, feeds it what happens, and does what it says.
//!
//! The two effects that touch the store run to completion before anything else is decided. Frames that
//! arrive meanwhile are handed to the sequencer at once, which queues them: they form the next batch.
//! Everything else waits, so that whenever a delta leaves, the store is exactly what the sequencer
//! believes it to be, and the egress guard can judge it by the store.

#[cfg(test)]
mod tests;

use crate::Rate;
use crate::bucket::Bucket;
use crate::clock::Clock;
use crate::egress::{Egress, Verdict};
use crate::outbox::Outbox;
use crate::programs::Retirement;
use crate::segments::Segmenter;
use crate::storage::{Opened, ProgramStore};
use domain::DeviceId;
use domain::entity::Key;
use protocol::frame::{self, Reason};
use protocol::segment::Segments;
use protocol::sequencer::{
    Commit, ConnectionId, HubEffect, HubEvent, Load, Page, PageQuery, Sequencer, Settings,
};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// Events that may wait for the task.
pub(crate) const EVENTS: usize = 512;
/// Pages read and not handed over, at a time.
const PAGES: usize = 8;
/// Bytes of frames that may wait inside the sequencer.
const QUEUED_BYTES: usize = 4 << 20;
/// A frame counts as one change for each so many bytes of it, at least.
const BYTES_EACH: u64 = 4 << 10;
/// With more devices than this, those that have rested are forgotten.
const BUCKETS: usize = 1_000;
/// When a connection that something went wrong with may come back.
const LATER: Duration = Duration::from_secs(2);
const NO_RECORDS: &str = "The hub could not read its records.";
const TOO_FAST: &str = "Many changes came in a short time. The rest is sent by itself in a moment.";
/// A program nobody is connected to is closed after this long.
const IDLE: Duration = Duration::from_secs(60);
/// Between two looks for what is old enough to be removed.
const COMPACTING: Duration = Duration::from_secs(24 * 3_600);
/// One that was never founded goes sooner.
const UNFOUNDED: Duration = Duration::from_secs(1);

/// What a connection tells the task.
#[derive(Debug)]
pub(crate) enum Event {
    /// It is there.
    Opened {
        connection: ConnectionId,
        nonce: Key,
        outbox: Arc<Outbox>,
        /// It has its challenge already.
        greeted: bool,
    },
    /// A frame.
    Received { connection: ConnectionId, bytes: Vec<u8> },
    /// What waited has been written.
    Drained { connection: ConnectionId },
    /// It is gone.
    Closed { connection: ConnectionId },
    /// The hub stops.
    ShuttingDown,
}

/// Segments that were found for a connection, or none.
type SegmentsFound = (ConnectionId, Option<Segments>);
type PageRead = (ConnectionId, Option<Page>, OwnedSemaphorePermit);

/// See the module documentation.
pub(crate) struct ProgramTask {
    store: ProgramStore,
    clock: Clock,
    epoch: u64,
    /// Whether the program is on disk; one that was never founded is forgotten at once.
    exists: bool,
    sequencer: Sequencer,
    egress: Egress,
    outboxes: HashMap<ConnectionId, Arc<Outbox>>,
    events: mpsc::Receiver<Event>,
    effects: VecDeque<HubEffect>,
    /// Events that arrived while the store was busy and could have made a delta.
    postponed: Vec<Event>,
    pages: JoinSet<PageRead>,
    page_permits: Arc<Semaphore>,
    segments: Option<Arc<Segmenter>>,
    found: JoinSet<SegmentsFound>,
    queued_bytes: usize,
    stopping: bool,
    mutations: Option<Rate>,
    /// What devices have left of it; those not named have all.
    buckets: HashMap<DeviceId, Bucket>,
}

impl ProgramTask {
    pub fn new(
        store: ProgramStore,
        clock: Clock,
        settings: Settings,
        opened: Opened,
        exists: bool,
        events: mpsc::Receiver<Event>,
    ) -> Self {
        Self {
            sequencer: Sequencer::new(store.id(), opened.epoch, opened.head, settings).with_past(opened.past),
            egress: Egress::new(store.clone(), opened.head),
            epoch: opened.epoch,
            exists,
            store,
            clock,
            outboxes: HashMap::new(),
            events,
            effects: VecDeque::new(),
            postponed: Vec::new(),
            pages: JoinSet::new(),
            page_permits: Arc::new(Semaphore::new(PAGES)),
            segments: None,
            found: JoinSet::new(),
            queued_bytes: 0,
            stopping: false,
            mutations: None,
            buckets: HashMap::new(),
        }
    }

    /// Lets a device change so much so fast.
    pub fn limited_to(self, mutations: Option<Rate>) -> Self {
        Self { mutations, ..self }
    }

    /// Lets devices fetch segments.
    pub fn with_segments(self, segments: Arc<Segmenter>) -> Self {
        Self { segments: Some(segments), ..self }
    }

    /// Runs until nobody needs the program any more, or the hub stops.
    pub async fn run(mut self, retirement: Retirement) {
        let mut compacting = tokio::time::interval(COMPACTING);
        loop {
            let idle = if self.exists { IDLE } else { UNFOUNDED };
            tokio::select! {
                event = self.events.recv() => match event {
                    None => return,
                    Some(event) => self.take(event),
                },
                Some(read) = self.pages.join_next() => {
                    if let Ok((connection, page, _permit)) = read {
                        self.page_read(connection, page);
                    }
                }
                Some(found) = self.found.join_next() => self.segments_found(found),
                _ = compacting.tick() => self.compact().await,
                () = tokio::time::sleep(idle), if self.outboxes.is_empty() => {
                    if retirement.retire(&mut self.events).await {
                        return;
                    }
                }
            }
            self.perform().await;
            if self.stopping {
                retirement.shut_down(&mut self.events);
                return;
            }
        }
    }

    /// Removes tombstones that are old enough, after everybody who still needs them was sent away.
    async fn compact(&mut self) {
        let now = self.clock.now();
        loop {
            let removed = match self.store.forgettable(now).await {
                Ok(None) => return,
                Ok(Some(horizon)) => {
                    self.feed(HubEvent::Forgetting { horizon });
                    self.perform().await;
                    self.store.forget(now, horizon).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = removed {
                let program = self.store.id();
                tracing::error!(%error, program.id = %program, "program {program} could not be compacted");
                return;
            }
        }
    }

    fn feed(&mut self, event: HubEvent) {
        self.effects.extend(self.sequencer.step(self.clock.now(), event));
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Opened { connection, nonce, outbox, greeted } => {
                self.outboxes.insert(connection, outbox);
                let effects = self.sequencer.step(self.clock.now(), HubEvent::Opened { connection, nonce });
                if !greeted {
                    self.effects.extend(effects);
                }
            }
            Event::Received { connection, bytes } => {
                if let Err(wait) = self.admit(connection, &bytes) {
                    return self.hang_up(connection, TOO_FAST, wait);
                }
                self.egress.heard(connection, &bytes);
                self.queued_bytes += bytes.len();
                self.feed(HubEvent::Received { connection, bytes });
            }
            Event::Drained { connection } => self.feed(HubEvent::Drained { connection }),
            Event::Closed { connection } => self.forget(connection),
            Event::ShuttingDown => {
                self.stopping = true;
                self.feed(HubEvent::ShuttingDown);
            }
        }
    }

    fn forget(&mut self, connection: ConnectionId) {
        self.outboxes.remove(&connection);
        self.egress.closed(connection);
        self.feed(HubEvent::Closed { connection });
    }

    fn page_read(&mut self, connection: ConnectionId, page: Option<Page>) {
        match page {
            Some(page) => self.feed(HubEvent::PageRead { connection, page }),
            None => self.hang_up(connection, NO_RECORDS, LATER),
        }
    }

    fn find_segments(&mut self, connection: ConnectionId, device: DeviceId) {
        let (store, segments) = (self.store.clone(), self.segments.clone());
        self.found.spawn(async move {
            let found = match segments {
                Some(segments) => segments.find(&store, device).await,
                None => None,
            };
            (connection, found)
        });
    }

    fn segments_found(&mut self, found: Result<SegmentsFound, JoinError>) {
        if let Ok((connection, segments)) = found {
            self.feed(HubEvent::SegmentsFound { connection, segments });
        }
    }

    /// Ends a connection that the sequencer would have kept.
    fn hang_up(&mut self, connection: ConnectionId, message: &str, wait: Duration) {
        if let Some(outbox) = self.outboxes.get(&connection) {
            let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            outbox.goodbye(Reason::Busy, message, Some(wait));
        }
        self.forget(connection);
    }

    /// Whether the device behind a connection may bring what it brings; when not, how long it has to wait.
    /// It still has all of it and sends it again.
    fn admit(&mut self, connection: ConnectionId, bytes: &[u8]) -> Result<(), Duration> {
        let (Some(rate), many @ 1..) = (self.mutations, frame::mutations_in(bytes)) else { return Ok(()) };
        let Some((device, _)) = self.sequencer.signed_in(connection) else { return Ok(()) };
        let now = Instant::now();
        if self.buckets.len() >= BUCKETS && !self.buckets.contains_key(&device) {
            self.buckets.retain(|_, bucket| !bucket.is_full(rate, now));
        }
        let bucket = self.buckets.entry(device).or_insert_with(|| Bucket::full(rate, now));
        bucket.take(rate, many.max(bytes.len() as u64 / BYTES_EACH), now)
    }

    /// Does what the sequencer says until it has nothing more to say.
    async fn perform(&mut self) {
        loop {
            while let Some(effect) = self.effects.pop_front() {
                match effect {
                    HubEffect::Send { connection, bytes } => self.send(connection, bytes).await,
                    HubEffect::Close { connection } => {
                        if let Some(outbox) = self.outboxes.remove(&connection) {
                            outbox.close();
                        }
                        self.egress.closed(connection);
                    }
                    HubEffect::Withhold { connection, scopes } => {
                        let outbox = self.outboxes.get(&connection);
                        if outbox.is_some_and(|outbox| outbox.withhold(scopes.as_ref())) {
                            self.feed(HubEvent::Drained { connection });
                        }
                    }
                    HubEffect::ReadPage { connection, query } => self.read_page(connection, query),
                    HubEffect::FindSegments { connection, device, .. } => {
                        self.find_segments(connection, device);
                    }
                    HubEffect::Load(load) => self.load(load).await,
                    HubEffect::Commit(commit) => self.commit(commit).await,
                }
            }
            self.catch_up_on_events();
            if self.effects.is_empty() {
                self.queued_bytes = 0;
                return;
            }
        }
    }

    /// Takes what was put off while the store was busy.
    fn catch_up_on_events(&mut self) {
        for event in std::mem::take(&mut self.postponed) {
            self.take(event);
        }
        while let Some(read) = self.pages.try_join_next() {
            if let Ok((connection, page, _permit)) = read {
                self.page_read(connection, page);
            }
        }
        while let Some(found) = self.found.try_join_next() {
            self.segments_found(found);
        }
    }

    async fn send(&mut self, connection: ConnectionId, bytes: Vec<u8>) {
        let Some(outbox) = self.outboxes.get(&connection) else { return };
        match self.egress.judge(connection, &bytes).await {
            Ok(Verdict::Pass) => {}
            Ok(Verdict::SignedIn) => outbox.sign_in(),
            Ok(Verdict::Breach(row)) => {
                let program = self.store.id();
                tracing::error!(
                    program.id = %program, connection.id = connection, row = ?row,
                    "the egress guard stopped a delta for connection {connection} of program {program}",
                );
                self.hang_up(connection, "The hub could not serve this connection.", LATER);
                return;
            }
            Err(error) => {
                tracing::error!(%error, connection.id = connection, "the egress guard could not check a delta");
                self.hang_up(connection, NO_RECORDS, LATER);
                return;
            }
        }
        if outbox.put(bytes) {
            self.feed(HubEvent::Congested { connection });
        }
    }

    fn read_page(&mut self, connection: ConnectionId, query: PageQuery) {
        let store = self.store.clone();
        let permits = Arc::clone(&self.page_permits);
        self.pages.spawn(async move {
            let permit = permits.acquire_owned().await;
            let page = match store.page(&query).await {
                Ok(page) => Some(page),
                Err(error) => {
                    tracing::error!(%error, connection.id = connection, "a page could not be read");
                    None
                }
            };
            match permit {
                Ok(permit) => (connection, page, permit),
                // The semaphore is never closed.
                Err(_) => std::future::pending().await,
            }
        });
    }

    async fn load(&mut self, load: Load) {
        let store = self.store.clone();
        let loaded = self.meanwhile(async move { store.load(load).await }).await;
        let event = match loaded {
            Ok(loaded) => HubEvent::Loaded(loaded),
            Err(error) => self.failed(&error),
        };
        self.feed(event);
    }

    async fn commit(&mut self, commit: Commit) {
        let store = self.store.clone();
        let (epoch, now) = (self.epoch, self.clock.now());
        let commit = Arc::new(commit);
        let writing = Arc::clone(&commit);
        let committed = self.meanwhile(async move { store.commit(epoch, now, &writing).await }).await;
        let event = match committed {
            Ok(()) => {
                self.exists = true;
                self.egress.committed(&commit);
                HubEvent::Committed
            }
            Err(error) => self.failed(&error),
        };
        self.feed(event);
        // Batches may follow each other for long: between two of them is the time for the rest, whose
        // deltas leave before the next commit because they are queued before it.
        self.catch_up_on_events();
    }

    fn failed(&self, error: &crate::Error) -> HubEvent {
        let program = self.store.id();
        tracing::error!(%error, program.id = %program, "the store of program {program} failed: {error:?}");
        HubEvent::StoreFailed { message: error.for_devices().to_owned() }
    }

    /// Waits for the store, and lets frames queue up meanwhile.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            let room = self.queued_bytes < QUEUED_BYTES;
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(event) = self.events.recv(), if room => match event {
                    event @ (Event::Drained { .. } | Event::ShuttingDown) => self.postponed.push(event),
                    event => self.take(event),
                },
            }
        }
    }
}
