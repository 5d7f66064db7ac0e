//! The first catch-up of a device that has nothing: B1 of a vendor's administrator, B2 of a partner's
//! person, and B15, what the person writes meanwhile. The device is the product's store and link with a
//! file that is encrypted and synced.
//!
//! *Usable*: the list of deals has its first window and one of its rooms opens. The segments of the
//! organization were made for an earlier device, except where the line says otherwise.

use crate::Rounds;
use crate::line::{Better, Line};
use crate::peers::{Peer, numbers};
use crate::person::Person;
use anyhow::{Context as _, Result, ensure};
use bench::figures::{ms, percentile};
use bench::hub::{Hub, PATIENCE};
use bench::raw::Who;
use bench::world::{Size, World, new_devices, now};
use domain::mutation::MessageSend;
use domain::{DealId, MessageId, RowKey, Timestamp};
use std::time::{Duration, Instant};
use store::Store;
use store::query::{deals, room};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Between two messages that are written while segments come.
const APART: Duration = Duration::from_millis(20);

/// What one first catch-up came to.
struct First {
    usable: Duration,
    complete: Duration,
    rows: u64,
    bytes: u64,
    /// Most memory of this process meanwhile, bytes.
    memory: u64,
    /// From the call that writes until the window is told, milliseconds.
    writes: Vec<f64>,
}

/// B1 and B15.
pub async fn vendor(rounds: Rounds) -> Result<Vec<Line>> {
    let world = World::new(Size::w0(rounds.thousandths)).heard();
    let folder = world.copy().await?;
    let hub = Hub::start(folder.path(), true).await?;
    let devices = new_devices(&hub, &world.bob, 1 + 2 * rounds.many).await?;
    let (first, others) = devices.split_first().context("no device")?;
    let made = catch_up(&hub, first, false).await?;
    let (mut seconds, mut rate, mut memory, mut usable) = (vec![], vec![], vec![], vec![]);
    let mut writes = Vec::new();
    let mut sizes = (0, 0);
    for pair in others.chunks_exact(2) {
        let [one, other] = pair else { continue };
        let first = catch_up(&hub, one, false).await?;
        seconds.push(first.complete.as_secs_f64());
        rate.push(first.rows as f64 / first.complete.as_secs_f64());
        memory.push(first.memory as f64 / 1e6);
        usable.push(ms(first.usable));
        sizes = (first.rows, first.bytes);
        let mut first = catch_up(&hub, other, true).await?;
        writes.push(percentile(&mut first.writes, 99));
    }
    hub.process.kill().await?;
    let pouch = cold(rounds.peer("PouchDB", Peer::pouchdb().await), rounds.scaled(20_000)).await?;
    let zero = cold(rounds.peer("Zero", Peer::zero().await), rounds.scaled(100_000)).await?;
    let of = format!("{} rows, {:.0} MB packed", sizes.0, sizes.1 as f64 / 1e6);
    let line = |bar, what: &str, unit, better| Line::new(bar, what, unit, better);
    Ok(vec![
        line("B1", "first catch-up of a vendor's device", "rows/s", Better::More)
            .ours(rate.clone())
            .peer("Zero (memory), 100,000 rows", zero)
            .limit(100_000.0)
            .times(12.0)
            .note(of),
        line("B1", "the same", "rows/s", Better::More).ours(rate).peer("PouchDB, 20,000 documents", pouch),
        line("B1", "until all is there", "s", Better::Less).ours(seconds).limit(11.0),
        line("B1", "memory of the device at most", "MB", Better::Less).ours(memory).limit(250.0),
        line("B1", "until it can be used", "ms", Better::Less).ours(usable),
        line("B1", "the very first device, segments not made yet", "s", Better::Less)
            .ours(vec![made.complete.as_secs_f64()]),
        line("B15", "own write until the window is told, p99, meanwhile", "ms", Better::Less)
            .ours(writes)
            .limit(16.0),
    ])
}

