//! Numbers, not judgements: `cargo test --release -p hub --test hub -- --ignored --nocapture measure`.

use crate::crash::Process;
use crate::support::device::Device;
use crate::support::world::{deal, found, message, partner};
use protocol::frame::{self, FromDevice, Push};
use std::time::{Duration, Instant};

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
    let share = (process.cpu_ms() - cpu) as f64 / rest.elapsed().as_millis() as f64;
    eprintln!("idle for {:.0?}: {:.2} % of one processor", rest.elapsed(), share * 100.0);
    process.kill().await;
}

/// More connections of a device that has everything already.
async fn again(device: &Device, many: usize) -> Vec<Device> {
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
        open.push(connecting.await.unwrap());
    }
    open
}

/// Bytes of one chat message of 60 characters, with the head of its websocket frame: from the one who writes
/// to the hub, from the hub to the one who reads, and the answer.
#[tokio::test]
#[ignore = "a measurement"]
async fn bytes_of_a_message() {
    let process_folder = tempfile::tempdir().unwrap();
    let process = Process::start(process_folder.path()).await;
    let mut bob = found(&process.way(), process.invitation.as_ref().unwrap()).await;
    let mut alice = partner(&process.way(), &mut bob, "Dockside", "Alice Partner").await;
    let registration = deal("polder-port.nl");
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    bob.until("the deal", |bob| bob.deal(room).is_some()).await;
    bob.caught_up(alice.cursor).await;
    let head = |bytes: usize, mask: usize| if bytes < 126 { 2 + mask } else { 4 + mask };
    let sealed = alice.seal(message(room, "x".repeat(60)));
    let (header, payload) = (minicbor::to_vec(&sealed.header).unwrap(), sealed.payload.clone());
    let up = frame::encode(&FromDevice::Push(Push { sealed: vec![sealed.clone()] }));
    let (at_alice, at_bob) = (alice.wire.trace.len(), bob.wire.trace.len());
    alice.push_sealed(vec![sealed.clone()]).await;
    alice.answer(sealed.header.n).await.unwrap();
    bob.until("the message", |bob| !bob.room(room).is_empty()).await;
    let row = bob.log.last().unwrap().clone();
    let down = bob.wire.trace.len() - at_bob;
    let own = alice.wire.trace.len() - at_alice;
    eprintln!(
        "up {} = websocket {} + frame {} (header {} of which lane {} and name {}, payload {}, signature 66)",
        up.len() + head(up.len(), 4),
        head(up.len(), 4),
        up.len(),
        header.len(),
        minicbor::to_vec(sealed.header.lane).unwrap().len(),
        minicbor::to_vec(&sealed.header.name).unwrap().len(),
        payload.len(),
    );
    eprintln!(
        "down {} = websocket {} + frame {down} (key {}, scope {}, body {}); its writer hears {}",
        down + head(down, 0),
        head(down, 0),
        minicbor::to_vec(row.key).unwrap().len(),
        minicbor::to_vec(row.scope).unwrap().len(),
        row.body.unwrap().len(),
        own + head(own, 0),
    );
    process.kill().await;
}
