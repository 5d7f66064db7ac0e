//! The long poll, for networks that let no websocket through.
//!
//! `POST …/poll` carries frames up and brings frames down, each with its length before it (u32, little
//! endian). The first call has no `x-session` and opens a virtual connection, whose name the answer
//! gives; every later call carries it. A call waits until there is something to bring, for 25 seconds at
//! most. A second call on the same session ends the one that waits, which answers without frames; frames
//! are to be taken in the order of the calls.
//!
//! A session is lost like a connection: 60 seconds without a call, or any call that fails, and the
//! device starts over with a new one. Nothing is sent twice on a session.

use super::{Arrival, STRANGER_MAX, Seat, Server, Slot, routes};
use crate::programs::{Visitor, random};
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ProgramId;
use protocol::frame::{self, FRAME_MAX};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Names a session.
const SESSION: HeaderName = HeaderName::from_static("x-session");
/// Bytes before each frame.
const PREFIX: usize = 4;
/// One frame of full size always fits.
const BODY_MAX: usize = FRAME_MAX + PREFIX;

type SessionId = [u8; 16];

/// The open sessions of a hub.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<SessionId, Arc<Session>>>);

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Session {
    visitor: Visitor,
    program: Option<ProgramId>,
    opened: Instant,
    calls: Mutex<Calls>,
    /// A newer call has come.
    superseded: Notify,
    /// Whatever waits inside one call to be taken up happens before what the next call brings.
    order: tokio::sync::Mutex<()>,
    _slot: Slot,
}

#[derive(Debug)]
struct Calls {
    last: Instant,
    open: usize,
    turn: u64,
}

/// A call under way.
struct Call<'a> {
    session: &'a Session,
    turn: u64,
}

impl Session {
    fn call(&self) -> Call<'_> {
        let mut calls = self.calls();
        calls.open += 1;
        calls.turn += 1;
        let turn = calls.turn;
        drop(calls);
        self.superseded.notify_waiters();
        Call { session: self, turn }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call<'_> {
    fn is_latest(&self) -> bool {
        self.session.calls().turn == self.turn
    }

    async fn superseded(&self) {
        loop {
            let newer = self.session.superseded.notified();
            tokio::pin!(newer);
            // Registers before looking, so that a call between the two is not missed.
            newer.as_mut().enable();
            if !self.is_latest() {
                return;
            }
            newer.await;
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let mut calls = self.session.calls();
        calls.open -= 1;
        calls.last = Instant::now();
    }
}

/// One call.
pub(super) async fn poll(
    server: Arc<Server>,
    arrival: Arrival,
    program: Option<ProgramId>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let Ok(seat) = server.addresses.seat(&arrival.peer, &headers) else { return routes::too_many() };
    let known = headers.get(SESSION).and_then(|id| find(&server, program, id));
    let is_known = known.is_some_and(|(_, session)| session.visitor.outbox().is_signed_in());
    let most = if is_known { BODY_MAX } else { STRANGER_MAX };
    let body = match timeout(server.limits.body, to_bytes(request.into_body(), most)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return (StatusCode::PAYLOAD_TOO_LARGE, "too much in one call\n").into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let Some(frames) = frame::from_body(&body) else {
        return (StatusCode::BAD_REQUEST, "frames are cut off\n").into_response();
    };
    let (id, session) = match headers.get(SESSION) {
        None => match open(&server, program, seat).await {
            Some(opened) => opened,
            None => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        Some(id) => match find(&server, program, id) {
            Some(found) => found,
            None => return (StatusCode::GONE, "the session has ended\n").into_response(),
        },
    };
    let frames = exchange(&server, &session, frames).await;
    if session.visitor.outbox().is_finished() {
        server.sessions.lock().remove(&id);
        session.visitor.leave().await;
    }
    let headers = [
        (SESSION, HeaderValue::from_str(&hex(&id)).unwrap_or(HeaderValue::from_static(""))),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
    ];
    (headers, frame::to_body(&frames)).into_response()
}

/// Takes frames up and waits for frames to bring down.
async fn exchange(server: &Server, session: &Session, frames: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let call = session.call();
    let outbox = session.visitor.outbox();
    {
        let _order = session.order.lock().await;
        for frame in frames {
            session.visitor.received(frame).await;
        }
    }
    tokio::select! {
        () = outbox.filled() => {}
        () = call.superseded() => {}
        () = sleep(server.limits.poll_wait) => {}
    }
    let taken = if call.is_latest() { outbox.take(FRAME_MAX) } else { Vec::new() };
    let bytes = taken.iter().map(Vec::len).sum();
    if outbox.written(bytes) {
        session.visitor.drained().await;
    }
    taken
}

fn find(server: &Server, program: Option<ProgramId>, id: &HeaderValue) -> Option<(SessionId, Arc<Session>)> {
    let id = u128::from_str_radix(id.to_str().ok().filter(|id| id.len() == 32)?, 16).ok()?.to_be_bytes();
    let session = Arc::clone(server.sessions.lock().get(&id)?);
    (session.program == program).then_some((id, session))
}

async fn open(
    server: &Arc<Server>,
    program: Option<ProgramId>,
    seat: Option<Seat>,
) -> Option<(SessionId, Arc<Session>)> {
    let slot = server.slot()?;
    let id: SessionId = random().ok()?;
    let visitor = server.programs.visit(program, seat).await.ok()?;
    let now = Instant::now();
    let session = Arc::new(Session {
        visitor,
        program,
        opened: now,
        calls: Mutex::new(Calls { last: now, open: 0, turn: 0 }),
        superseded: Notify::new(),
        order: tokio::sync::Mutex::new(()),
        _slot: slot,
    });
    server.sessions.lock().insert(id, Arc::clone(&session));
    tokio::spawn(watch(Arc::clone(server), id, Arc::clone(&session)));
    Some((id, session))
}

/// Ends a session that is not called any more, or whose device does not sign in.
async fn watch(server: Arc<Server>, id: SessionId, session: Arc<Session>) {
    let outbox = session.visitor.outbox();
    loop {
        let stranger_until = session.opened + server.limits.sign_in;
        let until = {
            let calls = session.calls();
            if calls.open > 0 {
                Instant::now() + server.limits.session
            } else {
                calls.last + server.limits.session
            }
        };
        let is_stranger = !outbox.is_signed_in();
        let now = Instant::now();
        if now >= until || (is_stranger && now >= stranger_until) {
            break;
        }
        tokio::select! {
            () = sleep_until(if is_stranger { until.min(stranger_until) } else { until }) => {}
            () = server.stop.cancelled() => {
                session.visitor.dismiss();
                return;
            }
        }
    }
    server.sessions.lock().remove(&id);
    session.visitor.leave().await;
}

fn hex(id: &SessionId) -> String {
    format!("{:032x}", u128::from_be_bytes(*id))
}
