//! The sequencer in worlds that are driven at random: pushes, lost connections, congestion, pages that
//! come late, stores that fail. In the end every device has exactly the rows of its scopes, and an
//! answer to everything it did.

mod device;
mod world;

use crate::support::world::{deal, message};
use domain::entity::{Deal, Key};
use domain::mutation::{DealShare, DealUnshare, PartnershipEnd};
use domain::{ProgramId, RowKey, ScopeId, Table, Timestamp};
use proptest::prelude::*;
use protocol::frame::{self, FromHub, Incoming};
use protocol::sequencer::{HubEffect, HubEvent, Sequencer, Settings};
use std::collections::BTreeMap;
use uuid::Uuid;
use world::World;

fn check(world: &World) {
    for (n, device) in world.devices.iter().enumerate() {
        let Some(expected) = world.store.view(device.id) else {
            assert!(device.out, "device {n} was revoked and does not know");
            continue;
        };
        let live = device.rows.iter().filter_map(|(key, (seq, body))| Some((*key, (*seq, body.clone()?))));
        let live: BTreeMap<RowKey, (u64, Vec<u8>)> = live.collect();
        let missing: Vec<_> = expected.keys().filter(|key| !live.contains_key(key)).collect();
        let extra: Vec<_> = live.keys().filter(|key| !expected.contains_key(key)).collect();
        assert!(missing.is_empty() && extra.is_empty(), "device {n} lacks {missing:?}, has {extra:?}");
        assert_eq!(live, expected, "device {n} has old versions");
        let answered: Vec<u64> = device.answers.keys().copied().collect();
        let done: Vec<u64> = device.sealed.iter().map(|sealed| sealed.header.n).collect();
        assert_eq!(answered, done, "device {n} has an answer to each thing it did");
    }
}

/// A bounded part of what `PROPTEST_CASES` asks for when there is time.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases / 4, failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_device_ends_with_the_rows_of_its_scopes(
        actions in prop::collection::vec((any::<u8>(), any::<u16>()), 0..500),
    ) {
        let mut world = World::start();
        check(&world);
        for (what, n) in actions {
            world.act(what, n);
        }
        // Devices that the hub still serves are not shaken awake: what they are owed comes by itself.
        world.settle();
        for device in 0..world.devices.len() {
            if world.devices[device].connection.is_none() {
                world.connect(device);
                world.settle();
            }
        }
        check(&world);
    }
}

#[test]
fn a_hub_that_stops_spreads_the_return_of_its_devices() {
    /// When the hub lets `devices` come back at the earliest, in milliseconds.
    fn waits(devices: u64) -> Vec<u64> {
        let mut hub = Sequencer::new(ProgramId(Uuid::nil()), 1, 0, Settings { allow_demo: false });
        for connection in 0..devices {
            hub.step(Timestamp(0), HubEvent::Opened { connection, nonce: Key([0; 32]) });
        }
        let effects = hub.step(Timestamp(0), HubEvent::ShuttingDown);
        let goodbye = |effect: &HubEffect| match effect {
            HubEffect::Send { bytes, .. } => match frame::decode(bytes) {
                Ok(Incoming::Known(FromHub::Goodbye(goodbye))) => goodbye.retry_after_ms,
                other => panic!("{other:?}"),
            },
            _ => None,
        };
        effects.iter().filter_map(goodbye).collect()
    }
    assert_eq!(waits(10), [500; 10]);
    let many = waits(10_000);
    assert_eq!(many.len(), 10_000);
    // No second has more of them than a hub can sign in.
    let mut in_second: BTreeMap<u64, usize> = BTreeMap::new();
    for wait in many {
        *in_second.entry(wait / 1_000).or_default() += 1;
    }
    assert!(in_second.values().all(|devices| *devices <= 1_000), "{in_second:?}");
}

#[test]
fn a_connection_that_was_congested_gets_what_is_written_after_it_has_drained() {
    let mut world = World::start();
    let alice = 1;
    let connection = world.devices[alice].connection.unwrap();
    world.feed(HubEvent::Congested { connection });
    // Nothing of this is Alice's.
    world.devices[2].do_it(deal("other.nl"));
    for device in [0, 2] {
        while let Some(bytes) = world.devices[device].up.pop_front() {
            let connection = world.devices[device].connection.unwrap();
            world.feed(HubEvent::Received { connection, bytes });
        }
    }
    while world.store_op.is_some() {
        world.answer_store(false);
    }
    world.feed(HubEvent::Drained { connection });
    let mine = deal("mine.nl");
    world.devices[alice].do_it(mine);
    world.settle();
    check(&world);
}

