//! A person comes back: B3 what was done offline goes up; B14 what was done offline meets what others did.

use crate::Rounds;
use crate::line::{Better, Line};
use crate::peers::{Peer, numbers};
use crate::person::Person;
use anyhow::{Context as _, Result, ensure};
use bench::chance::Chance;
use bench::figures::ms;
use bench::hub::Hub;
use bench::raw::Device;
use bench::world::{Small, message, milestone, now, register};
use domain::entity::Message;
use domain::mutation::{MilestoneEdit, MilestonePatch, MilestoneValue};
use domain::{DealId, MilestoneId, Mutation, Row, RowKey, Timestamp};
use protocol::frame::{Delta, DeltaRow};
use std::collections::BTreeMap;
use std::time::Instant;

const OFFLINE: usize = 5_000;
/// Rooms they are spread over.
const ROOMS: usize = 20;
const INBOUND: usize = 10_000;

/// B3.
pub async fn drain(rounds: Rounds) -> Result<Vec<Line>> {
    let (mut answered, mut elsewhere, mut wrong) = (vec![], vec![], vec![]);
    let (mut peer_answered, mut peer_elsewhere) = (vec![], vec![]);
    let peer = rounds.peer("PouchDB", Peer::pouchdb().await);
    for _ in 0..rounds.many {
        let round = drain_once().await?;
        answered.push(round.0);
        elsewhere.push(round.1);
        wrong.push(round.2);
        if let Some(peer) = &peer {
            let found = peer.measure("offline", &[OFFLINE]).await?;
            peer_answered.extend(numbers(&found, "answered")?);
            peer_elsewhere.extend(numbers(&found, "elsewhere")?);
        }
    }
    // A minute each: once is enough.
    let zero = match rounds.peer("Zero", Peer::zero().await) {
        Some(zero) => numbers(&zero.measure("queued", &[OFFLINE]).await?, "elsewhere")?,
        None => Vec::new(),
    };
    let line = |what: &str, unit| Line::new("B3", what, unit, Better::Less);
    Ok(vec![
        line("5,000 changes made offline, until all are answered", "ms")
            .ours(answered)
            .peer("PouchDB", peer_answered)
            .limit(1_000.0)
            .times(20.0),
        line("the same, until a second device has committed them", "ms")
            .ours(elsewhere.clone())
            .peer("PouchDB", peer_elsewhere)
            .limit(1_500.0),
        line("the same", "ms")
            .ours(elsewhere)
            .peer("Zero", zero)
            .note("Zero takes no changes offline: queued online, once"),
        line("of them lost or doubled", "changes").ours(wrong).limit(0.0),
    ])
}

async fn drain_once() -> Result<(f64, f64, f64)> {
    let folder = tempfile::tempdir_in(bench::world::data_folder())?;
    let hub = Hub::start(folder.path(), false).await?;
    let small = Small::found(&hub, 1, 2).await?;
    let [one, other] = small.people.as_slice() else { anyhow::bail!("two people") };
    let alice = Person::caught_up(&hub.base(), one.clone()).await?;
    let mut chance = Chance::new(u64::try_from(now())?, "drain");
    let mut rooms: Vec<DealId> = Vec::new();
    for n in 0..ROOMS {
        let room = chance.id(now());
        rooms.push(room);
        alice.act_and_hear(register(&mut chance, room, &format!("customer-{n}.nl"))).await?;
    }
    let ben = Person::caught_up(&hub.base(), other.clone()).await?;
    alice.go_offline().await?;
    let mut wanted = BTreeMap::new();
    let mut newest = None;
    for _ in 0..OFFLINE / 100 {
        let mut some = Vec::new();
        for _ in 0..100 {
            let room = usize::try_from(chance.below(ROOMS as u64))?;
            let room = *rooms.get(room).context("a room")?;
            let next = message(&mut chance, room, 100, now());
            if let Mutation::MessageSend(send) = &next {
                wanted.insert(send.message, send.body.clone());
                newest = Some(send.message);
            }
            some.push(next);
        }
        alice.store.commit_all(some, Timestamp(now())).await?;
    }
    let newest = newest.context("a message")?;
    let last = alice.store.sync_state().await?.chain.n;
    let began = Instant::now();
    alice.link.work_offline(false);
    let (answered, elsewhere) = tokio::join!(
        async {
            alice.until(|state| state.answered >= last).await?;
            anyhow::Ok(ms(began.elapsed()))
        },
        async {
            // The last one done has the last place.
            let mut changes = ben.store.changes();
            while ben.store.entity::<Message>(newest).await?.is_none() {
                // Having missed some is as good as having heard one.
                let _ = changes.recv().await;
            }
            anyhow::Ok(ms(began.elapsed()))
        }
    );
    let (answered, elsewhere) = (answered?, elsewhere?);
    let cursor = alice.store.sync_state().await?.cursor;
    ben.until(|state| state.cursor >= cursor).await?;
    // What the hub itself has, by a device that has nothing.
    let mut found: BTreeMap<RowKey, Row> = BTreeMap::new();
    let mut doubled = 0;
    Device::sign_in(hub.address, small.bob.clone(), (0, 0), |delta| {
        for row in &delta.rows {
            let kept =
                row.body.clone().map(|body| Row { key: row.key, scope: row.scope, seq: row.seq, body });
            doubled += usize::from(kept.is_some_and(|kept| found.insert(row.key, kept).is_some()));
        }
    })
    .await?;
    let mut wrong = doubled;
    let messages = found.keys().filter(|key| key.table == domain::Table::Messages).count();
    wrong += messages.abs_diff(wanted.len());
    for (id, body) in &wanted {
        let there = ben.store.entity::<Message>(*id).await?;
        wrong += usize::from(there.is_none_or(|message| message.body != *body || message.position.is_none()));
    }
    alice.stop().await?;
    ben.stop().await?;
    Ok((answered, elsewhere, wrong as f64))
}

