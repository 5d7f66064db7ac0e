//! Who is who: the program and its rules, organizations, members, invitations, own devices.

use super::{Mark, read_entity, read_id, read_mark, waiting};
use crate::error::Result;
use crate::local;
use crate::store::Store;
use domain::entity::{Device, Invitation, Member, Organization, Program, Rules};
use domain::{Actor, DeviceId, InvitationId, MemberId, OrganizationId, Table};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most past invitations that are read.
const INVITATIONS_MAX: i64 = 500;

/// Everybody of the program that this device may see.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    /// The program; `None` before the first catch-up.
    pub program: Option<Program>,
    /// The rules of engagement in force; `None` for those a program is founded with.
    pub rules: Option<Rules>,
    /// Organizations.
    pub organizations: BTreeMap<OrganizationId, Organization>,
    /// Members, those who left included: what they wrote stays.
    pub members: BTreeMap<MemberId, Member>,
    /// Who acts on this device; `None` before the first catch-up and after the member has left or the
    /// device was signed out.
    pub me: Option<Actor>,
}

/// Tables that a [`Directory`] is made of.
pub(crate) const DIRECTORY: [Table; 5] =
    [Table::Programs, Table::Organizations, Table::Members, Table::Devices, Table::Rules];

/// The directory as it was last read. Nearly every window needs it, and people change rarely.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Counts the commits that changed one of [`DIRECTORY`].
    version: AtomicU64,
    read: Mutex<Option<(u64, Arc<Directory>)>>,
}

impl Kept {
    /// Has to be called between such a commit and the word of it to others.
    pub(crate) fn outdated(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}

impl Directory {
    /// The organization of a member.
    pub fn organization_of(&self, member: MemberId) -> Option<(OrganizationId, &Organization)> {
        let id = self.members.get(&member)?.organization;
        self.organizations.get(&id).map(|organization| (id, organization))
    }
}

/// Reads the directory, if it has changed since it was last read.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn directory(store: &Store) -> Result<Arc<Directory>> {
    store.unlocked()?;
    let kept = &store.inner.directory;
    // Before reading: what is committed meanwhile makes what was read outdated, never the reverse.
    let version = kept.version.load(Ordering::Acquire);
    let known = kept.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, directory)) = known.filter(|(of, _)| *of == version) {
        return Ok(directory);
    }
    let directory = Arc::new(read_directory(store).await?);
    *kept.read.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&directory)));
    Ok(directory)
}

async fn read_directory(store: &Store) -> Result<Directory> {
    let mut snapshot = store.showing_one().await?;
    let mut directory = Directory::default();
    let program = sqlx::query("SELECT body FROM programs WHERE id = ?")
        .bind(store.identity().program.as_bytes().as_slice())
        .fetch_optional(&mut *snapshot)
        .await?;
    if let Some(row) = program {
        directory.program = read_entity(&row, 0)?;
    }
    let rules = sqlx::query("SELECT body FROM rules ORDER BY version DESC LIMIT 1");
    if let Some(row) = rules.fetch_optional(&mut *snapshot).await? {
        directory.rules = read_entity(&row, 0)?;
    }
    for row in sqlx::query("SELECT id, body FROM organizations").fetch_all(&mut *snapshot).await? {
        if let Some(organization) = read_entity(&row, 1)? {
            directory.organizations.insert(read_id(&row, 0)?, organization);
        }
    }
    for row in sqlx::query("SELECT id, body FROM members").fetch_all(&mut *snapshot).await? {
        if let Some(member) = read_entity(&row, 1)? {
            directory.members.insert(read_id(&row, 0)?, member);
        }
    }
    let actor = local::actor(&mut snapshot, store.identity().device).await?;
    directory.me = actor.map(|(actor, _)| actor);
    Ok(directory)
}

/// Invitations of one's own organization and own device links, newest first.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn invitations(store: &Store) -> Result<Vec<(InvitationId, Invitation, Mark)>> {
    let mut snapshot = store.showing_one().await?;
    let rows = sqlx::query(concat!(
        "SELECT i.id, i.body, ",
        waiting!("i", "4"),
        " FROM invitations AS i ORDER BY i.created_at DESC LIMIT ?"
    ))
    .bind(INVITATIONS_MAX)
    .fetch_all(&mut *snapshot)
    .await?;
    let mut invitations = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(invitation) = read_entity(row, 1)? {
            invitations.push((read_id(row, 0)?, invitation, read_mark(row, 2)?));
        }
    }
    Ok(invitations)
}

/// Own devices, signed-out ones included, oldest first.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn devices(store: &Store) -> Result<Vec<(DeviceId, Device)>> {
    let mut conn = store.showing().await?;
    let rows = sqlx::query("SELECT id, body FROM devices WHERE member = ? ORDER BY joined_at, id")
        .bind(store.identity().member.as_bytes().as_slice())
        .fetch_all(&mut *conn)
        .await?;
    let mut devices = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(device) = read_entity(row, 1)? {
            devices.push((read_id(row, 0)?, device));
        }
    }
    Ok(devices)
}

/// Organizations that this device has added and whose adding has no answer yet.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn queued_organizations(store: &Store) -> Result<Vec<OrganizationId>> {
    let mut conn = store.showing().await?;
    let rows = sqlx::query(
        "SELECT t.id FROM touched AS t JOIN outbox AS o ON o.n = t.n AND o.state = 0
         WHERE t.tbl = 1 AND t.wrote > 0",
    )
    .fetch_all(&mut *conn)
    .await?;
    rows.iter().map(|row| read_id(row, 0)).collect()
}
