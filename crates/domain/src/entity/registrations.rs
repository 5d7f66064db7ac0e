//! The registration of a deal: where it stands, and what was asked, answered and decided about it.

use crate::date::{Date, Timestamp};
use crate::id::*;
use minicbor::{Decode, Encode};

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
    /// The vendor asked something and waits for the partner's answer.
    #[n(7)]
    ActionRequired,
    /// Held because of a conflict with something else.
    #[n(8)]
    ConflictHold,
    /// Protected, at a share of what it is worth.
    #[n(9)]
    Shared,
    /// Taken on by the vendor: its protection does not end any more.
    #[n(10)]
    Converted,
    /// Rejected, and to be decided again by somebody else.
    #[n(11)]
    Appealed,
}

impl Status {
    /// Every status, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Draft,
        Self::Submitted,
        Self::InReview,
        Self::Approved,
        Self::Rejected,
        Self::Duplicate,
        Self::Withdrawn,
        Self::ActionRequired,
        Self::ConflictHold,
        Self::Shared,
        Self::Converted,
        Self::Appealed,
    ];

    /// Decided in the partner's favour.
    pub fn is_granted(self) -> bool {
        matches!(self, Self::Approved | Self::Shared | Self::Converted)
    }

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
    /// Another partner's registration protects the same customer.
    #[n(5)]
    OtherRegistration,
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

impl Registration {
    /// One that nobody has sent yet.
    pub fn draft() -> Self {
        Self {
            status: Status::Draft,
            submitted_at: None,
            decision_due: None,
            decided_by: None,
            decided_at: None,
            protected_until: None,
            rule: None,
            evidence: None,
            duplicate_of: None,
        }
    }
}

/// What the vendor has to know before it decides. Meanwhile its clock stands still.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Question {
    /// The question.
    #[n(1)]
    pub text: String,
    /// Who asks.
    #[n(2)]
    pub by: MemberId,
    /// When, hub time.
    #[n(3)]
    pub at: Timestamp,
    /// Business days that were left to decide.
    #[n(4)]
    pub days_left: u32,
    /// The answer.
    #[n(5)]
    pub answer: Option<Answer>,
}

/// What the partner answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// The answer.
    #[n(1)]
    pub text: String,
    /// Who answers.
    #[n(2)]
    pub by: MemberId,
    /// When, hub time.
    #[n(3)]
    pub at: Timestamp,
}

/// Why the vendor holds a registration back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hold {
    /// What it conflicts with, as far as the partner may know.
    #[n(1)]
    pub evidence: String,
    /// Who holds it.
    #[n(2)]
    pub by: MemberId,
    /// When, hub time.
    #[n(3)]
    pub at: Timestamp,
}

/// How a customer that several registered is shared.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Split {
    /// The part of this registration, in basis points: from 1 to 9,999.
    #[n(1)]
    pub basis_points: u32,
    /// Why so much.
    #[n(2)]
    pub evidence: String,
}

/// The partner asks for longer protection. Asked in time, the protection lasts until there is an answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Extension {
    /// The last day it would last.
    #[n(1)]
    pub until: Date,
    /// Why.
    #[n(2)]
    pub reason: String,
    /// Who asks.
    #[n(3)]
    pub by: MemberId,
    /// When, hub time.
    #[n(4)]
    pub at: Timestamp,
    /// When the vendor promised to have answered; given by the hub.
    #[n(5)]
    pub due: Option<Timestamp>,
    /// The answer.
    #[n(6)]
    pub answer: Option<ExtensionAnswer>,
}

/// What the vendor answers to a request for longer protection.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ExtensionAnswer {
    /// Whether it lasts longer.
    #[n(1)]
    pub granted: bool,
    /// Why not; empty when it is granted.
    #[n(2)]
    pub evidence: String,
    /// Who answers.
    #[n(3)]
    pub by: MemberId,
    /// When, hub time.
    #[n(4)]
    pub at: Timestamp,
}

/// The partner does not accept a rejection. There is one appeal, decided by somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Appeal {
    /// Why the rejection is wrong.
    #[n(1)]
    pub reason: String,
    /// Who appeals.
    #[n(2)]
    pub by: MemberId,
    /// When, hub time.
    #[n(3)]
    pub at: Timestamp,
}
