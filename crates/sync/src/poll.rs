//! The long-poll fallback: the same frames in bodies of `POST <base>/poll`, for networks whose proxies
//! refuse websockets. Each frame is preceded by its length as four bytes, least significant first.

use crate::dial::{DialError, Network};
use crate::line::{Carrier, Line};
use crate::websocket::plain;
use protocol::frame::FRAME_MAX;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// The hub answers within 25 seconds whether or not it has something.
const ANSWER: Duration = Duration::from_secs(40);
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
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    loop {
        while let Ok(frame) = outbound.try_recv() {
            waiting.push(frame);
        }
        let body = std::mem::take(&mut waiting);
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

async fn exchange(
    network: &Network,
    url: &str,
    session: Option<&str>,
    frames: &[Vec<u8>],
) -> Result<(String, Vec<Vec<u8>>), DialError> {
    let mut request = network.http.post(url).timeout(ANSWER).body(joined(frames));
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
    let frames = split(&body).ok_or_else(|| DialError::NotAHub("its answer is malformed".to_owned()))?;
    Ok((session, frames))
}

fn joined(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::with_capacity(frames.iter().map(|frame| frame.len() + 4).sum());
    for frame in frames {
        // A frame is at most FRAME_MAX long.
        body.extend_from_slice(&u32::try_from(frame.len()).unwrap_or(u32::MAX).to_le_bytes());
        body.extend_from_slice(frame);
    }
    body
}

fn split(mut body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut frames = Vec::new();
    while !body.is_empty() {
        let (length, rest) = body.split_first_chunk::<4>()?;
        let length =
            usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= FRAME_MAX)?;
        let (frame, rest) = rest.split_at_checked(length)?;
        frames.push(frame.to_vec());
        body = rest;
    }
    Some(frames)
}
