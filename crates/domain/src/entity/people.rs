//! The program, who is in it, and what they may see.

use crate::codec::entity;
use crate::date::Timestamp;
use crate::id::*;
use crate::row::LookupKey;
use crate::scope::ScopeId;
use minicbor::{Decode, Encode};
use uuid::Uuid;

/// Vendor or partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Side {
    /// The company that runs the program.
    #[n(0)]
    Vendor,
    /// A company that sells in it.
    #[n(1)]
    Partner,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Runs the organization in this program: people and invitations, and everything a seller does.
    #[n(0)]
    Admin,
    /// Works deals: partner seller or vendor account executive.
    #[n(1)]
    Seller,
    /// Runs the program for the vendor: partners, registrations.
    #[n(2)]
    ChannelManager,
    /// Takes part in rooms and plans, decides nothing.
    #[n(3)]
    Member,
}

entity! {
    /// A vendor's partner program. Scope: program. Its id is the [`ProgramId`].
    Program in Programs;
    /// Display name.
    1 name: String,
    /// The organization that runs it.
    2 vendor: OrganizationId,
    /// A demo world: its hub accepts the claimed time of a mutation as the time of history.
    3 demo: bool,
    /// Products that can be registered.
    4 products: Vec<String>,
    /// Sales regions.
    5 regions: Vec<String>,
    /// Currency proposed first, ISO 4217.
    6 currency: String,
    /// Days of protection an approval gives.
    7 protection_days: u32,
    /// Business days in which the vendor promises a decision.
    8 decision_days: u32,
    /// When it was founded, hub time.
    9 created_at: Timestamp,
    /// Days a device may show its data without meeting the hub, see [`Program::lease_days`].
    10 lease_days: Option<u32>,
    /// The version of the rules of engagement in force, see [`Program::rules_version`]; none for those it was
    /// founded with.
    11 rules: Option<u32>,
}

impl Program {
    /// Days a device may show the program's data without meeting the hub.
    pub fn lease_days(&self) -> u32 {
        self.lease_days.unwrap_or(crate::mutation::LEASE_DAYS_DEFAULT)
    }
}

entity! {
    /// A company. Scope: program for the vendor, partnership for a partner.
    Organization in Organizations;
    /// Name.
    1 name: String,
    /// Vendor or partner.
    2 side: Side,
    /// When it was added, hub time.
    3 created_at: Timestamp,
    /// When the partnership ended; nobody of it can do anything any more.
    4 ended_at: Option<Timestamp>,
}

entity! {
    /// A person. Scope: as its organization.
    Member in Members, lookups |member, _| vec![members_of(member.organization)];
    /// Full name.
    1 name: String,
    /// Organization.
    2 organization: OrganizationId,
    /// Role.
    3 role: Role,
    /// When the invitation was accepted, hub time.
    4 joined_at: Timestamp,
    /// When the person left; such a member can do nothing any more.
    5 left_at: Option<Timestamp>,
    /// Who removed them, for somebody who did not leave by themselves.
    6 removed_by: Option<MemberId>,
}

/// Lookup key of the members of an organization.
pub fn members_of(organization: OrganizationId) -> LookupKey {
    LookupKey(format!("members/{organization}"))
}

entity! {
    /// One installation of a person. Scope: person.
    Device in Devices, lookups |device, _| vec![devices_of(device.member)];
    /// Whose it is.
    1 member: MemberId,
    /// Name given when joining.
    2 name: String,
    /// Ed25519 public key, 32 bytes.
    3 key: Key,
    /// When it joined, hub time.
    4 joined_at: Timestamp,
    /// When it was signed out or revoked, hub time.
    5 revoked_at: Option<Timestamp>,
}

/// Lookup key of the devices of a member.
pub fn devices_of(member: MemberId) -> LookupKey {
    LookupKey(format!("devices/{member}"))
}

/// 32 bytes: a public key or a hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<C> Encode<C> for Key {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Key {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.bytes()?.try_into().map(Self).map_err(|_| minicbor::decode::Error::message("a key has 32 bytes"))
    }
}

/// What an invitation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum InvitationKind {
    /// A new member.
    #[n(0)]
    Member,
    /// One more device of the member who made it.
    #[n(1)]
    Device,
}

entity! {
    /// A one-time way in. Scope: the organization of whoever made it; for a device, the person.
    Invitation in Invitations, lookups |invitation, _| vec![invitation_by(&invitation.token_hash)];
    /// Member or device.
    1 kind: InvitationKind,
    /// Organization one joins.
    2 organization: OrganizationId,
    /// Role one gets.
    3 role: Role,
    /// For a device link: whose device it becomes.
    4 member: Option<MemberId>,
    /// BLAKE3 hash of the token in the link; the token itself is never stored.
    5 token_hash: Key,
    /// Who made it.
    6 created_by: MemberId,
    /// When, hub time.
    7 created_at: Timestamp,
    /// When it stops working, hub time.
    8 expires_at: Timestamp,
    /// Who took it.
    9 accepted_by: Option<MemberId>,
    /// When it was taken.
    10 accepted_at: Option<Timestamp>,
    /// When it was taken back.
    11 revoked_at: Option<Timestamp>,
}

/// Lookup key of an invitation by the hash of its token.
pub fn invitation_by(token_hash: &Key) -> LookupKey {
    LookupKey(format!("invitation/{token_hash:?}"))
}

entity! {
    /// An organization may see a scope. Scope: that organization, so that the grant itself tells its
    /// devices what to fetch and, when deleted, what to erase.
    Grant in Grants, lookups |grant, _| vec![grants_of(grant.organization)];
    /// The scope.
    1 scope: ScopeId,
    /// Who may see it.
    2 organization: OrganizationId,
}

/// Lookup key of all grants to an organization.
pub fn grants_of(organization: OrganizationId) -> LookupKey {
    LookupKey(format!("grants/{organization}"))
}

/// The id of the grant of `scope` to `organization`.
pub fn grant_id(scope: ScopeId, organization: OrganizationId) -> Uuid {
    derived("grant", &[&scope.to_bytes(), organization.as_bytes()])
}
