//! An installation: the client machine with its real store, driven as `crates/sync` drives it.

use crate::law::{Run, broken};
use crate::model::Map;
use crate::net::{Down, Up, frame_of_tomorrow};
use crate::segments::Fetching;
use crate::world::{World, tell};
use domain::entity::Key;
use domain::{Mutate as _, Mutation, Timestamp};
use protocol::client::{Client, ClientEffect, ClientEvent, Line, SyncState, Tick};
use protocol::frame::Answer;
use protocol::sequencer::ConnectionId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use store::sim::Seen;
use store::{Change, Code, FileKey, Identity, Store};
use tokio::sync::broadcast;
use uuid::Uuid;

/// A mutation that an installation has confirmed to its person.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// Of the device's chain up to it: names it across installations.
    pub hash: Key,
    pub mutation: Mutation,
    pub at: Timestamp,
}

/// A lease as the simulation counts it, in its own words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    days: u32,
    /// What the device's clock said when it was given.
    clock: i64,
    /// The furthest its clock has ever been from that.
    furthest: i64,
}

/// What runs while the application is open.
pub(crate) struct Open {
    pub store: Store,
    pub client: Client,
    changes: broadcast::Receiver<Change>,
}

/// See the module documentation.
pub(crate) struct Desk {
    pub name: String,
    pub identity: Identity,
    pub path: PathBuf,
    generation: u32,
    pub open: Option<Open>,
    pub line: Option<ConnectionId>,
    pub dialling: bool,
    pub timer: Option<Tick>,
    pub status: Line,
    pub network: bool,
    pub work_offline: bool,
    /// What its clock is ahead of the true time, milliseconds.
    pub clock: i64,
    /// It is of an older version that the hub does not serve.
    pub old: bool,
    /// It has said so; the answer may still be on its way.
    pub said_old: bool,
    pub crash_in: Option<u8>,
    /// Its disk refuses the next thing.
    pub fails: bool,
    pub made: BTreeMap<u64, Made>,
    /// The last mutation that was made before the world began.
    pub made_before: u64,
    /// Refused mutations that the person has retried or given up.
    pub decided: BTreeSet<u64>,
    /// Refused mutations, each with the last mutation that was there when it was refused.
    pub roots: BTreeMap<u64, u64>,
    /// All that its person was ever told to be refused, or to be parked behind that.
    pub heard: BTreeSet<u64>,
    /// What was said in a scope that was taken away since: it is forgotten with the scope.
    pub forgotten: BTreeSet<u64>,
    pub seen: Seen,
    /// The rows of it.
    pub rows: Map,
    pub state: SyncState,
    pub undo: Option<Mutation>,
    /// Another installation has the same identity.
    pub cloned: bool,
    /// The last row that came of a table which only a newer version knows.
    pub of_tomorrow: Option<Uuid>,
    /// The lease the hub gave last, as the simulation counts it.
    pub lease: Option<Counted>,
    /// Its clock has jumped: before that, no world lasts as long as a lease.
    pub jumped: bool,
    /// The file was wiped because the device was signed out.
    pub erased: bool,
    /// It fetches segments.
    pub fetching: Option<Fetching>,
    /// It fetches everything anew, and has not been where the hub is since.
    pub starts_over: bool,
}

pub(crate) fn file_key() -> FileKey {
    FileKey::from_bytes(&[7; 32])
}

impl Desk {
    pub fn new(name: String, identity: Identity, path: PathBuf) -> Self {
        let chain = protocol::seal::Chain::start(identity.program, identity.device);
        Self {
            name,
            identity,
            path,
            generation: 0,
            open: None,
            line: None,
            dialling: false,
            timer: None,
            status: Line::Offline,
            network: true,
            work_offline: false,
            clock: 0,
            old: false,
            said_old: false,
            crash_in: None,
            fails: false,
            made: BTreeMap::new(),
            made_before: 0,
            decided: BTreeSet::new(),
            roots: BTreeMap::new(),
            heard: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            seen: Seen::default(),
            rows: Map::new(),
            state: SyncState { epoch: 0, cursor: 0, resume: None, answered: 0, chain },
            undo: None,
            cloned: false,
            of_tomorrow: None,
            lease: None,
            jumped: false,
            erased: false,
            fetching: None,
            starts_over: false,
        }
    }

