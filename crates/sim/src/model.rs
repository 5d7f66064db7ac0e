//! The rules of `domain` over rows in a map: what a hub or a device should come to, without queues,
//! batches, undo images or SQL.

use domain::codec::Entity;
use domain::entity::{Device, Grant, Member, Organization};
use domain::row::lookups_of;
use domain::{
    Actor, Context, DeviceId, Mode, Mutate, Mutation, ProgramId, Refusal, Row, RowChange, RowKey, Rows, Rule,
    ScopeId, Table, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Live rows.
pub(crate) type Map = BTreeMap<RowKey, Row>;

pub(crate) fn get<E: Entity>(rows: &Map, id: impl Into<Uuid>) -> Option<E> {
    E::from_body(&rows.get(&RowKey::of::<E>(id))?.body).ok()
}

/// All entities of a kind.
pub(crate) fn all<E: Entity>(rows: &Map) -> impl Iterator<Item = (Uuid, E)> + '_ {
    let of_table = rows.iter().filter(|(key, _)| key.table == E::TABLE);
    of_table.filter_map(|(key, row)| Some((key.id, E::from_body(&row.body).ok()?)))
}

/// The member behind a device; `None` when it is unknown or shut out.
pub(crate) fn actor(rows: &Map, device: DeviceId) -> Option<Actor> {
    let found: Device = get(rows, device)?;
    let member: Member = get(rows, found.member)?;
    let organization: Organization = get(rows, member.organization)?;
    if found.revoked_at.is_some() || member.left_at.is_some() || organization.ended_at.is_some() {
        return None;
    }
    Some(Actor {
        member: found.member,
        organization: member.organization,
        side: organization.side,
        role: member.role,
        device,
    })
}

/// The scopes of an actor, each with the sequence number since when.
pub(crate) fn scopes(rows: &Map, actor: &Actor) -> BTreeMap<ScopeId, u64> {
    let mut scopes: BTreeMap<_, _> = actor.own_scopes().into_iter().map(|scope| (scope, 0)).collect();
    for (key, row) in rows.iter().filter(|(key, _)| key.table == Table::Grants) {
        if let Some(grant) =
            get::<Grant>(rows, key.id).filter(|grant| grant.organization == actor.organization)
        {
            scopes.insert(grant.scope, row.seq);
        }
    }
    scopes
}

/// Where and when a mutation is decided.
pub(crate) struct Moment {
    pub mode: Mode,
    pub program: ProgramId,
    pub actor: Option<Actor>,
    pub now: Timestamp,
    pub seq: u64,
}

/// What the rules say to a mutation.
pub(crate) fn decide(rows: &Map, moment: Moment, mutation: &Mutation) -> Result<Vec<RowChange>, Refusal> {
    let Moment { mode, program, actor, now, seq } = moment;
    let held: Option<BTreeSet<ScopeId>> = match (&actor, mode) {
        (Some(actor), Mode::Authoritative) => Some(scopes(rows, actor).into_keys().collect()),
        _ => None,
    };
    if let Some(held) = &held
        && !mutation.opens_lane()
        && !held.contains(&mutation.lane())
    {
        return Err(Refusal::new(Rule::NotInScope, "not in scope"));
    }
    let ctx = Context { mode, program, actor, now, seq };
    let visible =
        |row: &&Row| row.scope == ScopeId::Hub || held.as_ref().is_none_or(|held| held.contains(&row.scope));
    let mut seen = Rows::default();
    for _ in 0..3 {
        let reads = mutation.reads(&ctx, &seen).missing_from(&seen);
        let mut keys = reads.keys;
        for lookup in reads.lookups {
            let under =
                |(key, row): (&RowKey, &Row)| lookups_of(*key, &row.body).contains(&lookup).then_some(*key);
            let found: Vec<RowKey> = rows.iter().filter_map(under).collect();
            keys.extend(&found);
            seen.insert_lookup(lookup, found);
        }
        for key in keys {
            seen.insert(key, rows.get(&key).filter(visible).cloned());
        }
    }
    mutation.apply(&ctx, &seen)
}

/// Puts changes over rows, on a device: a row keeps the version it is based on.
pub(crate) fn perform(rows: &mut Map, changes: Vec<RowChange>) {
    for RowChange { key, scope, body } in changes.into_iter().filter(|change| change.scope != ScopeId::Hub) {
        let seq = rows.remove(&key).map_or(0, |row| row.seq);
        if let Some(body) = body {
            rows.insert(key, Row { key, scope, seq, body });
        }
    }
}
