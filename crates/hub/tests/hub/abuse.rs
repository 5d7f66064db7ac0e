//! Peers that send too slowly, too much or too often, or that do not read: each costs the hub a bounded
//! amount, the others notice nothing, and nothing that was written is lost.

use crate::support::device::Device;
use crate::support::hub::TestHub;
use crate::support::wire::{Wire, request};
use crate::support::world::{deal, found, message, partner};
use crate::support::{random32, soon};
use domain::mutation::{DealEdit, DealValue, FieldPatch};
use hub::{Options, Rate};
use protocol::frame::{FromDevice, FromHub, Goodbye, Inspect, Reason};
use protocol::link::Token;
use std::time::Duration;
use tokio::time::interval;

/// Patience that a test can outwait.
const SHORT: Duration = Duration::from_millis(300);
/// Mask of a websocket frame that changes nothing.
const MASK: [u8; 4] = [0; 4];
const PONG: [u8; 6] = [0x8A, 0x80, 0, 0, 0, 0];

async fn start(change: impl FnOnce(&mut Options)) -> (TestHub, Device) {
    let hub = TestHub::start_with(change).await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let bob = found(&hub.way(), &link).await;
    (hub, bob)
}

/// The head of a part of a binary message that goes on after it; `first` begins the message.
fn part(first: bool, length: u16) -> Vec<u8> {
    let opcode = if first { 0x02 } else { 0x00 };
    [&[opcode, 0x80 | 126][..], &length.to_be_bytes(), &MASK].concat()
}

#[tokio::test]
async fn a_length_that_no_memory_holds_is_not_believed() {
    let (hub, mut bob) = start(|_| {}).await;
    for length in [1 << 21, u64::from(u32::MAX), i64::MAX as u64, u64::MAX] {
        let mut mallory = Wire::connect(&hub.way(), "founding").await;
        mallory.challenge().await;
        let head = [&[0x82, 0x80 | 127][..], &length.to_be_bytes(), &MASK].concat();
        mallory.write_raw(&head).await;
        assert_eq!(mallory.goodbye().await.unwrap().reason, Reason::TooLarge, "{length:x}");
        // Nor from somebody who is known.
        bob.reconnect().await;
        bob.wire.write_raw(&head).await;
        assert_eq!(bob.until_goodbye().await.unwrap().reason, Reason::TooLarge, "{length:x}");
    }
}

#[tokio::test]
async fn a_stranger_cannot_fill_the_memory_with_a_message_that_never_ends() {
    let (hub, mut bob) = start(|_| {}).await;
    for place in ["founding".to_owned(), format!("programs/{}", bob.me.program)] {
        let mut mallory = Wire::connect(&hub.way(), &place).await;
        mallory.challenge().await;
        let mut first = true;
        let flooding = async {
            // 4 MB in all, in parts that a websocket would put together.
            for _ in 0..1_000 {
                let more = [part(first, 4_096), vec![0; 4_096], PONG.to_vec()].concat();
                first = false;
                if !mallory.write_raw(&more).await {
                    break;
                }
            }
        };
        soon("the end of the flood", flooding).await;
        assert_eq!(mallory.goodbye().await.unwrap().reason, Reason::TooLarge);
    }
    // By long poll the same.
    let long = vec![0; 100 << 10];
    let path = format!("/v1/programs/{}/poll", bob.me.program);
    assert_eq!(request(hub.address, "POST", &path, "", &long).await.unwrap().status, 413);
    let unknown = format!("x-session: {}\r\n", "0".repeat(32));
    assert_eq!(request(hub.address, "POST", &path, &unknown, &long).await.unwrap().status, 413);
    crate::support::world::add_partner(&mut bob, "Dockside").await;
}

