//! The hub hangs up, or says what it should not.

use super::desk::*;
use super::frame_samples::*;
use crate::client::{ClientEvent, Line};
use crate::frame::*;

type Stage = fn() -> Desk;

/// Wherever a line can stand.
const STAGES: [(&str, Stage); 4] = [
    ("opened", || {
        let mut desk = Desk::dialling();
        desk.happens(ClientEvent::Opened);
        desk
    }),
    ("greeted", Desk::greeting),
    ("catching up", || {
        let mut desk = Desk::greeting();
        desk.welcome(0);
        desk
    }),
    ("online", Desk::online),
];

#[test]
fn every_reason_to_hang_up_is_understood() {
    for (_, reason) in REASONS {
        let (line, tries_again) = match reason {
            Reason::Revoked => (Line::Revoked, false),
            Reason::Version => (Line::Outdated, false),
            Reason::Forked | Reason::UnknownDevice => (Line::Forked, false),
            Reason::Malformed
            | Reason::TooLarge
            | Reason::Busy
            | Reason::ShuttingDown
            | Reason::UnknownProgram => (Line::Offline, true),
        };
        for (stage, desk) in STAGES {
            let mut desk = desk();
            desk.timer = None;
            desk.lately();
            desk.hears(goodbye(reason, None));
            assert_eq!(desk.lately(), [Did::HungUp, Did::Told(line)], "{reason:?} while {stage}");
            let message = format!("Because of {reason:?}.");
            assert_eq!(desk.status().message.as_deref(), Some(message.as_str()), "the hub's own words");
            assert_eq!(desk.timer.is_some(), tries_again, "{reason:?} while {stage}");
            assert_eq!(desk.status().retry_at, desk.timer);

            desk.writes(1);
            desk.loses_the_line();
            assert_eq!(desk.lately(), [], "{reason:?} while {stage}: the queue waits");
            if tries_again {
                desk.waits();
                assert_eq!(desk.lately(), [Did::Told(Line::Connecting), Did::Connected]);
            }
        }
    }
}

#[test]
fn a_hub_says_how_long_to_stay_away() {
    for (asked, at_least, at_most) in
        [(None, 62, 250), (Some(0), 62, 250), (Some(2_000), 2_000, 4_000), (Some(u64::MAX), 30_000, 60_000)]
    {
        let mut desk = Desk::online();
        desk.hears(goodbye(Reason::Busy, asked));
        let pause = desk.pause();
        assert!((at_least..=at_most).contains(&pause), "{asked:?}: {pause}");
    }
}

#[test]
fn a_hub_that_cannot_stand_what_we_send_is_not_sent_it_again_at_once() {
    for reason in [Reason::Malformed, Reason::TooLarge, Reason::UnknownProgram] {
        let mut desk = Desk::dialling();
        desk.writes(1);
        for _ in 0..5 {
            desk.answer_the_call();
            desk.welcome(0);
            desk.catch_up();
            assert_eq!(desk.line(), Line::Online);
            desk.hears(goodbye(reason, None));
            assert!((7_500..=30_000).contains(&desk.pause()), "{reason:?}: {}", desk.pause());
            desk.waits();
        }
    }
}

#[test]
fn what_is_no_frame_drops_the_line() {
    let too_large = vec![0; FRAME_MAX + 1];
    for bytes in [vec![], vec![0xFF; 10], vec![0x82, 0x00], too_large] {
        for (stage, desk) in STAGES {
            let mut desk = desk();
            desk.lately();
            desk.happens(ClientEvent::Received { bytes: bytes.clone() });
            assert_eq!(desk.lately(), [Did::HungUp, Did::Told(Line::Offline)], "{stage}");
            assert!(desk.status().message.as_deref().unwrap().contains("unreadable"));
            desk.waits();
            assert_eq!(desk.lately(), [Did::Told(Line::Connecting), Did::Connected], "{stage}");
        }
    }
}

#[test]
fn a_frame_of_a_newer_hub_is_ignored() {
    for (stage, desk) in STAGES {
        let mut desk = desk();
        desk.lately();
        desk.happens(ClientEvent::Received { bytes: vec![0x82, 0x18, 99, 0xA1, 0x01, 0x02] });
        assert_eq!(desk.lately(), [], "{stage}");
    }
}

#[test]
fn a_frame_out_of_turn_drops_the_line() {
    for (stage, desk) in STAGES {
        for (name, frame) in from_hub() {
            let in_turn = matches!(
                (stage, &frame),
                ("opened", FromHub::Challenge(_))
                    | ("greeted", FromHub::Welcome(_))
                    | ("catching up" | "online", FromHub::Delta(_))
                    | (_, FromHub::Goodbye(_))
            );
            if in_turn {
                continue;
            }
            let mut desk = desk();
            desk.lately();
            desk.hears(frame);
            assert_eq!(desk.lately(), [Did::HungUp, Did::Told(Line::Offline)], "{name} while {stage}");
            assert_eq!(desk.status().message.as_deref(), Some("The hub sent something out of turn."));
        }
    }
}

#[test]
fn a_frame_that_arrives_after_the_line_was_dropped_changes_nothing() {
    let gone: [(&str, Stage); 4] = [
        ("lost", || {
            let mut desk = Desk::online();
            desk.loses_the_line();
            desk
        }),
        ("working offline", || {
            let mut desk = Desk::online();
            desk.happens(ClientEvent::WorkOffline(true));
            desk
        }),
        ("revoked", || {
            let mut desk = Desk::online();
            desk.hears(goodbye(Reason::Revoked, None));
            desk
        }),
        ("outdated", || {
            let mut desk = Desk::online();
            desk.hears(goodbye(Reason::Version, None));
            desk
        }),
    ];
    for (stage, desk) in gone {
        for (name, frame) in from_hub() {
            let mut desk = desk();
            let (line, timer) = (desk.line(), desk.timer);
            desk.lately();
            desk.hears(frame);
            assert_eq!(
                (desk.lately(), desk.line(), desk.timer),
                (vec![], line, timer),
                "{name} when {stage}"
            );
        }
    }
}