#[test]
fn what_came_by_an_older_line_is_answered_on_the_one_that_took_its_place() {
    let mut world = World::start();
    let alice = 1;
    let older = world.devices[alice].connection.unwrap();
    for customer in ["first.nl", "second.nl"] {
        world.devices[alice].do_it(deal(customer));
    }
    let mut pushes = std::mem::take(&mut world.devices[alice].up);
    // Her line breaks, and she calls again.
    world.connect(alice);
    let connection = world.devices[alice].connection.unwrap();
    let challenge = world.devices[alice].down.pop_front().unwrap();
    world.devices[alice].hear(&challenge);
    let hello = world.devices[alice].up.pop_front().unwrap();
    // While the hub is busy with what she had sent before, her hello arrives, and then the rest.
    world.feed(HubEvent::Received { connection: older, bytes: pushes.pop_front().unwrap() });
    world.feed(HubEvent::Received { connection, bytes: hello });
    world.feed(HubEvent::Received { connection: older, bytes: pushes.pop_front().unwrap() });
    world.settle();
    check(&world);
}

/// What a device sends reaches the hub, and the hub does all that follows; nobody hears of it yet.
fn reaches_the_hub(world: &mut World, device: usize) {
    while let Some(bytes) = world.devices[device].up.pop_front() {
        let connection = world.devices[device].connection.unwrap();
        world.feed(HubEvent::Received { connection, bytes });
        while world.store_op.is_some() {
            world.answer_store(false);
        }
    }
}

/// Rows and answers that wait for a device.
fn waiting_for(world: &World, device: usize) -> (Vec<frame::DeltaRow>, usize) {
    let mut waiting = (Vec::new(), 0);
    for bytes in &world.devices[device].down {
        if let Incoming::Known(FromHub::Delta(delta)) = frame::decode(bytes).unwrap() {
            waiting.0.extend(delta.rows);
            waiting.1 += delta.answers.len();
        }
    }
    waiting
}

#[test]
fn what_waits_for_a_guest_is_withheld_before_the_end_of_access_is_answered() {
    let mut world = World::start();
    let (bob, alice, carol) = (0, 1, 2);
    let (register, other) = (deal("polder.nl"), deal("other.nl"));
    let (shared, scope) = (register.deal, ScopeId::Deal(register.deal));
    world.devices[alice].do_it(register);
    world.devices[carol].do_it(other.clone());
    world.settle();
    let organization = world.devices[carol].organization;
    world.devices[bob].do_it(DealShare { deal: shared, organization });
    world.settle();
    assert!(world.devices[carol].rows.contains_key(&RowKey::of::<Deal>(shared)));

    // Carol's line is slow: this waits for her at the hub, beside something of her own.
    world.devices[alice].do_it(message(shared, "Not for Carol any more"));
    reaches_the_hub(&mut world, alice);
    world.devices[carol].do_it(message(other.deal, "Her own"));
    reaches_the_hub(&mut world, carol);
    assert!(waiting_for(&world, carol).0.iter().any(|row| row.scope == scope));
    world.devices[bob].do_it(DealUnshare { deal: shared, organization });
    reaches_the_hub(&mut world, bob);

    // Were the disk lost with the end of her access, a copy of it would still owe her the rest.
    let first = frame::decode::<FromHub>(&world.devices[carol].down[0]).unwrap();
    assert!(
        matches!(first, Incoming::Known(FromHub::Delta(delta)) if delta.rows.is_empty() && delta.to == 0)
    );
    let (rows, answers) = waiting_for(&world, carol);
    assert!(rows.iter().all(|row| row.scope != scope), "{rows:?}");
    assert!(rows.iter().any(|row| row.scope == ScopeId::Deal(other.deal)), "the rest still comes");
    assert_eq!(answers, 1);
    let end = rows.iter().find(|row| row.key.table == Table::Grants).unwrap();
    assert_eq!((end.body.as_ref(), end.scope), (None, ScopeId::Organization(organization)));
    assert!(waiting_for(&world, bob).1 > 0, "bob is answered");
}

#[test]
fn nothing_waits_any_more_for_a_partner_whose_partnership_ends() {
    let mut world = World::start();
    let (bob, alice) = (0, 1);
    let register = deal("polder.nl");
    let shared = register.deal;
    world.devices[alice].do_it(register);
    world.settle();
    world.devices[bob].do_it(message(shared, "Too late for Alice"));
    reaches_the_hub(&mut world, bob);
    assert!(!waiting_for(&world, alice).0.is_empty());
    let organization = world.devices[alice].organization;
    world.devices[bob].do_it(PartnershipEnd { organization });
    reaches_the_hub(&mut world, bob);
    let down = world.devices[alice].down.make_contiguous();
    assert_eq!(down.len(), 1);
    let last = frame::decode::<FromHub>(&down[0]).unwrap();
    assert!(matches!(last, Incoming::Known(FromHub::Goodbye(bye)) if bye.reason == frame::Reason::Revoked));
    world.settle();
    check(&world);
}
