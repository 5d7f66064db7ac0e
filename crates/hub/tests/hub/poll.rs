//! The same journeys by long poll.

use crate::rooms::a_deal_is_registered_and_talked_about;
use crate::support::hub::TestHub;
use crate::support::soon;
use crate::support::wire::{Wire, request};
use crate::support::world::{found, partner};
use futures_util::StreamExt;
use protocol::frame::{FRAME_MAX, Reason};
use std::time::Duration;

#[tokio::test]
async fn founding_joining_and_talking_work_by_long_poll() {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let mut bob = found(&hub.poll(), &link).await;
    let mut alice = partner(&hub.poll(), &mut bob, "Dockside", "Alice Partner").await;
    a_deal_is_registered_and_talked_about(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn one_by_socket_and_one_by_poll() {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let mut bob = found(&hub.way(), &link).await;
    let mut alice = partner(&hub.poll(), &mut bob, "Dockside", "Alice Partner").await;
    a_deal_is_registered_and_talked_about(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn an_idle_poll_answers_without_frames_and_a_dead_session_is_gone() {
    let hub = TestHub::start_with(|options| {
        options.limits.poll_wait = Duration::from_millis(300);
        options.limits.session = Duration::from_secs(2);
    })
    .await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let bob = found(&hub.poll(), &link).await;
    let session = format!("x-session: {}\r\n", bob.wire.session().unwrap());
    let path = format!("/v1/programs/{}/poll", bob.me.program);
    let idle = request(hub.address, "POST", &path, &session, b"").await.unwrap();
    assert_eq!((idle.status, idle.body.len()), (200, 0));
    // Without calls it ends; its name is then worth nothing.
    let gone = async {
        let mut pause = tokio::time::interval(Duration::from_secs(3));
        pause.tick().await;
        loop {
            pause.tick().await;
            if request(hub.address, "POST", &path, &session, b"").await.unwrap().status == 410 {
                break;
            }
        }
    };
    soon("the end of the session", gone).await;
}

#[tokio::test]
async fn a_second_call_ends_the_one_that_waits() {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let bob = found(&hub.poll(), &link).await;
    let session = format!("x-session: {}\r\n", bob.wire.session().unwrap());
    let path = format!("/v1/programs/{}/poll", bob.me.program);
    let address = hub.address;
    let call = || {
        let (path, session) = (path.clone(), session.clone());
        tokio::spawn(async move { request(address, "POST", &path, &session, b"").await.unwrap() })
    };
    // Each later call frees an earlier one, and the last is left waiting.
    let mut calls: futures_util::stream::FuturesUnordered<_> = (0..4).map(|_| call()).collect();
    for _ in 0..3 {
        assert_eq!(soon("an answer", calls.next()).await.unwrap().unwrap().status, 200);
    }
    assert_eq!(calls.len(), 1);
}

#[tokio::test]
async fn a_session_is_good_for_its_program_only() {
    let hub = TestHub::start().await;
    let bob = found(&hub.poll(), &hub.hub.founding_link(7).await.unwrap()).await;
    let carol = found(&hub.poll(), &hub.hub.founding_link(7).await.unwrap()).await;
    let path = format!("/v1/programs/{}/poll", carol.me.program);
    for session in [bob.wire.session().unwrap(), "0".repeat(32), "x".into(), "+".repeat(32)] {
        let headers = format!("x-session: {session}\r\n");
        assert_eq!(request(hub.address, "POST", &path, &headers, b"").await.unwrap().status, 410);
    }
}

#[tokio::test]
async fn bodies_that_are_cut_off_or_too_long_are_refused() {
    let hub = TestHub::start().await;
    let path = "/v1/founding/poll";
    for body in [&[1, 0, 0][..], &[5, 0, 0, 0, 1], &[0xff; 4]] {
        assert_eq!(request(hub.address, "POST", path, "", body).await.unwrap().status, 400);
    }
    let long = vec![0; FRAME_MAX + 5];
    let refused = request(hub.address, "POST", path, "", &long).await;
    assert!(refused.is_none_or(|response| response.status == 413));
}

#[tokio::test]
async fn an_unknown_program_says_so() {
    let hub = TestHub::start().await;
    let mut wire = Wire::connect(&hub.poll(), &format!("programs/{}", uuid::Uuid::now_v7())).await;
    assert_eq!(wire.goodbye().await.unwrap().reason, Reason::UnknownProgram);
}
