//! Two companies work on one deal: what one sends the other receives, once and in order, whatever
//! happens to the connections between.

use crate::support::device::Device;
use crate::support::hub::TestHub;
use crate::support::wire::Way;
use crate::support::world::{deal, found, message, partner};
use domain::codec::Entity;
use domain::entity::{Message, Status};
use domain::mutation::{Decision, RegistrationDecide};
use domain::{DealId, Rule, Timestamp};
use protocol::frame::Reason;

async fn start() -> (TestHub, Device, Device) {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let mut bob = found(&hub.way(), &link).await;
    let alice = partner(&hub.way(), &mut bob, "Dockside", "Alice Partner").await;
    (hub, bob, alice)
}

/// A deal that both see.
async fn open_room(alice: &mut Device, bob: &mut Device) -> DealId {
    let registration = deal("polder-port.nl");
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    bob.until("the deal", |bob| bob.deal(room).is_some()).await;
    room
}

/// Alice registers and writes, Bob receives everything once and in order. Also run over other ways to
/// the same hub.
pub async fn a_deal_is_registered_and_talked_about(alice: &mut Device, bob: &mut Device) {
    let room = open_room(alice, bob).await;
    let deal = bob.deal(room).unwrap();
    assert_eq!((deal.registration.status, deal.number), (Status::Submitted, Some(2_001)));
    let said: Vec<String> = (0..60).map(|n| format!("Message number {n}")).collect();
    let mut last = 0;
    for body in &said {
        last = alice.push(message(room, body.clone())).await;
    }
    let seq = alice.answer(last).await.unwrap();
    bob.caught_up(seq).await;
    assert_eq!(bob.room(room), said);
    assert_eq!(alice.room(room), said);
    let arrivals: Vec<_> = bob.log.iter().filter(|row| row.key.table == Message::TABLE).collect();
    assert_eq!(arrivals.len(), said.len(), "every message arrives once");
    assert!(arrivals.windows(2).all(|pair| pair[0].seq < pair[1].seq), "and in order");

    bob.run(message(room, "Welcome to the room")).await.unwrap();
    alice.until("bob's answer", |alice| alice.room(room).len() == said.len() + 1).await;
    assert_eq!(alice.repeated, Vec::<u64>::new());
}

