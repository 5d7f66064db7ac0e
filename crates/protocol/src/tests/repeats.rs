//! Ids that travel once.

use super::frame_samples::{from_device, from_hub};
use crate::frame::{FRAME_MAX, FrameError, encode};
use crate::repeats::Repeats;
use proptest::prelude::*;

fn id(n: u8) -> Vec<u8> {
    [&[0x50][..], &[n; 16]].concat()
}

#[test]
fn every_frame_comes_out_as_it_went_in_and_shorter_the_second_time() {
    let (mut sender, mut receiver) = (Repeats::default(), Repeats::default());
    let frames = from_device().iter().map(|(_, frame)| encode(frame)).collect::<Vec<_>>();
    let frames = [frames, from_hub().iter().map(|(_, frame)| encode(frame)).collect()].concat();
    for round in 0..3 {
        let mut saved = 0;
        for frame in &frames {
            let short = sender.shorten(frame);
            saved += frame.len().saturating_sub(short.len());
            assert_eq!(receiver.restore(&short).as_ref(), Ok(frame));
        }
        assert!(round == 0 || saved > 200, "{saved} bytes saved");
    }
}

#[test]
fn an_id_costs_two_bytes_from_the_second_time_on_until_64_others_came() {
    let mut sender = Repeats::default();
    assert_eq!(sender.shorten(&id(1)), id(1));
    assert_eq!(sender.shorten(&id(1)), [0xFC, 0]);
    for n in 2..=64 {
        sender.shorten(&id(n));
    }
    assert_eq!(sender.shorten(&id(1)), [0xFC, 0]);
    assert_eq!(sender.shorten(&id(65)), id(65));
    assert_eq!(sender.shorten(&id(1)), id(1));
}

#[test]
fn what_cannot_have_been_sent_is_refused() {
    for bytes in [&[0xFC][..], &[0xFC, 0], &[0xFC, 0xFD], &[0x50], &[0x50, 1, 2], &[0x50; 16]] {
        assert_eq!(Repeats::default().restore(bytes), Err(FrameError::Malformed), "{bytes:02x?}");
    }
    // What would grow beyond a frame is not written out.
    let bomb = [id(1), [0xFC, 0].repeat(FRAME_MAX / 2)].concat();
    assert!(
        matches!(Repeats::default().restore(&bomb), Err(FrameError::TooLarge(size)) if size < FRAME_MAX + 32)
    );
}

/// Bytes with many heads, marks and repeated ids among them.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => (0_u8..80).prop_map(id),
        2 => prop::collection::vec(any::<u8>(), 0..24),
        1 => prop::collection::vec(prop::sample::select(vec![0x50, 0xFC, 0xFE, 0xFF]), 0..24),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_frames_come_out_as_they_went_in(frames in prop::collection::vec(frame(), 0..40)) {
        let (mut sender, mut receiver) = (Repeats::default(), Repeats::default());
        for frame in frames {
            prop_assert_eq!(receiver.restore(&sender.shorten(&frame)), Ok(frame));
        }
    }
}
