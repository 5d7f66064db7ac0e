//! The device's chain: every mutation is numbered, hashed onto the one before and signed.
//!
//! `h(0)` binds program and device; `h(n)` is the hash of `h(n-1)`, header and payload. The hub keeps
//! the last number and hash of every device. A mutation it has already is skipped, the next one must
//! continue the chain, and anything else means that two installations share one identity.

use crate::frame::{Header, Sealed, Signature};
use crate::link::Token;
use domain::entity::Key;
use domain::{DeviceId, Mutate, Mutation, ProgramId, Timestamp};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

/// The end of a device's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// Number of the last mutation; 0 at the start.
    pub n: u64,
    /// Hash up to it.
    pub hash: Key,
}

impl Chain {
    /// The chain of a device that has not done anything.
    pub fn start(program: ProgramId, device: DeviceId) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("lockstep 2026 device chain start");
        hasher.update(program.as_bytes());
        hasher.update(device.as_bytes());
        Self { n: 0, hash: Key(*hasher.finalize().as_bytes()) }
    }

    /// The chain after what a device sent; `None` when it is not the next one or not signed with `key`.
    pub fn continued(&self, sealed: &Sealed, key: &Key) -> Option<Self> {
        self.continued_by(sealed, &PublicKey::new(key)?)
    }

    /// As [`Chain::continued`], for many with one key.
    pub fn continued_by(&self, sealed: &Sealed, key: &PublicKey) -> Option<Self> {
        let next = match sealed.void {
            None => self.after(&sealed.header, &sealed.payload)?,
            Some(hash) => Self { n: self.n.checked_add(1).filter(|n| *n == sealed.header.n)?, hash },
        };
        key.verifies(&next.hash.0, &sealed.signature).then_some(next)
    }

    /// The chain after one more mutation; `None` when its number is not the next one.
    pub fn after(&self, header: &Header, payload: &[u8]) -> Option<Self> {
        if header.n != self.n.checked_add(1)? {
            return None;
        }
        let mut hasher = blake3::Hasher::new_derive_key("lockstep 2026 device chain");
        hasher.update(&self.hash.0);
        let header = crate::frame::encode(header);
        hasher.update(&(header.len() as u64).to_le_bytes());
        hasher.update(&header);
        hasher.update(payload);
        Some(Self { n: self.n + 1, hash: Key(*hasher.finalize().as_bytes()) })
    }
}

/// A device's signing key. Shows nothing of itself when printed.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

impl DeviceKey {
    /// The key that follows from a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> Key {
        Key(self.0.verifying_key().to_bytes())
    }

    /// Signs bytes made by one of the functions of this module.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }

    /// Seals the next mutation of the chain: returns it with the chain after it.
    pub fn seal(&self, chain: &Chain, mutation: &Mutation, at: Timestamp) -> (Sealed, Chain) {
        let header = Header { n: chain.n + 1, lane: mutation.lane(), name: mutation.name().to_owned(), at };
        let payload = mutation.to_payload();
        let next = chain.after(&header, &payload).unwrap_or(*chain);
        let signature = self.sign(&next.hash.0);
        (Sealed { header, payload, signature, void: None }, next)
    }
}

/// A device's public key, unpacked: that costs a tenth of verifying a signature with it.
#[derive(Debug)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// `None` when these bytes are no key.
    pub fn new(key: &Key) -> Option<Self> {
        VerifyingKey::from_bytes(&key.0).ok().map(Self)
    }

    /// Whether `signature` over `bytes` is by the owner of this key.
    pub fn verifies(&self, bytes: &[u8], signature: &Signature) -> bool {
        self.0.verify_strict(bytes, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok()
    }
}

/// Whether `signature` over `bytes` is by the owner of `public`.
pub fn verify(public: &Key, bytes: &[u8], signature: &Signature) -> bool {
    PublicKey::new(public).is_some_and(|key| key.verifies(bytes, signature))
}

/// What a device signs to sign in.
pub fn hello_bytes(program: ProgramId, device: DeviceId, nonce: &Key) -> Vec<u8> {
    labelled(b"lockstep hello 1", &[program.as_bytes(), device.as_bytes(), &nonce.0])
}

/// What a new device signs to join: proves that it holds the key it brings.
pub fn join_bytes(nonce: &Key, token: &Token, payload: &[u8]) -> Vec<u8> {
    labelled(b"lockstep join 1", &[&nonce.0, &token.0, payload])
}

/// The hash under which a hub knows an invitation token.
pub fn token_hash(token: &Token) -> Key {
    Key(blake3::derive_key("lockstep 2026 invitation token", &token.0))
}

fn labelled(label: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = label.to_vec();
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}
