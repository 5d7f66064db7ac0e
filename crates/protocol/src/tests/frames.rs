//! Frames: their bytes, and bytes that are none.

use super::frame_samples::*;
use crate::frame::*;
use domain::{Refusal, Rule};
use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};
use proptest::prelude::*;
use proptest::sample::Index;
use std::fmt::{Debug, Write};

/// Name and bytes, sixteen a line.
fn listing<F: Encode<()>>(frames: &[(&'static str, F)]) -> String {
    let mut text = String::new();
    for (name, frame) in frames {
        writeln!(text, "{name}").unwrap();
        for line in encode(frame).chunks(16) {
            let line: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(text, "  {}", line.join(" ")).unwrap();
        }
    }
    text
}

#[test]
fn devices_send_these_bytes() {
    insta::assert_snapshot!(listing(&from_device()));
}

#[test]
fn hubs_send_these_bytes() {
    insta::assert_snapshot!(listing(&from_hub()));
}

/// Runs a check on every frame of both directions, as name, bytes and what they read as.
trait Check {
    fn check<F>(&mut self, name: &str, frame: &F)
    where
        F: Encode<()> + for<'b> Decode<'b, ()> + Numbered + PartialEq + Debug;
}

fn every_frame(mut check: impl Check) {
    for (name, frame) in from_device() {
        check.check(name, &frame);
    }
    for (name, frame) in from_hub() {
        check.check(name, &frame);
    }
}

#[test]
fn every_frame_reads_back() {
    struct ReadsBack;
    impl Check for ReadsBack {
        fn check<F>(&mut self, name: &str, frame: &F)
        where
            F: Encode<()> + for<'b> Decode<'b, ()> + Numbered + PartialEq + Debug,
        {
            let Ok(Incoming::Known(read)) = decode::<F>(&encode(frame)) else {
                panic!("{name} is unreadable")
            };
            assert_eq!(&read, frame, "{name}");
        }
    }
    every_frame(ReadsBack);
}

#[test]
fn a_frame_that_ends_early_is_malformed() {
    struct EndsEarly;
    impl Check for EndsEarly {
        fn check<F>(&mut self, name: &str, frame: &F)
        where
            F: Encode<()> + for<'b> Decode<'b, ()> + Numbered + PartialEq + Debug,
        {
            let bytes = encode(frame);
            for end in 0..bytes.len() {
                assert_eq!(decode::<F>(&bytes[..end]), Err(FrameError::Malformed), "{name} cut at {end}");
            }
        }
    }
    every_frame(EndsEarly);
}

#[test]
fn what_a_newer_side_adds_to_a_frame_is_skipped() {
    struct Grown;
    impl Check for Grown {
        fn check<F>(&mut self, name: &str, frame: &F)
        where
            F: Encode<()> + for<'b> Decode<'b, ()> + Numbered + PartialEq + Debug,
        {
            let bytes = encode(frame);
            assert_eq!((bytes[0], bytes[2]), (0x82, 0x81), "{name}: number, then one struct");
            let mut d = Decoder::new(&bytes[3..]);
            let mut grown = bytes[..3].to_vec();
            let mut e = Encoder::new(&mut grown);
            // In a map the new field has a new number; in an array it comes after all known ones,
            // of which those at the end may be left out when there is nothing in them.
            let between: Vec<u8> = match d.datatype().unwrap() {
                Type::Map => {
                    e.map(d.map().unwrap().unwrap() + 1).unwrap();
                    vec![0x18, 99]
                }
                Type::Array => {
                    let count = usize::try_from(d.array().unwrap().unwrap()).unwrap();
                    e.array(9).unwrap();
                    vec![0xF6; 8 - count]
                }
                other => panic!("{name} is a {other}"),
            };
            grown.extend_from_slice(&bytes[3 + d.position()..]);
            grown.extend(between);
            grown.extend([0x82, 0x01, 0xA1, 0x61, b'x', 0xF6]);
            assert_eq!(decode::<F>(&grown), decode::<F>(&bytes), "{name} with one more field");

            let mut wider = bytes;
            wider[2] = 0x82;
            wider.extend([0x63, b'n', b'e', b'w']);
            assert_eq!(decode::<F>(&wider), decode::<F>(&encode(frame)), "{name} with one more part");
        }
    }
    every_frame(Grown);
}

/// A delta with one answer, in the form a newer hub may write it.
fn delta_with_answer(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut e = Encoder::new(&mut bytes);
    e.array(2).unwrap().u8(2).unwrap().array(1).unwrap();
    e.array(4).unwrap().u8(9).unwrap().array(1).unwrap();
    write(&mut e);
    e.array(0).unwrap().null().unwrap();
    bytes
}

fn answer_of(bytes: &[u8]) -> Answer {
    match decode::<FromHub>(bytes) {
        Ok(Incoming::Known(FromHub::Delta(mut delta))) => delta.answers.remove(0),
        other => panic!("no delta: {other:?}"),
    }
}

#[test]
fn extra_elements_deep_inside_are_skipped_too() {
    let bytes = delta_with_answer(|e| {
        e.array(6).unwrap().u8(3).unwrap().u8(8).unwrap().null().unwrap().i64(MONDAY.0).unwrap();
        e.str("new").unwrap().array(1).unwrap().u8(1).unwrap();
    });
    assert_eq!(answer_of(&bytes), Answer { n: 3, seq: 8, refusal: None, at: MONDAY });
}

#[test]
fn a_refusal_by_a_newer_rule_never_reads_as_consent() {
    let newer = Refusal { rule: Rule::Newer, ..refusal() };
    let newer_rule = |mut bytes: Vec<u8>| {
        let known = minicbor::to_vec(refusal()).unwrap();
        let at = bytes.windows(known.len()).position(|window| window == known).unwrap();
        assert_eq!(bytes[at + 1], Rule::WrongState as u8);
        bytes.splice(at + 1..at + 2, [0x18, 200]);
        decode::<FromHub>(&bytes).unwrap()
    };
    let frame = |name| from_hub().into_iter().find(|(known, _)| *known == name).unwrap().1;

    let Incoming::Known(FromHub::Joined(joined)) = newer_rule(encode(&frame("joined, refused"))) else {
        panic!()
    };
    assert_eq!((joined.member, joined.refusal), (None, Some(newer.clone())));
    let Incoming::Known(FromHub::Inspected(seen)) = newer_rule(encode(&frame("inspected, refused"))) else {
        panic!()
    };
    assert_eq!((seen.preview, seen.refusal), (None, Some(newer.clone())));
    let Incoming::Known(FromHub::Delta(delta)) = newer_rule(encode(&frame("delta"))) else { panic!() };
    assert_eq!(delta.answers[1].refusal, Some(newer));
}

#[test]
fn frames_of_newer_numbers_are_unknown_and_not_malformed() {
    for number in [7, 23, 24, 255, 65_536, u32::MAX] {
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes).array(2).unwrap().u32(number).unwrap().str("whatever").unwrap();
        assert_eq!(decode::<FromHub>(&bytes), Ok(Incoming::Unknown(number)));
        assert_eq!(decode::<FromDevice>(&bytes), Ok(Incoming::Unknown(number)));
    }
    let five = [0x82, 5, 0x81, 0xA0];
    assert_eq!(decode::<FromDevice>(&five), Ok(Incoming::Unknown(5)));
    assert_eq!(decode::<FromHub>(&five), Err(FrameError::Malformed), "a hub's number 5 is known");
}

#[test]
fn the_numbers_of_the_frames_are_complete() {
    fn numbers<F: Encode<()>>(frames: &[(&'static str, F)]) -> Vec<u32> {
        let mut numbers: Vec<u32> = frames.iter().map(|(_, frame)| u32::from(encode(frame)[1])).collect();
        numbers.dedup();
        numbers
    }
    assert_eq!(numbers(&from_device()), (0..=FromDevice::LAST).collect::<Vec<_>>());
    assert_eq!(numbers(&from_hub()), (0..=FromHub::LAST).collect::<Vec<_>>());
}

#[test]
fn bytes_that_are_no_frame_are_malformed() {
    let no_frames: [&[u8]; 12] = [
        b"",
        b"\0",
        b"GET / HTTP/1.1\r\n",
        b"{\"type\":\"hello\"}",
        &[0xFF],
        &[0x80],
        &[0x81, 0],
        &[0x82, 0],
        &[0x82, 0x20, 0x81, 0xA0],
        &[0x82, 0x1B, 1, 0, 0, 0, 0, 0, 0, 0, 0x80],
        &[0xA1, 0x00, 0x81, 0xA0],
        &[0x83, 0x00, 0x81, 0xA0, 0x00],
    ];
    for bytes in no_frames {
        assert_eq!(decode::<FromHub>(bytes), Err(FrameError::Malformed), "{bytes:x?}");
        assert_eq!(decode::<FromDevice>(bytes), Err(FrameError::Malformed), "{bytes:x?}");
    }
}

#[test]
fn a_frame_has_a_largest_size() {
    let mut bytes = encode(&FromDevice::Push(Push { sealed: vec![] }));
    bytes.resize(FRAME_MAX + 1, 0);
    let error = decode::<FromDevice>(&bytes).unwrap_err();
    assert_eq!(error, FrameError::TooLarge(FRAME_MAX + 1));
    assert_eq!(error.to_string(), "the frame has 1048577 bytes, more than the 1048576 allowed");

    let (mut first, _) = sealed(1).remove(0);
    first.payload = vec![0; FRAME_MAX - 400];
    let frame = FromDevice::Push(Push { sealed: vec![first] });
    assert!(encode(&frame).len() <= FRAME_MAX);
    assert_eq!(decode(&encode(&frame)), Ok(Incoming::Known(frame)), "what fits is read");
}

#[test]
fn a_push_as_large_as_allowed_fits_a_frame() {
    // A device stops after the payload that crosses its limit; that one may itself be the largest.
    let most = crate::client::PUSH_BYTES + PAYLOAD_MAX + crate::client::PUSH_ITEMS * 200;
    assert!(most < FRAME_MAX && crate::client::PUSH_ITEMS <= PUSH_MAX);
}

/// A short message that claims to hold very much.
#[test]
fn promises_of_much_take_no_memory() {
    for kind in [0x9B, 0xBB, 0x7B, 0x5B] {
        let promise = [kind, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        for number in 0..=5 {
            for start in [&[0x82, number][..], &[0x82, number, 0x81], &[0x82, number, 0x81, 0x81]] {
                let bytes = [start, &promise].concat();
                assert_eq!(decode::<FromHub>(&bytes), Err(FrameError::Malformed), "{bytes:x?}");
            }
        }
    }
    assert_eq!(decode::<FromHub>(&vec![0x81; FRAME_MAX]), Err(FrameError::Malformed), "deep nesting");
}

/// What reads as a frame is one: written again it reads the same.
fn read_as_anything(bytes: &[u8]) {
    if let Ok(Incoming::Known(frame)) = decode::<FromHub>(bytes) {
        assert_eq!(decode(&encode(&frame)), Ok(Incoming::Known(frame)));
    }
    if let Ok(Incoming::Known(frame)) = decode::<FromDevice>(bytes) {
        assert_eq!(decode(&encode(&frame)), Ok(Incoming::Known(frame)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_bytes_are_a_frame_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_as_anything(&bytes);
    }

    #[test]
    fn damaged_frames_are_frames_or_not(
        which in any::<Index>(),
        hits in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut all: Vec<Vec<u8>> = from_hub().iter().map(|(_, frame)| encode(frame)).collect();
        all.extend(from_device().iter().map(|(_, frame)| encode(frame)));
        let mut bytes = which.get(&all).clone();
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_as_anything(&bytes);
    }
}

#[test]
fn a_frame_is_recognised_without_reading_it() {
    for (name, frame) in from_device() {
        let bytes = encode(&frame);
        let many = if let FromDevice::Push(push) = &frame { push.sealed.len() as u64 } else { 0 };
        assert_eq!(mutations_in(&bytes), many, "{name}");
        let invitation = matches!(frame, FromDevice::Inspect(_) | FromDevice::Join(_));
        assert_eq!(is_about_invitation(&bytes), invitation, "{name}");
    }
    assert_eq!(mutations_in(&[0x82, 0x01, 0x81, 0x81, 0x9F, 0xFF]), PUSH_MAX as u64, "of unknown length");
    assert_eq!(mutations_in(&[0x82, 0x01]), 0);
}

/// The bytes of the examples in docs/protocol.md, by the name of the frame; `;` begins a remark.
fn documented() -> Vec<(String, Vec<u8>)> {
    let text = include_str!("../../../../docs/protocol.md");
    let mut examples = Vec::new();
    for block in text.split("```hex ").skip(1) {
        let (name, block) = block.split_once('\n').unwrap();
        let (block, _) = block.split_once("```").unwrap();
        let bytes = block.lines().flat_map(|line| line.split(';').next().unwrap_or("").split_whitespace());
        examples.push((name.to_owned(), bytes.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()));
    }
    examples
}

#[test]
fn documented_bytes_are_what_is_sent() {
    let mut sent: Vec<(&str, Vec<u8>)> = Vec::new();
    sent.extend(from_device().iter().map(|(name, frame)| (*name, encode(frame))));
    sent.extend(from_hub().iter().map(|(name, frame)| (*name, encode(frame))));
    let documented = documented();
    assert!(documented.len() >= 3, "the document has examples");
    for (name, bytes) in documented {
        let real = sent.iter().find(|(sent, _)| *sent == name);
        assert_eq!(real.map(|(_, bytes)| bytes), Some(&bytes), "{name}");
    }
}
