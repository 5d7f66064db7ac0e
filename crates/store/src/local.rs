//! Running mutations here: who acts, what they read, what they change.

use crate::error::Result;
use crate::meta::signed;
use crate::outbox::{Touch, lookup_touch};
use crate::rows::{self, Write, insert_many};
use crate::tables::Value;
use crate::tx::Tx;
use domain::codec::Entity as _;
use domain::entity::{Device, Member, Organization};
use domain::{
    Actor, Context, LookupKey, Mode, Mutate as _, Mutation, Refusal, Row, RowChange, RowKey, Rows, ScopeId,
    Timestamp, Undo,
};
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How often a mutation is asked what else it wants to read.
const ROUNDS: usize = 3;
/// Rows that are held in memory before they are written.
const HELD_MAX: usize = 10_000;

/// The keys of the rows that say who acts on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActorKeys([RowKey; 3]);

impl ActorKeys {
    pub(crate) fn contains(&self, key: &RowKey) -> bool {
        self.0.contains(key)
    }
}

/// Resolves who acts on a device from the rows; `None` while they have not arrived, or when the
/// device was revoked or its member has left.
pub(crate) async fn actor(
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
    if device.revoked_at.is_some() || member.left_at.is_some() || organization.ended_at.is_some() {
        return Ok(None);
    }
    let keys = ActorKeys([
        RowKey::of::<Device>(id),
        RowKey::of::<Member>(device.member),
        RowKey::of::<Organization>(member.organization),
    ]);
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
    rows: Rows,
    lookups: BTreeSet<LookupKey>,
    /// What it changes, or why not.
    pub(crate) outcome: Result<Vec<RowChange>, Refusal>,
    /// How to take it back.
    pub(crate) undo: Undo,
}

/// Mutations run one after the other within a transaction. What they write is held in memory, where
/// the next one reads it, and goes to the tables together.
#[derive(Default)]
pub(crate) struct Draft {
    /// Rows as they are now, present or absent, as far as anybody asked.
    rows: BTreeMap<RowKey, Option<Row>>,
    /// Rows to write, with their scopes.
    dirty: BTreeMap<RowKey, ScopeId>,
    /// Rows of the tables that are deleted before others are written in their place.
    removed: BTreeMap<RowKey, ScopeId>,
    touches: Vec<Vec<Value>>,
    images: Vec<Vec<Value>>,
    actor: Option<Option<(Actor, ActorKeys)>>,
}

impl Draft {
    /// Who acts on this device.
    pub(crate) async fn actor(&mut self, tx: &mut Tx) -> Result<Option<Actor>> {
        if self.actor.is_none() {
            self.write(tx).await?;
            let device = tx.identity().device;
            self.actor = Some(actor(tx.conn()?, device).await?);
        }
        Ok(self.actor.iter().flatten().next().map(|(actor, _)| actor.clone()))
    }

    /// Runs a mutation on the rows as they are, changing nothing.
    pub(crate) async fn attempt(
        &mut self,
        tx: &mut Tx,
        actor: Option<Actor>,
        mutation: &Mutation,
        now: Timestamp,
    ) -> Result<Attempt> {
        let program = tx.identity().program;
        let ctx = Context { mode: Mode::Optimistic, program, actor, now, seq: 0 };
        let mut read = Rows::default();
        let mut lookups = BTreeSet::new();
        for _ in 0..ROUNDS {
            let missing = mutation.reads(&ctx, &read).missing_from(&read);
            if missing.is_empty() {
                break;
            }
            let mut keys = missing.keys;
            for lookup in missing.lookups {
                self.write(tx).await?;
                let found = rows::under(tx.conn()?, &lookup).await?;
                keys.extend(found.iter().filter(|key| !read.knows(key)));
                read.insert_lookup(lookup.clone(), found);
                lookups.insert(lookup);
            }
            self.fetch(tx, &keys).await?;
            for key in keys {
                read.insert(key, self.row(&key).cloned());
            }
        }
        let outcome = mutation.apply(&ctx, &read);
        let undo = mutation.inverse(&read);
        Ok(Attempt { rows: read, lookups, outcome, undo })
    }

