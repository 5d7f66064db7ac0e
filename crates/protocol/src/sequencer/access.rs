//! Who may do what: resolves the member behind a device and the scopes they hold from rows alone, and
//! follows what a batch gave and took.

use super::{CommitRow, ConnectionId, HubEffect, Load, Phase, Sequencer};
use crate::frame::Reason;
use domain::codec::Entity as _;
use domain::entity::{Device, Grant, Member, Organization, grant_id};
use domain::{Actor, DeviceId, OrganizationId, ReadSet, Row, RowKey, Rows, ScopeId, Table};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What is known of a device, as far as the rows read tell.
pub(super) enum Resolved {
    /// These rows have to be read first.
    Missing(ReadSet),
    /// The device does not exist or was revoked, its member has left, or the partnership with its
    /// organization has ended.
    Nobody,
    /// The member behind it.
    Actor(Actor),
}

/// Resolves the member behind `device`.
pub(super) fn resolve(device: DeviceId, rows: &Rows) -> Resolved {
    let mut missing = ReadSet::default();
    let Some(found) = known::<Device>(rows, device, &mut missing) else { return Resolved::Missing(missing) };
    let Some(found) =
        found.filter(|device| device.revoked_at.is_none() || domain::planted!(RevokedDeviceAdmitted))
    else {
        return Resolved::Nobody;
    };
    let Some(member) = known::<Member>(rows, found.member, &mut missing) else {
        return Resolved::Missing(missing);
    };
    let Some(member) = member.filter(|member| member.left_at.is_none()) else { return Resolved::Nobody };
    let Some(organization) = known::<Organization>(rows, member.organization, &mut missing) else {
        return Resolved::Missing(missing);
    };
    let Some(organization) = organization.filter(|organization| organization.ended_at.is_none()) else {
        return Resolved::Nobody;
    };
    Resolved::Actor(Actor {
        member: found.member,
        organization: member.organization,
        side: organization.side,
        role: member.role,
        device,
    })
}

/// The entity if its row was read (`Some(None)` when there is none or it cannot be read: both shut
/// the door); otherwise notes it as missing.
pub(super) fn known<E: domain::codec::Entity>(
    rows: &Rows,
    id: impl Into<Uuid>,
    missing: &mut ReadSet,
) -> Option<Option<E>> {
    let key = RowKey::of::<E>(id);
    if rows.knows(&key) {
        Some(rows.get::<E>(key.id).ok().flatten())
    } else {
        missing.keys.insert(key);
        None
    }
}

/// Whether `actor` holds `scope`; `None` after noting the grant as missing.
pub(super) fn holds(actor: &Actor, scope: ScopeId, rows: &Rows, missing: &mut ReadSet) -> Option<bool> {
    if actor.own_scopes().contains(&scope) {
        return Some(true);
    }
    if scope == ScopeId::Hub {
        return Some(false);
    }
    let grant = known::<Grant>(rows, grant_id(scope, actor.organization), missing)?;
    Some(grant.is_some_and(|grant| grant.scope == scope && grant.organization == actor.organization))
}

/// Copies what `reads` asks for from `all` into `seen`, hiding rows that `actor` may not see; what
/// `all` does not know yet goes into `load`. Rows of the hub scope are seen by the rules, never sent.
pub(super) fn copy_visible(
    reads: ReadSet,
    actor: Option<&Actor>,
    all: &Rows,
    seen: &mut Rows,
    load: &mut Load,
) {
    let reads = reads.missing_from(seen);
    for key in reads.lookups {
        match all.under(&key) {
            Ok(found) => {
                let found = found.to_vec();
                for row in &found {
                    copy_row(*row, actor, all, seen, load);
                }
                seen.insert_lookup(key, found);
            }
            Err(_) => {
                load.reads.lookups.insert(key);
            }
        }
    }
    for key in reads.keys {
        copy_row(key, actor, all, seen, load);
    }
}

fn copy_row(key: RowKey, actor: Option<&Actor>, all: &Rows, seen: &mut Rows, load: &mut Load) {
    let row: Option<Row> = match all.row(&key) {
        Ok(row) => row.cloned(),
        Err(_) => {
            load.reads.keys.insert(key);
            return;
        }
    };
    let visible = match (&row, actor) {
        (None, _) | (_, None) => true,
        (Some(row), _) if row.scope == ScopeId::Hub => true,
        (Some(row), Some(actor)) => match holds(actor, row.scope, all, &mut load.reads) {
            Some(holds) => holds,
            None => return,
        },
    };
    seen.insert(key, row.filter(|_| visible));
}

