//! Talk: B4 one to one, with both files written; B5 one to many; B8 bytes.

use crate::Rounds;
use crate::line::{Better, Line};
use crate::peers::{Nats, Peer, numbers};
use crate::person::Person;
use anyhow::{Context as _, Result};
use bench::chance::Chance;
use bench::figures::{ms, percentile};
use bench::hub::Hub;
use bench::raw::Device;
use bench::world::{Small, message, now, register};
use domain::{DealId, RowKey, Table, Timestamp};
use protocol::frame::Delta;
use std::io::Write as _;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::io::copy;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Messages of a round.
const MESSAGES: usize = 300;

/// B4: milliseconds from the writer's action to the reader's committed copy.
pub async fn one_to_one(rounds: Rounds) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(bench::world::data_folder())?;
    let hub = Hub::start(folder.path(), false).await?;
    let small = Small::found(&hub, 1, 2).await?;
    let (alice, ben, room) = two_of(&hub.base(), &small).await?;
    let (mut ours, mut own, mut pouch, mut hocus, mut nats) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut synced, mut zeros) = (vec![], vec![]);
    let peer = rounds.peer("PouchDB", Peer::pouchdb().await);
    let zero = rounds.peer("Zero", Peer::zero().await);
    let memory = rounds.peer("Hocuspocus", Peer::hocuspocus().await);
    let floor = rounds.peer("NATS", Nats::start().await);
    for _ in 0..rounds.many {
        let (all, first) = talk(&alice, &ben, room, MESSAGES).await?;
        ours.push(all);
        own.push(first);
        synced.push(synced_writes(MESSAGES)?);
        if let Some(peer) = &peer {
            pouch.push(numbers(&peer.measure("chat", &[MESSAGES / 2]).await?, "ms")?);
        }
        if let Some(zero) = &zero {
            zeros.push(numbers(&zero.measure("chat", &[MESSAGES / 2]).await?, "ms")?);
        }
        if let Some(memory) = &memory {
            hocus.push(numbers(&memory.measure("chat", &[MESSAGES]).await?, "ms")?);
        }
        if let Some(floor) = &floor {
            nats.push(floor.chat(MESSAGES).await?);
        }
    }
    alice.stop().await?;
    ben.stop().await?;
    let at = |of: &mut Vec<Vec<f64>>, percent| -> Vec<f64> {
        of.iter_mut().map(|round| percentile(round, percent)).collect()
    };
    let line = |percent: usize| {
        Line::new("B4", format!("chat, durable on both devices and the hub, p{percent}"), "ms", Better::Less)
    };
    Ok(vec![
        line(50).ours(at(&mut ours, 50)).peer("PouchDB", at(&mut pouch, 50)).limit(3.0).times(7.0),
        line(99).ours(at(&mut ours, 99)).peer("PouchDB", at(&mut pouch, 99)).limit(15.0).times(13.0),
        line(50)
            .ours(at(&mut ours, 50))
            .peer("Zero", at(&mut zeros, 50))
            .note("durable in its PostgreSQL; its clients keep nothing"),
        line(99).ours(at(&mut ours, 99)).peer("Zero", at(&mut zeros, 99)),
        line(50)
            .ours(at(&mut ours, 50))
            .peer("Hocuspocus (memory)", at(&mut hocus, 50))
            .times(1.0 / 3.0)
            .note("theirs keeps nothing"),
        line(50).ours(at(&mut ours, 50)).peer("NATS (memory)", at(&mut nats, 50)).note("a floor"),
        line(50)
            .ours(at(&mut ours, 50))
            .peer("three synced writes", at(&mut synced, 50))
            .note("a floor: what the disk alone takes"),
        Line::new("B4", "of it until the writer's own file has it, p50", "ms", Better::Less)
            .ours(at(&mut own, 50)),
    ])
}

