//! Many connections: B6 that say nothing; B10 that all come back at once; B12 after an update.

use crate::Rounds;
use crate::line::{Better, Line};
use crate::peers::{Nats, Peer};
use anyhow::{Context as _, Result, ensure};
use bench::chance::Chance;
use bench::figures::ms;
use bench::hub::Hub;
use bench::raw::{Bytes, Device, Who};
use bench::world::{Size, Small, World, message, now, register};
use domain::{DealId, Timestamp};
use protocol::frame::Delta;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Connections opened at a time.
const AT_A_TIME: usize = 50;
/// Scopes of each device besides its own.
const SCOPES: usize = 100;
/// What a peer is given; its clients are heavy.
const PEER_SOCKETS: usize = 2_000;
const SILENT: Duration = Duration::from_secs(60);

/// B6. Each connection has a device of its own: a hub keeps one line of a device, the newest.
pub async fn idle(rounds: Rounds) -> Result<Vec<Line>> {
    let sockets = rounds.scaled(10_000);
    let folder = tempfile::tempdir_in(bench::world::data_folder())?;
    let hub = Hub::start(folder.path(), false).await?;
    let small = Small::found(&hub, 1, sockets + 200).await?;
    let (first, others) = small.people.split_first().context("nobody")?;
    let mut first = Device::sign_in(hub.address, first.clone(), (0, 0), |_| {}).await?;
    let mut chance = Chance::new(1, "idle");
    for n in 0..SCOPES {
        let room: DealId = chance.id(now());
        first.run(register(&mut chance, room, &format!("customer-{n}.nl")), Timestamp(now())).await?;
    }
    let at = (first.epoch, first.cursor);
    drop(first);
    // What the hub allocates once is allocated before.
    let (warm, measured) = others.split_at(199);
    let warmed = open(hub.address, warm, at).await?;
    let before = hub.process.memory()?;
    let held = open(hub.address, measured, at).await?;
    let after = hub.process.memory()?;
    let each = after.saturating_sub(before) as f64 / measured.len() as f64 / 1_024.0;
    let (sent, work, began) = (held.bytes(), hub.process.processor()?, Instant::now());
    tokio::time::sleep(SILENT).await;
    let share = (hub.process.processor()? - work).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    let rate = (held.bytes() - sent) as f64 / began.elapsed().as_secs_f64() / measured.len() as f64;
    let left = held.end().await? + warmed.end().await?;
    ensure!(left == measured.len() + warm.len(), "{left} of {sockets} are left");
    hub.process.kill().await?;
    let (nats, hocus) = (nats_idle(&rounds).await?, hocuspocus_idle(&rounds).await?);
    let line = |what: String, unit| Line::new("B6", what, unit, Better::Less);
    Ok(vec![
        line(format!("memory of an idle connection, {sockets} of them with {SCOPES} deals each"), "KB")
            .ours(vec![each])
            .peer(format!("NATS, {sockets}"), nats)
            .limit(10.0),
        line("the same".to_owned(), "KB").ours(vec![each]).peer(format!("Hocuspocus, {PEER_SOCKETS}"), hocus),
        line(format!("processor time of the hub while {sockets} are idle"), "%").ours(vec![share]).limit(0.5),
        Line::new("B8", "bytes of an idle connection, both ways", "a second", Better::Less)
            .ours(vec![rate])
            .limit(2.0),
    ])
}

/// Connections that are read, so that pings are answered: a hub gives up who is silent for 75 seconds.
struct Held {
    tasks: Vec<JoinHandle<Result<()>>>,
    bytes: Vec<Arc<Bytes>>,
    stop: watch::Sender<bool>,
}

impl Held {
    /// Bytes of all of them so far.
    fn bytes(&self) -> u64 {
        self.bytes.iter().map(|bytes| bytes.up.load(Relaxed) + bytes.down.load(Relaxed)).sum()
    }

