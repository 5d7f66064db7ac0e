//! The device's chain: what is signed, and that nothing of it can be changed.

use super::frame_samples::*;
use crate::frame::{Header, Sealed, Signature, encode};
use crate::link::Token;
use crate::seal::{Chain, DeviceKey, hello_bytes, join_bytes, token_hash, verify};
use domain::entity::Key;
use domain::{DeviceId, Mutation, ProgramId, ScopeId, Timestamp};
use proptest::prelude::*;

fn start() -> Chain {
    Chain::start(id(0x10), id(0x200))
}

/// What a hub does with the next sealed mutation of a device.
fn accepts(chain: &Chain, public: &Key, sealed: &Sealed) -> Option<Chain> {
    let next = chain.after(&sealed.header, &sealed.payload)?;
    verify(public, &next.hash.0, &sealed.signature).then_some(next)
}

#[test]
fn a_hub_follows_the_chain_of_a_device() {
    let public = alices_key().public();
    let mut chain = start();
    for (n, (sealed, after)) in (1..).zip(sealed(5)) {
        assert_eq!(
            sealed.header,
            Header { n, lane: ScopeId::Deal(id(1)), name: "message_send".into(), at: MONDAY }
        );
        assert_eq!(Mutation::from_payload(&sealed.header.name, &sealed.payload), Ok(message(n)));
        chain = accepts(&chain, &public, &sealed).unwrap();
        assert_eq!((chain, chain.n), (after, n), "both sides have the same end");
    }
}

#[test]
fn the_hashes_of_a_chain_never_change() {
    // Devices in the field continue chains that were begun by this version.
    let ends: Vec<String> = std::iter::once(start())
        .chain(sealed(2).into_iter().map(|(_, chain)| chain))
        .map(|chain| format!("{} {:?}", chain.n, chain.hash))
        .collect();
    insta::assert_snapshot!(ends.join("\n"));
}

#[test]
fn every_program_and_device_starts_elsewhere() {
    assert_ne!(start(), Chain::start(id(0x11), id(0x200)));
    assert_ne!(start(), Chain::start(id(0x10), id(0x201)));
    assert_ne!(start(), Chain::start(id(0x200), id(0x10)));
    assert_eq!(start().n, 0);
}

#[test]
fn every_part_of_a_sealed_mutation_is_protected() {
    type Tamper = fn(&mut Sealed);
    let tampers: [(&str, Tamper); 9] = [
        ("number", |sealed| sealed.header.n += 1),
        ("lane", |sealed| sealed.header.lane = ScopeId::Deal(id(2))),
        ("kind of lane", |sealed| sealed.header.lane = ScopeId::Partnership(id(1))),
        ("name", |sealed| sealed.header.name.push('x')),
        ("claimed time", |sealed| sealed.header.at = Timestamp(MONDAY.0 + 1)),
        ("a byte of the payload", |sealed| sealed.payload[3] ^= 1),
        ("end of the payload", |sealed| sealed.payload.push(0)),
        ("start of the signature", |sealed| sealed.signature.0[0] ^= 1),
        ("end of the signature", |sealed| sealed.signature.0[63] ^= 0x10),
    ];
    let public = alices_key().public();
    let (first, _) = sealed(1).remove(0);
    assert!(accepts(&start(), &public, &first).is_some());
    for (what, tamper) in tampers {
        let mut tampered = first.clone();
        tamper(&mut tampered);
        assert_eq!(accepts(&start(), &public, &tampered), None, "{what}");
    }
}

#[test]
fn name_and_payload_do_not_run_into_each_other() {
    let header = |name: &str| Header { n: 1, lane: ScopeId::Program, name: name.into(), at: MONDAY };
    assert_ne!(start().after(&header("ab"), b"c"), start().after(&header("a"), b"bc"));
    assert_ne!(start().after(&header(""), b""), start().after(&header(""), b"\0"));
}

#[test]
fn gaps_replays_and_reordering_do_not_continue_a_chain() {
    let public = alices_key().public();
    let all = sealed(3);
    let (after_first, after_second) = (all[0].1, all[1].1);
    let [first, second, third] = [0, 1, 2].map(|n| all[n].0.clone());
    assert_eq!(accepts(&start(), &public, &second), None, "a gap");
    assert_eq!(accepts(&after_first, &public, &third), None, "a gap later on");
    assert_eq!(accepts(&after_first, &public, &first), None, "a replay");
    assert_eq!(accepts(&after_second, &public, &second), None, "a replay later on");
    let renumbered = Sealed { header: Header { n: 2, ..first.header.clone() }, ..first };
    assert_eq!(accepts(&after_first, &public, &renumbered), None, "a replay under another number");
}

