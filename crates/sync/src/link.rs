//! One joined program's link: drives the client core with a store, a line and a timer.

use crate::dial::{Dial, Door};
use crate::line::Line;
use crate::segments::{Ended, Fetching, FirstCatchUp, Wanted};
use domain::{ProgramId, Timestamp};
use protocol::bootstrap::End;
use protocol::client::{Client, ClientEffect, ClientEvent, Line as LineState, Status};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store::Store;
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What the sync page shows of a link. Times are milliseconds since 1970 by this device's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    /// Where the line stands.
    pub line: LineState,
    /// When the next attempt is made.
    pub retry_at: Option<i64>,
    /// When it was last known to be caught up: while the line is online, every sign of life counts, a few
    /// seconds apart.
    pub synced_at: Option<i64>,
    /// Why it is not online.
    pub message: Option<String>,
    /// Highest own mutation handed to the open line.
    pub sent: u64,
    /// How far a first catch-up is, while one is under way that says so.
    pub first: Option<FirstCatchUp>,
    /// Whether the lease is over: nothing is shown before the hub was met again.
    pub locked: bool,
}

/// What a link needs.
pub struct LinkOptions {
    /// The program's store.
    pub store: Store,
    /// Program.
    pub program: ProgramId,
    /// Base address of its hub.
    pub hub: String,
    /// How to reach it.
    pub dial: Dial,
    /// Start without connecting.
    pub work_offline: bool,
}

/// How often a lease is counted.
const COUNT_EVERY: Duration = Duration::from_secs(60);

/// Signs of life closer together than this are one, in milliseconds: each wakes the window.
const SIGNS_APART: i64 = 10_000;

/// Steps of a first catch-up are shown this far apart.
const STEPS_APART: Duration = Duration::from_millis(200);

enum Order {
    WorkOffline(bool),
    TryNow,
    Stop,
}

/// A running link. Dropping it stops it at the next await; [`Link::stop`] waits for that.
#[derive(Debug)]
pub struct Link {
    orders: mpsc::UnboundedSender<Order>,
    status: watch::Receiver<LinkStatus>,
    task: JoinHandle<()>,
}

impl Link {
    /// Starts driving a program's client.
    pub fn start(options: LinkOptions) -> Self {
        let (orders, order_end) = mpsc::unbounded_channel();
        let (status_end, status) = watch::channel(LinkStatus {
            line: if options.work_offline { LineState::WorkingOffline } else { LineState::Offline },
            retry_at: None,
            synced_at: None,
            message: None,
            sent: 0,
            first: None,
            locked: options.store.is_locked(),
        });
        let task = tokio::spawn(Driver::run(options, order_end, status_end));
        Self { orders, status, task }
    }

    /// Where the line stands, now and whenever it changes.
    pub fn status(&self) -> watch::Receiver<LinkStatus> {
        self.status.clone()
    }

    /// Goes off the network, or back on.
    pub fn work_offline(&self, on: bool) {
        let _ = self.orders.send(Order::WorkOffline(on));
    }

    /// Tries to connect at once.
    pub fn try_now(&self) {
        let _ = self.orders.send(Order::TryNow);
    }

    /// Hangs up and waits until nothing touches the store any more.
    pub async fn stop(self) {
        let _ = self.orders.send(Order::Stop);
        let _ = self.task.await;
    }
}

type Connecting = Pin<Box<dyn Future<Output = Result<Line, crate::DialError>> + Send>>;

struct Driver {
    options: LinkOptions,
    client: Client,
    began: Instant,
    events: VecDeque<ClientEvent>,
    line: Option<Line>,
    connecting: Option<Connecting>,
    timer: Option<Instant>,
    segments: Option<Fetching>,
    status: watch::Sender<LinkStatus>,
    /// When the lease was counted last.
    counted: Instant,
}

