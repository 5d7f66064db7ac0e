//! A websocket: binary messages are frames.

use super::meter::Meter;
use super::{Seat, Server, Slot};
use crate::Limits;
use crate::programs::Visitor;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use domain::ProgramId;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use protocol::brief::{self, Brief};
use protocol::frame::{FrameError, Reason};
use protocol::repeats::Repeats;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite;
use tokio_util::sync::CancellationToken;

/// How long a peer may take to hear that a connection ends.
const FAREWELL: Duration = Duration::from_secs(2);
const TOO_LARGE: &str = "The frame is too large.";

/// Serves a websocket until either side ends it.
pub(super) async fn run(
    server: Arc<Server>,
    slot: Slot,
    seat: Option<Seat>,
    meter: Arc<Meter>,
    program: Option<ProgramId>,
    socket: WebSocket,
) {
    let visitor = match server.programs.visit(program, seat).await {
        Ok(visitor) => visitor,
        Err(error) => {
            tracing::error!(%error, "a connection could not be served");
            return;
        }
    };
    // Only the two subprotocols of `routes` are ever agreed on.
    let shortened = match socket.protocol() {
        None => Shortened::Nothing,
        Some(name) if name == brief::NAME => Shortened::Pushes,
        Some(_) => Shortened::Ids,
    };
    let (mut sink, mut stream) = socket.split();
    let heard = Heard::new();
    {
        let reading = read(&mut stream, &visitor, &heard, &meter, shortened);
        let ids = shortened != Shortened::Nothing;
        let writing = write(&mut sink, &visitor, &heard, &meter, ids, server.limits, &server.stop);
        tokio::pin!(reading, writing);
        tokio::select! {
            () = &mut reading => {
                // Whatever is left to say is said, if the other side still listens.
                visitor.outbox().close();
                let _ = timeout(FAREWELL, writing).await;
            }
            () = &mut writing => {}
        }
    }
    // The other side closes when it has read the last frame; hanging up before could cost it that frame.
    let until_closed = async { while let Some(Ok(_)) = stream.next().await {} };
    let _ = timeout(FAREWELL, until_closed).await;
    visitor.leave().await;
    drop(slot);
}

/// How frames are written on a websocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortened {
    /// As they are.
    Nothing,
    /// With [`Repeats`], both ways.
    Ids,
    /// Up with [`Brief`], down with [`Repeats`].
    Pushes,
}

/// What reads frames that were written so.
enum Reader {
    Plain,
    Ids(Box<Repeats>),
    Pushes(Box<Brief>),
}

impl Reader {
    fn new(shortened: Shortened) -> Self {
        match shortened {
            Shortened::Nothing => Self::Plain,
            Shortened::Ids => Self::Ids(Box::default()),
            Shortened::Pushes => Self::Pushes(Box::default()),
        }
    }

    fn read(&mut self, bytes: Bytes) -> Result<Vec<u8>, FrameError> {
        match self {
            Self::Plain => Ok(bytes.into()),
            Self::Ids(repeats) => repeats.restore(&bytes),
            Self::Pushes(brief) => brief.restore(&bytes),
        }
    }
}

/// When something was last heard of the other side.
struct Heard {
    opened: Instant,
    after_ms: AtomicU64,
}

impl Heard {
    fn new() -> Self {
        Self { opened: Instant::now(), after_ms: AtomicU64::new(0) }
    }

    fn now(&self) {
        let after = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.after_ms.store(after, Ordering::Relaxed);
    }

    fn at(&self) -> Instant {
        self.opened + Duration::from_millis(self.after_ms.load(Ordering::Relaxed))
    }
}

async fn read(
    stream: &mut SplitStream<WebSocket>,
    visitor: &Visitor,
    heard: &Heard,
    meter: &Meter,
    shortened: Shortened,
) {
    let outbox = visitor.outbox();
    let mut reader = Reader::new(shortened);
    loop {
        let message = tokio::select! {
            message = stream.next() => message,
            () = meter.over() => return outbox.goodbye(Reason::TooLarge, TOO_LARGE, None),
        };
        let Some(message) = message else { return };
        heard.now();
        match message {
            Ok(Message::Binary(bytes)) => {
                meter.message();
                match reader.read(bytes) {
                    Ok(frame) => visitor.received(frame).await,
                    Err(FrameError::TooLarge(_)) => outbox.goodbye(Reason::TooLarge, TOO_LARGE, None),
                    Err(FrameError::Malformed) => {
                        outbox.goodbye(Reason::Malformed, "This is no frame.", None)
                    }
                }
                // Who does not read is not read.
                outbox.room().await;
                if outbox.is_signed_in() {
                    meter.limit(usize::MAX);
                }
            }
            Ok(Message::Text(_)) => outbox.goodbye(Reason::Malformed, "Frames are binary.", None),
            Ok(Message::Ping(payload) | Message::Pong(payload)) => meter.control(payload.len()),
            Ok(Message::Close(_)) => return,
            Err(error) => {
                let (reason, text) = match tungstenite_error(&error) {
                    Some(tungstenite::Error::Capacity(_)) => (Reason::TooLarge, TOO_LARGE),
                    _ => (Reason::Malformed, "This is no websocket message."),
                };
                outbox.goodbye(reason, text, None);
                return;
            }
        }
    }
}

fn tungstenite_error(error: &axum::Error) -> Option<&tungstenite::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

async fn write(
    sink: &mut SplitSink<WebSocket, Message>,
    visitor: &Visitor,
    heard: &Heard,
    meter: &Meter,
    shortened: bool,
    limits: Limits,
    stop: &CancellationToken,
) {
    let outbox = visitor.outbox();
    let mut repeats = shortened.then(Repeats::default);
    let mut ping_at = heard.opened + limits.ping;
    let mut stopping = false;
    loop {
        let dead_at = heard.at() + limits.dead;
        let stranger_until = (!outbox.is_signed_in()).then_some(heard.opened + limits.sign_in);
        let wake_at = stranger_until.into_iter().chain([dead_at, ping_at]).min().unwrap_or(ping_at);
        let (message, bytes) = tokio::select! {
            biased;
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                visitor.dismiss();
                continue;
            }
            frame = outbox.next() => match frame {
                Some(frame) => {
                    let bytes = frame.len();
                    let frame = repeats.as_mut().map(|repeats| repeats.shorten(&frame)).unwrap_or(frame);
                    (Message::Binary(frame.into()), bytes)
                }
                None => break,
            },
            () = sleep_until(wake_at) => {
                let now = Instant::now();
                if now >= dead_at || (!outbox.is_signed_in() && stranger_until.is_some_and(|until| now >= until)) {
                    break;
                }
                if meter.under_way().is_some_and(|under_way| under_way > limits.body) {
                    outbox.goodbye(Reason::Busy, "A message took too long to arrive.", Some(2_000));
                    continue;
                }
                if now < ping_at {
                    continue;
                }
                ping_at = now + limits.ping;
                (Message::Ping(Vec::new().into()), 0)
            }
        };
        match timeout(limits.dead, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
        if outbox.written(bytes) {
            visitor.drained().await;
        }
    }
    let _ = timeout(FAREWELL, sink.send(Message::Close(None))).await;
}
