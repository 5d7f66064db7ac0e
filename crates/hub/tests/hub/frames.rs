//! Bytes that are no frames, frames out of turn, and frames of other versions.

use crate::support::device::Device;
use crate::support::hub::TestHub;
use crate::support::random32;
use crate::support::wire::{Way, Wire};
use crate::support::world::{deal, found, join_frame, message};
use domain::{DeviceId, Rule};
use protocol::frame::{
    self, FRAME_MAX, FromDevice, FromHub, Hello, Inspect, PAYLOAD_MAX, PROTO, PUSH_MAX, Push, Reason,
    Signature,
};
use protocol::link::Token;
use protocol::seal::DeviceKey;

async fn start() -> (TestHub, Device) {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let bob = found(&hub.way(), &link).await;
    (hub, bob)
}

fn hello(proto: u32) -> FromDevice {
    FromDevice::Hello(Hello {
        proto,
        capabilities: vec!["sealed-rooms".into()],
        device: DeviceId(uuid::Uuid::now_v7()),
        signature: Signature([0; 64]),
        epoch: 0,
        cursor: 0,
        resume: None,
        answered: 0,
    })
}

/// Sends bytes to the lobby and to the program, by websocket and by long poll; why each hung up.
async fn reasons(hub: &TestHub, bob: &Device, bytes: &[u8]) -> Vec<Option<Reason>> {
    let mut reasons = Vec::new();
    for way in [hub.way(), hub.poll()] {
        for place in ["founding".to_owned(), format!("programs/{}", bob.me.program)] {
            let mut wire = Wire::connect(&way, &place).await;
            wire.challenge().await;
            wire.send_bytes(bytes.to_vec()).await;
            reasons.push(wire.goodbye().await.map(|goodbye| goodbye.reason));
        }
    }
    reasons
}

#[tokio::test]
async fn what_is_no_frame_ends_the_connection() {
    let (hub, bob) = start().await;
    let whole = frame::encode(&hello(PROTO));
    let mut hostile: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0xff],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0x82, 0x00],
        vec![0x82, 0x00, 0xa0],
        // Lengths that no memory holds.
        vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
        vec![0x82, 0x01, 0x81, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x82, 0x03, 0x81, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        // Deep nesting.
        vec![0x81; 60_000],
    ];
    hostile.extend([1, 5, whole.len() / 2, whole.len() - 1].map(|cut| whole[..cut].to_vec()));
    for bytes in hostile {
        let all = reasons(&hub, &bob, &bytes).await;
        let shown: Vec<u8> = bytes.iter().copied().take(20).collect();
        assert!(all.iter().all(|reason| *reason == Some(Reason::Malformed)), "{shown:02x?}: {all:?}");
    }
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_connection() {
    let (hub, bob) = start().await;
    let way = hub.way();
    for (size, place) in
        [(FRAME_MAX + 1, "founding".to_owned()), (FRAME_MAX + 1, format!("programs/{}", bob.me.program))]
    {
        let mut wire = Wire::connect(&way, &place).await;
        wire.challenge().await;
        wire.send_bytes(vec![0; size]).await;
        assert_eq!(wire.goodbye().await.unwrap().reason, Reason::TooLarge);
    }
    // Far too large is not even read, so the peer may never hear why.
    let mut wire = Wire::connect(&way, "founding").await;
    wire.challenge().await;
    wire.send_bytes(vec![0; 4 * FRAME_MAX]).await;
    let reason = wire.goodbye().await.map(|goodbye| goodbye.reason);
    assert!(matches!(reason, None | Some(Reason::TooLarge)), "{reason:?}");
}

#[tokio::test]
async fn too_much_in_one_push_ends_the_connection() {
    let (_hub, mut bob) = start().await;
    let room = deal("polder-port.nl").deal;
    let sealed = bob.seal(message(room, "x"));
    bob.push_sealed(vec![sealed.clone(); PUSH_MAX + 1]).await;
    assert_eq!(bob.until_goodbye().await.unwrap().reason, Reason::TooLarge);

    bob.sealed.clear();
    bob.reconnect().await;
    let mut large = sealed;
    large.payload = vec![0; PAYLOAD_MAX + 1];
    bob.push_sealed(vec![large]).await;
    assert_eq!(bob.until_goodbye().await.unwrap().reason, Reason::TooLarge);

    let hub = TestHub::start().await;
    let mut wire = Wire::connect(&hub.way(), "founding").await;
    let nonce = wire.challenge().await.nonce;
    let key = DeviceKey::from_seed(&random32());
    let create = crate::support::world::founding(&key);
    let mut join = join_frame(&key, &nonce, Token(random32()), &create.into());
    join.payload = vec![0; PAYLOAD_MAX + 1];
    wire.send(&FromDevice::Join(join)).await;
    assert_eq!(wire.goodbye().await.unwrap().reason, Reason::TooLarge);
}

