//! Pushes in few bytes.

use super::frame_samples::{MONDAY, alices_key, from_device, id, message};
use crate::brief::Brief;
use crate::frame::{FRAME_MAX, FrameError, FromDevice, Push, encode};
use crate::seal::Chain;
use domain::mutation::MessageSend;
use domain::{DealId, MessageId, Mutation, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

/// An id made at a moment.
fn made<T: From<Uuid>>(at: i64, chance: [u8; 10]) -> T {
    uuid::Builder::from_unix_timestamp_millis(at.unsigned_abs(), &chance).into_uuid().into()
}

/// Pushes of one message each, a minute apart.
fn talk(room: DealId, bodies: &[&str]) -> Vec<Vec<u8>> {
    let mut chain = Chain::start(id(0x10), id(0x200));
    let mut at = MONDAY.0;
    let mut pushes = Vec::new();
    for (n, body) in bodies.iter().enumerate() {
        at += 60_000;
        let message: MessageId = made(at, [u8::try_from(n).unwrap_or_default(); 10]);
        let send = MessageSend { message, deal: room, body: (*body).to_owned(), reply_to: None };
        let (sealed, next) = alices_key().seal(&chain, &send.into(), Timestamp(at + 1));
        chain = next;
        pushes.push(encode(&FromDevice::Push(Push { sealed: vec![sealed] })));
    }
    pushes
}

#[test]
fn every_frame_comes_out_as_it_went_in() {
    let (mut sender, mut receiver) = (Brief::default(), Brief::default());
    let room = made(MONDAY.0, [0xFC; 10]);
    let mut frames = talk(room, &["Shall we?", "", "One more \u{fc} and \u{10ffff}", "P\u{1}P"]);
    frames.extend(from_device().iter().map(|(_, frame)| encode(frame)));
    frames.extend(talk(id(7), &["Elsewhere", "and on"]));
    frames.push(vec![]);
    frames.push(vec![0x82, 0x01]);
    for _ in 0..3 {
        for frame in &frames {
            let short = sender.shorten(frame);
            assert!(short.len() <= frame.len() + 8, "{short:02x?}");
            assert_eq!(receiver.restore(&short).as_ref(), Ok(frame));
        }
    }
}

#[test]
fn a_message_in_a_room_in_use_costs_what_it_says_and_its_signature_and_little_else() {
    let mut sender = Brief::default();
    let text = "x".repeat(60);
    let pushes = talk(id(1), &[&text, &text, &text]);
    let lengths: Vec<usize> = pushes.iter().map(|push| sender.shorten(push).len()).collect();
    assert!(lengths[0] < 190 && lengths[1] == lengths[2], "{lengths:?}");
    assert!(lengths[2] <= 60 + 64 + 10 + 18, "{lengths:?}");
}

#[test]
fn a_push_of_many_goes_on_where_the_last_one_ended() {
    let (mut sender, mut receiver) = (Brief::default(), Brief::default());
    let mut chain = Chain::start(id(0x10), id(0x200));
    let mut sealed = Vec::new();
    for n in 0..40 {
        let (next, end) = alices_key().seal(&chain, &message(n), MONDAY);
        chain = end;
        sealed.push(next);
    }
    for part in sealed.chunks(13) {
        let frame = encode(&FromDevice::Push(Push { sealed: part.to_vec() }));
        let short = sender.shorten(&frame);
        assert!(short.len() + 30 * part.len() < frame.len(), "{} of {}", short.len(), frame.len());
        assert_eq!(receiver.restore(&short), Ok(frame));
    }
}

#[test]
fn what_cannot_have_been_sent_is_refused() {
    let mut good = Brief::default().shorten(&talk(id(1), &["Shall we?"])[0]);
    for end in 1..good.len() {
        assert_eq!(Brief::default().restore(&good[..end]), Err(FrameError::Malformed), "cut at {end}");
    }
    good.push(0);
    assert_eq!(Brief::default().restore(&good), Err(FrameError::Malformed));
    for bytes in [&[][..], &[3], &[1, 24], &[1, 15, 9], &[2, 1, 1], &[1, 15, 0, 2, 3, 3]] {
        assert_eq!(Brief::default().restore(bytes), Err(FrameError::Malformed), "{bytes:02x?}");
    }
    // What would grow beyond a frame is not written out.
    let mut bomb = vec![1, 15, 0, 17, 3];
    bomb.extend([5; 16]);
    bomb.push(0);
    bomb.extend([0; 64]);
    let many = FRAME_MAX / 4;
    // Its length, in groups of seven bits.
    bomb.extend([0x80, 0x80, u8::try_from(many >> 14).unwrap()]);
    bomb.extend(vec![0xFE; many]);
    assert!(Brief::default().restore(&bomb).is_err());
}

/// Payloads that are nothing, with heads, marks and ids among them.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let id = |n: u8| [&[0x50][..], made::<Uuid>(MONDAY.0 + i64::from(n), [n; 10]).as_bytes()].concat();
    let piece = prop_oneof![
        3 => (0_u8..80).prop_map(id),
        2 => prop::collection::vec(any::<u8>(), 0..24),
        1 => prop::collection::vec(prop::sample::select(vec![0x50, 0xFC, 0xFD, 0xFE, 0xFF, 0xF0]), 0..24),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_payload_and_any_header_come_out_as_they_went_in(
        pushes in prop::collection::vec((0..u64::MAX / 2, prop::collection::vec((payload(), any::<i64>(), "[a-z_]{0,20}"), 1..4)), 1..12),
    ) {
        let Mutation::MessageSend(sample) = message(1) else { return Ok(()) };
        let (mut sender, mut receiver) = (Brief::default(), Brief::default());
        let (sample, _) = alices_key().seal(&Chain::start(id(0x10), id(0x200)), &sample.into(), MONDAY);
        for (first, parts) in pushes {
            let mut sealed = Vec::new();
            for (n, (payload, at, name)) in (first..).zip(parts) {
                let mut next = sample.clone();
                (next.header.n, next.header.at, next.header.name, next.payload) = (n, Timestamp(at), name, payload);
                sealed.push(next);
            }
            let frame = encode(&FromDevice::Push(Push { sealed }));
            prop_assert_eq!(receiver.restore(&sender.shorten(&frame)), Ok(frame));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), how in 0_u8..4) {
        let _ = Brief::default().restore(&[&[how][..], &bytes].concat());
    }
}
