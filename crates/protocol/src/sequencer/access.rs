//! Who may do what: resolves the member behind a device and the scopes they hold from rows alone.

use super::Load;
use domain::entity::{Device, Grant, Member, Organization, grant_id};
use domain::{Actor, DeviceId, ReadSet, Row, RowKey, Rows, ScopeId};

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
    id: impl Into<uuid::Uuid>,
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