/// B2: 5,000 deals and 50,000 messages.
pub async fn partner(rounds: Rounds) -> Result<Vec<Line>> {
    let size = Size {
        partners: 1,
        people_each: 10,
        deals: rounds.scaled(500),
        messages: rounds.scaled(5_000),
        milestones: 0,
    };
    let world = World::new(size).heard();
    let folder = world.copy().await?;
    let hub = Hub::start(folder.path(), true).await?;
    let who = world.people.first().context("nobody")?;
    let devices = new_devices(&hub, who, 1 + rounds.many).await?;
    let (first, others) = devices.split_first().context("no device")?;
    let made = catch_up(&hub, first, false).await?;
    let (mut usable, mut complete, mut rows) = (vec![], vec![], 0);
    for device in others {
        let first = catch_up(&hub, device, false).await?;
        usable.push(ms(first.usable));
        complete.push(ms(first.complete));
        rows = first.rows;
    }
    hub.process.kill().await?;
    Ok(vec![
        Line::new("B2", "first run of a partner's person: usable", "ms", Better::Less)
            .ours(usable)
            .limit(400.0),
        Line::new("B2", "complete", "ms", Better::Less)
            .ours(complete)
            .limit(1_000.0)
            .note(format!("{rows} rows in segments")),
        Line::new("B2", "the very first device, segments not made yet: complete", "ms", Better::Less)
            .ours(vec![ms(made.complete)]),
    ])
}

/// Rows a second of a peer's client that has nothing.
async fn cold(peer: Option<Peer>, rows: usize) -> Result<Vec<f64>> {
    match peer {
        Some(peer) => numbers(&peer.measure("cold", &[rows]).await?, "per_second"),
        None => Ok(Vec::new()),
    }
}

async fn catch_up(hub: &Hub, who: &Who, writes: bool) -> Result<First> {
    forget_peak();
    let began = Instant::now();
    let person = Person::start(&hub.base(), who.clone()).await?;
    let (mut rows, mut bytes) = (0, 0);
    let mut status = person.link.status();
    let watching = tokio::spawn(async move {
        while status.changed().await.is_ok() {
            if let Some(first) = status.borrow_and_update().first {
                (rows, bytes) = (first.progress.rows_total, first.progress.bytes_total);
            }
        }
        (rows, bytes)
    });
    let deal = usable(&person.store).await?;
    let usable = began.elapsed();
    let (stop, stopped) = oneshot::channel();
    let writing = writes.then(|| tokio::spawn(write_on(person.store.clone(), deal, stopped)));
    person.online().await?;
    let complete = began.elapsed();
    let memory = peak();
    // Whoever does not write has gone already.
    let _ = stop.send(());
    let writes = match writing {
        Some(writing) => writing.await??,
        None => Vec::new(),
    };
    person.stop().await?;
    let (rows, bytes) = watching.await?;
    Ok(First { usable, complete, rows, bytes, memory, writes })
}

/// Waits for the first window of deals and the room of one of them.
async fn usable(store: &Store) -> Result<DealId> {
    let mut changes = store.changes();
    let began = Instant::now();
    loop {
        ensure!(began.elapsed() < PATIENCE, "nothing comes");
        let window = deals::window(store, &deals::Filter::default(), deals::Sort::default(), 0, 50).await?;
        if let Some(line) = window.rows.first() {
            room::window(store, line.id, None, 50).await?;
            return Ok(line.id);
        }
        let _ = tokio::time::timeout(Duration::from_millis(20), changes.recv()).await;
    }
}

/// Writes messages until it is stopped, and answers how long each took to come up on the feed, milliseconds.
async fn write_on(store: Store, deal: DealId, mut stopped: oneshot::Receiver<()>) -> Result<Vec<f64>> {
    let mut writes = Vec::new();
    while stopped.try_recv() == Err(oneshot::error::TryRecvError::Empty) {
        let message = MessageId(Uuid::now_v7());
        let key = RowKey::of::<domain::entity::Message>(message);
        let mut changes = store.changes();
        let began = Instant::now();
        let say = MessageSend { message, deal, body: "Meanwhile, on the train".to_owned(), reply_to: None };
        store.commit(say, Timestamp(now())).await?;
        while !changes.recv().await.is_ok_and(|change| change.keys.contains(&key)) {}
        writes.push(ms(began.elapsed()));
        tokio::time::sleep(APART).await;
    }
    Ok(writes)
}

/// Begins to note the most memory of this process anew.
fn forget_peak() {
    // Where it cannot be done, the figure is that of all of the run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1_024
}