/// Two colleagues with everything, and a deal of theirs.
async fn two_of(hub: &str, small: &Small) -> Result<(Person, Person, DealId)> {
    let [one, other] = small.people.as_slice() else { anyhow::bail!("two people") };
    let alice = Person::caught_up(hub, one.clone()).await?;
    let mut chance = Chance::new(u64::try_from(now())?, "room");
    let room: DealId = chance.id(now());
    alice.act_and_hear(register(&mut chance, room, "polder-port.nl")).await?;
    let ben = Person::caught_up(hub, other.clone()).await?;
    let here = ben.store.entity::<domain::entity::Deal>(room).await?;
    here.context("the deal has not arrived")?;
    Ok((alice, ben, room))
}

/// How long messages took to be in the reader's file, and in the writer's own, milliseconds.
async fn talk(alice: &Person, ben: &Person, room: DealId, many: usize) -> Result<(Vec<f64>, Vec<f64>)> {
    let mut chance = Chance::new(u64::try_from(now())?, "talk");
    let mut changes = ben.store.changes();
    let (mut times, mut own) = (Vec::with_capacity(many), Vec::with_capacity(many));
    for n in 0..many + 20 {
        let domain::Mutation::MessageSend(next) = message(&mut chance, room, 60, now()) else { continue };
        let key = RowKey { table: Table::Messages, id: next.message.0 };
        let began = Instant::now();
        alice.act(next).await?;
        let here = began.elapsed();
        while !changes.recv().await?.keys.contains(&key) {}
        if n >= 20 {
            times.push(ms(began.elapsed()));
            own.push(ms(here));
        }
    }
    Ok((times, own))
}

/// How long three writes of a page took that were synced one after the other, each to a file of its own, milliseconds.
fn synced_writes(many: usize) -> Result<Vec<f64>> {
    let folder = tempfile::tempdir_in(bench::world::data_folder())?;
    let mut files = Vec::new();
    for name in ["writer", "hub", "reader"] {
        files.push(std::fs::File::create(folder.path().join(name))?);
    }
    let mut times = Vec::with_capacity(many);
    for _ in 0..many {
        let began = Instant::now();
        for file in &mut files {
            file.write_all(&[7; 4_096])?;
            file.sync_data()?;
        }
        times.push(ms(began.elapsed()));
    }
    Ok(times)
}

/// B5: milliseconds from a message to each of many sockets that may see it.
pub async fn one_to_many(rounds: Rounds) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (readers, limit) in [(200, 30.0), (1_000, 120.0)] {
        let folder = tempfile::tempdir_in(bench::world::data_folder())?;
        let hub = Hub::start(folder.path(), false).await?;
        let small = Small::found(&hub, 1, readers + 1).await?;
        let (alice, others) = small.people.split_first().context("nobody")?;
        let mut alice = Device::sign_in(hub.address, alice.clone(), (0, 0), |_| {}).await?;
        let mut chance = Chance::new(u64::try_from(now())?, "fan");
        let room: DealId = chance.id(now());
        alice.run(register(&mut chance, room, "polder-port.nl"), Timestamp(now())).await?;
        let at = (alice.epoch, alice.cursor);
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel::<Instant>();
        let mut reading = JoinSet::new();
        for who in others {
            let mut device = Device::sign_in(hub.address, who.clone(), at, |_| {}).await?;
            let tell = tell.clone();
            reading.spawn(async move {
                let mut heard = |delta: &Delta| {
                    if !delta.rows.is_empty() {
                        let _ = tell.send(Instant::now());
                    }
                };
                while device.delta(&mut heard).await.is_ok() {}
            });
        }
        let mut ours = Vec::new();
        for _ in 0..rounds.many {
            let mut times = Vec::new();
            // 50 a second.
            let mut pace = tokio::time::interval(Duration::from_millis(20));
            for _ in 0..50 {
                pace.tick().await;
                let sealed = alice.seal(message(&mut chance, room, 60, now()), Timestamp(now()));
                let began = Instant::now();
                alice.push_all(vec![sealed], 1).await?;
                for _ in 0..readers {
                    times.push(ms(told
                        .recv()
                        .await
                        .context("a reader has left")?
                        .saturating_duration_since(began)));
                }
            }
            ours.push(percentile(&mut times, 99));
        }
        reading.abort_all();
        hub.process.kill().await?;
        let mut theirs = Vec::new();
        if readers == 200
            && let Some(peer) = rounds.peer("Hocuspocus", Peer::hocuspocus().await)
        {
            for _ in 0..rounds.many {
                let mut times = numbers(&peer.measure("fan", &[readers, 50]).await?, "ms")?;
                theirs.push(percentile(&mut times, 99));
            }
        }
        let what = format!("a durable message to {readers} sockets, 50 a second at most, p99");
        lines.push(
            Line::new("B5", what, "ms", Better::Less)
                .ours(ours)
                .peer("Hocuspocus (memory)", theirs)
                .limit(limit),
        );
    }
    Ok(lines)
}