    /// Ends them; how many were still open.
    async fn end(self) -> Result<usize> {
        self.stop.send_replace(true);
        let (mut open, mut lost) = (0, Vec::new());
        for task in self.tasks {
            match task.await? {
                Ok(()) => open += 1,
                Err(error) => lost.push(error.to_string()),
            }
        }
        if let Some(why) = lost.first() {
            bench::say(&format!("{} connections were lost, the first because {why}", lost.len()));
        }
        Ok(open)
    }
}

/// Opens a connection for each, all of which have everything up to `at`.
async fn open(address: SocketAddr, people: &[Who], at: (u64, u64)) -> Result<Held> {
    let (stop, stopped) = watch::channel(false);
    let mut held = Held { tasks: Vec::with_capacity(people.len()), bytes: Vec::new(), stop };
    for some in people.chunks(AT_A_TIME) {
        let mut opening = JoinSet::new();
        for who in some.iter().cloned() {
            opening.spawn(async move {
                let (mut device, _) = Device::greet(address, who, at).await?;
                // The delta that says that there is nothing more.
                device.delta(&mut |_| {}).await?;
                anyhow::Ok(device)
            });
        }
        while let Some(opened) = opening.join_next().await {
            let mut device = opened??;
            held.bytes.push(Arc::clone(&device.wire.bytes));
            let mut stopped = stopped.clone();
            held.tasks.push(tokio::spawn(async move {
                let mut heed = |_: &Delta| {};
                loop {
                    tokio::select! {
                        _ = stopped.changed() => return Ok(()),
                        heard = device.delta(&mut heed) => heard?,
                    }
                }
            }));
        }
    }
    Ok(held)
}

async fn nats_idle(rounds: &Rounds) -> Result<Vec<f64>> {
    let Some(nats) = rounds.peer("NATS", Nats::start().await) else { return Ok(Vec::new()) };
    let subjects: String = (0..SCOPES).map(|n| format!("SUB deal.{n} {n}\r\n")).collect();
    let _warm = nats.connect(&subjects).await?;
    let before = nats.server.memory()?;
    let mut open = Vec::new();
    let sockets = rounds.scaled(10_000);
    for _ in 0..sockets {
        open.push(nats.connect(&subjects).await?);
    }
    Ok(vec![nats.server.memory()?.saturating_sub(before) as f64 / sockets as f64 / 1_024.0])
}

async fn hocuspocus_idle(rounds: &Rounds) -> Result<Vec<f64>> {
    let Some(peer) = rounds.peer("Hocuspocus", Peer::hocuspocus().await) else { return Ok(Vec::new()) };
    let warm = peer.hold(100).await?;
    let before = peer.server.memory()?;
    let sockets = rounds.scaled(PEER_SOCKETS);
    let held = peer.hold(sockets).await?;
    let each = peer.server.memory()?.saturating_sub(before) as f64 / sockets as f64 / 1_024.0;
    warm.kill().await?;
    held.kill().await?;
    Ok(vec![each])
}

