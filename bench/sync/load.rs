//! B7: what the hub takes in. The writers sealed everything before the clock starts: signing is the
//! devices' own time.

use crate::Rounds;
use crate::line::{Better, Line};
use crate::peers::{Peer, numbers};
use anyhow::{Context as _, Result};
use bench::chance::Chance;
use bench::figures::ms;
use bench::hub::Hub;
use bench::raw::Device;
use bench::world::{Small, message, now, register};
use domain::{DealId, Timestamp};
use protocol::frame::{self, FromDevice, Push};
use std::time::Instant;
use tokio::task::JoinSet;

const WRITERS: usize = 50;
const EACH: usize = 2_000;
/// Of one writer.
const IN_FLIGHT: u64 = 256;

/// See the module documentation.
pub async fn throughput(rounds: Rounds) -> Result<Vec<Line>> {
    let (mut ours, mut work, mut pouch) = (vec![], vec![], vec![]);
    let peer = rounds.peer("PouchDB", Peer::pouchdb().await);
    for _ in 0..rounds.many {
        let (each_second, each) = once().await?;
        ours.push(each_second);
        work.push(each);
        if let Some(peer) = &peer {
            pouch.extend(numbers(&peer.measure("bulk", &[WRITERS, EACH / 10, 32]).await?, "per_second")?);
        }
    }
    Ok(vec![
        Line::new("B7", "durable changes by 50 writers", "a second", Better::More)
            .ours(ours)
            .peer("PouchDB, bulk of 32", pouch)
            .limit(10_000.0)
            .note("theirs checks no signature and no right"),
        Line::new("B7", "processor time of the hub for each", "µs", Better::Less).ours(work),
    ])
}

async fn once() -> Result<(f64, f64)> {
    let folder = tempfile::tempdir_in(bench::world::data_folder())?;
    let hub = Hub::start(folder.path(), false).await?;
    let small = Small::found(&hub, WRITERS, 1).await?;
    let mut writers = Vec::new();
    for (n, who) in small.people.iter().enumerate() {
        let mut device = Device::sign_in(hub.address, who.clone(), (0, 0), |_| {}).await?;
        let mut chance = Chance::new(n as u64, "writers");
        let room: DealId = chance.id(now());
        device.run(register(&mut chance, room, &format!("customer-{n}.nl")), Timestamp(now())).await?;
        let mut frames = Vec::new();
        let mut last = 0;
        for _ in 0..EACH.div_ceil(32) {
            let sealed: Vec<_> = (0..32)
                .map(|_| device.seal(message(&mut chance, room, 100, now()), Timestamp(now())))
                .collect();
            last = sealed.last().context("some")?.header.n;
            frames.push((last, frame::encode(&FromDevice::Push(Push { sealed }))));
        }
        writers.push((device, frames, last));
    }
    let total = (WRITERS * EACH.div_ceil(32) * 32) as f64;
    let (began, before) = (Instant::now(), hub.process.processor()?);
    let mut writing = JoinSet::new();
    for (mut device, frames, last) in writers {
        writing.spawn(async move { device.push_frames(frames, last, IN_FLIGHT).await });
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    let took = began.elapsed();
    let work = hub.process.processor()? - before;
    hub.process.kill().await?;
    Ok((total / took.as_secs_f64(), ms(work) * 1_000.0 / total))
}
