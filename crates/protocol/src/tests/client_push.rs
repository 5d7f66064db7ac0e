//! The outbox on its way up.

use super::desk::*;
use super::frame_samples::*;
use crate::client::{ClientEffect, ClientEvent, IN_FLIGHT_MAX, Line, PUSH_BYTES, PUSH_ITEMS};
use crate::frame::*;

#[test]
fn what_is_written_online_goes_out_at_once() {
    let mut desk = Desk::online();
    desk.lately();
    desk.writes(1);
    assert_eq!(desk.pushes(), [[1]]);
    desk.writes(2);
    assert_eq!(desk.pushes(), [vec![1], vec![2, 3]]);
    assert_eq!(desk.client.sent(), 3);
}

#[test]
fn nothing_goes_out_before_the_hub_has_let_us_in() {
    let mut desk = Desk::dialling();
    desk.writes(1);
    desk.happens(ClientEvent::Opened);
    desk.writes(1);
    desk.hears(FromHub::Challenge(challenge()));
    desk.writes(1);
    assert_eq!((desk.pushes(), desk.client.sent()), (Vec::<Vec<u64>>::new(), 0));
    desk.welcome(0);
    assert_eq!((desk.pushes(), desk.client.sent()), (vec![vec![1, 2, 3]], 3));
}

#[test]
fn a_push_goes_on_where_the_hub_is() {
    let mut desk = Desk::dialling();
    desk.writes(5);
    desk.answer_the_call();
    desk.welcome(3);
    assert_eq!(desk.pushes(), [[4, 5]]);
}

#[test]
fn a_hub_that_was_set_back_gets_again_what_it_lost() {
    let mut desk = Desk::online();
    desk.writes(5);
    desk.answers_up_to(5);
    desk.loses_the_line();
    desk.waits();
    desk.answer_the_call();
    desk.lately();
    let restored = Welcome { epoch: 6, head: 2, start_over: true, ..desk.a_welcome(2) };
    desk.hears(FromHub::Welcome(restored));
    assert_eq!(desk.pushes(), [[3, 4, 5]]);
}

#[test]
fn answers_in_the_welcome_are_stored_before_anything_is_pushed() {
    let mut desk = Desk::dialling();
    desk.writes(4);
    desk.answer_the_call();
    desk.lately();
    let refused = Answer { refusal: Some(refusal()), ..accepted(2, 90) };
    let answers = vec![accepted(1, 90), refused];
    let welcome = Welcome { answers: answers.clone(), ..desk.a_welcome(2) };
    desk.hears(FromHub::Welcome(welcome));
    let did = desk.lately();
    let stored = Did::Applied {
        epoch: EPOCH,
        delta: Delta { to: 100, answers, rows: vec![], resume: None, beyond: None },
    };
    let stored = did.iter().position(|did| *did == stored).expect("answers are stored");
    let pushed = did.iter().position(|did| matches!(did, Did::Sent(FromDevice::Push(_)))).expect("a push");
    assert!(stored < pushed, "{did:?}");
    assert_eq!(desk.state.answered, 2);
}

#[test]
fn answers_in_the_welcome_do_not_end_an_interrupted_catch_up() {
    let mut desk = Desk::switched_off(false, 42);
    let resume = Some(Resume { head: 200, scope: None, after: 150 });
    desk.state.resume = resume.clone();
    desk.load();
    desk.writes(1);
    desk.answer_the_call();
    let welcome = Welcome { answers: vec![accepted(1, 90)], ..desk.a_welcome(1) };
    desk.hears(FromHub::Welcome(welcome));
    assert_eq!((desk.state.cursor, &desk.state.resume), (100, &resume), "it goes on where it stood");
}

#[test]
fn a_full_outbox_goes_up_in_windows() {
    let mut desk = Desk::dialling();
    desk.writes(3_000);
    desk.answer_the_call();
    desk.welcome(0);
    let items = u64::try_from(PUSH_ITEMS).unwrap();
    let pushes = desk.pushes();
    assert_eq!(pushes.len() as u64, IN_FLIGHT_MAX / items, "full frames up to the window");
    assert!(pushes.iter().all(|push| push.len() == PUSH_ITEMS));
    assert_eq!(desk.client.sent(), IN_FLIGHT_MAX);

    desk.lately();
    desk.answers_up_to(100);
    assert_eq!(desk.pushes(), [(1_025..=1_124).collect::<Vec<_>>()], "as much as was answered");
    while desk.state.answered < 3_000 {
        desk.answers_up_to((desk.state.answered + 777).min(desk.client.sent()));
        assert!(desk.client.sent() - desk.state.answered <= IN_FLIGHT_MAX);
    }
    let all: Vec<u64> = desk.pushes().concat();
    assert_eq!(all, (1_025..=3_000).collect::<Vec<_>>(), "each once, in order");
}

