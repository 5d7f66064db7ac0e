//! What the task does when the guard says no.

use super::*;
use crate::egress::tests::{World, delta, hello};
use domain::ScopeId;
use protocol::frame::{self, FromHub, Goodbye, Incoming};

async fn task(world: &World) -> (ProgramTask, mpsc::Sender<Event>) {
    let (events, receiver) = mpsc::channel(8);
    let opened = world.store.opened().await.unwrap().unwrap();
    let settings = Settings { allow_demo: false };
    let task = ProgramTask::new(world.store.clone(), Clock::default(), settings, opened, true, receiver);
    (task, events)
}

fn frames(outbox: &Outbox) -> Vec<FromHub> {
    let known = |bytes: Vec<u8>| match frame::decode::<FromHub>(&bytes).unwrap() {
        Incoming::Known(frame) => frame,
        Incoming::Unknown(number) => panic!("frame {number}"),
    };
    outbox.take(usize::MAX).into_iter().map(known).collect()
}

#[tokio::test]
async fn a_breach_ends_the_connection_without_a_byte_of_it() {
    let world = World::new().await;
    let (mut task, _events) = task(&world).await;
    let outbox = Arc::new(Outbox::default());
    let connection = 1;
    task.take(Event::Opened { connection, nonce: Key([1; 32]), outbox: Arc::clone(&outbox), greeted: false });
    task.perform().await;
    assert!(matches!(frames(&outbox)[..], [FromHub::Challenge(_)]));

    // A sequencer that forgot who signed in where, and for whom a row is.
    task.egress.heard(connection, &hello(world.mallory.device));
    let canary = delta(&[ScopeId::Program, ScopeId::Organization(world.alice.organization)]);
    task.effects.push_back(HubEffect::Send { connection, bytes: canary });
    task.effects.push_back(HubEffect::Send { connection, bytes: delta(&[ScopeId::Program]) });
    task.perform().await;
    let sent = frames(&outbox);
    assert!(matches!(&sent[..], [FromHub::Goodbye(Goodbye { reason: Reason::Busy, .. })]), "{sent:?}");
    assert!(outbox.is_finished());
    assert_eq!(task.sequencer.connections(), 0);
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_lets_nothing_pass() {
    let world = World::new().await;
    let (mut task, _events) = task(&world).await;
    let outbox = Arc::new(Outbox::default());
    let connection = 1;
    task.take(Event::Opened { connection, nonce: Key([1; 32]), outbox: Arc::clone(&outbox), greeted: true });
    task.egress.heard(connection, &hello(world.mallory.device));
    let welcome = frame::encode(&FromHub::Welcome(frame::Welcome {
        proto: frame::PROTO,
        epoch: 1,
        head: 1,
        last_n: 0,
        chain: Key([0; 32]),
        answers: Vec::new(),
        now: domain::Timestamp(1),
        start_over: false,
        lease_days: Some(30),
        again_after: None,
    }));
    task.effects.push_back(HubEffect::Send { connection, bytes: welcome });
    task.perform().await;
    assert!(outbox.is_signed_in());
    world.store.close().await;
    task.effects.push_back(HubEffect::Send { connection, bytes: delta(&[ScopeId::Program]) });
    task.perform().await;
    let sent = frames(&outbox);
    assert!(matches!(&sent[..], [FromHub::Welcome(_), FromHub::Goodbye(_)]), "{sent:?}");
}
