//! The egress guard: the last look at every delta before it is written.
//!
//! It shares nothing with the sequencer. It learns who is behind a connection from the hello itself,
//! resolves the member and the scopes they may see from stored rows, and lets a delta pass only if every
//! row is within them. A sequencer that forgets a filter, or mixes up two connections, is caught here;
//! when the guard cannot find out, nothing passes.

#[cfg(test)]
pub(crate) mod tests;

use crate::Error;
use crate::storage::{Holder, ProgramStore};
use domain::entity::Side;
use domain::{DeviceId, RowKey, ScopeId, Table};
use minicbor::{Decode, Decoder};
use protocol::frame::{self, FromDevice, FromHub, Incoming};
use protocol::sequencer::{Commit, ConnectionId};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be written.
    Pass,
    /// It may be written, and says that the device is signed in.
    SignedIn,
    /// It holds a row its reader may not see, or cannot be checked.
    Breach(Option<(RowKey, ScopeId)>),
}

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Egress {
    store: ProgramStore,
    /// Head at which people, devices or grants last changed: answers found before are not trusted.
    changed: u64,
    connections: BTreeMap<ConnectionId, Seen>,
}

/// What is known of a connection.
#[derive(Debug, Default)]
struct Seen {
    /// Who it says it is.
    device: Option<DeviceId>,
    /// Whether the sequencer believed it.
    welcome: bool,
    /// [`Egress::changed`] when the rest was found.
    as_of: u64,
    holder: Option<Holder>,
    granted: BTreeSet<ScopeId>,
}

const HELLO: u32 = 0;
const WELCOME: u32 = 1;
const DELTA: u32 = 2;
const SEGMENTS: u32 = 6;

/// As much of a delta as the guard looks at.
#[derive(Decode)]
struct SeenDelta {
    #[n(2)]
    rows: Vec<SeenRow>,
}

#[derive(Decode)]
struct SeenRow {
    #[n(0)]
    key: RowKey,
    #[n(1)]
    scope: ScopeId,
}

impl Egress {
    /// A guard over a store whose last sequence number is `head`.
    pub fn new(store: ProgramStore, head: u64) -> Self {
        Self { store, changed: head, connections: BTreeMap::new() }
    }

    /// Notes a frame of a device.
    pub fn heard(&mut self, connection: ConnectionId, bytes: &[u8]) {
        if number(bytes) != Some(HELLO) {
            return;
        }
        if let Ok(Incoming::Known(FromDevice::Hello(hello))) = frame::decode(bytes) {
            let seen = self.connections.entry(connection).or_default();
            // Who was let in does not become somebody else.
            if !seen.welcome {
                seen.device = Some(hello.device);
            }
        }
    }

    /// Notes what was stored.
    pub fn committed(&mut self, commit: &Commit) {
        let changed = commit.rows.iter().any(|row| {
            matches!(row.key.table, Table::Grants | Table::Devices | Table::Members | Table::Organizations)
        });
        if changed && !domain::planted!(RevokedServedGuardStale) {
            self.changed = commit.head;
        }
    }

    /// Notes that a connection is gone.
    pub fn closed(&mut self, connection: ConnectionId) {
        self.connections.remove(&connection);
    }

    /// Judges a frame that is about to be written.
    pub async fn judge(&mut self, connection: ConnectionId, bytes: &[u8]) -> Result<Verdict, Error> {
        match number(bytes) {
            Some(WELCOME) => {
                self.connections.entry(connection).or_default().welcome = true;
                Ok(Verdict::SignedIn)
            }
            Some(DELTA) => self.judge_delta(connection, bytes).await,
            Some(SEGMENTS) => self.judge_segments(connection, bytes).await,
            Some(_) => Ok(Verdict::Pass),
            None => Ok(Verdict::Breach(None)),
        }
    }

    /// A list names segments and holds no rows; their bytes are guarded where they are served.
    async fn judge_segments(&mut self, connection: ConnectionId, bytes: &[u8]) -> Result<Verdict, Error> {
        let Ok(Incoming::Known(FromHub::Segments(segments))) = frame::decode(bytes) else {
            return Ok(Verdict::Breach(None));
        };
        let seen = self.connections.get(&connection).filter(|seen| seen.welcome);
        let Some(device) = seen.and_then(|seen| seen.device) else { return Ok(Verdict::Breach(None)) };
        let Some(holder) = self.store.holder(device).await? else { return Ok(Verdict::Breach(None)) };
        let hashes: Vec<_> = segments.list.iter().map(|segment| segment.hash).collect();
        let listed = self.store.has_listed(holder.organization, &hashes).await?;
        Ok(if listed { Verdict::Pass } else { Verdict::Breach(None) })
    }

    async fn judge_delta(&mut self, connection: ConnectionId, bytes: &[u8]) -> Result<Verdict, Error> {
        let Some(delta) = rows_of(bytes) else { return Ok(Verdict::Breach(None)) };
        let first = delta.rows.first().map(|row| (row.key, row.scope));
        let changed = self.changed;
        let Some(seen) = self.connections.get_mut(&connection).filter(|seen| seen.welcome) else {
            return Ok(Verdict::Breach(first));
        };
        let Some(device) = seen.device else { return Ok(Verdict::Breach(first)) };
        if seen.as_of != changed || seen.holder.is_none() {
            seen.granted.clear();
            seen.holder = self.store.holder(device).await?;
            seen.as_of = changed;
        }
        let Some(holder) = seen.holder else {
            // Revoked, and the sequencer writes to it still: not even an empty delta.
            return Ok(Verdict::Breach(first));
        };
        let unknown: BTreeSet<ScopeId> = delta
            .rows
            .iter()
            .map(|row| row.scope)
            .filter(|scope| !is_own(&holder, *scope) && !seen.granted.contains(scope))
            .collect();
        if !unknown.is_empty() {
            let unknown: Vec<ScopeId> = unknown.into_iter().filter(|scope| *scope != ScopeId::Hub).collect();
            seen.granted.extend(self.store.granted(holder.organization, &unknown).await?);
        }
        let outside = delta.rows.iter().find(|row| {
            !domain::planted!(ScopeFilterAndGuardOff)
                && (row.scope == ScopeId::Hub
                    || !(is_own(&holder, row.scope) || seen.granted.contains(&row.scope)))
        });
        Ok(match outside {
            Some(row) => Verdict::Breach(Some((row.key, row.scope))),
            None => Verdict::Pass,
        })
    }
}

/// Whether a member sees the scope without a grant.
fn is_own(holder: &Holder, scope: ScopeId) -> bool {
    match scope {
        ScopeId::Program => true,
        ScopeId::Organization(organization) => organization == holder.organization,
        ScopeId::Partnership(organization) => {
            !domain::planted!(GuardForgetsPartners)
                && holder.side == Side::Partner
                && organization == holder.organization
        }
        ScopeId::Person(member) => member == holder.member,
        ScopeId::Deal(_) | ScopeId::Hub => false,
    }
}

/// The number of a frame.
fn number(bytes: &[u8]) -> Option<u32> {
    let mut d = Decoder::new(bytes);
    d.array().ok()?;
    d.u32().ok()
}

fn rows_of(bytes: &[u8]) -> Option<SeenDelta> {
    let mut d = Decoder::new(bytes);
    d.array().ok()?;
    d.u32().ok()?;
    // An enum variant wraps its fields in an array of their own.
    d.array().ok()?;
    d.decode().ok()
}
