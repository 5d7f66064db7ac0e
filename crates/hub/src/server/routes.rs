//! The routes of a hub.

use super::{Arrival, STRANGER_MAX, Server, pages, poll, segments, socket};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::ProgramId;
use protocol::frame::{FRAME_MAX, PROTO, PROTO_MIN};
use protocol::{brief, repeats};
use std::sync::Arc;

type Shared = State<Arc<Server>>;

/// Read buffer of a websocket, which every idle connection has. The default is 128 KiB; what is longer is read in
/// several goes.
const READ_BUFFER: usize = 1 << 10;
/// A websocket message may be a little longer than a frame, so that the sequencer itself sees and
/// answers a frame that is too long; far beyond that it is not even read.
const MESSAGE_MAX: usize = FRAME_MAX + (64 << 10);
/// Written but not flushed: one frame at most, with room for pongs.
const WRITE_BUFFER_MAX: usize = 4 * FRAME_MAX;

pub(super) fn router(server: Arc<Server>) -> Router {
    let frames = Router::new()
        .route("/v1/hub", get(hub))
        .route("/v1/programs/{id}/socket", get(program_socket))
        .route("/v1/founding/socket", get(founding_socket))
        .route("/v1/programs/{id}/poll", post(program_poll))
        .route("/v1/programs/{id}/segments/{hash}", get(segment))
        .route("/v1/founding/poll", post(founding_poll))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&server), refuse_foreign_pages));
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/join", get(pages::join))
        .route("/join.css", get(pages::style))
        .merge(frames)
        .layer(middleware::map_response(with_headers))
        .with_state(server)
}

/// Browsers say which page a request comes from; ours never do, so any other page is refused. This is
/// what keeps a web page from talking to a hub on the reader's own network.
async fn refuse_foreign_pages(State(server): Shared, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN);
    let foreign =
        origin.is_some_and(|origin| Some(origin.as_bytes()) != server.origin.as_ref().map(|o| o.as_bytes()));
    if foreign {
        return (StatusCode::FORBIDDEN, "pages of other sites may not talk to this hub\n").into_response();
    }
    next.run(request).await
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in pages::HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

async fn hub() -> Json<serde_json::Value> {
    Json(serde_json::json!({
        "name": "lockstep-hub",
        "version": env!("CARGO_PKG_VERSION"),
        "proto": PROTO,
        "proto_min": PROTO_MIN,
    }))
}

async fn program_socket(
    State(server): Shared,
    Extension(arrival): Extension<Arrival>,
    Path(id): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    match id.parse() {
        Ok(program) => socket(server, arrival, &headers, Some(program), upgrade),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn founding_socket(
    State(server): Shared,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    socket(server, arrival, &headers, None, upgrade)
}

/// What an address with too many connections is told.
pub(super) fn too_many() -> Response {
    (StatusCode::TOO_MANY_REQUESTS, "too many connections come from this address\n").into_response()
}

fn socket(
    server: Arc<Server>,
    arrival: Arrival,
    headers: &HeaderMap,
    program: Option<ProgramId>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(seat) = server.addresses.seat(&arrival.peer, headers) else { return too_many() };
    let Arrival { slot, meter, .. } = arrival;
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(MESSAGE_MAX)
        .max_frame_size(MESSAGE_MAX)
        .protocols([brief::NAME, repeats::NAME])
        .on_upgrade(move |socket| {
            let tasks = server.tasks.clone();
            meter.restart();
            meter.limit(STRANGER_MAX);
            tasks.track_future(socket::run(server, slot, seat, meter, program, socket))
        })
}

async fn program_poll(
    State(server): Shared,
    Extension(arrival): Extension<Arrival>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    match id.parse() {
        Ok(program) => poll::poll(server, arrival, Some(program), headers, request).await,
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn segment(
    State(server): Shared,
    Extension(arrival): Extension<Arrival>,
    Path((id, hash)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    segments::segment(&server, &arrival, &headers, &id, &hash).await
}

async fn founding_poll(
    State(server): Shared,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    poll::poll(server, arrival, None, headers, request).await
}
