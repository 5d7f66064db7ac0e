//! Running a mutation here: who acts, what it reads, what it changes.

use crate::error::Result;
use crate::outbox::Touch;
use crate::rows::{self, Write};
use crate::store::Tx;
use domain::codec::Entity as _;
use domain::entity::{Device, Member, Organization};
use domain::{
    Actor, Context, LookupKey, Mode, Mutate as _, Mutation, Refusal, Row, RowChange, RowKey, Rows, Timestamp,
    Undo,
};
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};

/// How often a mutation is asked what else it wants to read.
const ROUNDS: usize = 3;

/// The keys of the rows that say who acts on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActorKeys {
    pub(crate) device: RowKey,
    pub(crate) member: RowKey,
    pub(crate) organization: RowKey,
}

impl ActorKeys {
    pub(crate) fn contains(&self, key: &RowKey) -> bool {
        [self.device, self.member, self.organization].contains(key)
    }
}

/// Resolves who acts on this device from the rows; `None` while they have not arrived, or when the
/// device was revoked or its member has left.
pub(crate) async fn actor(tx: &mut Tx) -> Result<Option<(Actor, ActorKeys)>> {
    let device = tx.identity().device;
    read_actor(tx.conn()?, device).await
}

/// As [`actor`], on any connection.
pub(crate) async fn read_actor(
    conn: &mut SqliteConnection,
    id: domain::DeviceId,
) -> Result<Option<(Actor, ActorKeys)>> {
    let row = sqlx::query(
        "SELECT d.body, m.body, o.body FROM devices AS d
         JOIN members AS m ON m.id = d.member
         JOIN organizations AS o ON o.id = m.organization
         WHERE d.id = ?",
    )
    .bind(id.as_bytes().as_slice())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let device = Device::from_body(row.try_get(0)?);
    let member = Member::from_body(row.try_get(1)?);
    let organization = Organization::from_body(row.try_get(2)?);
    let (Ok(device), Ok(member), Ok(organization)) = (device, member, organization) else { return Ok(None) };
    if device.revoked_at.is_some() || member.left_at.is_some() {
        return Ok(None);
    }
    let keys = ActorKeys {
        device: RowKey::of::<Device>(id),
        member: RowKey::of::<Member>(device.member),
        organization: RowKey::of::<Organization>(member.organization),
    };
    let actor = Actor {
        member: device.member,
        organization: member.organization,
        side: organization.side,
        role: member.role,
        device: id,
    };
    Ok(Some((actor, keys)))
}

/// What running a mutation came to.
pub(crate) struct Attempt {
    /// What it read.
    pub(crate) rows: Rows,
    /// Lookups it made.
    pub(crate) lookups: BTreeSet<LookupKey>,
    /// What it changes, or why not.
    pub(crate) outcome: Result<Vec<RowChange>, Refusal>,
    /// How to take it back.
    pub(crate) undo: Undo,
}

/// Runs a mutation on the rows as they are, without writing anything.
pub(crate) async fn attempt(
    tx: &mut Tx,
    actor: Option<&Actor>,
    mutation: &Mutation,
    now: Timestamp,
) -> Result<Attempt> {
    let program = tx.identity().program;
    let ctx = Context { mode: Mode::Optimistic, program, actor: actor.cloned(), now, seq: 0 };
    let mut read = Rows::default();
    let mut lookups = BTreeSet::new();
    for _ in 0..ROUNDS {
        let missing = mutation.reads(&ctx, &read).missing_from(&read);
        if missing.is_empty() {
            break;
        }
        let mut keys = missing.keys;
        for lookup in missing.lookups {
            let found = rows::under(tx.conn()?, &lookup).await?;
            keys.extend(found.iter().filter(|key| !read.knows(key)));
            read.insert_lookup(lookup.clone(), found);
            lookups.insert(lookup);
        }
        let mut found = rows::read(tx.conn()?, &keys).await?;
        for key in keys {
            read.insert(key, found.remove(&key));
        }
    }
    let outcome = mutation.apply(&ctx, &read);
    let undo = mutation.inverse(&read);
    Ok(Attempt { rows: read, lookups, outcome, undo })
}

/// What one mutation touched and what was there before.
pub(crate) struct Effect {
    pub(crate) touches: BTreeMap<(u8, uuid::Uuid), Touch>,
    pub(crate) images: Vec<Row>,
}

/// Writes what a mutation changes, and notes what it touched. Without changes (it was refused here,
/// or changes nothing) only its reads are noted.
pub(crate) async fn perform(tx: &mut Tx, attempt: &Attempt) -> Result<Effect> {
    let mut touches = BTreeMap::new();
    for key in attempt.rows.keys() {
        touches.insert((key.table.number(), key.id), Touch::Read);
    }
    for lookup in &attempt.lookups {
        touches.insert(crate::outbox::lookup_touch(lookup), Touch::Read);
    }
    let Ok(changes) = &attempt.outcome else { return Ok(Effect { touches, images: Vec::new() }) };
    let changed: BTreeSet<RowKey> = changes.iter().map(|change| change.key).collect();
    let unread: Vec<RowKey> = changed.iter().filter(|key| !attempt.rows.knows(key)).copied().collect();
    let others = rows::read(tx.conn()?, &unread).await?;
    let before = |key: &RowKey| match attempt.rows.row(key) {
        Ok(row) => row.cloned(),
        Err(_) => others.get(key).cloned(),
    };
    let mut writes = Vec::with_capacity(changes.len());
    let mut images = BTreeMap::new();
    for change in changes {
        if change.scope == domain::ScopeId::Hub {
            continue;
        }
        let before = before(&change.key);
        // A pending change keeps the version it is based on: 0 for a row that only exists here.
        let seq = before.as_ref().map_or(0, |row| row.seq);
        let touch = if before.is_some() { Touch::Changed } else { Touch::Created };
        touches.insert((change.key.table.number(), change.key.id), touch);
        for lookup in change.body.iter().flat_map(|body| domain::row::lookups_of(change.key, body)) {
            touches.insert(crate::outbox::lookup_touch(&lookup), Touch::Changed);
        }
        if let Some(before) = before {
            images.insert(change.key, before);
        }
        writes.push(Write { key: change.key, scope: change.scope, seq, body: change.body.clone() });
    }
    rows::write(tx, writes).await?;
    Ok(Effect { touches, images: images.into_values().collect() })
}
