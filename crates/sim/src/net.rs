//! The network: one queue a direction of each connection, in order; everything between connections in
//! any order. What is on its way up a dead line may still arrive.

use crate::law::Run;
use crate::world::{World, tell};
use protocol::client::{ClientEvent, Line};
use protocol::frame::{self, Challenge, FromDevice, FromHub, Hello, Incoming, PROTO};
use protocol::sequencer::{ConnectionId, HubEvent};
use std::collections::VecDeque;

/// On its way to the hub.
#[derive(Debug, Clone)]
pub(crate) enum Up {
    Open,
    Frame(Vec<u8>),
    End,
}

/// On its way to an installation.
#[derive(Debug, Clone)]
pub(crate) enum Down {
    Frame(Vec<u8>),
    End,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Conn {
    /// Whose it is; nobody's while somebody joins.
    pub desk: Option<usize>,
    pub up: VecDeque<Up>,
    pub down: VecDeque<Down>,
    /// The hub believes that it is there.
    pub at_hub: bool,
    /// Nothing gets through, and nobody notices.
    pub hole: bool,
    pub congested: bool,
}

impl Conn {
    pub fn new(desk: Option<usize>) -> Self {
        let up = VecDeque::from([Up::Open]);
        Self { desk, up, down: VecDeque::new(), at_hub: false, hole: false, congested: false }
    }
}

/// How the hub of a newer version presents itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Newer {
    /// Whether it still speaks this version.
    pub understands: bool,
}

impl World {
    /// An attempt to connect comes to its end.
    pub async fn dial(&mut self, d: usize) -> Run<bool> {
        let up = self.hub.room.is_some();
        let Some(desk) = self.desks.get_mut(d) else { return Ok(false) };
        desk.dialling = false;
        if !up || !desk.network {
            let message = "the hub was not reached".to_owned();
            self.device_event(d, ClientEvent::Lost { message }).await?;
            return Ok(true);
        }
        self.last_conn += 1;
        desk.line = Some(self.last_conn);
        self.conns.insert(self.last_conn, Conn::new(Some(d)));
        self.device_event(d, ClientEvent::Opened).await?;
        Ok(true)
    }

    /// One thing on its way up a connection reaches the hub.
    pub async fn deliver_up(&mut self, id: ConnectionId) -> Run<bool> {
        let up = self.hub.room.is_some();
        let Some(conn) = self.conns.get_mut(&id) else { return Ok(false) };
        let reachable = conn.desk.and_then(|d| self.desks.get(d)).is_none_or(|desk| desk.network);
        if !up || conn.hole || !reachable {
            return Ok(false);
        }
        let Some(next) = conn.up.pop_front() else { return Ok(false) };
        match next {
            Up::Open => {
                conn.at_hub = true;
                let nonce = self.rng.key();
                self.hub_event(HubEvent::Opened { connection: id, nonce }).await?;
            }
            Up::Frame(bytes) if conn.at_hub => {
                let bytes = self.in_transit_up(id, bytes);
                if let Some(room) = &mut self.hub.room {
                    room.heard(id, &bytes);
                }
                self.hub_event(HubEvent::Received { connection: id, bytes }).await?;
            }
            Up::Frame(_) => {}
            Up::End => self.hub_notices(id).await?,
        }
        Ok(true)
    }

    /// The hub learns that a connection is gone.
    pub async fn hub_notices(&mut self, id: ConnectionId) -> Run {
        let Some(conn) = self.conns.remove(&id) else { return Ok(()) };
        if conn.at_hub && self.hub.room.is_some() {
            if let Some(room) = &mut self.hub.room {
                room.closed(id);
            }
            self.hub_event(HubEvent::Closed { connection: id }).await?;
        }
        Ok(())
    }

    /// Connections that no installation uses any more, although the hub does not know.
    pub fn stale(&self) -> Vec<ConnectionId> {
        let is_stale = |id: &&ConnectionId| !self.desks.iter().any(|desk| desk.line == Some(**id));
        self.conns.keys().filter(is_stale).copied().collect()
    }

    /// Connections with something on its way up, of one installation or left behind by it.
    pub fn with_up(&self, d: usize) -> Vec<ConnectionId> {
        let ready = self.conns.iter().filter(|(_, conn)| conn.desk == Some(d) && !conn.up.is_empty());
        ready.map(|(id, _)| *id).collect()
    }

    /// The next frame in a direction is delivered twice, as a proxy that repeats a request does. Only
    /// what the protocol says may come twice.
    pub fn double(&mut self, d: usize, up: bool) {
        let line = self.desks.get(d).and_then(|desk| desk.line);
        let Some(conn) = line.and_then(|line| self.conns.get_mut(&line)) else { return };
        if up
            && let Some(Up::Frame(bytes)) = conn.up.front()
            && matches!(frame::decode(bytes), Ok(Incoming::Known(FromDevice::Push(_))))
        {
            let again = Up::Frame(bytes.clone());
            conn.up.push_front(again);
            tell!(self, "a frame of {} is doubled", self.name(d));
        } else if !up
            && let Some(Down::Frame(bytes)) = conn.down.front()
            && matches!(frame::decode(bytes), Ok(Incoming::Known(FromHub::Delta(_))))
        {
            let again = Down::Frame(bytes.clone());
            conn.down.push_front(again);
            tell!(self, "a frame for {} is doubled", self.name(d));
        }
    }

    /// What an older device says instead.
    fn in_transit_up(&mut self, id: ConnectionId, bytes: Vec<u8>) -> Vec<u8> {
        let d = self.conns.get(&id).and_then(|conn| conn.desk);
        let Some(desk) = d.and_then(|d| self.desks.get_mut(d)).filter(|desk| desk.old) else { return bytes };
        match frame::decode(&bytes) {
            Ok(Incoming::Known(FromDevice::Hello(hello))) => {
                desk.said_old = true;
                frame::encode(&FromDevice::Hello(Hello { proto: 0, ..hello }))
            }
            _ => bytes,
        }
    }

    /// What a newer hub says instead: later versions, fields and capabilities this one does not know.
    pub fn in_transit_down(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(newer) = self.newer else { return bytes };
        match frame::decode(&bytes) {
            Ok(Incoming::Known(FromHub::Challenge(challenge))) => {
                let proto_min = if newer.understands { challenge.proto_min } else { PROTO + 1 };
                let capabilities = vec!["of-tomorrow".to_owned()];
                let challenge = Challenge { proto: PROTO + 1, proto_min, capabilities, ..challenge };
                frame::encode(&FromHub::Challenge(challenge))
            }
            _ => bytes,
        }
    }

    /// Whether a device has come as far as it can.
    pub fn is_settled(&self, d: usize) -> bool {
        self.desks
            .get(d)
            .is_none_or(|desk| desk.open.is_none() || desk.is_shut() || desk.status == Line::Online)
    }
}
