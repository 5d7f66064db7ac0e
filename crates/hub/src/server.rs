//! The hub on the network: HTTP/1.1 with two ways to the same frames, a websocket and a long poll.
//!
//! Connections are accepted by our own loop ([`accept`]), because `axum::serve` waits for ever for a
//! request that is never finished.

mod accept;
mod addresses;
mod meter;
mod pages;
mod poll;
mod routes;
mod segments;
mod socket;

pub(crate) use accept::{accept, serve_stream};
pub(crate) use addresses::Seat;

use crate::programs::Programs;
use crate::{Limits, Options};
use addresses::{Addresses, Peer};
use axum::Router;
use meter::Meter;
use poll::Sessions;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// One of the connections the hub has room for; given back when the last clone is dropped.
type Slot = Arc<OwnedSemaphorePermit>;

/// Largest message of somebody the hub does not know yet: what it takes to sign in or to join, amply.
const STRANGER_MAX: usize = 64 << 10;

/// A connection that requests come on.
#[derive(Debug, Clone)]
struct Arrival {
    slot: Slot,
    peer: Peer,
    meter: Arc<Meter>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Server {
    programs: Arc<Programs>,
    limits: Limits,
    /// The only `Origin` a browser may send.
    origin: Option<String>,
    slots: Arc<Semaphore>,
    addresses: Arc<Addresses>,
    sessions: Sessions,
    /// The hub stops.
    pub stop: CancellationToken,
    /// Connections being served.
    pub tasks: TaskTracker,
}

impl Server {
    pub fn new(programs: Arc<Programs>, options: &Options) -> Self {
        let limits = options.limits;
        Self {
            programs,
            slots: Arc::new(Semaphore::new(limits.connections)),
            addresses: Addresses::new(&limits, options.proxy),
            limits,
            origin: options.public_url.as_deref().map(origin_of),
            sessions: Sessions::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    pub fn router(self: &Arc<Self>) -> Router {
        routes::router(Arc::clone(self))
    }

    fn slot(&self) -> Option<Slot> {
        Arc::clone(&self.slots).try_acquire_owned().ok().map(Arc::new)
    }
}

/// Scheme, host and port of an address: what browsers send as `Origin`.
fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split('/').next().unwrap_or(rest);
    format!("{scheme}://{host}").to_lowercase()
}
