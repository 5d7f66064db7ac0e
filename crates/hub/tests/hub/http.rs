//! The hub as a web server: pages, foreign origins, clients that never finish, limits.

use crate::support::hub::TestHub;
use crate::support::soon;
use crate::support::wire::{Wire, request};
use crate::support::world::found;
use protocol::frame::PROTO;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Patience that a test can outwait.
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn the_pages_answer_with_strict_headers() {
    let hub = TestHub::start().await;
    for path in ["/healthz", "/v1/hub", "/join", "/join.css"] {
        let page = request(hub.address, "GET", path, "", b"").await.unwrap();
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(page.header("referrer-policy").as_deref(), Some("no-referrer"));
        assert!(page.header("access-control-allow-origin").is_none());
    }
    let page = request(hub.address, "GET", "/join", "", b"").await.unwrap();
    let text = String::from_utf8(page.body).unwrap();
    assert!(
        text.contains("Copy the whole address") && !text.contains("<script") && !text.contains("=\"java")
    );
    let about = request(hub.address, "GET", "/v1/hub", "", b"").await.unwrap();
    let about: serde_json::Value = serde_json::from_slice(&about.body).unwrap();
    assert_eq!((&about["name"], &about["proto"]), (&"lockstep-hub".into(), &PROTO.into()));
    assert_eq!(
        request(hub.address, "GET", "/v1/programs/nonsense/socket", "", b"").await.unwrap().status,
        400
    );
    assert_eq!(
        request(hub.address, "POST", "/v1/programs/nonsense/poll", "", b"").await.unwrap().status,
        404
    );
    assert_eq!(request(hub.address, "GET", "/../hub.sqlite", "", b"").await.unwrap().status, 404);
}

#[tokio::test]
async fn pages_of_other_sites_may_not_talk_to_the_hub() {
    let hub =
        TestHub::start_with(|options| options.public_url = Some("https://hub.example/base/".into())).await;
    let upgrade = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (origin, allowed) in [
        ("https://evil.example", false),
        ("null", false),
        ("http://hub.example", false),
        ("https://hub.example.evil.example", false),
        ("https://hub.example", true),
    ] {
        let headers = format!("origin: {origin}\r\n");
        let poll = request(hub.address, "POST", "/v1/founding/poll", &headers, b"").await.unwrap();
        assert_eq!(poll.status == 200, allowed, "{origin}");
        assert_eq!(poll.status == 403, !allowed, "{origin}");
        let mut stream = TcpStream::connect(hub.address).await.unwrap();
        let head = format!("GET /v1/founding/socket HTTP/1.1\r\nhost: hub\r\n{headers}{upgrade}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, if allowed { b"HTTP/1.1 101" } else { b"HTTP/1.1 403" }, "{origin}");
    }
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_is_dropped() {
    let hub = TestHub::start_with(|options| {
        options.limits.header = SHORT;
        options.limits.body = SHORT;
    })
    .await;
    for start in ["", "GET /healthz HTTP/1.1\r\nhost: hub\r\nx-slow: "] {
        let mut stream = TcpStream::connect(hub.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let ended = soon("the end", stream.read_to_end(&mut bytes)).await;
        assert!(ended.is_err() || !bytes.starts_with(b"HTTP/1.1 200"), "a half request was answered");
    }
    // One that keeps dripping is dropped as well.
    let mut stream = TcpStream::connect(hub.address).await.unwrap();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let dripping = async {
        loop {
            ticks.tick().await;
            if stream.write_all(b"x").await.is_err() {
                break;
            }
        }
    };
    soon("the end of the drip", dripping).await;
    // So is one that announces a body and never sends it.
    let mut stream = TcpStream::connect(hub.address).await.unwrap();
    stream
        .write_all(
            b"POST /v1/founding/poll HTTP/1.1\r\nhost: hub\r\nconnection: close\r\ncontent-length: 9\r\n\r\n",
        )
        .await
        .unwrap();
    let mut bytes = Vec::new();
    let _ = soon("the end", stream.read_to_end(&mut bytes)).await;
    assert!(bytes.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&bytes));
}

#[tokio::test]
async fn a_connection_that_does_not_sign_in_is_closed() {
    let hub = TestHub::start_with(|options| options.limits.sign_in = 4 * SHORT).await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let mut bob = found(&hub.way(), &link).await;
    let program = format!("programs/{}", bob.me.program);
    for way in [hub.way(), hub.poll()] {
        for place in ["founding", &program] {
            let mut wire = Wire::connect(&way, place).await;
            wire.challenge().await;
            assert_eq!(wire.goodbye().await, None, "closed without a word");
        }
    }
    // Bob, who signed in, stays.
    crate::support::world::add_partner(&mut bob, "Dockside").await;
}

#[tokio::test]
async fn a_peer_that_is_silent_for_too_long_is_dead() {
    let hub = TestHub::start_with(|options| {
        options.limits.ping = SHORT;
        options.limits.dead = 5 * SHORT;
    })
    .await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let mut bob = found(&hub.way(), &link).await;
    soon("the end", bob.wire.mute_until_closed()).await;
}

#[tokio::test]
async fn more_connections_than_the_hub_has_room_for_are_refused() {
    let hub = TestHub::start_with(|options| options.limits.connections = 3).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut wire = Wire::connect(&hub.way(), "founding").await;
        wire.challenge().await;
        open.push(wire);
    }
    assert!(request(hub.address, "GET", "/healthz", "", b"").await.is_none());
    open.pop();
    // The place is free again as soon as the hub has noticed.
    let freed = async { while request(hub.address, "GET", "/healthz", "", b"").await.is_none() {} };
    soon("a free place", freed).await;
}

#[tokio::test]
async fn two_hubs_never_share_a_folder_or_a_port() {
    let hub = TestHub::start().await;
    let again = hub::Hub::open(hub::Options::folder(hub.folder.path())).await;
    assert!(matches!(again, Err(hub::Error::InUse(_))), "{again:?}");
    let other = TestHub::start().await;
    let taken = other.hub.listen(hub.address).await;
    assert!(matches!(taken, Err(hub::Error::PortTaken(_))), "{taken:?}");
}

#[tokio::test]
async fn a_file_of_a_newer_hub_or_none_at_all_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hub.sqlite"), vec![7; 8_192]).unwrap();
    let opened = hub::Hub::open(hub::Options::folder(folder.path())).await;
    assert!(matches!(opened, Err(hub::Error::Damaged(_))), "{opened:?}");
    let bad = hub::Options { public_url: Some("ftp://hub example".into()), ..hub::Options::memory() };
    assert!(matches!(hub::Hub::open(bad).await, Err(hub::Error::PublicUrl(_))));
}
