//! Ids: UUIDs behind one type each, so that a deal can never be passed for a member.
//!
//! New ids are UUIDv7, made by the device that creates the object and carried in the mutation. Ids
//! of rows that follow from others (a grant, a read mark) are derived with [`derived`], so that two
//! machines that apply the same mutation name the same row.

use minicbor::decode::Error as DecodeError;
use minicbor::{Decoder, Encoder};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A stable id computed from its parts: the first 16 bytes of their BLAKE3 hash, marked as UUIDv8.
pub fn derived(label: &str, parts: &[&[u8]]) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key("lockstep 2026 derived row id");
    hasher.update(label.as_bytes());
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The 16 bytes of the id, in the order of the text form.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut Encoder<W>,
                ctx: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                uuid_cbor::encode(&self.0, e, ctx)
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
                uuid_cbor::decode(d, ctx).map(Self)
            }
        }
    )*};
}

ids! {
    /// One vendor's partner program, the tenant on a hub.
    ProgramId;
    /// A vendor or partner company.
    OrganizationId;
    /// A person in an organization.
    MemberId;
    /// One installation, with its own key.
    DeviceId;
    /// An invitation to join.
    InvitationId;
    /// A customer company on a partner's list.
    AccountId;
    /// A deal, its room and its action plan.
    DealId;
    /// A message in a room.
    MessageId;
    /// A milestone of an action plan.
    MilestoneId;
}

/// UUIDs as 16 CBOR bytes, for fields that hold a plain [`Uuid`].
pub mod uuid_cbor {
    use super::*;

    /// Writes 16 bytes.
    pub fn encode<C, W: minicbor::encode::Write>(
        id: &Uuid,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(id.as_bytes())?.ok()
    }

    /// Reads exactly 16 bytes.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Uuid, DecodeError> {
        Uuid::from_slice(d.bytes()?).map_err(|_| DecodeError::message("an id has 16 bytes"))
    }
}
