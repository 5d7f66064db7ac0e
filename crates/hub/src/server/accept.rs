//! Accepting connections and serving HTTP on them, within limits of time and number.

use super::addresses::Peer;
use super::meter::{Meter, Metered};
use super::{Arrival, Server};
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// Buffer of an HTTP connection, and with it the largest head of a request.
const BUFFER: usize = 16 << 10;
/// After this long without a file to spare (or another error of the whole process), try again.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts until the hub stops.
pub(crate) async fn accept(server: Arc<Server>, listener: TcpListener) {
    let router = server.router();
    loop {
        let accepted = tokio::select! {
            () = server.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_connection(error.kind()) => continue,
            Err(error) => {
                tracing::error!(%error, "connections cannot be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Some(slot) = server.slot() else {
            tracing::warn!(limit = server.limits.connections, "a connection was refused: too many are open");
            continue;
        };
        let Ok(peer) = server.addresses.accepted(from.ip()) else {
            tracing::warn!(
                limit = server.limits.connections_per_address,
                "an address has too many connections"
            );
            continue;
        };
        // Frames are small and somebody waits for each; without this they would wait for each other.
        let _ = stream.set_nodelay(true);
        spawn(&server, router.clone(), stream, Arrival { slot, peer, meter: Meter::new() });
    }
}

/// Serves one connection that did not come by a listener.
pub(crate) fn serve_stream(server: &Arc<Server>, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    if let Some(slot) = server.slot() {
        let arrival = Arrival { slot, peer: Peer::default(), meter: Meter::new() };
        spawn(server, server.router(), io, arrival);
    }
}

fn spawn(
    server: &Arc<Server>,
    router: Router,
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    arrival: Arrival,
) {
    let io = Metered { io, meter: Arc::clone(&arrival.meter) };
    let serving = serve(Arc::clone(server), router, io, arrival);
    server.tasks.spawn(serving);
}

/// Serves requests on one connection until it ends, is upgraded, or was open for too long. The
/// connection is closed between requests when it can be, and in any case some time later.
async fn serve(
    server: Arc<Server>,
    router: Router,
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    arrival: Arrival,
) {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(arrival.clone());
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.limits.header)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    tokio::pin!(connection);
    let grace = server.limits.poll_wait + server.limits.body;
    let too_long = tokio::time::sleep(server.limits.connection_age);
    tokio::pin!(too_long);
    let mut ending = false;
    loop {
        tokio::select! {
            // How a connection ends is its client's business.
            _ = &mut connection => return,
            () = server.stop.cancelled(), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = &mut too_long => {
                if ending {
                    return;
                }
                ending = true;
                connection.as_mut().graceful_shutdown();
                too_long.as_mut().reset(tokio::time::Instant::now() + grace);
            }
        }
    }
}

/// Errors of a connection that was gone before it was accepted.
fn is_of_one_connection(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}
