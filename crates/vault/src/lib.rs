//! The keys of one profile folder, and where they live between two starts.
//!
//! Everything Lockstep keeps on a device is encrypted, so everything hangs on one secret: the
//! 32-byte *device root key*. It is never in the profile folder. Its home is the keychain of the
//! operating system or, where there is none and only if the person says so, a file sealed with a
//! passphrase. From the root come (BLAKE3 `derive_key`, one named context each) the key of the small
//! device database, the key that masks names in logs, and the key that wraps what is random per
//! program: its database key and the seed of the device's signing identity.
//!
//! ```text
//! profile folder/
//!   profile.lock                 held for life: two instances never share a profile
//!   profile.json                 random profile id, where the root key lives, how to recognise it
//!   vault.json                   only with a passphrase: the root key, sealed
//!   device.db                    written by others under `Vault::device_db_key`
//!   programs/<program id>/key    the wrapped keys of one program; destroying it is leaving
//!   programs/<program id>/…      written by others under `ProgramKeys::database`
//!   set-aside-<utc>/             what `Vault::start_over` moved away, complete
//! ```
//!
//! The rule the rest of this crate serves: a keychain that was switched, moved or emptied answers
//! exactly as on the first day, "no such entry". A new key minted then would orphan everything the
//! person wrote. So a key is minted only while no encrypted file exists; otherwise the answer is
//! [`State::KeyLost`], and only [`Vault::start_over`], which deletes nothing, leads on.

#![forbid(unsafe_code)]

mod error;
mod files;
mod keychain;
mod layout;
mod lock;
mod passphrase;
mod profile;
mod programs;
mod rekey;
mod seal;
mod secret;
mod start;
mod vault;

pub use error::{Code, Damage, Error};
pub use keychain::{
    Behaviour, DEFAULT_SERVICE, DEFAULT_TIME_LIMIT, Keychain, MemoryKeychain, SystemKeychain,
};
pub use lock::ProfileLock;
pub use passphrase::{MAX_PASSPHRASE_BYTES, MIN_PASSPHRASE_CHARS, Passphrase};
pub use profile::KeyHome;
pub use programs::{MAX_PROGRAM_ID_BYTES, ProgramKeys};
pub use secret::{DbKey, DeviceSeed, RedactionKey};
pub use start::{Locked, StartedOver, State};
pub use vault::Vault;
