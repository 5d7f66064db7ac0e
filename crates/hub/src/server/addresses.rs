//! How many connections and how many tries at invitations come from one address, so that one machine can
//! neither take all the room nor go through invitations.
//!
//! This machine itself is not counted: it is a reverse proxy or the operator. What comes by a proxy
//! counts for the address the proxy names. Of IPv6 the first 64 bits count, which is what one customer of
//! a network gets.

use crate::bucket::Bucket;
use crate::{Limits, Rate};
use axum::http::HeaderMap;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Named by proxies: the last entry is theirs, whatever stands before it may be invented.
const FORWARDED: &str = "x-forwarded-for";
/// With more addresses than this, those that say nothing any more are forgotten.
const MANY: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Addresses {
    connections: usize,
    joins: Rate,
    proxy: Option<IpAddr>,
    seen: Mutex<HashMap<IpAddr, Seen>>,
}

#[derive(Debug)]
struct Seen {
    open: usize,
    joins: Bucket,
}

/// The address has as many connections as it may.
#[derive(Debug)]
pub(super) struct TooMany;

/// A connection's place among those of its address; given back when the last clone is dropped.
pub(crate) type Seat = Arc<Held>;

#[derive(Debug)]
pub(crate) struct Held {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

/// Where a connection comes from.
#[derive(Debug, Clone, Default)]
pub(super) struct Peer {
    seat: Option<Seat>,
    is_proxy: bool,
}

impl Addresses {
    pub fn new(limits: &Limits, proxy: Option<IpAddr>) -> Arc<Self> {
        let Limits { connections_per_address: connections, joins, .. } = *limits;
        Arc::new(Self { connections, joins, proxy, seen: Mutex::default() })
    }

    /// A connection was accepted.
    pub fn accepted(self: &Arc<Self>, address: IpAddr) -> Result<Peer, TooMany> {
        let address = address.to_canonical();
        let is_proxy = address.is_loopback() || self.proxy == Some(address);
        let seat = if is_proxy { None } else { Some(self.enter(address)?) };
        Ok(Peer { seat, is_proxy })
    }

    /// Somebody wants to talk in frames on a connection.
    pub fn seat(self: &Arc<Self>, peer: &Peer, headers: &HeaderMap) -> Result<Option<Seat>, TooMany> {
        if !peer.is_proxy {
            return Ok(peer.seat.clone());
        }
        let named = headers.get_all(FORWARDED).into_iter().next_back().and_then(|named| named.to_str().ok());
        match named.and_then(|named| named.rsplit(',').next()?.trim().parse().ok()) {
            Some(address) => self.enter(address).map(Some),
            None => Ok(None),
        }
    }

    fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Seat, TooMany> {
        let address = network_of(address);
        let now = Instant::now();
        let mut seen = self.lock();
        if seen.len() > MANY {
            seen.retain(|_, seen| seen.open > 0 || !seen.joins.is_full(self.joins, now));
        }
        let at =
            seen.entry(address).or_insert_with(|| Seen { open: 0, joins: Bucket::full(self.joins, now) });
        if at.open >= self.connections {
            return Err(TooMany);
        }
        at.open += 1;
        Ok(Arc::new(Held { addresses: Arc::clone(self), address }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// An invitation is tried.
    ///
    /// # Errors
    /// How long to wait.
    pub fn try_invitation(&self) -> Result<(), Duration> {
        let Addresses { joins, .. } = *self.addresses;
        match self.addresses.lock().get_mut(&self.address) {
            Some(seen) => seen.joins.take(joins, 1, Instant::now()),
            None => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(seen) = self.addresses.lock().get_mut(&self.address) {
            seen.open -= 1;
        }
    }
}

fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Arc<Addresses> {
        let limits = Limits { connections_per_address: 2, ..Limits::default() };
        Addresses::new(&limits, Some([10, 0, 0, 9].into()))
    }

    fn forwarded(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(FORWARDED.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn one_address_has_so_many_connections_and_no_more() {
        let addresses = addresses();
        let first = addresses.accepted([203, 0, 113, 7].into()).unwrap();
        let second = addresses.accepted("::ffff:203.0.113.7".parse().unwrap()).unwrap();
        assert!(addresses.accepted([203, 0, 113, 7].into()).is_err());
        assert!(addresses.accepted([203, 0, 113, 8].into()).is_ok(), "others are not concerned");
        // What it says about itself is not believed.
        assert!(addresses.seat(&first, &forwarded("198.51.100.1")).unwrap().is_some());
        assert!(addresses.accepted([203, 0, 113, 7].into()).is_err());
        drop(second);
        assert!(addresses.accepted([203, 0, 113, 7].into()).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let addresses = addresses();
        let accept = |address: &str| addresses.accepted(address.parse().unwrap());
        let _held = (accept("2001:db8:1:2::1").unwrap(), accept("2001:db8:1:2:ffff::2").unwrap());
        assert!(accept("2001:db8:1:2:3::3").is_err());
        assert!(accept("2001:db8:1:3::1").is_ok());
    }

    #[test]
    fn behind_a_proxy_the_address_it_names_counts() {
        let addresses = addresses();
        for proxy in [[127, 0, 0, 1], [10, 0, 0, 9]] {
            let peer = addresses.accepted(proxy.into()).unwrap();
            let from = |value: &str| addresses.seat(&peer, &forwarded(value));
            let _held = (from("203.0.113.7").unwrap(), from("198.51.100.1, 203.0.113.7").unwrap());
            assert!(from("203.0.113.7").is_err());
            assert!(from("203.0.113.7, 198.51.100.1").unwrap().is_some(), "the last is the proxy's");
            assert!(addresses.seat(&peer, &HeaderMap::new()).unwrap().is_none(), "somebody on the machine");
        }
    }

    #[test]
    fn addresses_that_left_are_forgotten() {
        let addresses = addresses();
        for n in 0..MANY as u32 + 10 {
            addresses.accepted(IpAddr::V4((0x0a00_0100 + n).into())).unwrap();
        }
        assert!(addresses.lock().len() < 20, "{}", addresses.lock().len());
    }
}
