//! The network: one queue a direction of each connection, in order; everything between connections in
//! any order. What is on its way up a dead line may still arrive.

use crate::law::Run;
use crate::world::{World, tell};
use domain::{RowKey, ScopeId, Table};
use protocol::client::{ClientEvent, Line};
use protocol::frame::{self, Challenge, DeltaRow, FromDevice, FromHub, Hello, Incoming, PROTO};
use protocol::sequencer::{ConnectionId, HubEvent};
use std::collections::VecDeque;
use uuid::Uuid;

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

/// A frame that only a newer version knows.
pub(crate) fn frame_of_tomorrow() -> Vec<u8> {
    vec![0x82, 0x18, 99, 0x81, 0x80]
}

/// The frame with the row of this id in a table that only a newer version knows.
fn with_table_of_tomorrow(frame: &[u8], id: Uuid) -> Vec<u8> {
    let key = |head: &[u8]| [head, id.as_bytes()].concat();
    let (now, tomorrow) = (key(&[0x82, 0, 0x50]), key(&[0x82, 0x18, 250, 0x50]));
    match frame.windows(now.len()).position(|piece| piece == now) {
        Some(at) => {
            let (before, rest) = frame.split_at(at);
            [before, &tomorrow, rest.get(now.len()..).unwrap_or_default()].concat()
        }
        None => frame.to_vec(),
    }
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

    /// What an older, or a newer, device says instead.
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

    /// What a newer hub says instead: later versions and capabilities, fields and rows this one does not
    /// know. What it says besides is [`frame_of_tomorrow`].
    pub fn in_transit_down(&mut self, d: usize, bytes: Vec<u8>) -> Vec<u8> {
        let Some(newer) = self.newer else { return bytes };
        match frame::decode(&bytes) {
            Ok(Incoming::Known(FromHub::Delta(mut delta))) => {
                let id = self.rng.id(1);
                let key = RowKey { table: Table::Programs, id };
                delta.rows.push(DeltaRow {
                    key,
                    scope: ScopeId::Program,
                    seq: delta.to,
                    body: Some(vec![0xa0]),
                });
                let bytes = frame::encode(&FromHub::Delta(delta));
                if let Some(desk) = self.desks.get_mut(d) {
                    desk.of_tomorrow = Some(id);
                }
                with_table_of_tomorrow(&bytes, id)
            }
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
