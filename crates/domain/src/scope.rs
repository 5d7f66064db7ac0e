//! The unit of sharing. Every row has exactly one home scope, and whoever holds the scope sees the row.

use crate::id::{DealId, MemberId, OrganizationId};
use minicbor::{Decode, Encode};
use std::fmt;

/// Who may see a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum ScopeId {
    /// Every member of the program: the program itself, the vendor and its people.
    #[n(0)]
    Program,
    /// One organization's own: accounts, invitations, what was granted to it.
    #[n(1)]
    Organization(#[n(0)] OrganizationId),
    /// A partner organization and the vendor: the partner's name and people.
    #[n(2)]
    Partnership(#[n(0)] OrganizationId),
    /// A deal: registration, room and action plan, for the organizations granted.
    #[n(3)]
    Deal(#[n(0)] DealId),
    /// One person: devices, read marks.
    #[n(4)]
    Person(#[n(0)] MemberId),
    /// Rows that never leave the hub: claims and counters.
    #[n(5)]
    Hub,
}

impl ScopeId {
    /// Compact key for indexes: one tag byte, then the id. Sorts by kind, then id.
    pub fn to_bytes(self) -> Vec<u8> {
        let (tag, id): (u8, &[u8]) = match &self {
            Self::Program => (0, &[]),
            Self::Organization(id) => (1, id.as_bytes()),
            Self::Partnership(id) => (2, id.as_bytes()),
            Self::Deal(id) => (3, id.as_bytes()),
            Self::Person(id) => (4, id.as_bytes()),
            Self::Hub => (5, &[]),
        };
        let mut bytes = Vec::with_capacity(17);
        bytes.push(tag);
        bytes.extend_from_slice(id);
        bytes
    }

    /// Reads what [`ScopeId::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tag, id) = bytes.split_first()?;
        let id = || uuid::Uuid::from_slice(id).ok();
        Some(match (tag, bytes.len()) {
            (0, 1) => Self::Program,
            (1, 17) => Self::Organization(id()?.into()),
            (2, 17) => Self::Partnership(id()?.into()),
            (3, 17) => Self::Deal(id()?.into()),
            (4, 17) => Self::Person(id()?.into()),
            (5, 1) => Self::Hub,
            _ => return None,
        })
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("program"),
            Self::Organization(id) => write!(f, "organization:{id}"),
            Self::Partnership(id) => write!(f, "partnership:{id}"),
            Self::Deal(id) => write!(f, "deal:{id}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Hub => f.write_str("hub"),
        }
    }
}

impl fmt::Debug for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