    pub fn store(&self) -> Option<&Store> {
        self.open.as_ref().map(|open| &open.store)
    }

    /// Whether the hub has shut it out, or it was wiped.
    pub fn is_shut(&self) -> bool {
        self.erased || matches!(self.status, Line::Revoked | Line::Forked)
    }

    /// Whether a hub that lost this mutation gets no more than its hash.
    pub fn is_void(&self, n: u64) -> bool {
        self.heard.contains(&n) || self.forgotten.contains(&n)
    }

    /// Looks at the file.
    pub async fn look(&mut self) -> Run {
        let Some(open) = &self.open else { return Ok(()) };
        let (seen, state) = open.store.see().await?;
        self.seen = seen;
        self.rows = std::mem::take(&mut self.seen.rows).into_iter().map(|row| (row.key, row)).collect();
        self.state = state;
        for refused in &self.seen.refused {
            self.roots.entry(*refused).or_insert(self.state.chain.n);
        }
        self.heard.extend(self.seen.refused.iter().chain(&self.seen.parked));
        Ok(())
    }

    /// A store makes again by itself what a restored hub refused, because it lacked what another device
    /// had yet to bring back, at once when the same frame brings it. Nothing else is made without the person.
    async fn takes_in_what_was_made_again(&mut self, hub: &BTreeMap<Key, Answer>) -> Run {
        let Some(store) = self.store().cloned() else { return Ok(()) };
        let last = self.made.last_key_value().map_or(self.made_before, |(n, _)| *n);
        if self.state.chain.n == last {
            return Ok(());
        }
        for sealed in store.outbox_after(last, usize::MAX, usize::MAX).await? {
            let n = sealed.header.n;
            let Ok(mutation) = Mutation::from_payload(&sealed.header.name, &sealed.payload) else {
                return broken("store", format!("{}: mutation {n} cannot be read", self.name));
            };
            let is_taken = |old: &u64| {
                let waits = self.seen.refused.contains(old) || self.seen.parked.contains(old);
                !waits && !self.decided.contains(old)
            };
            let was = |old: &u64, made: &Made| {
                let refused = hub.get(&made.hash).is_some_and(|answer| answer.refusal.is_some());
                made.mutation == mutation && (refused || self.heard.contains(old)) && is_taken(old)
            };
            let Some((&old, _)) = self.made.iter().find(|(old, made)| was(old, made)) else {
                return broken("I4", format!("{}: nobody has made mutation {n}", self.name));
            };
            self.heard.insert(old);
            self.decided.insert(old);
            let Some(hash) = store.chain_hash_at(n).await? else {
                return broken("I3", format!("{}: mutation {n} is not in the chain", self.name));
            };
            self.made.insert(n, Made { hash, mutation, at: sealed.header.at });
        }
        Ok(())
    }

    /// The path of its next file.
    pub fn next_path(&mut self) -> PathBuf {
        self.generation += 1;
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let stem = stem.split('.').next().unwrap_or_default().to_owned();
        self.path.with_file_name(format!("{stem}.{}.db", self.generation))
    }
}

/// Copies a database with its log, as a crash would leave it.
pub(crate) fn copy_database(from: &Path, to: &Path) -> Run {
    std::fs::copy(from, to)?;
    let log = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        PathBuf::from(name)
    };
    if log(from).exists() {
        std::fs::copy(log(from), log(to))?;
    }
    Ok(())
}

/// Counts down to a crash; true when it is there.
pub(crate) fn dies(counter: &mut Option<u8>) -> bool {
    match counter {
        Some(0) => {
            *counter = None;
            true
        }
        Some(left) => {
            *left -= 1;
            false
        }
        None => false,
    }
}

