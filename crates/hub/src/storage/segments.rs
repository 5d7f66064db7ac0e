//! The list of segments of an organization, and who may read one.
//!
//! A segment is served to a device only if its organization has it in its list and the device's member
//! sees every scope in it, asked of the stored rows at each request. Whoever lost one scope of a segment
//! is not served that segment any more, whatever the list says.

mod build;

pub(crate) use build::Wanted;

use super::{Holder, ProgramStore, sql, stored};
use crate::Error;
use domain::codec::Entity as _;
use domain::entity::{Grant, Key, Side, grants_of};
use domain::{OrganizationId, ScopeId, Timestamp};
use protocol::segment::SegmentRef;
use sqlx::{Row as _, SqliteConnection};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Where segments lie in the hub's folder.
pub(super) const FOLDER: &str = "objects/segments";
/// A segment whose place another took is served so long, milliseconds.
const RETIRED_MS: i64 = 3_600_000;

/// A segment in a list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// What a device is told.
    pub announced: SegmentRef,
    /// See the migration.
    pub head: u64,
    /// Scopes of its rows.
    pub scopes: Vec<ScopeId>,
}

impl ProgramStore {
    /// Where the bytes of a segment lie; `None` for a hub without a folder.
    pub fn segment_path(&self, hash: &Key) -> Option<PathBuf> {
        Some(self.storage.0.folder.as_ref()?.join(FOLDER).join(format!("{hash:?}")))
    }

    /// The list of an organization in its order.
    pub async fn segments(&self, organization: OrganizationId) -> Result<Vec<Listed>, Error> {
        let sql = "SELECT hash, bytes, rows, head, scopes FROM segment \
                   WHERE program = ? AND organization = ? AND retired_at IS NULL ORDER BY ord";
        let found = sqlx::query(sql)
            .bind(&self.program.as_bytes()[..])
            .bind(&organization.as_bytes()[..])
            .fetch_all(self.readers())
            .await
            .map_err(|error| self.failed(error))?;
        found.iter().map(|row| self.listed(row)).collect()
    }

