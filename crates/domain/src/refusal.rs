//! Why a mutation was not applied.

use minicbor::decode::Error as DecodeError;
use minicbor::{Decode, Decoder, Encode};
use std::fmt;

/// A mutation was refused: which rule, on what evidence, and a sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The rule, for code that branches.
    #[n(0)]
    pub rule: Rule,
    /// What happened and what to do next, a sentence.
    #[n(1)]
    pub message: String,
    /// Facts behind the decision, label and value. Never names another organization's business.
    #[n(2)]
    pub evidence: Vec<(String, String)>,
}

impl Refusal {
    /// A refusal without evidence.
    pub fn new(rule: Rule, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), evidence: Vec::new() }
    }

    /// Adds one fact.
    pub fn because(mut self, label: impl Into<String>, value: impl fmt::Display) -> Self {
        self.evidence.push((label.into(), value.to_string()));
        self
    }
}

/// The closed list of rules that refuse. New rules are appended; numbers are never reused. A number
/// of a newer version reads as [`Rule::Newer`], so that a refusal stays one: its sentence and its
/// evidence tell the person what this version cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
#[cbor(index_only)]
pub enum Rule {
    /// A field is empty, too long or malformed.
    #[n(0)]
    InvalidField,
    /// The object does not exist, or not for this member.
    #[n(1)]
    NotFound,
    /// The member's role or side may not do this.
    #[n(2)]
    NotAllowed,
    /// The member is not in the scope the mutation belongs to.
    #[n(3)]
    NotInScope,
    /// The object is in a state in which this makes no sense.
    #[n(4)]
    WrongState,
    /// Another registration already protects this customer, product and region.
    #[n(5)]
    ClaimTaken,
    /// A strict field changed in the meantime.
    #[n(6)]
    StaleField,
    /// The invitation is unknown, used or revoked.
    #[n(7)]
    InvitationUsed,
    /// The invitation has expired.
    #[n(8)]
    InvitationExpired,
    /// An object with this id exists already.
    #[n(9)]
    AlreadyExists,
    /// The mutation is unknown or cannot be read by this version.
    #[n(10)]
    Unreadable,
    /// A rule asked for a row it did not declare: a defect, never shown in normal use.
    #[n(11)]
    UndeclaredRead,
    /// A rule that only a newer version knows. Never given as a reason by this one.
    #[n(12)]
    Newer,
}

impl<'b, C> Decode<'b, C> for Rule {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let number = d.u32()?;
        let known = Self::ALL.into_iter().find(|rule| *rule as u32 == number);
        Ok(known.unwrap_or(Self::Newer))
    }
}

impl Rule {
    /// Every rule, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::InvalidField,
        Self::NotFound,
        Self::NotAllowed,
        Self::NotInScope,
        Self::WrongState,
        Self::ClaimTaken,
        Self::StaleField,
        Self::InvitationUsed,
        Self::InvitationExpired,
        Self::AlreadyExists,
        Self::Unreadable,
        Self::UndeclaredRead,
        Self::Newer,
    ];

    /// Stable name, as shown to people and used in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidField => "invalid_field",
            Self::NotFound => "not_found",
            Self::NotAllowed => "not_allowed",
            Self::NotInScope => "not_in_scope",
            Self::WrongState => "wrong_state",
            Self::ClaimTaken => "claim_taken",
            Self::StaleField => "stale_field",
            Self::InvitationUsed => "invitation_used",
            Self::InvitationExpired => "invitation_expired",
            Self::AlreadyExists => "already_exists",
            Self::Unreadable => "unreadable",
            Self::UndeclaredRead => "undeclared_read",
            Self::Newer => "newer",
        }
    }
}
