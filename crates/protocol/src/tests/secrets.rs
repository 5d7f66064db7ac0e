//! What is printed for a log shows no secret.

use super::frame_samples::*;
use crate::client::Client;
use crate::frame::*;
use crate::link::InvitationLink;
use crate::seal::DeviceKey;
use domain::entity::Key;

/// A value whose every way of being printed would be noticed.
const SECRET: [u8; 32] = [
    0xDE, 0xAD, 0xBE, 0xEF, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDE, 0xAD,
    0xBE, 0xEF, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC,
];

fn hides(what: &str, printed: &str) {
    let lower = printed.to_lowercase().replace([' ', '\n', '\t', ',', '_'], "");
    for shown in ["deadbeef", "222173190239", "0xde0xad0xbe0xef", "3q2+7w", "3q2-7w"] {
        assert!(!lower.contains(shown), "{what} shows its secret: {printed}");
    }
}

fn printed_both_ways(what: &str, value: &impl std::fmt::Debug) {
    hides(what, &format!("{value:?}"));
    hides(what, &format!("{value:#?}"));
}

#[test]
fn the_test_would_notice() {
    let token = Key(SECRET);
    for printed in [format!("{token:?}"), format!("{SECRET:?}"), format!("{SECRET:x?}"), format!("{SECRET:#x?}")] {
        let printed = printed.replace(" ", "");
        let found = std::panic::catch_unwind(|| hides("a token", &printed));
        assert!(found.is_err() || printed.starts_with("[de,ad"), "{printed}");
    }
}

#[test]
fn tokens_keys_and_links_do_not_show_when_printed() {
    let token = Key(SECRET);
    let link = InvitationLink { hub: "https://hub.example".into(), program: Some(id(0x10)), token };
    printed_both_ways("a link", &link);
    assert!(format!("{link:?}").contains("hub.example"), "but where it leads");
    printed_both_ways("a parsed link", &link.to_string().parse::<InvitationLink>());

    let inspect = Inspect { token };
    let join = Join {
        token,
        name: "invitation_accept".into(),
        payload: SECRET.to_vec(),
        signature: Signature([0xDE; 64]),
    };
    printed_both_ways("inspect", &inspect);
    printed_both_ways("join", &join);
    assert!(format!("{join:?}").contains("invitation_accept"), "but what it asks for");
    printed_both_ways("a frame", &FromDevice::Inspect(inspect));
    printed_both_ways("a frame", &FromDevice::Join(join.clone()));
    printed_both_ways("what arrived", &Incoming::Known(FromDevice::Join(join)));
}

#[test]
fn a_device_key_does_not_show_when_printed() {
    let key = DeviceKey::from_seed(&SECRET);
    assert_eq!(format!("{key:?}"), "DeviceKey(..)");
    printed_both_ways("a key", &key);
    printed_both_ways("a client", &Client::new(id(0x10), id(0x200), key, false, 1));
}

#[test]
fn a_signature_does_not_fill_the_log() {
    assert_eq!(format!("{:?}", Signature([1; 64])), "Signature(..)");
}