    fn listed(&self, row: &sqlx::sqlite::SqliteRow) -> Result<Listed, Error> {
        let read =
            || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?));
        let (hash, bytes, rows, head, scopes): (&[u8], i64, i64, i64, &[u8]) =
            read().map_err(|error| self.failed(error))?;
        let hash = hash.try_into().map(Key).map_err(|_| sql::unreadable("segment"))?;
        let (bytes, rows) = (sql::unsigned(bytes), sql::unsigned(rows));
        let announced = SegmentRef { hash, bytes, rows };
        Ok(Listed { announced, head: sql::unsigned(head), scopes: scopes_of(scopes)? })
    }

    /// Whether an organization was offered all of these.
    pub async fn has_listed(&self, organization: OrganizationId, hashes: &[Key]) -> Result<bool, Error> {
        let listed = self.segments(organization).await?;
        let listed: BTreeSet<Key> = listed.iter().map(|listed| listed.announced.hash).collect();
        Ok(hashes.iter().all(|hash| listed.contains(hash)))
    }

    /// The segment with this hash if the holder may read all of it now.
    pub async fn readable_segment(&self, holder: &Holder, hash: &Key) -> Result<Option<Listed>, Error> {
        let sql = "SELECT hash, bytes, rows, head, scopes FROM segment \
                   WHERE program = ? AND organization = ? AND hash = ?";
        let found = sqlx::query(sql)
            .bind(&self.program.as_bytes()[..])
            .bind(&holder.organization.as_bytes()[..])
            .bind(&hash.0[..])
            .fetch_optional(self.readers())
            .await
            .map_err(|error| self.failed(error))?;
        let Some(row) = found else { return Ok(None) };
        let listed = self.listed(&row)?;
        let granted: Vec<ScopeId> =
            listed.scopes.iter().copied().filter(|scope| !is_own(holder, *scope)).collect();
        // The hub's own rows are nobody's, whatever a grant says.
        if granted.contains(&ScopeId::Hub) {
            return Ok(None);
        }
        let holds = self.granted(holder.organization, &granted).await?;
        let all = granted.iter().all(|scope| holds.contains(scope));
        Ok((all || domain::planted!(SegmentOfOtherScope)).then_some(listed))
    }

    /// Whether the list can be offered as it is: nothing of it is gone from the disk, and no scope in it
    /// from the organization.
    pub async fn is_offerable(
        &self,
        holder: &Holder,
        listed: &[Listed],
        horizon: u64,
    ) -> Result<bool, Error> {
        let whole = |listed: &Listed| self.is_whole(listed);
        // What was deleted after an older one is not remembered any more.
        if listed.is_empty() || listed.iter().any(|listed| listed.head < horizon) || !listed.iter().all(whole)
        {
            return Ok(false);
        }
        let held = self.held(&mut *self.reader().await?, holder).await?;
        Ok(listed.iter().flat_map(|listed| &listed.scopes).all(|scope| held.contains(scope)))
    }

    /// Every scope that a member of the organization sees, but those of persons.
    async fn held(&self, reader: &mut SqliteConnection, holder: &Holder) -> Result<BTreeSet<ScopeId>, Error> {
        let sql = "SELECT r.body FROM lookup AS l CROSS JOIN row AS r \
                   ON r.program = l.program AND r.tbl = l.tbl AND r.id = l.id \
                   WHERE l.program = ? AND l.key = ? AND r.body IS NOT NULL";
        let bodies: Vec<Vec<u8>> = sqlx::query_scalar(sql)
            .bind(&self.program.as_bytes()[..])
            .bind(grants_of(holder.organization).0)
            .fetch_all(reader)
            .await
            .map_err(|error| self.failed(error))?;
        let mut held: BTreeSet<ScopeId> =
            [ScopeId::Program, ScopeId::Organization(holder.organization)].into();
        if holder.side == Side::Partner {
            held.insert(ScopeId::Partnership(holder.organization));
        }
        for body in bodies {
            // A grant that cannot be read opens nothing.
            let Ok(grant) = Grant::from_body(&body) else { continue };
            let shared = !matches!(grant.scope, ScopeId::Hub | ScopeId::Person(_));
            if shared && grant.organization == holder.organization {
                held.insert(grant.scope);
            }
        }
        Ok(held)
    }

    /// Takes over a new list: what of the old is not in it is retired.
    async fn list_segments(
        &self,
        organization: OrganizationId,
        now: Timestamp,
        list: &[Listed],
    ) -> Result<(), Error> {
        let mut writer = self.storage.0.writer.acquire().await.map_err(|error| self.failed(error))?;
        let begun = sqlx::query("BEGIN IMMEDIATE").execute(&mut *writer).await;
        begun.map_err(|error| self.failed(error))?;
        let written = self.write_list(&mut writer, organization, now, list).await;
        let ended = if written.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = sqlx::query(ended).execute(&mut *writer).await;
        written.and(ended).map(drop).map_err(|error| self.failed(error))
    }

    async fn write_list(
        &self,
        writer: &mut SqliteConnection,
        organization: OrganizationId,
        now: Timestamp,
        list: &[Listed],
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE segment SET retired_at = ? WHERE program = ? AND organization = ? AND retired_at IS NULL",
        )
        .bind(stored(now))
        .bind(&self.program.as_bytes()[..])
        .bind(&organization.as_bytes()[..])
        .execute(&mut *writer)
        .await?;
        for (place, Listed { announced, head, scopes }) in list.iter().enumerate() {
            sqlx::query(
                "INSERT INTO segment (program, organization, hash, ord, bytes, rows, head, scopes) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
                 ON CONFLICT (program, organization, hash) \
                 DO UPDATE SET ord = excluded.ord, head = excluded.head, retired_at = NULL",
            )
            .bind(&self.program.as_bytes()[..])
            .bind(&organization.as_bytes()[..])
            .bind(&announced.hash.0[..])
            .bind(sql::signed(place as u64))
            .bind(sql::signed(announced.bytes))
            .bind(sql::signed(announced.rows))
            .bind(sql::signed(*head))
            .bind(stored_scopes(scopes))
            .execute(&mut *writer)
            .await?;
        }
        Ok(())
    }

    /// Forgets what was retired an hour ago, and removes files that no list names.
    async fn sweep_segments(&self, now: Timestamp) -> Result<(), Error> {
        let Some(folder) = self.storage.0.folder.as_ref().map(|folder| folder.join(FOLDER)) else {
            return Ok(());
        };
        sqlx::query("DELETE FROM segment WHERE retired_at < ?")
            .bind(stored(now) - RETIRED_MS)
            .execute(&self.storage.0.writer)
            .await
            .map_err(|error| self.failed(error))?;
        let named: Vec<Vec<u8>> = sqlx::query_scalar("SELECT DISTINCT hash FROM segment")
            .fetch_all(self.readers())
            .await
            .map_err(|error| self.failed(error))?;
        let named: BTreeSet<String> =
            named.into_iter().filter_map(|hash| Some(format!("{:?}", Key(hash.try_into().ok()?)))).collect();
        let unusable = |source| Error::Folder { path: folder.clone(), source };
        for file in std::fs::read_dir(&folder).map_err(unusable)? {
            let file = file.map_err(unusable)?;
            if !named.contains(&*file.file_name().to_string_lossy()) {
                // Only one list is made at a time, and this is before it: nobody needs the file yet.
                std::fs::remove_file(file.path()).map_err(unusable)?;
            }
        }
        Ok(())
    }

    /// Bytes of all segments of the hub.
    async fn segment_bytes(&self) -> Result<u64, Error> {
        let bytes: i64 = sqlx::query_scalar("SELECT coalesce(sum(bytes), 0) FROM segment")
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(sql::unsigned(bytes))
    }
}

/// Whether a member sees the scope without a grant, as far as it can be in a segment.
fn is_own(holder: &Holder, scope: ScopeId) -> bool {
    match scope {
        ScopeId::Program => true,
        ScopeId::Organization(organization) => organization == holder.organization,
        ScopeId::Partnership(organization) => {
            holder.side == Side::Partner && organization == holder.organization
        }
        ScopeId::Person(_) | ScopeId::Deal(_) | ScopeId::Hub => false,
    }
}

fn stored_scopes(scopes: &[ScopeId]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(scopes.len() * 18);
    for scope in scopes {
        let scope = scope.to_bytes();
        // A scope has at most 17 bytes.
        bytes.push(u8::try_from(scope.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(&scope);
    }
    bytes
}

fn scopes_of(mut bytes: &[u8]) -> Result<Vec<ScopeId>, Error> {
    let mut scopes = Vec::new();
    while let Some((length, rest)) = bytes.split_first() {
        let (scope, rest) =
            rest.split_at_checked(usize::from(*length)).ok_or_else(|| sql::unreadable("scope"))?;
        scopes.push(sql::scope(scope)?);
        bytes = rest;
    }
    Ok(scopes)
}