/// B14: one transaction that takes 10,000 rows in while 5,000 changes wait, a tenth of which touch the same
/// rows.
pub async fn rebase(rounds: Rounds) -> Result<Vec<Line>> {
    let mut times = Vec::new();
    let mut reads = Vec::new();
    for _ in 0..rounds.many {
        let (took, read) = rebase_once().await?;
        times.push(took);
        reads.push(read);
    }
    Ok(vec![
        Line::new(
            "B14",
            "5,000 waiting changes rebased on 10,000 rows, 1,000 of them touched, one commit",
            "ms",
            Better::Less,
        )
        .ours(times)
        .limit(1_500.0),
        Line::new("B14", "slowest read of a room meanwhile", "ms", Better::Less).ours(reads).limit(16.0),
    ])
}

async fn rebase_once() -> Result<(f64, f64)> {
    let folder = tempfile::tempdir_in(bench::world::data_folder())?;
    let hub = Hub::start(folder.path(), false).await?;
    let small = Small::found(&hub, 1, 2).await?;
    let [one, other] = small.people.as_slice() else { anyhow::bail!("two people") };
    let alice = Person::caught_up(&hub.base(), one.clone()).await?;
    let mut ben = Device::sign_in(hub.address, other.clone(), (0, 0), |_| {}).await?;
    let mut chance = Chance::new(u64::try_from(now())?, "rebase");
    let room: DealId = chance.id(now());
    ben.run(register(&mut chance, room, "polder-port.nl"), Timestamp(now())).await?;
    let mut sealed = Vec::new();
    let mut steps: Vec<MilestoneId> = Vec::new();
    for _ in 0..OFFLINE {
        let next = milestone(&mut chance, room, now());
        if let Mutation::MilestoneAdd(add) = &next {
            steps.push(add.milestone);
        }
        sealed.push(ben.seal(next, Timestamp(now())));
    }
    ben.push_all(sealed, 1_024).await?;
    let cursor = ben.cursor;
    alice.until(|state| state.cursor >= cursor).await?;
    alice.go_offline().await?;
    for some in steps.chunks(100) {
        let edit = |step: &MilestoneId| edit(room, *step, "done by alice");
        alice.store.commit_all(some.iter().map(edit).collect(), Timestamp(now())).await?;
    }
    // What comes in: ben's, taken from the hub by another device of his.
    let mut sealed = Vec::new();
    for step in steps.iter().step_by(5) {
        sealed.push(ben.seal(edit(room, *step, "done by ben"), Timestamp(now())));
    }
    for _ in 0..INBOUND - steps.len() / 5 {
        sealed.push(ben.seal(message(&mut chance, room, 100, now()), Timestamp(now())));
    }
    ben.push_all(sealed, 1_024).await?;
    let mut rows: Vec<DeltaRow> = Vec::new();
    let (epoch, end) = (ben.epoch, ben.cursor);
    let bob = Device::sign_in(hub.address, small.bob.clone(), (epoch, cursor), |delta| {
        rows.extend(delta.rows.clone())
    });
    drop(bob.await?);
    ensure!(rows.len() >= INBOUND, "{} rows came in", rows.len());
    let reading = {
        let store = alice.store.clone();
        tokio::spawn(async move {
            let mut slowest: f64 = 0.0;
            // A window that is open has connections that are.
            store::query::room::window(&store, room, None, 50).await?;
            loop {
                let began = Instant::now();
                let shown = store::query::room::window(&store, room, None, 50).await;
                slowest = slowest.max(ms(began.elapsed()));
                if shown.is_ok_and(|shown| shown.last_position.is_some()) {
                    return anyhow::Ok(slowest);
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
    };
    let began = Instant::now();
    let delta = Delta { to: end, answers: Vec::new(), rows, resume: None, beyond: None };
    alice.store.apply_delta(epoch, delta).await?;
    let took = ms(began.elapsed());
    let slowest = reading.await??;
    alice.stop().await?;
    Ok((took, slowest))
}

fn edit(deal: DealId, milestone: MilestoneId, text: &str) -> Mutation {
    let patch = MilestonePatch { value: MilestoneValue::DoneCondition(text.to_owned()), base: 0 };
    MilestoneEdit { deal, milestone, patch: vec![patch] }.into()
}