/// B8: bytes of one message of 60 characters between devices with stores and the hub, as TCP carries them.
pub async fn bytes(rounds: Rounds) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(bench::world::data_folder())?;
    let hub = Hub::start(folder.path(), false).await?;
    let small = Small::found(&hub, 1, 2).await?;
    let (above, below) = (Proxy::start(hub.address).await?, Proxy::start(hub.address).await?);
    let [one, other] = small.people.as_slice() else { anyhow::bail!("two people") };
    let alice = Person::caught_up(&above.base, one.clone()).await?;
    let mut chance = Chance::new(u64::try_from(now())?, "bytes");
    let room: DealId = chance.id(now());
    alice.act_and_hear(register(&mut chance, room, "polder-port.nl")).await?;
    let ben = Person::caught_up(&below.base, other.clone()).await?;
    let (mut up, mut down, mut heard) = (vec![], vec![], vec![]);
    for n in 0..=rounds.many * 4 {
        let mut body = chance.sentence(60);
        body.truncate(60);
        let send =
            domain::mutation::MessageSend { message: chance.id(now()), deal: room, body, reply_to: None };
        let key = RowKey { table: Table::Messages, id: send.message.0 };
        let before =
            (above.bytes.up.load(Relaxed), above.bytes.down.load(Relaxed), below.bytes.down.load(Relaxed));
        let mut changes = ben.store.changes();
        alice.act_and_hear(send).await?;
        while !changes.recv().await?.keys.contains(&key) {}
        // The first one on a connection names what the others only point at.
        if n > 0 {
            up.push((above.bytes.up.load(Relaxed) - before.0) as f64);
            heard.push((above.bytes.down.load(Relaxed) - before.1) as f64);
            down.push((below.bytes.down.load(Relaxed) - before.2) as f64);
        }
    }
    alice.stop().await?;
    ben.stop().await?;
    let line = |what: &str| Line::new("B8", what, "bytes", Better::Less);
    Ok(vec![
        line("a chat message of 60 characters, up, with all of the websocket").ours(up).limit(160.0),
        line("the same down to the other").ours(down).limit(130.0),
        line("the same back to the writer, with the answer").ours(heard),
    ])
}

/// Passes bytes on and counts them.
struct Proxy {
    base: String,
    bytes: std::sync::Arc<bench::raw::Bytes>,
}

impl Proxy {
    async fn start(to: std::net::SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let bytes = std::sync::Arc::new(bench::raw::Bytes::default());
        let counted = std::sync::Arc::clone(&bytes);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(to).await else { return };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let far = bench::raw::counted(far, std::sync::Arc::clone(&counted));
                tokio::spawn(async move {
                    let (mut near_read, mut near_write) = tokio::io::split(near);
                    let (mut far_read, mut far_write) = tokio::io::split(far);
                    tokio::select! {
                        _ = copy(&mut near_read, &mut far_write) => {}
                        _ = copy(&mut far_read, &mut near_write) => {}
                    }
                });
            }
        });
        Ok(Self { base, bytes })
    }
}
