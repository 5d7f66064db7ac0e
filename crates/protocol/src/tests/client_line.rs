//! Connecting, signing in, catching up, losing the line, staying off.

use super::desk::*;
use super::frame_samples::*;
use crate::bootstrap::End;
use crate::client::{ClientEvent, Line, SyncState};
use crate::frame::*;
use crate::seal::{hello_bytes, verify};
use crate::segment::{Segments, Ticket, Took};
use domain::entity::Key;

#[test]
fn a_laptop_connects_greets_and_catches_up() {
    let mut desk = Desk::switched_off(false, 42);
    desk.state.resume = Some(Resume { head: 120, scope: None, after: 110 });
    desk.state.answered = 0;
    desk.load();
    assert_eq!(desk.lately(), [Did::Told(Line::Connecting), Did::Connected]);

    desk.happens(ClientEvent::Opened);
    assert_eq!(desk.lately(), [], "the hub speaks first");
    desk.hears(FromHub::Challenge(challenge()));
    let did = desk.lately();
    let [Did::Sent(FromDevice::Hello(hello))] = did.as_slice() else { panic!("a greeting: {did:?}") };
    assert_eq!((hello.proto, hello.device, hello.epoch, hello.cursor), (PROTO, id(0x200), EPOCH, 100));
    assert_eq!((hello.resume.as_ref(), hello.answered), (desk.state.resume.as_ref(), 0));
    let signed = hello_bytes(id(0x10), id(0x200), &challenge().nonce);
    assert!(verify(&alices_key().public(), &signed, &hello.signature));

    desk.welcome(0);
    let start = desk.state.chain;
    let after = Did::Read { after: 0, items: 256 };
    assert_eq!(desk.lately(), [Did::Compared(start), Did::Told(Line::CatchingUp), after]);
    assert_eq!(desk.status().hub_now, Some(MONDAY));
    desk.catch_up();
    let [Did::Applied { epoch: EPOCH, delta }, rest @ ..] = &desk.lately()[..] else { panic!("a delta") };
    assert_eq!((delta.to, rest.first()), (100, Some(&Did::Told(Line::Online))));
    assert!(desk.status().caught_up);
}

#[test]
fn catching_up_in_pages_is_not_over_before_the_last() {
    let mut desk = Desk::greeting();
    let welcome = Welcome { head: 300, ..desk.a_welcome(0) };
    desk.hears(FromHub::Welcome(welcome));
    for after in [50, 90] {
        let resume = Some(Resume { head: 300, scope: None, after });
        desk.hears(FromHub::Delta(Delta {
            to: 300,
            answers: vec![],
            rows: vec![],
            resume: resume.clone(),
            beyond: None,
        }));
        assert_eq!((desk.line(), &desk.state.resume), (Line::CatchingUp, &resume));
    }
    desk.hears(FromHub::Delta(Delta { to: 299, answers: vec![], rows: vec![], resume: None, beyond: None }));
    assert_eq!(desk.line(), Line::CatchingUp, "not yet where the hub was when it opened the door");
    desk.hears(FromHub::Delta(Delta { to: 300, answers: vec![], rows: vec![], resume: None, beyond: None }));
    assert_eq!((desk.line(), desk.state.cursor), (Line::Online, 300));
}

#[test]
fn nobody_is_told_to_be_caught_up_before_it_is_stored() {
    let mut desk = Desk::greeting();
    desk.welcome(0);
    desk.broken = true;
    desk.catch_up();
    assert!(desk.told.iter().all(|status| status.line != Line::Online && !status.caught_up));
    assert_eq!(desk.status().message.as_deref(), Some("The disk is full."));
}

#[test]
fn a_silent_hub_is_left_after_a_while() {
    for challenged in [false, true] {
        let mut desk = Desk::dialling();
        let began = desk.now;
        desk.happens(ClientEvent::Opened);
        if challenged {
            desk.hears(FromHub::Challenge(challenge()));
        }
        desk.lately();
        desk.waits();
        assert_eq!(desk.now - began, 20_000);
        assert_eq!(desk.lately(), [Did::HungUp, Did::Told(Line::Offline)]);
        assert_eq!(desk.status().message.as_deref(), Some("The hub does not answer."));
        desk.waits();
        assert_eq!(desk.lately(), [Did::Told(Line::Connecting), Did::Connected]);
    }
}

