//! What the egress guard asks: who is behind a device, and which scopes were granted to whom. Read from
//! rows each time, apart from what any sequencer remembers.

use super::ProgramStore;
use crate::Error;
use domain::codec::Entity;
use domain::entity::{Device, Grant, Member, Organization, Side, grant_id};
use domain::{DeviceId, MemberId, OrganizationId, RowKey, ScopeId};
use std::collections::BTreeSet;

/// The member behind a device, at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The member.
    pub member: MemberId,
    /// Their organization.
    pub organization: OrganizationId,
    /// Its side.
    pub side: Side,
}

impl ProgramStore {
    /// Who is behind a device; `None` when it is unknown or revoked, its member has left, or the
    /// partnership with its organization has ended.
    pub async fn holder(&self, device: DeviceId) -> Result<Option<Holder>, Error> {
        let device: Option<Device> = self.entity(device).await?;
        let Some(device) = device.filter(|device| device.revoked_at.is_none()) else { return Ok(None) };
        let member: Option<Member> = self.entity(device.member).await?;
        let Some(member) = member.filter(|member| member.left_at.is_none()) else { return Ok(None) };
        let organization: Option<Organization> = self.entity(member.organization).await?;
        let organization = organization.filter(|organization| organization.ended_at.is_none());
        Ok(organization.map(|organization| Holder {
            member: device.member,
            organization: member.organization,
            side: organization.side,
        }))
    }

    /// Those of the scopes that are granted to the organization.
    pub async fn granted(
        &self,
        organization: OrganizationId,
        scopes: &[ScopeId],
    ) -> Result<BTreeSet<ScopeId>, Error> {
        let keys: Vec<RowKey> =
            scopes.iter().map(|scope| RowKey::of::<Grant>(grant_id(*scope, organization))).collect();
        let mut granted = BTreeSet::new();
        for row in self.rows(&keys).await? {
            // The row says what it grants; its derived id alone is not believed.
            if let Ok(grant) = Grant::from_body(&row.body)
                && grant.organization == organization
            {
                granted.insert(grant.scope);
            }
        }
        Ok(granted)
    }

    async fn entity<E: Entity>(&self, id: impl Into<uuid::Uuid>) -> Result<Option<E>, Error> {
        let found = self.rows(&[RowKey::of::<E>(id)]).await?;
        // What cannot be read opens nothing.
        Ok(found.first().and_then(|row| E::from_body(&row.body).ok()))
    }
}