#[tokio::test]
async fn alice_registers_a_deal_and_bob_receives_every_message_once_in_order() {
    let (_hub, mut bob, mut alice) = start().await;
    a_deal_is_registered_and_talked_about(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn what_was_missed_arrives_after_reconnecting() {
    let (_hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    bob.reconnect().await;
    bob.wire = crate::support::wire::Wire::connect(&bob.way.clone(), "founding").await;
    let mut seq = 0;
    for n in 0..30 {
        seq = alice.run(message(room, format!("While you were away {n}"))).await.unwrap();
    }
    bob.reconnect().await;
    bob.caught_up(seq).await;
    assert_eq!(bob.room(room).len(), 30);
    assert_eq!(bob.log.iter().filter(|row| row.key.table == Message::TABLE).count(), 30);
}

#[tokio::test]
async fn what_was_pushed_before_has_no_second_effect() {
    let (_hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    let n = alice.push(message(room, "Once")).await;
    alice.answer(n).await.unwrap();

    // On the same connection, and on another one.
    alice.push_sealed(alice.sealed.clone()).await;
    let seq = alice.run(message(room, "Twice")).await.unwrap();
    alice.reconnect().await;
    alice.push_sealed(alice.sealed.clone()).await;
    let after = alice.run(message(room, "Thrice")).await.unwrap();
    assert_eq!(after, seq + 1, "a replay takes no sequence number");
    bob.caught_up(after).await;
    assert_eq!(bob.room(room), ["Once", "Twice", "Thrice"]);
    assert_eq!(bob.log.iter().filter(|row| row.key.table == Message::TABLE).count(), 3);
}

#[tokio::test]
async fn an_answer_that_was_not_heard_is_given_again() {
    let (_hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    let heard = *alice.answers.keys().next_back().unwrap();
    // Bob sees the message, so it is stored; the connection breaks before Alice reads her answer.
    let n = alice.push(message(room, "Did you get this?")).await;
    let mut refused = message(room, " ");
    refused.body.clear();
    let refused = alice.push(refused).await;
    let marker = alice.push(message(room, "And this?")).await;
    bob.until("the messages", |bob| bob.room(room).len() == 2).await;
    alice.reconnect().await;
    assert!(alice.answers.keys().any(|n| *n > heard));
    // What was refused comes with the rows it was decided on.
    alice.answer(marker).await.unwrap();
    assert!(alice.answers[&n].refusal.is_none());
    assert_eq!(alice.answers[&refused].refusal.as_ref().unwrap().rule, Rule::InvalidField);
    assert!(alice.answers[&marker].refusal.is_none());
    assert_eq!(alice.room(room).len(), 2);
}

#[tokio::test]
async fn a_device_from_a_run_that_the_hub_does_not_know_gets_all_answers_again() {
    let (_hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    alice.run(message(room, "Said to another branch too")).await.unwrap();
    let answered: Vec<u64> = alice.answers.keys().copied().collect();
    alice.reconnect().await;
    assert!(alice.repeated.is_empty(), "in a run it knows it repeats nothing");

    alice.epoch = alice.epoch.wrapping_add(1);
    alice.reconnect().await;
    alice.cursor = 0;
    alice.until("all answers", |alice| alice.repeated == answered).await;
}

#[tokio::test]
async fn two_installations_with_one_identity_are_found_out() {
    let (hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    // A copy of the disk, taken now.
    let copy = (alice.chain, alice.answers.clone(), alice.cursor, alice.epoch);
    alice.run(message(room, "From the laptop")).await.unwrap();

    let mut clone = Device::sign_in(&hub.way(), alice.me.clone()).await;
    (clone.chain, clone.answers, clone.cursor, clone.epoch) = copy;
    // Same number, other content: taken for the one that is stored, and has no effect.
    clone.push(message(room, "From the copy")).await;
    // The next one does not continue the chain that the hub has.
    clone.push(message(room, "From the copy again")).await;
    assert_eq!(clone.until_goodbye().await.unwrap().reason, Reason::Forked);
    let seq = bob.run(message(room, "Who is there?")).await.unwrap();
    bob.caught_up(seq).await;
    assert_eq!(bob.room(room), ["From the laptop", "Who is there?"]);
}

#[tokio::test]
async fn a_forged_signature_or_a_gap_ends_the_connection() {
    let (_hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    let chain = alice.chain;
    let mut forged = alice.seal(message(room, "Forged"));
    forged.payload.reverse();
    alice.push_sealed(vec![forged]).await;
    assert_eq!(alice.until_goodbye().await.unwrap().reason, Reason::Forked);

    alice.chain = chain;
    alice.sealed.pop();
    alice.reconnect().await;
    let _lost = alice.seal(message(room, "Lost"));
    let next = alice.seal(message(room, "Next"));
    alice.push_sealed(vec![next]).await;
    assert_eq!(alice.until_goodbye().await.unwrap().reason, Reason::Forked);
    // With what was lost, it goes through.
    alice.reconnect().await;
    bob.until("both", |bob| bob.room(room) == ["Lost", "Next"]).await;
}

#[tokio::test]
async fn a_refusal_blocks_nothing_behind_it() {
    let (_hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    let mut bad = message(room, "");
    bad.body = "x".repeat(9_000);
    let refused = alice.push(bad).await;
    let fine = alice.push(message(room, "Fine")).await;
    assert_eq!(alice.answer(refused).await.unwrap_err().rule, Rule::InvalidField);
    alice.answer(fine).await.unwrap();
    bob.until("the fine one", |bob| bob.room(room) == ["Fine"]).await;
}

#[tokio::test]
async fn claimed_times_ten_years_off_change_nothing() {
    let (_hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    let ten_years = 3_653 * 86_400_000;
    let now = alice.answers.values().next_back().unwrap().at;
    let mut expected = Vec::new();
    for (n, offset) in [ten_years, -ten_years, 0, i64::MAX - now.0, i64::MIN].into_iter().enumerate() {
        alice.claims = Timestamp(now.0.saturating_add(offset));
        expected.push(format!("Number {n}"));
        alice.run(message(room, format!("Number {n}"))).await.unwrap();
    }
    bob.until("the messages", |bob| bob.room(room) == expected).await;
    let after = alice.answers.values().next_back().unwrap().at;
    assert!(after.0 - now.0 < 3_600_000, "answers carry hub time");
    for row in bob.log.iter().filter(|row| row.key.table == Message::TABLE) {
        let message = Message::from_body(row.body.as_ref().unwrap()).unwrap();
        assert!((now.0..=after.0).contains(&message.at.0), "and so do rows");
    }
}

#[tokio::test]
async fn a_history_of_many_pages_arrives_whole_and_goes_on_where_it_was_cut() {
    let (hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    let mut last = 0;
    for n in 0..40 {
        let batch: Vec<_> = (0..100)
            .map(|m| alice.seal(message(room, format!("Message {n}.{m} {}", "~".repeat(200)))))
            .collect();
        last = batch.last().unwrap().header.n;
        alice.push_sealed(batch).await;
    }
    let head = alice.answer(last).await.unwrap();

    // A new device of Bob's starts with nothing, and is cut off again and again.
    let mut second = Device::sign_in(&hub.way(), bob.me.clone()).await;
    second.until("the first page", |second| second.resume.is_some()).await;
    let mut cuts = 0;
    while second.cursor < head {
        let seen = second.log.len();
        second.reconnect().await;
        assert!(second.take().await);
        assert!(second.log.len() > seen);
        cuts += 1;
    }
    assert!(cuts > 2, "{cuts} pages");
    assert_eq!(second.room(room).len(), 4_000);
    let arrivals = second.log.iter().filter(|row| row.key.table == Message::TABLE).count();
    assert_eq!(arrivals, 4_000, "no page repeats another");
}

#[tokio::test]
async fn a_reader_that_falls_behind_catches_up() {
    let (hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    // Little fits into this pipe, so that the hub has to hold back.
    let mut slow = Device::sign_in(&Way::Memory(hub.hub.clone()), bob.me.clone()).await;
    slow.caught_up(1).await;
    let mut last = 0;
    for n in 0..30 {
        let batch: Vec<_> =
            (0..40).map(|m| alice.seal(message(room, format!("{n}.{m} {}", "~".repeat(2_000))))).collect();
        last = batch.last().unwrap().header.n;
        alice.push_sealed(batch).await;
        alice.answer(last).await.unwrap();
    }
    let head = alice.answer(last).await.unwrap();
    slow.caught_up(head).await;
    assert_eq!(slow.room(room), alice.room(room));
    assert_eq!(slow.log.iter().filter(|row| row.key.table == Message::TABLE).count(), 1_200);
    // It is a full member of the room again.
    let seq = alice.run(message(room, "Are you with us?")).await.unwrap();
    slow.caught_up(seq).await;
    slow.run(message(room, "Yes")).await.unwrap();
}

#[tokio::test]
async fn a_decision_reaches_the_partner() {
    let (_hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    bob.run(RegistrationDecide { deal: room, decision: Decision::Approve }).await.unwrap();
    alice
        .until("the approval", |alice| {
            alice.deal(room).is_some_and(|deal| deal.registration.status == Status::Approved)
        })
        .await;
}

#[tokio::test]
async fn a_device_may_change_between_socket_and_poll() {
    let (hub, mut bob, mut alice) = start().await;
    let room = open_room(&mut alice, &mut bob).await;
    let ways: [Way; 2] = [hub.poll(), hub.way()];
    for (n, way) in ways.iter().cycle().take(6).enumerate() {
        alice.reconnect_by(way).await;
        alice.run(message(room, format!("Hop {n}"))).await.unwrap();
    }
    bob.until("six hops", |bob| bob.room(room).len() == 6).await;
}
