//! Segments: a device that has nothing fetches files and then the tail, and has what pages would have
//! brought; whoever may not see something does not get it by its name either.

use crate::support::device::{Device, Identity};
use crate::support::hub::TestHub;
use crate::support::wire::{Response, request};
use crate::support::world::{deal, found, message, partner};
use domain::mutation::DeviceRevoke;
use domain::{DealId, RowKey, ScopeId, Table};
use protocol::frame::{DeltaRow, FromDevice};
use protocol::segment::{self, CAPABILITY, SegmentRef, Segments, Ticket, Took};
use std::collections::BTreeMap;

/// Small enough that a test's program has many.
const SEGMENT: usize = 2_000;

async fn hub() -> TestHub {
    TestHub::start_with(|options| {
        options.limits.segment_rows = 60;
        options.limits.segment_bytes = SEGMENT;
    })
    .await
}

/// Bob's program with Alice in it, and some deals with some messages.
async fn halden(hub: &TestHub) -> (Device, Device, Vec<DealId>) {
    let mut bob = found(&hub.way(), &hub.hub.founding_link(1).await.unwrap()).await;
    let mut alice = partner(&hub.way(), &mut bob, "Northbeam", "Alice").await;
    let mut deals = Vec::new();
    for n in 0..6 {
        let register = deal(&format!("customer-{n}.example"));
        deals.push(register.deal);
        alice.run(register).await.unwrap();
    }
    talk(&mut alice, &deals, 12).await;
    (bob, alice, deals)
}

async fn talk(by: &mut Device, deals: &[DealId], times: usize) {
    let mut last = 0;
    for n in 0..times {
        for deal in deals {
            last = by.push(message(*deal, format!("message {n} about the berths"))).await;
        }
    }
    by.answer(last).await.unwrap();
}

/// A device with nothing signs in and is offered segments.
async fn offered(hub: &TestHub, me: &Identity) -> (Device, Segments) {
    let mut device = Device::sign_in_as(&hub.way(), me.clone(), &[CAPABILITY]).await;
    device.until("segments", |device| device.segments.is_some()).await;
    let segments = device.segments.take().unwrap();
    (device, segments)
}

async fn get(hub: &TestHub, me: &Identity, ticket: &Ticket, of: &SegmentRef, more: &str) -> Response {
    let ticket: String = ticket.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = format!("/v1/programs/{}/segments/{:?}", me.program, of.hash);
    let headers = format!("authorization: Ticket {ticket}\r\n{more}");
    request(hub.address, "GET", &path, &headers, b"").await.unwrap()
}

/// Fetches all segments and then the tail.
async fn take(hub: &TestHub, device: &mut Device, segments: &Segments) {
    for announced in &segments.list {
        let response = get(hub, &device.me, &segments.ticket, announced, "").await;
        assert_eq!(response.status, 200);
        let contents = segment::read(announced, &response.body).unwrap();
        assert!(contents.newer.is_empty());
        for row in contents.rows {
            device.log.push(row.clone());
            device.rows.insert(row.key, row);
        }
    }
    device.cursor = segments.head;
    device.resume = None;
    device.wire.send(&FromDevice::Took(Took { cursor: Some(segments.head) })).await;
}

fn live(device: &Device) -> BTreeMap<RowKey, DeltaRow> {
    device.rows.iter().filter(|(_, row)| row.body.is_some()).map(|(key, row)| (*key, row.clone())).collect()
}

/// What the same device has by pages alone.
async fn by_pages(hub: &TestHub, me: &Identity, head: u64) -> BTreeMap<RowKey, DeltaRow> {
    let mut device = Device::sign_in(&hub.way(), me.clone()).await;
    device.caught_up(head).await;
    live(&device)
}

#[tokio::test]
async fn segments_and_the_tail_are_what_pages_are() {
    let hub = hub().await;
    let (bob, mut alice, deals) = halden(&hub).await;
    let (bobs, alices) = (bob.me.clone(), alice.me.clone());
    let (mut second, segments) = offered(&hub, &bobs).await;
    assert!(segments.list.len() > 3, "{} segments", segments.list.len());
    // Meanwhile the talk goes on.
    talk(&mut alice, &deals[..2], 2).await;
    let head = alice.cursor;
    take(&hub, &mut second, &segments).await;
    second.caught_up(head).await;
    assert_eq!(live(&second), by_pages(&hub, &bobs, head).await);

    // Grants come before the deals they open, and what is new in a room comes with the first deals.
    let first_of = |table: Table| second.log.iter().position(|row| row.key.table == table).unwrap();
    assert!(first_of(Table::Grants) < first_of(Table::Deals));
    // For the partner it is another list; deals that both see may lie in the same segment.
    let (mut again, others) = offered(&hub, &alices).await;
    take(&hub, &mut again, &others).await;
    again.caught_up(head).await;
    assert_eq!(live(&again), by_pages(&hub, &alices, head).await);
    assert_ne!(segments.list, others.list);
    for row in live(&again).values() {
        let foreign = matches!(row.scope, ScopeId::Organization(of) if of == bobs.organization);
        assert!(!foreign, "{row:?} is not Alice's");
    }
}