#[tokio::test]
async fn a_message_that_drips_is_cut_off_though_pongs_come_between() {
    let (hub, mut bob) = start(|options| {
        options.limits.body = SHORT;
        options.limits.ping = SHORT;
    })
    .await;
    let mut alice = partner(&hub.way(), &mut bob, "Dockside", "Alice Partner").await;
    let mut ticks = interval(SHORT / 10);
    let mut first = true;
    let dripping = async {
        loop {
            ticks.tick().await;
            let drop = [part(first, 1), vec![0], PONG.to_vec()].concat();
            first = false;
            if !alice.wire.write_raw(&drop).await {
                break;
            }
            // Takes in what came meanwhile, such as the goodbye.
            if let Ok(None) = tokio::time::timeout(Duration::ZERO, alice.wire.next_bytes()).await {
                break;
            }
        }
    };
    soon("the end of the drip", dripping).await;
    // She comes back, and nothing is missing; Bob, who only answered pings meanwhile, was kept.
    alice.reconnect().await;
    let registration = deal("polder-port.nl");
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    bob.until("the deal", |bob| bob.deal(room).is_some()).await;
}

#[tokio::test]
async fn who_does_not_read_is_sent_the_latest_only_and_loses_nothing() {
    const ROUNDS: usize = 600;
    let (hub, mut bob) = start(|_| {}).await;
    let mut alice = partner(&hub.way(), &mut bob, "Dockside", "Alice Partner").await;
    let mut carol = partner(&hub.way(), &mut bob, "Quayworks", "Carol Partner").await;
    let registration = deal("polder-port.nl");
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    bob.until("the deal", |bob| bob.deal(room).is_some()).await;
    let versions = |bob: &Device| bob.log.iter().filter(|row| row.key.id == room.0).count();
    let seen_before = versions(&bob);

    // From here on Bob reads nothing: far more is written for him than anything on the way can hold.
    let mut last = 0;
    for round in 0..ROUNDS {
        let title = DealValue::Title(format!("Title {round}"));
        let edit = DealEdit { deal: room, patch: vec![FieldPatch { value: title, base: u64::MAX }] };
        let long = "x".repeat(7_000);
        let mut sealed = vec![alice.seal(edit)];
        sealed.extend((0..2).map(|n| alice.seal(message(room, format!("{round}.{n} {long}")))));
        last = sealed[2].header.n;
        alice.push_sealed(sealed).await;
        if round % 100 == 99 {
            alice.answer(last).await.unwrap();
            // The others are served as ever.
            carol.run(deal(&format!("customer-{round}.nl"))).await.unwrap();
        }
    }
    alice.answer(last).await.unwrap();

    bob.until("the last title", |bob| {
        bob.deal(room).is_some_and(|deal| deal.title == format!("Title {}", ROUNDS - 1))
    })
    .await;
    bob.caught_up(alice.cursor).await;
    assert_eq!(bob.room(room), alice.room(room), "every message arrived, in order");
    assert_eq!(bob.room(room).len(), 2 * ROUNDS);
    let sent = versions(&bob) - seen_before;
    assert!(sent < ROUNDS / 2, "{sent} of {ROUNDS} versions were sent to somebody who did not read");
}

#[tokio::test]
async fn a_device_that_changes_too_much_is_slowed_down_and_loses_nothing() {
    const MESSAGES: usize = 300;
    let (hub, mut bob) =
        start(|options| options.limits.mutations = Rate { burst: 60, per_second: 100 }).await;
    let mut alice = partner(&hub.way(), &mut bob, "Dockside", "Alice Partner").await;
    let registration = deal("polder-port.nl");
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    let sealed: Vec<_> = (0..MESSAGES).map(|n| alice.seal(message(room, format!("{n}")))).collect();
    let last = sealed[MESSAGES - 1].header.n;
    for few in sealed.chunks(20) {
        alice.push_sealed(few.to_vec()).await;
    }
    let goodbye = alice.until_goodbye().await.unwrap();
    assert_eq!(goodbye.reason, Reason::Busy);
    assert!(goodbye.retry_after_ms.is_some_and(|wait| (1..10_000).contains(&wait)), "{goodbye:?}");
    // Another device is not concerned.
    crate::support::world::add_partner(&mut bob, "Quayworks").await;
    // Coming back too early is of no use, and of no harm.
    let persisting = async {
        let mut ticks = interval(SHORT);
        while !alice.answers.contains_key(&last) {
            ticks.tick().await;
            alice.reconnect().await;
            while !alice.answers.contains_key(&last) && alice.take().await {}
        }
    };
    soon("the last answer", persisting).await;
    alice.answer(last).await.unwrap();
    let expected: Vec<String> = (0..MESSAGES).map(|n| n.to_string()).collect();
    assert_eq!(alice.room(room), expected, "each of them once, in order");
    assert!(alice.answers.values().all(|answer| answer.refusal.is_none()));
}