#[tokio::test]
async fn a_version_that_does_not_meet_ends_the_connection() {
    let (hub, bob) = start().await;
    for proto in [0, PROTO + 1, u32::MAX] {
        let mut wire = Wire::connect(&hub.way(), &format!("programs/{}", bob.me.program)).await;
        wire.challenge().await;
        wire.send(&hello(proto)).await;
        assert_eq!(wire.goodbye().await.unwrap().reason, Reason::Version);
    }
}

#[tokio::test]
async fn a_frame_of_a_newer_version_is_ignored() {
    let (hub, mut bob) = start().await;
    // [99, [["later"]]]
    let newer = [0x82, 0x18, 0x63, 0x81, 0x81, 0x65, b'l', b'a', b't', b'e', b'r'].to_vec();
    let mut wire = Wire::connect(&hub.way(), "founding").await;
    wire.challenge().await;
    wire.send_bytes(newer.clone()).await;
    wire.send(&FromDevice::Inspect(Inspect { token: Token(random32()) })).await;
    assert!(matches!(wire.next().await, Some(FromHub::Inspected(_))));

    bob.wire.send_bytes(newer).await;
    let refusal = bob.run(message(deal("polder-port.nl").deal, "Nowhere")).await.unwrap_err();
    assert_eq!(refusal.rule, Rule::NotInScope);
}

#[tokio::test]
async fn frames_out_of_turn_end_the_connection() {
    let (hub, mut bob) = start().await;
    let push = FromDevice::Push(Push { sealed: Vec::new() });
    for (place, frame) in [
        ("founding".to_owned(), hello(PROTO)),
        ("founding".to_owned(), push.clone()),
        (format!("programs/{}", bob.me.program), push),
    ] {
        let mut wire = Wire::connect(&hub.way(), &place).await;
        wire.challenge().await;
        wire.send(&frame).await;
        assert_eq!(wire.goodbye().await.unwrap().reason, Reason::Malformed);
    }
    bob.wire.send(&hello(PROTO)).await;
    assert_eq!(bob.until_goodbye().await.unwrap().reason, Reason::Malformed);
}

#[tokio::test]
async fn text_is_no_frame() {
    let (hub, _bob) = start().await;
    let mut wire = Wire::connect(&hub.way(), "founding").await;
    wire.challenge().await;
    wire.send_text("hello").await;
    assert_eq!(wire.goodbye().await.unwrap().reason, Reason::Malformed);
}

#[tokio::test]
async fn a_mutation_of_another_version_is_refused_and_the_rest_goes_on() {
    let (_hub, mut bob) = start().await;
    // Sealed correctly, so that only its content is strange.
    let header =
        frame::Header { n: 1, lane: domain::ScopeId::Program, name: "teleport".into(), at: bob.claims };
    let payload = vec![0xa0];
    let chain = bob.chain.after(&header, &payload).unwrap();
    let signature = bob.me.key.sign(&chain.hash.0);
    let sealed = frame::Sealed { header, payload, signature, void: None };
    bob.chain = chain;
    bob.sealed.push(sealed.clone());
    bob.push_sealed(vec![sealed]).await;
    assert_eq!(bob.answer(1).await.unwrap_err().rule, Rule::Unreadable);
    crate::support::world::add_partner(&mut bob, "Dockside").await;
}

#[tokio::test]
async fn random_bytes_never_stop_the_hub() {
    let (hub, mut bob) = start().await;
    let mut seed = 0x5eed_u64;
    let mut next = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    let valid = frame::encode(&hello(PROTO));
    for round in 0..200 {
        let mut bytes = if round % 2 == 0 { valid.clone() } else { vec![0; next() % 300] };
        for _ in 0..=next() % 8 {
            if !bytes.is_empty() {
                let at = next() % bytes.len();
                bytes[at] = (next() % 256) as u8;
            }
        }
        let place = if round % 3 == 0 { "founding".into() } else { format!("programs/{}", bob.me.program) };
        let mut wire = Wire::connect(&Way::Socket(hub.address), &place).await;
        wire.challenge().await;
        wire.send_bytes(bytes).await;
    }
    crate::support::world::add_partner(&mut bob, "Dockside").await;
}
