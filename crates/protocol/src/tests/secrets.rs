//! What is printed for a log shows no secret.

use super::frame_samples::*;
use crate::client::Client;
use crate::frame::*;
use crate::link::{InvitationLink, Token};
use crate::seal::DeviceKey;
use crate::sequencer::HubEvent;
use domain::entity::Key;

/// A value whose every way of being printed would be noticed.
const SECRET: [u8; 32] = [
    0xDE, 0xAD, 0xBE, 0xEF, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDE,
    0xAD, 0xBE, 0xEF, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC,
];

fn shows(printed: &str) -> bool {
    let printed = printed.to_lowercase().replace([' ', '\n', ',', '_'], "");
    ["deadbeef", "222173190239", "0xde0xad0xbe0xef", "3q2+7w", "3q2-7w"]
        .iter()
        .any(|form| printed.contains(form))
}

fn printed_both_ways(what: &str, value: &impl std::fmt::Debug) {
    for printed in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!shows(&printed), "{what} shows its secret: {printed}");
    }
}

#[test]
fn the_test_would_notice() {
    let key = Key(SECRET);
    assert!(shows(&format!("{key:?}")) && shows(&format!("{SECRET:?}")) && shows(&format!("{SECRET:#?}")));
    assert!(shows(&format!("{SECRET:x?}")) && shows(&format!("{SECRET:#x?}")));
    assert!(!shows(&format!("{:?}", [0; 32])));
}

#[test]
fn tokens_keys_and_links_do_not_show_when_printed() {
    let token = Token(SECRET);
    printed_both_ways("a token", &token);
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
    let bytes = encode(&FromDevice::Join(join.clone()));
    printed_both_ways("an event of the hub", &HubEvent::Received { connection: 1, bytes });
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