#[tokio::test]
async fn a_queue_of_5000_changes_made_offline_is_taken_without_a_pause() {
    const MESSAGES: usize = 5_000;
    let (hub, mut bob) = start(|_| {}).await;
    let mut alice = partner(&hub.way(), &mut bob, "Dockside", "Alice Partner").await;
    let registration = deal("polder-port.nl");
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    let sealed: Vec<_> = (0..MESSAGES).map(|n| alice.seal(message(room, format!("{n}")))).collect();
    let mut waiting = sealed.chunks(256);
    let first = sealed[0].header.n;
    let (mut sent, last) = (first - 1, sealed[MESSAGES - 1].header.n);
    while !alice.answers.contains_key(&last) {
        let heard = alice.answers.keys().next_back().copied().unwrap_or(0);
        while sent.saturating_sub(heard) < 768
            && let Some(chunk) = waiting.next()
        {
            sent = chunk[chunk.len() - 1].header.n;
            alice.push_sealed(chunk.to_vec()).await;
        }
        assert!(soon("an answer", alice.take()).await, "{:?}", alice.goodbye);
    }
    alice.answer(last).await.unwrap();
    assert_eq!(alice.room(room).len(), MESSAGES);
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let (hub, mut bob) = start(|options| options.limits.connections_per_address = 2).await;
    let from = "203.0.113.7";
    let connect = || Wire::forwarded(hub.address, "founding", from);
    let first = connect().await.unwrap();
    let _second = connect().await.unwrap();
    assert_eq!(connect().await.err(), Some(429));
    let forwarded = format!("x-forwarded-for: 10.0.0.1, {from}\r\n");
    let poll = request(hub.address, "POST", "/v1/founding/poll", &forwarded, b"").await.unwrap();
    assert_eq!(poll.status, 429);
    assert!(
        Wire::forwarded(hub.address, "founding", "203.0.113.8").await.is_ok(),
        "others are not concerned"
    );
    drop(first);
    soon("a free place", async { while connect().await.is_err() {} }).await;
    crate::support::world::add_partner(&mut bob, "Dockside").await;
}

#[tokio::test]
async fn one_address_cannot_go_through_invitations() {
    let (hub, bob) = start(|options| options.limits.joins = Rate { burst: 10, per_second: 0 }).await;
    let program = format!("programs/{}", bob.me.program);
    let mut tried = 0;
    let mut told: Option<Goodbye> = None;
    // On as many connections as one likes, in the lobby and inside a program.
    'trying: for place in ["founding", &program, "founding", &program] {
        let mut mallory = Wire::forwarded(hub.address, place, "203.0.113.7").await.unwrap();
        mallory.challenge().await;
        for _ in 0..4 {
            mallory.send(&FromDevice::Inspect(Inspect { token: Token(random32()) })).await;
            match mallory.next().await {
                Some(FromHub::Inspected(inspected)) => assert!(inspected.refusal.is_some()),
                Some(FromHub::Goodbye(goodbye)) => {
                    told = Some(goodbye);
                    break 'trying;
                }
                other => panic!("{other:?}"),
            }
            tried += 1;
        }
    }
    let told = told.unwrap();
    assert_eq!((tried, told.reason), (10, Reason::Busy));
    assert!(told.retry_after_ms.is_some_and(|wait| wait > 0), "{told:?}");
    // Whoever comes from elsewhere is not concerned.
    let mut alice = Wire::forwarded(hub.address, "founding", "203.0.113.8").await.unwrap();
    alice.challenge().await;
    alice.send(&FromDevice::Inspect(Inspect { token: Token(random32()) })).await;
    assert!(matches!(alice.next().await, Some(FromHub::Inspected(_))));
}