#[tokio::test]
async fn a_small_program_and_an_old_device_get_pages() {
    let hub = TestHub::start().await;
    let mut bob = found(&hub.way(), &hub.hub.founding_link(1).await.unwrap()).await;
    let alice = partner(&hub.way(), &mut bob, "Northbeam", "Alice").await;
    let mut again = Device::sign_in_as(&hub.way(), alice.me.clone(), &[CAPABILITY]).await;
    again.caught_up(bob.cursor).await;
    assert!(again.segments.is_none());
    assert_eq!(live(&again), by_pages(&hub, &alice.me, bob.cursor).await);
}

#[tokio::test]
async fn who_does_not_want_the_segments_gets_pages() {
    let hub = hub().await;
    let (bob, alice, _) = halden(&hub).await;
    let (mut second, _) = offered(&hub, &bob.me).await;
    second.wire.send(&FromDevice::Took(Took { cursor: None })).await;
    second.caught_up(alice.cursor).await;
    assert_eq!(live(&second), by_pages(&hub, &bob.me, alice.cursor).await);
}

#[tokio::test]
async fn a_segment_is_served_to_whoever_sees_all_of_it_and_nobody_else() {
    let hub = hub().await;
    let (bob, mut alice, _) = halden(&hub).await;
    let (_bobs, bobs) = offered(&hub, &bob.me).await;
    let (_alices, alices) = offered(&hub, &alice.me).await;
    let (of_bob, of_alice) = (&bobs.list[0], &alices.list[0]);
    assert_eq!(get(&hub, &bob.me, &bobs.ticket, of_bob, "").await.status, 200);
    // By its name alone it is as if it were not there.
    let foreign = get(&hub, &alice.me, &alices.ticket, of_bob, "").await;
    let missing = SegmentRef { hash: segment::hash(b"nothing"), ..*of_bob };
    let missing = get(&hub, &alice.me, &alices.ticket, &missing, "").await;
    assert_eq!((foreign.status, &foreign.body), (missing.status, &missing.body));
    assert_eq!(foreign.status, 410);
    // Without a ticket, with a forged one, for another program.
    let path = format!("/v1/programs/{}/segments/{:?}", bob.me.program, of_bob.hash);
    assert_eq!(request(hub.address, "GET", &path, "", b"").await.unwrap().status, 401);
    let mut forged = bobs.ticket.clone();
    forged.0[0] ^= 1;
    assert_eq!(get(&hub, &bob.me, &forged, of_bob, "").await.status, 401);
    let mut elsewhere = bob.me.clone();
    elsewhere.program = crate::support::world::id();
    assert_eq!(get(&hub, &elsewhere, &bobs.ticket, of_bob, "").await.status, 401);
    // Of another site.
    let evil = get(&hub, &bob.me, &bobs.ticket, of_bob, "origin: https://evil.example\r\n").await;
    assert_eq!(evil.status, 403);

    // Alice's laptop is signed out: her ticket opens nothing from that moment.
    assert_eq!(get(&hub, &alice.me, &alices.ticket, of_alice, "").await.status, 200);
    alice.reconnect().await;
    alice.push(DeviceRevoke { device: alice.me.device, member: alice.me.member }).await;
    alice.until_goodbye().await;
    assert_eq!(get(&hub, &alice.me, &alices.ticket, of_alice, "").await.status, 401);
}

#[tokio::test]
async fn a_transfer_goes_on_where_it_broke_off() {
    let hub = hub().await;
    let (bob, _alice, _) = halden(&hub).await;
    let (_device, segments) = offered(&hub, &bob.me).await;
    let of = &segments.list[0];
    let whole = get(&hub, &bob.me, &segments.ticket, of, "").await;
    assert_eq!(whole.header("accept-ranges").as_deref(), Some("bytes"));
    let rest = get(&hub, &bob.me, &segments.ticket, of, "range: bytes=100-\r\n").await;
    assert_eq!((rest.status, &rest.body[..]), (206, &whole.body[100..]));
    let range = format!("bytes 100-{}/{}", of.bytes - 1, of.bytes);
    assert_eq!(rest.header("content-range"), Some(range));
    for beyond in ["bytes=99999999-", "bytes=-5", "nonsense"] {
        let beyond = get(&hub, &bob.me, &segments.ticket, of, &format!("range: {beyond}\r\n")).await;
        assert_eq!(beyond.status, 416);
    }
}

#[tokio::test]
async fn a_list_is_kept_until_it_is_old_and_what_is_lost_is_made_anew() {
    let hub = hub().await;
    let (bob, mut alice, deals) = halden(&hub).await;
    let (_first, before) = offered(&hub, &bob.me).await;
    talk(&mut alice, &deals[..1], 1).await;
    let (_second, same) = offered(&hub, &bob.me).await;
    assert_eq!(before.list, same.list, "a short tail is no reason to make them anew");
    let lost = hub.folder.path().join("objects/segments").join(format!("{:?}", before.list[0].hash));
    std::fs::remove_file(lost).unwrap();
    let head = alice.cursor;
    let (mut third, anew) = offered(&hub, &bob.me).await;
    assert!(anew.head > before.head);
    let kept = anew.list.iter().filter(|of| before.list.contains(of)).count();
    assert!(kept > 0 && kept < before.list.len(), "{kept} of {} were kept", before.list.len());
    take(&hub, &mut third, &anew).await;
    third.caught_up(head).await;
    assert_eq!(live(&third), by_pages(&hub, &bob.me, head).await);
}