/// B10 on W0: the hub dies, and everybody of all partners comes back with 20 changes to fetch.
pub async fn storm(rounds: Rounds) -> Result<Vec<Line>> {
    let world = World::new(Size::w0(rounds.thousandths));
    let folder = world.copy().await?;
    let world = world.heard();
    let mut hub = Hub::start(folder.path(), true).await?;
    let (mut times, mut memory, mut over) = (vec![], vec![], vec![]);
    for round in 0..rounds.many.min(3) {
        let (scout, head) =
            Device::greet(hub.address, world.people.last().context("nobody")?.clone(), (0, 0)).await?;
        let at = (scout.epoch, head);
        drop(scout);
        // They are connected, then they are gone, and life goes on.
        open(hub.address, &world.people, at).await?.end().await?;
        let began = now();
        for (n, partner) in world.people.chunks(world.size.people_each).enumerate() {
            let who = partner.first().context("a person")?.clone();
            let (rooms, _) = world.work_of(n * world.size.people_each);
            let room = *rooms.first().context("a deal")?;
            let (mut device, _) = Device::greet(hub.address, who, at).await?;
            let mut chance = Chance::new(u64::try_from(began)?, &format!("missed {round} {n}"));
            let sealed =
                (0..20).map(|_| device.seal(message(&mut chance, room, 80, now()), Timestamp(now())));
            let sealed: Vec<_> = sealed.collect();
            device.push_all(sealed, 64).await?;
        }
        hub = hub.killed_and_started().await?;
        let began = Instant::now();
        let mut coming = JoinSet::new();
        for (n, who) in world.people.iter().cloned().enumerate() {
            let address = hub.address;
            coming.spawn(async move { come_back(address, who, at, n as u64).await });
        }
        let mut full = 0;
        while let Some(came) = coming.join_next().await {
            full += usize::from(came??);
        }
        times.push(ms(began.elapsed()) / 1_000.0);
        memory.push(hub.process.memory()? as f64 / 1_048_576.0);
        over.push(full as f64);
    }
    hub.process.kill().await?;
    let people = world.people.len();
    let line = |what: String, unit| Line::new("B10", what, unit, Better::Less);
    Ok(vec![
        line(format!("hub killed: {people} devices with 500 deals each come back and fetch 20 changes"), "s")
            .ours(times)
            .limit(6.0),
        line("memory of the hub then".to_owned(), "MB").ours(memory).limit(300.0),
        line("of them that had to start over".to_owned(), "devices").ours(over).limit(0.0),
    ])
}

/// Tries as the product does until it is let in, and waits for what it missed. Whether it had to start over.
async fn come_back(address: SocketAddr, who: Who, at: (u64, u64), seed: u64) -> Result<bool> {
    let mut chance = Chance::new(seed, "pauses");
    // The pause of the client machine after a line was lost: from a quarter of 250 ms up to it.
    let mut limit = 250;
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_millis(limit / 4 + chance.below(limit - limit / 4))).await;
        limit = (limit * 2).min(30_000);
        match Device::greet(address, who.clone(), at).await {
            Ok((mut device, head)) => {
                let mut missed = 0;
                while device.cursor < head {
                    device.delta(&mut |delta| missed += delta.rows.len()).await?;
                }
                ensure!(missed >= 20, "{missed} changes came");
                return Ok(missed > 500);
            }
            Err(error) if error.to_string().contains("start over") => return Ok(true),
            Err(_) => {}
        }
    }
    anyhow::bail!("the hub does not let it in")
}

/// B12: the hub is replaced while a device holds all of W0; nothing of it has changed.
pub async fn column(rounds: Rounds) -> Result<Vec<Line>> {
    let world = World::new(Size::w0(rounds.thousandths));
    let folder = world.copy().await?;
    let world = world.heard();
    let mut hub = Hub::start(folder.path(), true).await?;
    let (mut bytes, mut times) = (vec![], vec![]);
    for _ in 0..rounds.many {
        let (bob, head) = Device::greet(hub.address, world.bob.clone(), (0, 0)).await?;
        let at = (bob.epoch, head);
        drop(bob);
        hub = hub.restarted().await?;
        let began = Instant::now();
        let (mut device, _) = Device::greet(hub.address, world.bob.clone(), at).await?;
        device.delta(&mut |_| {}).await?;
        times.push(ms(began.elapsed()));
        bytes.push((device.wire.bytes.up.load(Relaxed) + device.wire.bytes.down.load(Relaxed)) as f64);
    }
    hub.process.kill().await?;
    Ok(vec![
        Line::new(
            "B12",
            "updated hub: all bytes of a device that holds W0 until it is caught up",
            "bytes",
            Better::Less,
        )
        .ours(bytes)
        .limit(1_024.0)
        .note("a new field that may be absent changes no stored row"),
        Line::new("B12", "time of the same, vendor's device with all deals", "ms", Better::Less).ours(times),
    ])
}