impl World {
    /// Starts an installation.
    pub async fn start(&mut self, d: usize) -> Run {
        let seed = self.rng.next();
        let Some(desk) = self.desks.get_mut(d).filter(|desk| desk.open.is_none() && !desk.erased) else {
            return Ok(());
        };
        let store = Store::open(&desk.path, &file_key(), desk.identity.clone()).await?;
        let identity = &desk.identity;
        let client = Client::new(
            identity.program,
            identity.device,
            identity.device_key.clone(),
            desk.work_offline,
            seed,
        );
        let changes = store.changes();
        desk.open = Some(Open { store, client, changes });
        desk.status = Line::Offline;
        if desk.lease.is_none() {
            let lease = desk.store().and_then(Store::lease);
            desk.lease = lease.map(|lease| Counted {
                days: lease.days,
                clock: lease.clock.0,
                furthest: lease.passed_ms,
            });
        }
        self.count_lease(d).await?;
        let Some(desk) = self.desks.get_mut(d) else { return Ok(()) };
        desk.look().await?;
        let state = desk.state.clone();
        tell!(self, "{} is started", self.name(d));
        self.kept(d, "was started")?;
        self.device_event(d, ClientEvent::Loaded(state)).await
    }

    /// The process of an installation dies: what was not committed is gone.
    pub async fn crash(&mut self, d: usize) -> Run {
        let Some(desk) = self.desks.get_mut(d) else { return Ok(()) };
        desk.crash_in = None;
        let Some(open) = desk.open.take() else { return Ok(()) };
        let (old, new) = (desk.path.clone(), desk.next_path());
        copy_database(&old, &new)?;
        open.store.close().await?;
        Store::erase(&old).await?;
        desk.path = new;
        tell!(self, "{} crashes", self.name(d));
        self.unplug(d);
        Ok(())
    }

    /// An installation is closed in good order.
    pub async fn close(&mut self, d: usize) -> Run {
        let Some(desk) = self.desks.get_mut(d) else { return Ok(()) };
        let Some(open) = desk.open.take() else { return Ok(()) };
        open.store.close().await?;
        tell!(self, "{} is closed", self.name(d));
        self.unplug(d);
        Ok(())
    }

    /// Without its process a device has no line; what it sent may still arrive.
    fn unplug(&mut self, d: usize) {
        let Some(desk) = self.desks.get_mut(d) else { return };
        (desk.dialling, desk.timer, desk.fetching) = (false, None, None);
        let line = desk.line.take();
        if let Some(conn) = line.and_then(|line| self.conns.get_mut(&line)) {
            conn.up.push_back(Up::End);
        }
    }

