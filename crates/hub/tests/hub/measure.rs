//! Numbers, not judgements: `cargo test --release -p hub --test hub -- --ignored --nocapture measure`.

use crate::crash::Process;
use crate::support::device::Device;
use crate::support::wire::Wire;
use crate::support::world::{deal, found, invitation, join, message, partner};
use domain::entity::{InvitationKind, Role};
use std::time::Instant;

const WRITERS: usize = 50;
const EACH: usize = 2_000;
const IN_FLIGHT: usize = 256;
const SOCKETS: usize = 1_000;

/// Links and signs in another device of the same person.
async fn another(device: &mut Device) -> Device {
    let (link, mut create) = invitation(device, device.me.organization, Role::Seller);
    create.kind = InvitationKind::Device;
    device.run(create).await.unwrap();
    let me = join(&device.way.clone(), &link, device.me.organization, "ignored").await.unwrap();
    let mut other = Device::sign_in(&device.way.clone(), me).await;
    other.caught_up(1).await;
    other
}

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

#[tokio::test]
#[ignore = "a measurement"]
async fn memory_of_an_idle_socket() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let mut bob = found(&process.way(), process.invitation.as_ref().unwrap()).await;
    let mut open = Vec::new();
    for _ in 0..50 {
        open.push(another(&mut bob).await);
    }
    let before = process.rss_kb();
    for _ in 0..200 {
        open.push(another(&mut bob).await);
    }
    let after = process.rss_kb();
    eprintln!("signed in: {:.1} KB a socket", (after as f64 - before as f64) / 200.0);
    let before = process.rss_kb();
    let mut lobby = Vec::new();
    for _ in 0..SOCKETS {
        let mut wire = Wire::connect(&process.way(), "founding").await;
        wire.challenge().await;
        lobby.push(wire);
    }
    let after = process.rss_kb();
    eprintln!("challenged: {:.1} KB a socket", (after as f64 - before as f64) / SOCKETS as f64);
    process.kill().await;
}
