//! What is stored: one struct per kind of row. Field numbers are append-only.

use crate::codec::entity;
use crate::date::{Date, Timestamp};
use crate::id::*;
use crate::money::Money;
use crate::row::LookupKey;
use crate::scope::ScopeId;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
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

entity! {
    /// A customer company on an organization's own list. Scope: organization.
    Account in Accounts;
    /// Company name.
    1 name: String,
    /// Registrable domain; empty when unknown.
    2 domain: String,
    /// Country, ISO 3166-1 alpha-2; empty when unknown.
    3 country: String,
    /// Industry; empty when unknown.
    4 industry: String,
    /// Who looks after it, as text from the list.
    5 owner: String,
    /// When it was written, hub time.
    6 created_at: Timestamp,
}

/// The customer of a deal, as both sides see it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Customer {
    /// Company name.
    #[n(1)]
    pub name: String,
    /// Registrable domain.
    #[n(2)]
    pub domain: String,
    /// Country, ISO 3166-1 alpha-2; empty when unknown.
    #[n(3)]
    pub country: String,
}

/// Stages of a deal, named as AWS Partner Central names them (Selling API, `LifeCycle.Stage`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
    /// Prospect.
    #[n(0)]
    Prospect,
    /// Qualified.
    #[n(1)]
    Qualified,
    /// Technical validation.
    #[n(2)]
    TechnicalValidation,
    /// Business validation.
    #[n(3)]
    BusinessValidation,
    /// Committed.
    #[n(4)]
    Committed,
    /// Launched: won.
    #[n(5)]
    Launched,
    /// Closed lost.
    #[n(6)]
    ClosedLost,
}

impl Stage {
    /// Won or lost.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Launched | Self::ClosedLost)
    }
}

/// Where a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Status {
    /// Being written; seen by the partner only.
    #[n(0)]
    Draft,
    /// With the vendor.
    #[n(1)]
    Submitted,
    /// The vendor looks at it.
    #[n(2)]
    InReview,
    /// Protected.
    #[n(3)]
    Approved,
    /// Refused by a person, citing a rule and evidence.
    #[n(4)]
    Rejected,
    /// The same organization has registered this already.
    #[n(5)]
    Duplicate,
    /// Taken back by the partner before a decision.
    #[n(6)]
    Withdrawn,
}

impl Status {
    /// Nothing more will happen to it.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Rejected | Self::Duplicate | Self::Withdrawn)
    }
}

/// Rules a rejection by the vendor can cite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RejectionRule {
    /// Already a customer of the vendor for this product.
    #[n(0)]
    ExistingCustomer,
    /// The vendor already works this opportunity.
    #[n(1)]
    OpenOpportunity,
    /// On the named-account list.
    #[n(2)]
    NamedAccount,
    /// A public tender.
    #[n(3)]
    PublicTender,
    /// Not enough to go on.
    #[n(4)]
    NotQualified,
}

/// The registration of a deal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Registration {
    /// Where it stands.
    #[n(1)]
    pub status: Status,
    /// When the hub received it.
    #[n(2)]
    pub submitted_at: Option<Timestamp>,
    /// When the vendor promised to have decided.
    #[n(3)]
    pub decision_due: Option<Timestamp>,
    /// Who decided.
    #[n(4)]
    pub decided_by: Option<MemberId>,
    /// When, hub time.
    #[n(5)]
    pub decided_at: Option<Timestamp>,
    /// Last day of protection.
    #[n(6)]
    pub protected_until: Option<Date>,
    /// Rule a rejection cites.
    #[cbor(n(7), decode_with = "crate::codec::closed")]
    pub rule: Option<RejectionRule>,
    /// Evidence a rejection gives.
    #[n(8)]
    pub evidence: Option<String>,
    /// The organization's own deal that already has this claim.
    #[n(9)]
    pub duplicate_of: Option<DealId>,
}

entity! {
    /// A deal. Scope: deal.
    Deal in Deals;
    /// Number in the program, given by the hub when it is submitted.
    1 number: Option<u32>,
    /// Title.
    2 title: String,
    /// The partner organization.
    3 partner: OrganizationId,
    /// Who registered it.
    4 registered_by: MemberId,
    /// The customer.
    5 customer: Customer,
    /// Product.
    6 product: String,
    /// Sales region.
    7 region: String,
    /// What the customer needs.
    8 need: String,
    /// Expected amount.
    9 amount: Money,
    /// Target close date.
    10 close_date: Date,
    /// Stage.
    11 stage: Stage,
    /// Registration.
    12 registration: Registration,
    /// When it was first written, hub time.
    13 created_at: Timestamp,
    /// Sequence number of the last change of each patched field, by [`DealField`] number.
    14 field_seq: BTreeMap<u8, u64>,
    /// Member who last patched each field.
    15 field_by: BTreeMap<u8, MemberId>,
    /// Organizations it is shared with besides the vendor and the partner; absent when there are none.
    16 guests: Option<Vec<OrganizationId>>,
}