    /// Runs an event and all that follows from it through the client.
    pub async fn device_event(&mut self, d: usize, event: ClientEvent) -> Run {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = self.now;
            let Some(open) = self.desks.get_mut(d).and_then(|desk| desk.open.as_mut()) else { return Ok(()) };
            let mut answers = Vec::new();
            for effect in open.client.step(now, event) {
                if self.desks.get_mut(d).is_some_and(|desk| dies(&mut desk.crash_in)) {
                    return self.crash(d).await;
                }
                answers.extend(self.carry_out(d, effect).await?);
            }
            for answer in answers.into_iter().rev() {
                events.push_front(answer);
            }
            if events.is_empty()
                && let Some(open) = self.desks.get_mut(d).and_then(|desk| desk.open.as_mut())
            {
                while let Ok(change) = open.changes.try_recv() {
                    if change.sync && events.is_empty() {
                        events.push_back(ClientEvent::Queued);
                    }
                }
            }
        }
        Ok(())
    }

    async fn carry_out(&mut self, d: usize, effect: ClientEffect) -> Run<Option<ClientEvent>> {
        let Some(desk) = self.desks.get_mut(d) else { return Ok(None) };
        let Some(store) = desk.store().cloned() else { return Ok(None) };
        let continues = self.oracle.continues(desk.identity.device, &desk.state);
        match effect {
            ClientEffect::Connect => desk.dialling = true,
            ClientEffect::HangUp => {
                desk.dialling = false;
                desk.fetching = None;
                if let Some(conn) = desk.line.take().and_then(|line| self.conns.get_mut(&line)) {
                    conn.up.push_back(Up::End);
                }
            }
            ClientEffect::Send { bytes } => {
                self.mark(b'u', &bytes);
                let line = self.desks.get(d).and_then(|desk| desk.line);
                if let Some(conn) = line.and_then(|line| self.conns.get_mut(&line)) {
                    conn.up.push_back(Up::Frame(bytes));
                }
            }
            ClientEffect::Timer { at } => desk.timer = Some(at),
            ClientEffect::Status(status) => {
                if desk.status != status.line {
                    desk.status = status.line;
                    tell!(self, "{} is {:?}", self.name(d), status.line);
                }
                self.told(d, &status).await?;
            }
            ClientEffect::ReadOutbox { after, items, bytes } => {
                return match store.outbox_after(after, items, bytes).await {
                    // It could not start over a moment ago, and drops the line for that.
                    Err(error) if error.code() == Code::HistoryGone && !continues => {
                        Ok(Some(ClientEvent::StoreFailed { message: error.to_string() }))
                    }
                    read => Ok(Some(ClientEvent::OutboxRead(read?))),
                };
            }
            ClientEffect::CheckChain(chain) => {
                return Ok(Some(ClientEvent::ChainChecked(store.continues(chain).await?)));
            }
            ClientEffect::Apply { .. } | ClientEffect::Reset { .. } if std::mem::take(&mut desk.fails) => {
                tell!(self, "the disk of {} fails", self.name(d));
                return Ok(Some(ClientEvent::StoreFailed { message: "the disk failed".to_owned() }));
            }
            ClientEffect::Apply { epoch, delta } => {
                tell!(self, "{} stores {}", self.name(d), crate::story::delta(self, &delta));
                let applied = match store.apply_delta(epoch, delta).await {
                    // It could not start over a moment ago, and drops the line for that.
                    Err(error) if error.code() == Code::WrongEpoch && !continues => {
                        return Ok(Some(ClientEvent::StoreFailed { message: error.to_string() }));
                    }
                    applied => applied?,
                };
                if !applied.revoked_scopes.is_empty() {
                    // What was said there is forgotten, and a hub that lost it gets no more than its hash.
                    if let Some(desk) = self.desks.get_mut(d) {
                        let there = |made: &Made| applied.revoked_scopes.contains(&made.mutation.lane());
                        let forgotten = desk.made.iter().filter(|(_, made)| there(made)).map(|(n, _)| *n);
                        let forgotten: Vec<u64> = forgotten.collect();
                        desk.forgotten.extend(forgotten);
                    }
                    self.wiped(d)?;
                }
                return self.stored(d).await.map(Some);
            }
            ClientEffect::FetchSegments { epoch, segments } => {
                self.begin_fetching(d, epoch, segments).await?;
            }
            ClientEffect::Renew { hub_now, days } => {
                let clock = self.device_time(d);
                store.give_lease(hub_now, days, clock).await?;
                if let Some(desk) = self.desks.get_mut(d) {
                    desk.lease = Some(Counted { days, clock: clock.0, furthest: 0 });
                }
            }
            ClientEffect::KeepNewer(rows) => {
                let wanted = desk.of_tomorrow.take();
                let came = rows
                    .iter()
                    .any(|row| Some(row.id.as_slice()) == wanted.as_ref().map(|id| id.as_bytes().as_slice()));
                let count = rows.len();
                store.keep_newer(rows).await?;
                let (seen, _) = store.see().await?;
                if !came || seen.newer < count {
                    return broken(
                        "I13",
                        format!("{} does not keep what a newer version wrote", self.name(d)),
                    );
                }
            }
            ClientEffect::Adopt { epoch } => {
                tell!(self, "{} goes on in the hub's next run", self.name(d));
                store.adopt_epoch(epoch).await?;
                return self.stored(d).await.map(Some);
            }
            ClientEffect::Reset { epoch, last_n } => {
                tell!(self, "{} forgets its rows: the hub's history is another one", self.name(d));
                if epoch == self.oracle.epoch && continues {
                    return broken("rest", format!("{} starts over although nothing was lost", self.name(d)));
                }
                store.reset_for_epoch(epoch, last_n).await?;
                if let Some(desk) = self.desks.get_mut(d) {
                    desk.starts_over = true;
                }
                return self.stored(d).await.map(Some);
            }
        }
        Ok(None)
    }

    /// A device counts its lease, as it does every minute. Tells whether it shows nothing any more.
    pub async fn count_lease(&mut self, d: usize) -> Run<bool> {
        let clock = self.device_time(d);
        let Some(desk) = self.desks.get_mut(d) else { return Ok(false) };
        let Some(store) = desk.store().cloned().filter(|_| desk.jumped) else { return Ok(false) };
        if matches!(desk.status, Line::Online | Line::CatchingUp) {
            store.renew_lease(clock, 0).await?;
            if let Some(lease) = &mut desk.lease {
                (lease.clock, lease.furthest) = (clock.0, 0);
            }
            return Ok(false);
        }
        let locked = store.count_lease(clock, 0).await?;
        let over = desk.lease.as_mut().is_some_and(|lease| {
            lease.furthest = lease.furthest.max(clock.0 - lease.clock);
            lease.furthest >= i64::from(lease.days) * 86_400_000
        });
        match (over, locked) {
            (true, false) => {
                broken("I8", format!("the lease of {} is over, and it shows what it has", desk.name))
            }
            (false, true) => broken("I8", format!("{} shows nothing although its lease goes on", desk.name)),
            _ => Ok(locked),
        }
    }

    /// What was taken away is not in the log any more.
    fn wiped(&self, d: usize) -> Run {
        let Some(desk) = self.desks.get(d) else { return Ok(()) };
        let mut log = desk.path.as_os_str().to_owned();
        log.push("-wal");
        let bytes = std::fs::metadata(PathBuf::from(log)).map_or(0, |log| log.len());
        // A header, and the few pages in which the file notes that it is done.
        if bytes > 32 + 4 * (4_096 + 24) {
            return broken("I8", format!("{}: {bytes} bytes of log may hold what was erased", desk.name));
        }
        Ok(())
    }

    pub(crate) async fn stored(&mut self, d: usize) -> Run<ClientEvent> {
        let Some(desk) = self.desks.get_mut(d) else { return broken("sim", "no such installation") };
        let before = desk.state.clone();
        desk.look().await?;
        desk.takes_in_what_was_made_again(&self.oracle.outcomes).await?;
        let state = desk.state.clone();
        self.mark(b's', &state.cursor.to_le_bytes());
        self.kept(d, "stored what came from the hub")?;
        self.shows(d, &before)?;
        if let Some(desk) = self.desks.get_mut(d).filter(|desk| desk.state.cursor >= self.oracle.head) {
            desk.starts_over = false;
        }
        Ok(ClientEvent::Applied(state))
    }

    /// The line of an installation breaks; it notices at once.
    pub async fn lose(&mut self, d: usize) -> Run {
        let Some(desk) = self.desks.get_mut(d) else { return Ok(()) };
        if desk.line.take().is_none() && !std::mem::take(&mut desk.dialling) {
            return Ok(());
        }
        if let Some(desk) = self.desks.get_mut(d) {
            desk.fetching = None;
        }
        tell!(self, "{} loses its line", self.name(d));
        self.device_event(d, ClientEvent::Lost { message: "the line broke".to_owned() }).await
    }

    /// One frame, or the end of the line, reaches an installation. False when nothing did.
    pub async fn deliver_down(&mut self, d: usize) -> Run<bool> {
        let Some(desk) = self.desks.get_mut(d).filter(|desk| desk.open.is_some()) else { return Ok(false) };
        if desk.dialling {
            return self.dial(d).await;
        }
        let Some(line) = desk.line.filter(|_| desk.network) else { return Ok(false) };
        let Some(conn) = self.conns.get_mut(&line).filter(|conn| !conn.hole) else { return Ok(false) };
        let Some(next) = conn.down.pop_front() else { return self.fetch_on(d).await };
        let drained = conn.congested && conn.down.len() <= 1;
        if drained {
            conn.congested = false;
            self.drained(line).await?;
        }
        match next {
            Down::Frame(bytes) => {
                if self.conns.get(&line).is_some_and(|conn| conn.at_hub)
                    && let Some(desk) = self.desks.get(d)
                {
                    self.oracle.arrives(desk.identity.device, &bytes)?;
                }
                if self.newer.is_some() {
                    let bytes = frame_of_tomorrow();
                    self.device_event(d, ClientEvent::Received { bytes }).await?;
                }
                let bytes = self.in_transit_down(d, bytes);
                self.device_event(d, ClientEvent::Received { bytes }).await?;
            }
            Down::End => self.lose(d).await?,
        }
        Ok(true)
    }
}