#[test]
fn the_window_is_never_exceeded_whatever_was_answered_before() {
    for answered in [0, 1, 255, 256, 257, 1_000, 1_023, 1_024, 1_025] {
        let mut desk = Desk::dialling();
        desk.writes(2_500);
        desk.state.answered = answered;
        desk.happens(ClientEvent::Applied(desk.state.clone()));
        desk.answer_the_call();
        desk.welcome(answered);
        assert_eq!(desk.client.sent() - desk.state.answered, IN_FLIGHT_MAX, "{answered} answered");
        desk.writes(1);
        desk.answers_up_to(answered + 1);
        assert_eq!(desk.client.sent() - desk.state.answered, IN_FLIGHT_MAX, "{answered} answered, and one");
    }
}

#[test]
fn large_mutations_go_in_frames_of_a_sane_size() {
    let mut desk = Desk::dialling();
    desk.writes(6);
    for sealed in &mut desk.outbox {
        sealed.payload = vec![0; PUSH_BYTES / 2];
    }
    desk.answer_the_call();
    desk.welcome(0);
    assert_eq!(desk.pushes(), [[1, 2], [3, 4], [5, 6]]);
}

#[test]
fn what_is_written_while_the_outbox_is_read_is_not_forgotten() {
    // The driver reads an empty outbox, alice writes, and only then the answer arrives.
    let mut desk = Desk::online();
    let read = |effects: &[ClientEffect]| {
        effects.iter().any(|effect| matches!(effect, ClientEffect::ReadOutbox { .. }))
    };
    let now = desk.now;
    assert!(read(&desk.client.step(now, ClientEvent::Queued)));
    assert!(!read(&desk.client.step(now, ClientEvent::Queued)), "one question at a time");
    assert!(read(&desk.client.step(now, ClientEvent::OutboxRead(vec![]))), "but it is asked again");
    assert!(!read(&desk.client.step(now, ClientEvent::OutboxRead(vec![]))), "and then it is enough");
}

#[test]
fn an_outbox_read_for_a_line_that_is_gone_is_not_sent() {
    let mut desk = Desk::online();
    let now = desk.now;
    desk.client.step(now, ClientEvent::Queued);
    desk.client.step(now, ClientEvent::Lost { message: String::new() });
    let (first, _) = sealed(1).remove(0);
    assert!(desk.client.step(now, ClientEvent::OutboxRead(vec![first])).is_empty());
    assert_eq!(desk.client.sent(), 0, "nothing shows as sent without a line");
}

#[test]
fn an_answer_of_the_store_to_an_older_question_leaves_no_gap() {
    let mut desk = Desk::dialling();
    desk.writes(9);
    desk.answer_the_call();
    desk.welcome(6);
    let now = desk.now;
    desk.client.step(now, ClientEvent::Queued);
    let old: Vec<Sealed> = desk.outbox[..4].to_vec();
    let effects = desk.client.step(now, ClientEvent::OutboxRead(old));
    let sends = effects.iter().any(|effect| matches!(effect, ClientEffect::Send { .. }));
    assert!(!sends && matches!(effects[0], ClientEffect::HangUp), "{effects:?}");
}

#[test]
fn the_line_goes_on_from_what_the_hub_has_after_a_break() {
    let mut desk = Desk::online();
    desk.writes(10);
    desk.answers_up_to(4);
    desk.loses_the_line();
    assert_eq!(desk.client.sent(), 0);
    desk.waits();
    desk.answer_the_call();
    desk.lately();
    let welcome = Welcome { answers: (5..=7).map(|n| accepted(n, 101)).collect(), ..desk.a_welcome(7) };
    desk.hears(FromHub::Welcome(welcome));
    assert_eq!((desk.pushes(), desk.state.answered), (vec![vec![8, 9, 10]], 7));
    assert_eq!(desk.line(), Line::CatchingUp);
}