#[test]
fn a_hub_that_answered_is_not_left_by_the_old_timer() {
    let mut desk = Desk::online();
    desk.lately();
    desk.waits();
    assert_eq!((desk.lately(), desk.line()), (vec![], Line::Online));
}

#[test]
fn pauses_grow_to_half_a_minute_and_are_spread() {
    let mut first_pauses = Vec::new();
    for seed in 0..40_u64 {
        let mut desk = Desk::switched_off(false, seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        desk.load();
        let mut limit = 250;
        for attempt in 0..12 {
            desk.loses_the_line();
            let pause = desk.pause();
            assert!((limit / 4..=limit).contains(&pause), "attempt {attempt}: {pause} of {limit}");
            assert_eq!(desk.status().retry_at, desk.timer, "and alice is told when");
            if attempt == 0 {
                first_pauses.push(pause);
            }
            limit = (limit * 2).min(30_000);
            desk.waits();
        }
    }
    first_pauses.sort_unstable();
    first_pauses.dedup();
    assert!(first_pauses.len() > 25, "many devices do not return in one moment: {first_pauses:?}");
}

#[test]
fn a_line_that_worked_starts_again_with_short_pauses() {
    let mut desk = Desk::dialling();
    for _ in 0..12 {
        desk.loses_the_line();
        desk.waits();
    }
    desk.answer_the_call();
    desk.welcome(0);
    desk.catch_up();
    desk.loses_the_line();
    assert!(desk.pause() <= 250, "{}", desk.pause());
}

#[test]
fn a_store_that_fails_after_every_welcome_does_not_hammer_the_hub() {
    let mut desk = Desk::dialling();
    let mut pauses = Vec::new();
    for _ in 0..10 {
        desk.answer_the_call();
        desk.welcome(0);
        desk.broken = true;
        desk.catch_up();
        desk.broken = false;
        assert_eq!(desk.line(), Line::Offline);
        pauses.push(desk.pause());
        desk.waits();
    }
    assert!(pauses[9] >= 7_500, "{pauses:?}");
}

#[test]
fn a_hub_that_turns_unreadable_after_every_welcome_is_not_hammered() {
    let mut desk = Desk::dialling();
    let mut pauses = Vec::new();
    for _ in 0..10 {
        desk.answer_the_call();
        desk.welcome(0);
        desk.happens(ClientEvent::Received { bytes: vec![0x82, 0x02, 0x00] });
        pauses.push(desk.pause());
        desk.waits();
    }
    assert!(pauses[9] >= 7_500, "{pauses:?}");
}

#[test]
fn working_offline_drops_the_line_and_stays_off() {
    type Stage = fn() -> Desk;
    let stages: [(&str, Stage); 4] = [
        ("dialling", Desk::dialling),
        ("greeting", Desk::greeting),
        ("waiting", || {
            let mut desk = Desk::dialling();
            desk.loses_the_line();
            desk
        }),
        ("online", Desk::online),
    ];
    for (stage, desk) in stages {
        let mut desk = desk();
        desk.lately();
        desk.happens(ClientEvent::WorkOffline(true));
        assert_eq!(desk.lately(), [Did::HungUp, Did::Told(Line::WorkingOffline)], "{stage}");

        desk.writes(3);
        desk.happens(ClientEvent::Opened); // the call that was still ringing
        desk.happens(ClientEvent::TryNow);
        if desk.timer.is_some() {
            desk.waits();
        }
        assert!(desk.lately().iter().all(|did| *did == Did::Told(Line::WorkingOffline)), "{stage}");

        desk.happens(ClientEvent::WorkOffline(false));
        assert_eq!(desk.lately(), [Did::Told(Line::Connecting), Did::Connected], "{stage}");
        desk.answer_the_call();
        desk.welcome(0);
        assert_eq!(desk.pushes(), [[1, 2, 3]], "{stage}: what was written meanwhile goes out");
    }
}

#[test]
fn a_laptop_that_starts_offline_dials_when_asked() {
    let mut desk = Desk::switched_off(true, 42);
    desk.load();
    assert_eq!(desk.lately(), [Did::Told(Line::WorkingOffline)]);
    desk.happens(ClientEvent::WorkOffline(false));
    assert_eq!(desk.lately(), [Did::Told(Line::Connecting), Did::Connected]);
}

#[test]
fn trying_now_does_not_wait() {
    let mut desk = Desk::dialling();
    for _ in 0..8 {
        desk.loses_the_line();
        desk.waits();
    }
    desk.loses_the_line();
    desk.lately();
    desk.happens(ClientEvent::TryNow);
    assert_eq!(desk.lately(), [Did::Told(Line::Connecting), Did::Connected]);
    desk.happens(ClientEvent::TryNow);
    desk.waits();
    assert_eq!(desk.lately(), [], "one call at a time, and the old timer makes no second");
    desk.loses_the_line();
    assert!(desk.pause() <= 250, "a person's patience starts afresh");
}

#[test]
fn nothing_happens_before_the_store_was_read() {
    let mut desk = Desk::switched_off(false, 42);
    for event in [ClientEvent::TryNow, ClientEvent::Timer, ClientEvent::Queued, ClientEvent::Opened] {
        desk.happens(event);
    }
    desk.loses_the_line();
    assert_eq!(desk.lately(), []);
}

#[test]
fn versions_that_do_not_meet_leave_the_device_reading() {
    for (proto, proto_min) in [(PROTO + 1, PROTO + 1), (0, 0), (PROTO_MIN - 1, 0)] {
        let mut desk = Desk::dialling();
        desk.writes(2);
        desk.happens(ClientEvent::Opened);
        desk.lately();
        desk.hears(FromHub::Challenge(Challenge { proto, proto_min, ..challenge() }));
        assert_eq!(desk.lately(), [Did::HungUp, Did::Told(Line::Outdated)], "no greeting");
        assert!(desk.status().message.as_deref().unwrap().contains("nothing is lost"));

        desk.writes(1);
        desk.loses_the_line();
        desk.happens(ClientEvent::Timer);
        assert_eq!(desk.lately(), [], "it does not try again by itself");
        assert_eq!(desk.outbox.len(), 3, "and keeps what was written");
    }
}

#[test]
fn a_hub_of_a_later_version_that_still_speaks_ours_is_greeted() {
    let mut desk = Desk::dialling();
    desk.happens(ClientEvent::Opened);
    let newer = Challenge { proto: PROTO + 7, capabilities: vec!["telepathy".into()], ..challenge() };
    desk.hears(FromHub::Challenge(newer));
    let Some(Did::Sent(FromDevice::Hello(hello))) = desk.did.last() else { panic!("a greeting") };
    assert_eq!(hello.proto, PROTO);
}

#[test]
fn after_an_upgrade_of_the_hub_a_person_tries_again() {
    let mut desk = Desk::dialling();
    desk.writes(2);
    desk.happens(ClientEvent::Opened);
    desk.hears(FromHub::Challenge(Challenge { proto: PROTO + 1, proto_min: PROTO + 1, ..challenge() }));
    desk.writes(1);
    desk.happens(ClientEvent::TryNow);
    desk.answer_the_call();
    desk.welcome(0);
    assert_eq!(desk.pushes(), [[1, 2, 3]], "and what was kept is sent");
    desk.catch_up();
    assert_eq!(desk.line(), Line::Online);
}

#[test]
fn a_shut_door_stays_shut_through_working_offline() {
    let mut desk = Desk::online();
    desk.hears(goodbye(Reason::Revoked, None));
    for on in [true, false] {
        desk.happens(ClientEvent::WorkOffline(on));
        assert_eq!(desk.line(), Line::Revoked, "alice still sees why");
    }
    desk.happens(ClientEvent::TryNow);
    assert!(!desk.lately().ends_with(&[Did::Connected]), "a revoked device does not call again");
}

#[test]
fn another_history_means_that_somebody_else_uses_this_identity() {
    let mut desk = Desk::dialling();
    desk.writes(3);
    desk.answer_the_call();
    desk.lately();
    let forked = Welcome { chain: Key([1; 32]), ..desk.a_welcome(2) };
    desk.hears(FromHub::Welcome(forked));
    let did = desk.lately();
    assert_eq!(did[1..], [Did::HungUp, Did::Told(Line::Forked)]);
    assert!(desk.status().message.as_deref().unwrap().contains("queue is kept"));
    desk.writes(1);
    desk.happens(ClientEvent::Timer);
    assert_eq!(desk.lately(), [], "nothing is pushed and nothing tried");
}

#[test]
fn an_answer_about_the_chain_that_nobody_asked_for_changes_nothing() {
    for same in [true, false] {
        let mut desk = Desk::online();
        desk.lately();
        desk.happens(ClientEvent::ChainChecked(same));
        desk.writes(1);
        assert_eq!(desk.pushes(), [[1]], "the line is as good as before");

        let mut shut = Desk::online();
        shut.hears(goodbye(Reason::Revoked, None));
        shut.lately();
        shut.happens(ClientEvent::ChainChecked(same));
        shut.happens(ClientEvent::TryNow);
        assert!(!shut.lately().contains(&Did::Connected), "and a shut door is not opened by it");
    }
}

#[test]
fn a_hub_with_another_history_of_rows_is_taken_from_the_start() {
    let mut desk = Desk::dialling();
    desk.writes(2);
    desk.state.answered = 1;
    desk.happens(ClientEvent::Applied(desk.state.clone()));
    desk.answer_the_call();
    desk.lately();
    let restored =
        Welcome { epoch: 6, head: 40, start_over: true, answers: vec![accepted(2, 39)], ..desk.a_welcome(2) };
    desk.hears(FromHub::Welcome(restored));
    let did = desk.lately();
    let start = did.iter().position(|did| *did == Did::Reset(6)).expect("rows are dropped first");
    let delta = Delta { to: 0, answers: vec![accepted(2, 39)], rows: vec![], resume: None, beyond: Some(40) };
    assert_eq!(did[start + 1], Did::Applied { epoch: 6, delta });
    assert!(matches!(did[start + 2], Did::Read { after: 2, .. }), "then the outbox goes on: {did:?}");
    assert_eq!((desk.state.epoch, desk.state.cursor, desk.state.answered), (6, 0, 2));
    desk.hears(FromHub::Delta(Delta { to: 40, answers: vec![], rows: vec![], resume: None, beyond: None }));
    assert!(matches!(desk.lately().first(), Some(Did::Applied { epoch: 6, .. })));
}

#[test]
fn what_an_unknown_run_answered_counts_for_nothing() {
    let mut desk = Desk::dialling();
    desk.writes(3);
    desk.state.answered = 3;
    desk.happens(ClientEvent::Applied(desk.state.clone()));
    desk.answer_the_call();
    let other_branch = Welcome { epoch: 6, start_over: true, again_after: Some(1), ..desk.a_welcome(2) };
    desk.hears(FromHub::Welcome(other_branch));
    assert_eq!(desk.state.answered, 1, "the second is answered anew, the third is sent again");
    assert!(desk.lately().iter().any(|did| matches!(did, Did::Read { after: 2, .. })));
}

#[test]
fn a_hub_that_was_only_started_again_changes_nothing() {
    let mut desk = Desk::dialling();
    desk.writes(2);
    desk.answer_the_call();
    desk.lately();
    desk.hears(FromHub::Welcome(Welcome { epoch: 6, ..desk.a_welcome(2) }));
    let did = desk.lately();
    assert!(did.contains(&Did::Adopted(6)), "its cursor counts in the new run: {did:?}");
    assert_eq!((desk.state.epoch, desk.state.cursor), (6, 100));
    desk.catch_up();
    assert!(!desk.did.iter().any(|did| matches!(did, Did::Reset(_))));
}

#[test]
fn rows_of_a_newer_version_are_kept_for_later_and_the_rest_is_taken() {
    let mut desk = Desk::online();
    desk.lately();
    let row = |n: u8| DeltaRow {
        key: domain::RowKey { table: domain::Table::Deals, id: uuid::Uuid::from_u128(n.into()) },
        scope: domain::ScopeId::Program,
        seq: 101,
        body: Some(vec![0xA0, n]),
    };
    let gone = DeltaRow { body: None, ..row(3) };
    let rows = vec![row(1), row(2), gone, row(4)];
    let mut bytes =
        encode(&FromHub::Delta(Delta { to: 101, answers: vec![], rows, resume: None, beyond: None }));
    // A table and a scope of a newer version: numbers that are one byte, as those they replace.
    for (n, table, scope) in [(2, 23, 0), (3, 22, 0), (4, 7, 23)] {
        let id = uuid::Uuid::from_u128(n);
        let at = bytes.windows(16).position(|found| found == id.as_bytes()).unwrap();
        assert_eq!((bytes[at - 2], &bytes[at + 16..at + 18]), (7, &[0x82, 0][..]));
        (bytes[at - 2], bytes[at + 17]) = (table, scope);
    }
    desk.happens(ClientEvent::Received { bytes });
    let did = desk.lately();
    let [Did::KeptNewer(newer), Did::Applied { delta, .. }, ..] = &did[..] else { panic!("{did:?}") };
    assert_eq!(delta.rows, [row(1)]);
    let newer: Vec<_> = newer.iter().map(|row| (row.table, row.scope[1], row.body.clone())).collect();
    assert_eq!(newer, [(23, 0, Some(vec![0xA0, 2])), (22, 0, None), (7, 23, Some(vec![0xA0, 4]))]);
    assert_eq!((desk.state.cursor, desk.line()), (101, Line::Online));
}

#[test]
fn a_first_catch_up_drops_nothing() {
    let mut desk = Desk::switched_off(false, 42);
    (desk.state.epoch, desk.state.cursor) = (0, 0);
    desk.load();
    desk.answer_the_call();
    desk.welcome(0);
    desk.catch_up();
    assert!(!desk.did.iter().any(|did| matches!(did, Did::Reset(_))));
    assert_eq!((desk.state.epoch, desk.line()), (EPOCH, Line::Online));
}

fn segments() -> Segments {
    Segments { head: 90, ticket: Ticket(vec![1]), list: vec![] }
}

/// A laptop that has nothing and has said hello.
fn new_device() -> Desk {
    let mut desk = Desk::switched_off(false, 42);
    desk.state.cursor = 0;
    desk.load();
    desk.happens(ClientEvent::Opened);
    desk.hears(FromHub::Challenge(challenge()));
    desk
}

#[test]
fn a_laptop_fetches_segments_and_says_when_it_has_them() {
    let mut desk = new_device();
    desk.welcome(0);
    desk.lately();
    desk.hears(FromHub::Segments(segments()));
    assert_eq!(desk.lately(), [Did::Fetches { epoch: EPOCH, segments: segments() }]);
    let state = SyncState { cursor: 90, ..desk.state.clone() };
    desk.happens(ClientEvent::SegmentsEnded(End::Complete, Some(state)));
    let [Did::Sent(FromDevice::Took(took)), ..] = &desk.lately()[..] else { panic!("it says so") };
    assert_eq!(took.cursor, Some(90));
    assert_eq!(desk.line(), Line::CatchingUp, "the tail is still to come");
}

#[test]
fn segments_that_are_of_no_use_are_left_for_pages() {
    let mut desk = new_device();
    desk.welcome(0);
    desk.hears(FromHub::Segments(segments()));
    desk.lately();
    desk.happens(ClientEvent::SegmentsEnded(End::Useless("wrong".into()), None));
    assert_eq!(desk.lately(), [Did::Sent(FromDevice::Took(Took { cursor: None }))]);
}

#[test]
fn segments_that_are_gone_again_and_again_are_not_asked_for_any_more() {
    let mut desk = new_device();
    for time in 1..=3 {
        desk.welcome(0);
        desk.hears(FromHub::Segments(segments()));
        desk.lately();
        desk.happens(ClientEvent::SegmentsEnded(End::Gone("gone".into()), None));
        assert_eq!(desk.lately(), [Did::HungUp, Did::Told(Line::Offline)]);
        desk.waits();
        desk.happens(ClientEvent::Opened);
        desk.lately();
        desk.hears(FromHub::Challenge(challenge()));
        let did = desk.lately();
        let [Did::Sent(FromDevice::Hello(hello))] = did.as_slice() else { panic!("a greeting: {did:?}") };
        assert_eq!(hello.capabilities.is_empty(), time == 3, "after {time} times");
    }
}

#[test]
fn what_was_being_fetched_when_the_line_was_lost_is_nobodys_any_more() {
    let mut desk = new_device();
    desk.welcome(0);
    desk.hears(FromHub::Segments(segments()));
    desk.happens(ClientEvent::Lost { message: "no route".into() });
    desk.lately();
    desk.happens(ClientEvent::SegmentsEnded(End::Complete, Some(desk.state.clone())));
    assert_eq!(desk.lately(), []);
}
