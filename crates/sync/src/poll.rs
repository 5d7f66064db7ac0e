//! The long-poll fallback: the same frames in bodies of `POST <base>/poll`, for networks whose proxies
//! refuse websockets.

use crate::dial::{DialError, Network};
use crate::line::{Carrier, Line};
use crate::websocket::plain;
use protocol::frame;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// The hub answers within 25 seconds whether or not it has something.
const ANSWER: Duration = Duration::from_secs(40);
/// Bytes after which a body is full. Another push always fits into what the hub takes beyond that.
const GATHERED: usize = 256 << 10;
const SESSION: &str = "x-session";

/// Opens a session; the first answer must look like a hub's.
pub(crate) async fn open(network: Network, base: String) -> Result<Line, DialError> {
    let url = format!("{base}/poll");
    let (session, first) = exchange(&network, &url, None, &[]).await?;
    Ok(Line::carried_by(move |Carrier { outbound, inbound, alive }| async move {
        if let Err(why) = carry(&network, &url, session, first, outbound, (&inbound, &alive)).await {
            let _ = inbound.send(Err(why)).await;
        }
    }))
}

async fn carry(
    network: &Network,
    url: &str,
    session: String,
    first: Vec<Vec<u8>>,
    mut outbound: mpsc::UnboundedReceiver<Vec<u8>>,
    (inbound, alive): (&mpsc::Sender<Result<Vec<u8>, String>>, &Notify),
) -> Result<(), String> {
    let deliver = async |frames: Vec<Vec<u8>>| {
        for frame in frames {
            inbound.send(Ok(frame)).await.map_err(|_| "hung up".to_owned())?;
        }
        Ok::<(), String>(())
    };
    deliver(first).await?;
    loop {
        let body = gathered(&mut outbound);
        let poll = exchange(network, url, Some(&session), &body);
        tokio::pin!(poll);
        // While the hub holds the answer back, something to send may come up: it goes in a second
        // request, which makes the hub answer.
        let frames = loop {
            tokio::select! {
                polled = &mut poll => break polled.map_err(|error| error.to_string())?.1,
                frame = outbound.recv() => {
                    let frame = frame.ok_or_else(|| "hung up".to_owned())?;
                    let (_, frames) = exchange(network, url, Some(&session), &[frame])
                        .await
                        .map_err(|error| error.to_string())?;
                    deliver(frames).await?;
                }
            }
        };
        alive.notify_one();
        deliver(frames).await?;
    }
}

/// What waits to be sent, as much as surely fits into one body; the rest goes in the next.
fn gathered(outbound: &mut mpsc::UnboundedReceiver<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut frames: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    while bytes < GATHERED
        && let Ok(frame) = outbound.try_recv()
    {
        bytes += frame.len() + 4;
        frames.push(frame);
    }
    frames
}

async fn exchange(
    network: &Network,
    url: &str,
    session: Option<&str>,
    frames: &[Vec<u8>],
) -> Result<(String, Vec<Vec<u8>>), DialError> {
    let mut request = network.http.post(url).timeout(ANSWER).body(frame::to_body(frames));
    if let Some(session) = session {
        request = request.header(SESSION, session);
    }
    let response = request.send().await.map_err(|error| DialError::Unreachable(plain(&error)))?;
    if !response.status().is_success() {
        return Err(DialError::NotAHub(format!("it answered {}", response.status())));
    }
    let session = response
        .headers()
        .get(SESSION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| DialError::NotAHub("it opened no session".to_owned()))?
        .to_owned();
    let body = response.bytes().await.map_err(|error| DialError::Unreachable(plain(&error)))?;
    let frames =
        frame::from_body(&body).ok_or_else(|| DialError::NotAHub("its answer is malformed".to_owned()))?;
    Ok((session, frames))
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::client::PUSH_BYTES;
    use protocol::frame::{FRAME_MAX, PAYLOAD_MAX};

    #[test]
    fn a_long_queue_goes_up_in_bodies_that_a_hub_takes() {
        let (outbox, mut outbound) = mpsc::unbounded_channel();
        // The largest push there is: full but for one byte, and then one more of full size.
        let largest = PUSH_BYTES + PAYLOAD_MAX;
        for _ in 0..6 {
            outbox.send(vec![0; largest]).unwrap();
            outbox.send(vec![1; 1_000]).unwrap();
        }
        let mut sent = 0;
        while !outbound.is_empty() {
            let frames = gathered(&mut outbound);
            assert!(frame::to_body(&frames).len() <= FRAME_MAX + 4, "{} frames", frames.len());
            sent += frames.len();
        }
        assert_eq!(sent, 12);
    }
}
