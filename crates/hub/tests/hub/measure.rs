//! Numbers, not judgements: `cargo test --release -p hub --test hub -- --ignored --nocapture measure`.

use crate::crash::Process;
use crate::support::device::Device;
use crate::support::wire::Way;
use crate::support::world::{bob_alice_and_a_deal, deal, found, message, partner};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const WRITERS: usize = 50;
const EACH: usize = 2_000;
const IN_FLIGHT: usize = 256;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn durable_mutations_per_second() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let process = Process::start(folder.path()).await;
    let mut bob = found(&process.way(), process.invitation.as_ref().unwrap()).await;
    let mut writers = Vec::new();
    for n in 0..WRITERS {
        let mut alice = partner(&process.way(), &mut bob, &format!("Dockside {n}"), "Alice Partner").await;
        let registration = deal(&format!("customer-{n}.nl"));
        let room = registration.deal;
        alice.run(registration).await.unwrap();
        // Sealed before the clock starts: signing is the devices' own time.
        let sealed: Vec<_> = (0..EACH).map(|m| alice.seal(message(room, format!("Message {m}")))).collect();
        writers.push((alice, sealed));
    }
    // Only the writers take part; whoever reads is measured elsewhere.
    drop(bob);
    let started = Instant::now();
    let cpu = process.cpu_ms();
    let writing = writers.into_iter().map(|(mut alice, sealed)| {
        tokio::spawn(async move {
            let last = sealed.last().unwrap().header.n;
            let mut waiting = sealed.chunks(32);
            let mut sent = sealed[0].header.n - 1;
            while !alice.answers.contains_key(&last) {
                let heard = alice.answers.keys().next_back().copied().unwrap_or(0);
                while sent.saturating_sub(heard) < IN_FLIGHT as u64
                    && let Some(chunk) = waiting.next()
                {
                    sent = chunk.last().unwrap().header.n;
                    alice.push_sealed(chunk.to_vec()).await;
                }
                assert!(alice.take().await);
            }
        })
    });
    for writer in writing.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let took = started.elapsed();
    let total = WRITERS * EACH;
    eprintln!(
        "{total} durable mutations by {WRITERS} writers in {took:.2?}: {:.0} a second; {:.1} µs CPU of the hub each",
        total as f64 / took.as_secs_f64(),
        (process.cpu_ms() - cpu) as f64 * 1_000.0 / total as f64,
    );
    process.kill().await;
}

/// `SOCKETS=10000` for more; with `SCOPES=100` each of them may see so many deals.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn memory_of_an_idle_socket() {
    let number = |name: &str, otherwise: usize| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let (sockets, scopes) = (number("SOCKETS", 2_000), number("SCOPES", 0));
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let mut bob = found(&process.way(), process.invitation.as_ref().unwrap()).await;
    let mut alice = partner(&process.way(), &mut bob, "Dockside", "Alice Partner").await;
    for n in 0..scopes {
        alice.run(deal(&format!("customer-{n}.nl"))).await.unwrap();
    }
    // What the hub allocates once is allocated before.
    let mut open = again(&alice, 200).await;
    let before = process.rss_kb();
    while open.len() < sockets + 200 {
        open.extend(again(&alice, 200).await);
    }
    let after = process.rss_kb();
    eprintln!(
        "{sockets} signed in, each with {} scopes: {:.1} KB a socket, {} KB before, {} KB after",
        scopes + 4,
        (after as f64 - before as f64) / sockets as f64,
        before,
        after,
    );
    let cpu = process.cpu_ms();
    let rest = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_secs(20));
    pause.tick().await;
    pause.tick().await;
    assert!(open.iter().all(|reading| !reading.is_finished()), "all of them are still open");
    let share = (process.cpu_ms() - cpu) as f64 / rest.elapsed().as_millis() as f64;
    eprintln!("idle for {:.0?}: {:.2} % of one processor", rest.elapsed(), share * 100.0);
    process.kill().await;
}

/// More connections of a device that has everything already; each is read, so that it answers pings, until
/// it ends.
async fn again(device: &Device, many: usize) -> Vec<JoinHandle<()>> {
    let connecting = (0..many).map(|_| {
        let (way, me, cursor, epoch) = (device.way.clone(), device.me.clone(), device.cursor, device.epoch);
        tokio::spawn(async move {
            let mut other = Device::sign_in_from(&way, me, epoch, cursor).await;
            other.until("an empty delta", |other| other.cursor >= cursor).await;
            assert!(other.take().await, "the delta that says that it is caught up");
            other
        })
    });
    let mut open = Vec::new();
    for connecting in connecting.collect::<Vec<_>>() {
        let mut other = connecting.await.unwrap();
        open.push(tokio::spawn(async move { while other.wire.next_bytes().await.is_some() {} }));
    }
    open
}

/// Bytes of one chat message of 60 characters in a room that is in use, with the head of its websocket message.
#[tokio::test]
#[ignore = "a measurement"]
async fn bytes_of_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let Way::Socket(address) = process.way() else { panic!("the hub has a socket") };
    let (mut bob, mut alice, room) =
        bob_alice_and_a_deal(&process.way(), process.invitation.as_ref().unwrap()).await;
    for (name, way) in
        [("plain", Way::Socket(address)), ("ids shortened, as the desktop does", Way::Short(address))]
    {
        alice.reconnect_by(&way).await;
        bob.reconnect_by(&way).await;
        alice.run(message(room, "The first one on this connection")).await.unwrap();
        bob.caught_up(alice.cursor).await;
        let before = (alice.wire.bytes, bob.wire.bytes);
        let sealed = alice.seal(message(room, "x".repeat(60)));
        alice.push_sealed(vec![sealed.clone()]).await;
        alice.answer(sealed.header.n).await.unwrap();
        bob.caught_up(alice.cursor).await;
        let row = bob.log.last().unwrap();
        eprintln!(
            "{name}: up {}, down {}, and the writer hears {}; plain parts up: header {} (lane {}, name {}), \
             payload {}, signature 66; down: key {}, scope {}, body {}",
            alice.wire.bytes.0 - before.0.0,
            bob.wire.bytes.1 - before.1.1,
            alice.wire.bytes.1 - before.0.1,
            minicbor::to_vec(&sealed.header).unwrap().len(),
            minicbor::to_vec(sealed.header.lane).unwrap().len(),
            minicbor::to_vec(&sealed.header.name).unwrap().len(),
            sealed.payload.len(),
            minicbor::to_vec(row.key).unwrap().len(),
            minicbor::to_vec(row.scope).unwrap().len(),
            row.body.as_ref().map_or(0, Vec::len),
        );
    }
    process.kill().await;
}
