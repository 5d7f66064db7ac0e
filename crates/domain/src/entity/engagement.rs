//! The rules of engagement of a program, what they look into, and what they found.

use crate::codec::entity;
use crate::company::{Company, MatchKey, Weights, keys};
use crate::date::{Date, Timestamp};
use crate::id::*;
use crate::row::LookupKey;
use minicbor::{Decode, Encode};
use uuid::Uuid;

/// What a registration is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Check {
    /// A customer of the vendor.
    #[n(0)]
    ExistingCustomer,
    /// The vendor works an opportunity there, and did so not long ago.
    #[n(1)]
    OpenOpportunity,
    /// A named account of the vendor.
    #[n(2)]
    NamedAccount,
    /// A public tender.
    #[n(3)]
    PublicTender,
    /// Another partner's registration of what seems to be the same customer, for the same product and
    /// region. (A registration of the same domain is refused, whatever the rules say.)
    #[n(4)]
    OtherRegistration,
}

impl Check {
    /// Every check, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::ExistingCustomer,
        Self::OpenOpportunity,
        Self::NamedAccount,
        Self::PublicTender,
        Self::OtherRegistration,
    ];
}

/// What follows from a hit, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Effect {
    /// Nothing: it is not looked for.
    #[n(0)]
    Off,
    /// Both sides see it, and the vendor decides as always.
    #[n(1)]
    Note,
    /// The registration is held until the vendor decides.
    #[n(2)]
    Hold,
    /// The registration is rejected at once. The partner may appeal.
    #[n(3)]
    Reject,
}

/// What the rules of engagement say.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Terms {
    /// Days of protection an approval gives.
    #[n(1)]
    pub protection_days: u32,
    /// Business days in which the vendor promises a decision.
    #[n(2)]
    pub decision_days: u32,
    /// What each way counts in which two companies are the same.
    #[n(3)]
    pub weights: Weights,
    /// From which score on two companies count as one, in basis points.
    #[n(4)]
    pub same_from: u32,
    /// The share proposed for whoever registers a customer second, in basis points.
    #[n(5)]
    pub second_share: u32,
    /// Days after its last activity in which the vendor's own opportunity counts as open.
    #[n(6)]
    pub activity_days: u32,
    /// What follows from an existing customer.
    #[n(7)]
    pub existing_customer: Effect,
    /// What follows from an open opportunity.
    #[n(8)]
    pub open_opportunity: Effect,
    /// What follows from a named account.
    #[n(9)]
    pub named_account: Effect,
    /// What follows from a public tender.
    #[n(10)]
    pub public_tender: Effect,
    /// What follows from another registration: at most a hold.
    #[n(11)]
    pub other_registration: Effect,
}

entity! {
    /// One published version of the rules of engagement. Scope: program. Its id is [`rules_id`]; it never
    /// changes.
    Rules in Rules;
    /// The version; what a program is founded with is the first.
    1 version: u32,
    /// What they say.
    2 terms: Terms,
    /// What is different, for people.
    3 note: String,
    /// Who published it.
    4 published_by: MemberId,
    /// When, hub time.
    5 published_at: Timestamp,
}

/// The id of a version of the rules.
pub fn rules_id(version: u32) -> Uuid {
    derived("rules", &[&version.to_be_bytes()])
}

/// What a company on the vendor's list is to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Relation {
    /// Nothing yet.
    #[n(0)]
    Prospect,
    /// Somebody of the vendor works an opportunity there.
    #[n(1)]
    OpenOpportunity,
    /// A customer.
    #[n(2)]
    Customer,
}

entity! {
    /// A company on the vendor's list that the rules look for. Scope: hub, so that no partner ever has it.
    /// Its id is the one of the account.
    Listed in Listed, lookups |listed, _| keys(&listed.company).iter().map(|key| listed_under(key)).collect();
    /// The company.
    1 company: Company,
    /// What it is to the vendor.
    2 relation: Relation,
    /// Whether it is a named account.
    3 named: bool,
    /// Last activity on the opportunity; none when nobody said.
    4 active_on: Option<Date>,
}

/// Lookup key of companies on the vendor's list, see [`keys`].
pub fn listed_under(key: &str) -> LookupKey {
    LookupKey(format!("listed/{key}"))
}

/// One thing the rules found about a registration.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hit {
    /// What.
    #[n(1)]
    pub check: Check,
    /// By what of the customer; none for what the registration says itself.
    #[cbor(n(2), decode_with = "crate::codec::closed")]
    pub key: Option<MatchKey>,
    /// How sure, in basis points.
    #[n(3)]
    pub score: u32,
    /// What follows.
    #[n(4)]
    pub effect: Effect,
}

/// What the rules found when a registration arrived. Both sides read it, so it names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Finding {
    /// The version of the rules.
    #[n(1)]
    pub rules: u32,
    /// When, hub time.
    #[n(2)]
    pub at: Timestamp,
    /// What was found, at most one of a kind.
    #[n(3)]
    pub hits: Vec<Hit>,
}