/// What a batch changed of the grants of one organization.
#[derive(Debug, Default)]
struct Regrant {
    /// Scopes, each with its sequence number.
    given: Vec<(ScopeId, u64)>,
    /// Grants that are gone.
    gone: BTreeSet<RowKey>,
}

/// What a batch changed of who may see what.
#[derive(Debug, Default)]
struct AccessChange {
    grants: BTreeMap<OrganizationId, Regrant>,
    /// Devices and members that were shut out.
    revoked: BTreeSet<Uuid>,
    /// Organizations whose partnership has ended.
    ended: BTreeSet<OrganizationId>,
}

impl AccessChange {
    fn of(changed: &[CommitRow]) -> Self {
        let mut change = Self::default();
        for CommitRow { key, scope, seq, body } in changed {
            match (key.table, body, scope) {
                // A grant lives with the organization it is for.
                (Table::Grants, Some(body), ScopeId::Organization(organization)) => {
                    if let Ok(grant) = Grant::from_body(body) {
                        change.grants.entry(*organization).or_default().given.push((grant.scope, *seq));
                    }
                }
                (Table::Grants, None, ScopeId::Organization(organization)) => {
                    change.grants.entry(*organization).or_default().gone.insert(*key);
                }
                (Table::Devices, Some(body), _)
                    if Device::from_body(body).is_ok_and(|device| device.revoked_at.is_some()) =>
                {
                    change.revoked.insert(key.id);
                }
                (Table::Members, Some(body), _)
                    if Member::from_body(body).is_ok_and(|member| member.left_at.is_some()) =>
                {
                    change.revoked.insert(key.id);
                }
                (Table::Organizations, Some(body), _)
                    if Organization::from_body(body)
                        .is_ok_and(|organization| organization.ended_at.is_some()) =>
                {
                    change.ended.insert(key.id.into());
                }
                _ => {}
            }
        }
        change
    }

    fn shuts_out(&self, actor: &Actor) -> bool {
        self.revoked.contains(&actor.device.0)
            || self.revoked.contains(&actor.member.0)
            || self.ended.contains(&actor.organization)
    }

    fn is_empty(&self) -> bool {
        self.grants.is_empty() && self.revoked.is_empty() && self.ended.is_empty()
    }
}

impl Sequencer {
    /// Notes who gained or lost a scope, and hangs up on devices that were revoked. This comes first:
    /// from here on nothing of a lost scope is written to a connection, also of what waits already.
    pub(super) fn note_access(&mut self, changed: &[CommitRow], effects: &mut Vec<HubEffect>) {
        let change = AccessChange::of(changed);
        if change.is_empty() {
            return;
        }
        let mut shut_out: Vec<ConnectionId> = Vec::new();
        // What the first of each organization's people has after the change: the others share it again.
        let mut first = BTreeMap::new();
        for (connection, open) in &mut self.connections {
            let Phase::Live(live) = &mut open.phase else { continue };
            if change.shuts_out(&live.actor) {
                shut_out.push(*connection);
            }
            let organization = live.actor.organization;
            let Some(grants) = change.grants.get(&organization) else { continue };
            for (scope, since) in &grants.given {
                live.scopes.insert(*scope, *since);
                live.granted = !domain::planted!(GrantNotFollowed);
            }
            let is_gone =
                |scope: &ScopeId| grants.gone.contains(&RowKey::of::<Grant>(grant_id(*scope, organization)));
            let lost: BTreeSet<ScopeId> = if grants.gone.is_empty() || domain::planted!(GrantKeptByLine) {
                BTreeSet::new()
            } else {
                live.scopes.keys().copied().filter(is_gone).collect()
            };
            if !lost.is_empty() {
                live.scopes.retain(|scope, _| !lost.contains(scope));
                if !domain::planted!(FramesAfterRevoke) {
                    effects.push(HubEffect::Withhold { connection: *connection, scopes: Some(lost) });
                }
            }
            self.granted.share(organization, &mut live.scopes, &mut first);
        }
        let served = domain::planted!(RevokedDeviceServed) || domain::planted!(RevokedServedGuardStale);
        for connection in shut_out.into_iter().filter(|_| !served) {
            let message = "This device no longer has access to the program.";
            self.hang_up(connection, Reason::Revoked, message, effects);
        }
    }
}
