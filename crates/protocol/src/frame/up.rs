//! What a device sends.

use crate::link::Token;
use domain::entity::Key;
use domain::{DeviceId, ScopeId, Timestamp};
use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encode};

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl<C> Encode<C> for Signature {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Signature {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
        let wrong = |_| Error::message("a signature has 64 bytes");
        d.bytes()?.try_into().map(Self).map_err(wrong)
    }
}

/// A device signs in.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// Version the device speaks on this connection.
    #[n(0)]
    pub proto: u32,
    /// What it can do beyond the version.
    #[n(1)]
    pub capabilities: Vec<String>,
    /// The device.
    #[n(2)]
    pub device: DeviceId,
    /// Over program, device and nonce, see [`crate::seal::hello_bytes`].
    #[n(3)]
    pub signature: Signature,
    /// Epoch the cursor belongs to; 0 for a device that has nothing.
    #[n(4)]
    pub epoch: u64,
    /// Everything up to this sequence number is on the device.
    #[n(5)]
    pub cursor: u64,
    /// Where an interrupted catch-up goes on.
    #[n(6)]
    pub resume: Option<Resume>,
    /// Highest own mutation whose answer is on the device.
    #[n(7)]
    pub answered: u64,
}

/// Where a catch-up in pages stands. Pages run over the scopes that are new to the device in the
/// order of [`ScopeId`], then over the tail of the others.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Resume {
    /// The head all pages of this catch-up lead to.
    #[n(0)]
    pub head: u64,
    /// The new scope reached; `None` once in the tail.
    #[cbor(n(1), decode_with = "domain::codec::closed")]
    pub scope: Option<ScopeId>,
    /// Rows up to this sequence number were sent of it.
    #[n(2)]
    pub after: u64,
}

/// Mutations on their way up: consecutive numbers of one device.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Push {
    /// At most [`super::PUSH_MAX`].
    #[n(0)]
    pub sealed: Vec<Sealed>,
}

/// A mutation as a device signed it: clear routing header, opaque payload.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Sealed {
    /// Header.
    #[n(0)]
    pub header: Header,
    /// The encoded mutation.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload: Vec<u8>,
    /// Of the chain hash that ends with this mutation.
    #[n(2)]
    pub signature: Signature,
    /// That hash, in place of the payload, for a mutation that is to have no effect: one that was
    /// refused before the hub lost it. It is sent because the chain must not have a hole.
    #[n(3)]
    pub void: Option<Key>,
}

/// What a hub must know of a mutation to route it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// Counts the device's mutations from 1, without gaps.
    #[n(0)]
    pub n: u64,
    /// Its lane.
    #[n(1)]
    pub lane: ScopeId,
    /// Its name.
    #[n(2)]
    pub name: String,
    /// When the device says it was made. Evidence only; orders nothing.
    #[n(3)]
    pub at: Timestamp,
}

/// Asks what an invitation leads to.
#[derive(Clone, PartialEq, Encode, Decode)]
pub struct Inspect {
    /// The token of the link.
    #[n(0)]
    pub token: Token,
}

impl std::fmt::Debug for Inspect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inspect(..)")
    }
}

/// Takes an invitation, or founds a program with a founding one.
#[derive(Clone, PartialEq, Encode, Decode)]
pub struct Join {
    /// The token of the link.
    #[n(0)]
    pub token: Token,
    /// `invitation_accept` or `program_create`.
    #[n(1)]
    pub name: String,
    /// The encoded mutation.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub payload: Vec<u8>,
    /// By the new device's key, see [`crate::seal::join_bytes`].
    #[n(3)]
    pub signature: Signature,
}

impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Join").field("name", &self.name).finish_non_exhaustive()
    }
}