#[test]
fn a_device_that_skips_a_number_is_not_followed() {
    // Properly signed, but the second mutation of a device that has not sent a first.
    let skipped = Chain { n: 1, ..start() };
    let (second, _) = alices_key().seal(&skipped, &message(1), MONDAY);
    assert_eq!(second.header.n, 2);
    assert_eq!(accepts(&start(), &alices_key().public(), &second), None);
}

#[test]
fn a_chain_ends_where_its_numbers_end() {
    let last = Chain { n: u64::MAX, hash: Key([0; 32]) };
    let header = Header { n: 0, lane: ScopeId::Program, name: String::new(), at: MONDAY };
    assert_eq!(last.after(&header, b""), None);
}

#[test]
fn two_installations_with_one_identity_part_ways() {
    // A copied profile: both continue from the same end with something else.
    let public = alices_key().public();
    let end = sealed(2)[1].1;
    let (laptop, after_laptop) = alices_key().seal(&end, &message(3), MONDAY);
    let (copy, _) = alices_key().seal(&end, &message(4), MONDAY);
    assert_eq!(accepts(&end, &public, &laptop), Some(after_laptop));
    assert_eq!(accepts(&after_laptop, &public, &copy), None);
    let (later, _) = alices_key().seal(&accepts(&end, &public, &copy).unwrap(), &message(5), MONDAY);
    assert_eq!(accepts(&after_laptop, &public, &later), None, "and the next one does not fit either");
}

#[test]
fn a_chain_is_bound_to_its_program_and_device() {
    let public = alices_key().public();
    let (first, _) = sealed(1).remove(0);
    assert_eq!(accepts(&Chain::start(id(0x11), id(0x200)), &public, &first), None, "another program");
    assert_eq!(accepts(&Chain::start(id(0x10), id(0x201)), &public, &first), None, "another device");
}

#[test]
fn only_the_own_key_signs() {
    let bobs = DeviceKey::from_seed(&[8; 32]);
    let bytes = b"what was said";
    let signature = alices_key().sign(bytes);
    assert!(verify(&alices_key().public(), bytes, &signature));
    assert!(!verify(&bobs.public(), bytes, &signature));
    assert!(!verify(&alices_key().public(), b"something else", &signature));
    assert!(!verify(&alices_key().public(), bytes, &bobs.sign(bytes)));
}

#[test]
fn keys_that_fit_everything_fit_nothing() {
    // Points of small order verify some signature over any message, unless one looks closely.
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&identity);
    for key in [identity, [0; 32], [0xFF; 32]] {
        assert!(!verify(&Key(key), b"anything", &Signature(signature)), "{key:x?}");
        assert!(!verify(&Key(key), b"anything", &Signature([0; 64])), "{key:x?}");
    }
}

#[test]
fn a_greeting_is_good_for_one_program_device_and_challenge() {
    let (program, device): (ProgramId, DeviceId) = (id(0x10), id(0x200));
    let (nonce, other) = (Key([1; 32]), Key([2; 32]));
    let hello = hello_bytes(program, device, &nonce);
    assert_ne!(hello, hello_bytes(id(0x11), device, &nonce));
    assert_ne!(hello, hello_bytes(program, id(0x201), &nonce));
    assert_ne!(hello, hello_bytes(program, device, &other));

    let (token, stolen) = (Token([2; 32]), Token([1; 32]));
    let join = join_bytes(&nonce, &token, b"payload");
    assert_ne!(join, join_bytes(&other, &token, b"payload"));
    assert_ne!(join, join_bytes(&nonce, &stolen, b"payload"));
    assert_ne!(join, join_bytes(&nonce, &token, b"payloae"));
    assert_ne!(hello[..16], join[..16], "and is no way to join");
    assert!(hello.len() != 32 && join.len() != 32, "nor a link of a chain");
}

#[test]
fn a_hub_knows_a_token_by_a_hash_of_its_own() {
    let token = Token([0x5A; 32]);
    assert_ne!(token_hash(&token).0, token.0);
    assert_ne!(
        token_hash(&token).0,
        *blake3::hash(&token.0).as_bytes(),
        "a hash found elsewhere is of no use"
    );
    // Invitations in the field were made with it.
    insta::assert_snapshot!(format!("{:?}", token_hash(&token)));
}

proptest! {
    #[test]
    fn a_flipped_bit_anywhere_is_noticed(bit in 0..8_u8, at in any::<proptest::sample::Index>()) {
        let (first, _) = sealed(1).remove(0);
        let mut bytes = encode(&first);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(flipped) = minicbor::decode::<Sealed>(&bytes) {
            let same = flipped == first;
            prop_assert_eq!(accepts(&start(), &alices_key().public(), &flipped).is_some(), same);
        }
    }
}