    /// Performs what mutation `n` came to, and notes what it touched and replaced. Without changes (it
    /// was refused, or changes nothing) only its reads are noted. Returns the keys it wrote.
    pub(crate) async fn perform(
        &mut self,
        tx: &mut Tx,
        n: i64,
        attempt: &Attempt,
    ) -> Result<BTreeSet<(u8, Uuid)>> {
        let mut touches: BTreeMap<(u8, Uuid), Touch> = BTreeMap::new();
        touches.extend(attempt.rows.keys().map(|key| ((key.table.number(), key.id), Touch::Read)));
        touches.extend(attempt.lookups.iter().map(|lookup| (lookup_touch(lookup), Touch::Read)));
        let changes = attempt.outcome.as_deref().unwrap_or_default();
        // What never leaves the hub is not here to be changed.
        let changes = || changes.iter().filter(|change| change.scope != ScopeId::Hub);
        self.fetch(tx, &changes().map(|change| change.key).collect()).await?;
        let mut written = BTreeSet::new();
        for RowChange { key, scope, body } in changes() {
            let before = self.rows.get_mut(key).and_then(Option::take);
            let touch = if before.is_some() { Touch::Changed } else { Touch::Created };
            let first = written.insert((key.table.number(), key.id));
            if first {
                touches.insert((key.table.number(), key.id), touch);
            }
            for lookup in body.iter().flat_map(|body| domain::row::lookups_of(*key, body)) {
                touches.insert(lookup_touch(&lookup), Touch::Changed);
                written.insert(lookup_touch(&lookup));
            }
            // A pending change keeps the version it is based on: 0 for a row that only exists here.
            let seq = before.as_ref().map_or(0, |row| row.seq);
            let now = body.clone().map(|body| Row { key: *key, scope: *scope, seq, body });
            if now.is_none() {
                self.removed.insert(*key, *scope);
            }
            self.rows.insert(*key, now);
            self.dirty.insert(*key, *scope);
            if let Some(before) = before.filter(|_| first && !domain::planted!(UndoImageMissing)) {
                self.images.push(image(n, before));
            }
            let acts = self.actor.iter().flatten().any(|(_, keys)| keys.contains(key));
            if acts || matches!(self.actor, Some(None)) {
                self.actor = None;
            }
        }
        self.touches.extend(touches.into_iter().map(|((table, id), touch)| {
            vec![Value::Int(i64::from(table)), id.as_bytes().into(), Value::Int(n), Value::Int(touch as i64)]
        }));
        if self.rows.len() + self.touches.len() > HELD_MAX {
            self.finish(tx).await?;
            self.rows.clear();
        }
        Ok(written)
    }

    fn row(&self, key: &RowKey) -> Option<&Row> {
        self.rows.get(key).and_then(Option::as_ref)
    }

    async fn fetch(&mut self, tx: &mut Tx, keys: &BTreeSet<RowKey>) -> Result<()> {
        let unknown: Vec<RowKey> = keys.iter().filter(|key| !self.rows.contains_key(key)).copied().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let mut found = rows::read(tx.conn()?, &unknown).await?;
        self.rows.extend(unknown.into_iter().map(|key| (key, found.remove(&key))));
        Ok(())
    }

    /// Writes the rows held so far.
    async fn write(&mut self, tx: &mut Tx) -> Result<()> {
        let dirty = std::mem::take(&mut self.dirty);
        let delete = |(key, scope)| Write { key, scope, seq: u64::MAX, body: None };
        let removed = std::mem::take(&mut self.removed);
        rows::write(tx, removed.into_iter().map(delete).collect()).await?;
        let put = |(key, scope): (RowKey, ScopeId)| {
            let row = self.row(&key)?;
            Some(Write { key, scope, seq: row.seq, body: Some(row.body.clone()) })
        };
        rows::write(tx, dirty.into_iter().filter_map(put).collect()).await
    }

    /// Writes everything that is held.
    pub(crate) async fn finish(&mut self, tx: &mut Tx) -> Result<()> {
        self.write(tx).await?;
        let touches = std::mem::take(&mut self.touches);
        let head = "INSERT OR REPLACE INTO touched (tbl, id, n, wrote)";
        insert_many(tx.conn()?, "touched", (head, ""), 4, touches).await?;
        let images = std::mem::take(&mut self.images);
        let head = "INSERT INTO undo_image (n, tbl, id, scope, seq, body)";
        insert_many(tx.conn()?, "undo_image", (head, ""), 6, images).await
    }
}

fn image(n: i64, row: Row) -> Vec<Value> {
    vec![
        Value::Int(n),
        Value::Int(i64::from(row.key.table.number())),
        row.key.id.as_bytes().into(),
        Value::Blob(row.scope.to_bytes()),
        Value::Int(signed(row.seq)),
        Value::Blob(row.body),
    ]
}