/// Fields of a deal that can be patched one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum DealField {
    /// Title.
    #[n(0)]
    Title,
    /// Amount: strict once approved.
    #[n(1)]
    Amount,
    /// Close date.
    #[n(2)]
    CloseDate,
    /// Stage: strict once approved.
    #[n(3)]
    Stage,
    /// Need.
    #[n(4)]
    Need,
    /// Customer: drafts only.
    #[n(5)]
    Customer,
    /// Product: drafts only.
    #[n(6)]
    Product,
    /// Region: drafts only.
    #[n(7)]
    Region,
}

entity! {
    /// Who holds a claim key. Scope: hub. Its id is [`crate::claim::claim_id`].
    Claim in Claims, lookups |claim, _| vec![claims_of(claim.organization)];
    /// The registration that holds it.
    1 deal: DealId,
    /// Its organization.
    2 organization: OrganizationId,
    /// Since when, hub time.
    3 since: Timestamp,
}

/// Lookup key of the claims an organization holds.
pub fn claims_of(organization: OrganizationId) -> LookupKey {
    LookupKey(format!("claims/{organization}"))
}

entity! {
    /// A running number. Scope: hub.
    Counter in Counters;
    /// The last number given out.
    1 value: u32,
}

/// The id of the counter of deal numbers.
pub fn deal_counter() -> Uuid {
    derived("counter", &[b"deal"])
}

entity! {
    /// A message in a deal room. Scope: deal.
    Message in Messages;
    /// The room.
    1 deal: DealId,
    /// Who wrote it.
    2 author: MemberId,
    /// Text.
    3 body: String,
    /// The message it answers.
    4 reply_to: Option<MessageId>,
    /// Position in the room, given by the hub; grows, with gaps.
    5 position: Option<u64>,
    /// When the hub received it; the device's claim while only local.
    6 at: Timestamp,
}

entity! {
    /// How far a member has read a room. Scope: person. Its id is [`read_mark_id`].
    ReadMark in ReadMarks;
    /// The room.
    1 deal: DealId,
    /// Position of the last message read.
    2 position: u64,
}

/// The id of the read mark of `member` in the room of `deal`.
pub fn read_mark_id(deal: DealId, member: MemberId) -> Uuid {
    derived("read mark", &[deal.as_bytes(), member.as_bytes()])
}

entity! {
    /// The mutual action plan of a deal. Scope: deal. Its id is the [`DealId`].
    ActionPlan in ActionPlans;
    /// Day the customer goes live.
    1 go_live: Option<Date>,
}

/// Who owns a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum OwnerSide {
    /// The vendor.
    #[n(0)]
    Vendor,
    /// The partner.
    #[n(1)]
    Partner,
    /// The customer.
    #[n(2)]
    Customer,
}

/// Who ticked a milestone, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct DoneMark {
    /// Who.
    #[n(0)]
    pub by: MemberId,
    /// When: hub time; the device's claim while only local.
    #[n(1)]
    pub at: Timestamp,
}

entity! {
    /// One step of an action plan. Scope: deal.
    Milestone in Milestones;
    /// The deal whose plan it belongs to.
    1 deal: DealId,
    /// What has to be reached.
    2 title: String,
    /// Owning side.
    3 owner_side: OwnerSide,
    /// Person who owns it.
    4 owner: Option<MemberId>,
    /// Due date.
    5 due: Option<Date>,
    /// What makes it done.
    6 done_condition: String,
    /// Set when it is done.
    7 done: Option<DoneMark>,
    /// Sequence number of the last change of each patched field, by [`MilestoneField`] number.
    8 field_seq: BTreeMap<u8, u64>,
    /// Member who last patched each field.
    9 field_by: BTreeMap<u8, MemberId>,
    /// The tick that was taken back last, until it is ticked again.
    10 was_done: Option<DoneMark>,
}

/// Fields of a milestone that can be patched one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum MilestoneField {
    /// Title.
    #[n(0)]
    Title,
    /// Owning side and person.
    #[n(1)]
    Owner,
    /// Due date.
    #[n(2)]
    Due,
    /// Done-condition.
    #[n(3)]
    DoneCondition,
}

entity! {
    /// A value of a deal or of one of its milestones that was overwritten by a change made without
    /// knowing it. Scope: deal.
    FieldHistory in FieldHistory;
    /// The deal.
    1 deal: DealId,
    /// Which field: the number of a [`DealField`], or where a milestone is named of a [`MilestoneField`].
    2 field: u8,
    /// The overwritten value, encoded as the patch was.
    #[cbor(with = "minicbor::bytes")]
    3 value: Vec<u8>,
    /// Who overwrote it.
    4 by: MemberId,
    /// When, hub time.
    5 at: Timestamp,
    /// The milestone, when it is a value of one.
    6 milestone: Option<MilestoneId>,
}