impl Driver {
    async fn run(
        options: LinkOptions,
        mut orders: mpsc::UnboundedReceiver<Order>,
        status: watch::Sender<LinkStatus>,
    ) {
        let mut seed = [0; 8];
        // Without randomness the pauses are merely regular.
        let _ = getrandom::fill(&mut seed);
        let identity = options.store.identity();
        let client = Client::new(
            options.program,
            identity.device,
            identity.device_key.clone(),
            options.work_offline,
            u64::from_le_bytes(seed),
        );
        let mut changes = options.store.changes();
        let mut driver = Self {
            options,
            client,
            began: Instant::now(),
            events: VecDeque::new(),
            line: None,
            connecting: None,
            timer: None,
            segments: None,
            status,
            counted: Instant::now(),
        };
        match driver.options.store.sync_state().await {
            Ok(state) => driver.events.push_back(ClientEvent::Loaded(state)),
            Err(error) => {
                tracing::error!(%error, "the store cannot be read, this program stays offline");
                return;
            }
        }
        let mut counting = tokio::time::interval(COUNT_EVERY);
        counting.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            while let Some(event) = driver.events.pop_front() {
                driver.take(event).await;
            }
            let alive = driver.line.as_ref().map(Line::alive);
            let progress = driver.segments.as_ref().map(Fetching::progress);
            let shown = driver.shown_first();
            tokio::select! {
                ended = fetched(&mut driver.segments) => driver.segments_ended(ended).await,
                () = further(progress, shown) => driver.show_first(),
                order = orders.recv() => match order {
                    Some(Order::WorkOffline(on)) => driver.events.push_back(ClientEvent::WorkOffline(on)),
                    Some(Order::TryNow) => driver.events.push_back(ClientEvent::TryNow),
                    Some(Order::Stop) | None => return,
                },
                change = changes.recv() => match change {
                    Ok(change) if !change.sync => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        driver.events.push_back(ClientEvent::Queued);
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                opened = pending(&mut driver.connecting) => {
                    driver.connecting = None;
                    driver.events.push_back(match opened {
                        Ok(line) => {
                            driver.line = Some(line);
                            ClientEvent::Opened
                        }
                        Err(error) => ClientEvent::Lost { message: error.to_string() },
                    });
                }
                () = heard(alive) => driver.note_life(),
                received = receive(&mut driver.line) => driver.events.push_back(match received {
                    Ok(bytes) => ClientEvent::Received { bytes },
                    Err(message) => {
                        driver.line = None;
                        driver.segments = None;
                        driver.show_first();
                        ClientEvent::Lost { message }
                    }
                }),
                _ = counting.tick() => driver.count_lease().await,
                () = until(driver.timer) => {
                    driver.timer = None;
                    driver.events.push_back(ClientEvent::Timer);
                }
            }
        }
    }

    /// Runs one event through the client and carries out what it asks for. Answers of effects are the
    /// next events, before anything from outside.
    async fn take(&mut self, event: ClientEvent) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut answers = VecDeque::new();
        for effect in self.client.step(now, event) {
            if let Some(answer) = self.carry_out(effect).await {
                answers.push_back(answer);
            }
        }
        while let Some(answer) = answers.pop_back() {
            self.events.push_front(answer);
        }
        let sent = self.client.sent();
        self.status.send_if_modified(|status| std::mem::replace(&mut status.sent, sent) != sent);
    }

    async fn carry_out(&mut self, effect: ClientEffect) -> Option<ClientEvent> {
        let store = &self.options.store;
        let answered = match effect {
            ClientEffect::Connect => {
                let (dial, hub) = (self.options.dial.clone(), self.options.hub.clone());
                let door = Door::Program(self.options.program);
                self.connecting = Some(Box::pin(async move { dial.open(&hub, door).await }));
                return None;
            }
            ClientEffect::Send { bytes } => {
                if let Some(line) = &self.line {
                    line.send(bytes);
                }
                return None;
            }
            ClientEffect::HangUp => {
                self.line = None;
                self.connecting = None;
                self.segments = None;
                self.show_first();
                return None;
            }
            ClientEffect::FetchSegments { epoch, segments } => {
                tracing::info!(segments = segments.list.len(), "fetching segments");
                self.segments = Some(Fetching::start(Wanted {
                    store: store.clone(),
                    dial: self.options.dial.clone(),
                    hub: self.options.hub.clone(),
                    program: self.options.program,
                    epoch,
                    segments,
                }));
                return None;
            }
            ClientEffect::Timer { at } => {
                self.timer = Some(self.began + Duration::from_millis(at));
                return None;
            }
            ClientEffect::Status(status) => {
                self.tell(status);
                return None;
            }
            ClientEffect::ReadOutbox { after, items, bytes } => {
                store.outbox_after(after, items, bytes).await.map(ClientEvent::OutboxRead)
            }
            ClientEffect::CheckChain(chain) => store.continues(chain).await.map(ClientEvent::ChainChecked),
            ClientEffect::Apply { epoch, delta } => match store.apply_delta(epoch, delta).await {
                Ok(_) => store.sync_state().await.map(ClientEvent::Applied),
                Err(error) => Err(error),
            },
            ClientEffect::Renew { hub_now, days } => {
                let given = store.give_lease(hub_now, days, Timestamp(wall())).await;
                self.counted = Instant::now();
                self.tell_lock();
                match given {
                    Ok(()) => return None,
                    Err(error) => Err(error),
                }
            }
            ClientEffect::KeepNewer(rows) => match store.keep_newer(rows).await {
                Ok(()) => return None,
                Err(error) => Err(error),
            },
            ClientEffect::Adopt { epoch } => match store.adopt_epoch(epoch).await {
                Ok(_) => store.sync_state().await.map(ClientEvent::Applied),
                Err(error) => Err(error),
            },
            ClientEffect::Reset { epoch, last_n } => match store.reset_for_epoch(epoch, last_n).await {
                Ok(_) => store.sync_state().await.map(ClientEvent::Applied),
                Err(error) => Err(error),
            },
        };
        Some(answered.unwrap_or_else(|error| {
            tracing::warn!(%error, "the store refused what came from the hub");
            ClientEvent::StoreFailed { message: error.to_string() }
        }))
    }

    async fn segments_ended(&mut self, ended: Ended) {
        let Some(Fetching { epoch, .. }) = self.segments.as_ref() else { return };
        let (store, epoch) = (&self.options.store, *epoch);
        let event = match ended {
            // Here and not where they are fetched, which may be stopped at any moment: the client has to
            // know of the new cursor before it says the next hello.
            Ended::By(End::Complete) => {
                let finished = match store.finish_segments(epoch).await {
                    Ok(_) => store.sync_state().await,
                    Err(error) => Err(error),
                };
                match finished {
                    Ok(state) => ClientEvent::SegmentsEnded(End::Complete, Some(state)),
                    Err(error) => ClientEvent::StoreFailed { message: error.to_string() },
                }
            }
            Ended::By(end) => {
                tracing::info!(?end, "fetching segments ended");
                ClientEvent::SegmentsEnded(end, None)
            }
            Ended::Store(error) => {
                tracing::warn!(%error, "the store refused a segment");
                ClientEvent::StoreFailed { message: error.to_string() }
            }
        };
        self.segments = None;
        self.show_first();
        self.events.push_back(event);
    }

    fn shown_first(&self) -> Option<FirstCatchUp> {
        self.status.borrow().first
    }

    /// Shows how far a first catch-up is, or that none is under way.
    fn show_first(&self) {
        let first = self.segments.as_ref().and_then(|segments| *segments.progress().borrow());
        self.status.send_if_modified(|shown| std::mem::replace(&mut shown.first, first) != first);
    }

    /// Time has passed: with the hub there the lease begins anew, without it is counted.
    async fn count_lease(&mut self) {
        let ran = u64::try_from(self.counted.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.counted = Instant::now();
        let (store, clock) = (&self.options.store, Timestamp(wall()));
        let met = matches!(self.status.borrow().line, LineState::Online | LineState::CatchingUp);
        let online = self.line.is_some() && met;
        let counted = match online {
            true => store.renew_lease(clock, ran).await,
            false => store.count_lease(clock, ran).await.map(drop),
        };
        if let Err(error) = counted {
            tracing::warn!(%error, "the lease could not be noted");
        }
        self.tell_lock();
    }

    fn tell_lock(&self) {
        let locked = self.options.store.is_locked();
        self.status.send_if_modified(|shown| std::mem::replace(&mut shown.locked, locked) != locked);
    }

    /// The hub is there and has sent nothing new, so what is here is still all there is.
    fn note_life(&self) {
        let wall = wall();
        self.status.send_if_modified(|shown| {
            let news = shown.line == LineState::Online
                && shown.synced_at.is_none_or(|before| wall - before >= SIGNS_APART);
            if news {
                shown.synced_at = Some(wall);
            }
            news
        });
    }

    fn tell(&self, status: Status) {
        let wall = wall();
        let elapsed = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        tracing::info!(line = ?status.line, message = status.message.as_deref(), "link");
        self.status.send_modify(|shown| {
            shown.line = status.line;
            shown.message = status.message;
            shown.retry_at = status
                .retry_at
                .map(|at| wall + i64::try_from(at).unwrap_or(i64::MAX).saturating_sub(elapsed));
            if status.caught_up {
                shown.synced_at = Some(wall);
            }
        });
    }
}

/// Milliseconds since 1970 by this device's clock.
fn wall() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

async fn heard(alive: Option<Arc<Notify>>) {
    match alive {
        Some(alive) => alive.notified().await,
        None => std::future::pending().await,
    }
}

async fn pending(connecting: &mut Option<Connecting>) -> Result<Line, crate::DialError> {
    match connecting {
        Some(connecting) => connecting.await,
        None => std::future::pending().await,
    }
}

async fn receive(line: &mut Option<Line>) -> Result<Vec<u8>, String> {
    match line {
        Some(line) => line.receive().await,
        None => std::future::pending().await,
    }
}

async fn fetched(segments: &mut Option<Fetching>) -> Ended {
    match segments {
        Some(segments) => segments.ended().await,
        None => std::future::pending().await,
    }
}

/// Waits until a first catch-up is further than what is shown, a little at least: each step wakes the
/// window.
async fn further(progress: Option<watch::Receiver<Option<FirstCatchUp>>>, shown: Option<FirstCatchUp>) {
    let Some(mut progress) = progress else { return std::future::pending().await };
    if shown.is_some() {
        tokio::time::sleep(STEPS_APART).await;
    }
    if progress.wait_for(|now| *now != shown).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn until(timer: Option<Instant>) {
    match timer {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
