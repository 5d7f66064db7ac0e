//! `vault.json`: the root key under a passphrase, for machines without a keychain.

use std::fmt;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Damage, Error};
use crate::seal::{NONCE_BYTES, TAG_BYTES, nonce, seal, unseal};
use crate::secret::{KEY_BYTES, KeyBytes, RootKey, random};
use crate::{files, layout};

/// Fewest characters of a new passphrase.
pub const MIN_PASSPHRASE_CHARS: usize = 8;
/// Most bytes (UTF-8) of a passphrase.
pub const MAX_PASSPHRASE_BYTES: usize = 1024;

const FORMAT: u32 = 1;
const MAX_FILE_BYTES: u64 = 4096;
const KDF: &str = "argon2id";
const SALT_BYTES: usize = 16;

/// What a person typed; wiped when dropped, never printed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Refuses a passphrase that should not protect anything.
    fn check_new(&self) -> Result<(), Error> {
        let long_enough = self.0.chars().count() >= MIN_PASSPHRASE_CHARS;
        if long_enough && self.0.len() <= MAX_PASSPHRASE_BYTES { Ok(()) } else { Err(Error::BadPassphrase) }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// How much work one guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// What new files get, and the least that is accepted from an old one: a file somebody else wrote
    /// must not talk us into protecting the key less.
    const FLOOR: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// The most that is accepted: more would only starve the machine before we know who asks.
    const CEILING: Self = Self { memory_kib: 512 * 1024, passes: 16, lanes: 4 };

    fn check(self) -> Result<(), Damage> {
        let pairs = |bound: Self| {
            [(self.memory_kib, bound.memory_kib), (self.passes, bound.passes), (self.lanes, bound.lanes)]
        };
        if pairs(Self::FLOOR).iter().any(|(asked, least)| asked < least) {
            return Err(Damage::WeakParameters);
        }
        if pairs(Self::CEILING).iter().any(|(asked, most)| asked > most) {
            return Err(Damage::ExcessiveParameters);
        }
        Ok(())
    }
}

/// A sealed root key whose parameters were found acceptable.
#[derive(Debug)]
pub(crate) struct SealedRoot {
    cost: Cost,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    wrapped: [u8; KEY_BYTES + TAG_BYTES],
}

/// The file as it is written; binary fields in base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VaultFile {
    version: u32,
    kdf: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    nonce: String,
    wrapped: String,
}

#[derive(Deserialize)]
struct FormatOnly {
    version: u32,
}

impl SealedRoot {
    /// Seals `root`. Takes as long as one guess, about a quarter of a second.
    pub(crate) fn seal(root: &RootKey, passphrase: &Passphrase) -> Result<Self, Error> {
        passphrase.check_new()?;
        let mut sealed = Self {
            cost: Cost::FLOOR,
            salt: *random()?,
            nonce: nonce()?,
            wrapped: [0; KEY_BYTES + TAG_BYTES],
        };
        let key = sealed.stretch(passphrase)?;
        let wrapped = seal(&key, sealed.nonce, &sealed.header(), root.expose())?;
        sealed.wrapped = wrapped.try_into().map_err(|_| Error::Refused("to seal the root key"))?;
        Ok(sealed)
    }

    /// Opens it again.
    pub(crate) fn unseal(&self, passphrase: &Passphrase) -> Result<RootKey, Error> {
        if passphrase.0.len() > MAX_PASSPHRASE_BYTES {
            return Err(Error::WrongPassphrase);
        }
        let key = self.stretch(passphrase)?;
        let root = unseal(&key, self.nonce, &self.header(), &self.wrapped).ok_or(Error::WrongPassphrase)?;
        <&[u8; KEY_BYTES]>::try_from(root.as_slice())
            .map(RootKey::new)
            .map_err(|_| Damage::VaultUnreadable.into())
    }

    /// Reads the file; `None` if there is none. Checks the parameters before anybody pays for them.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, Error> {
        let Some(bytes) = files::read_small(&dir.join(layout::VAULT), MAX_FILE_BYTES)? else {
            return Ok(None);
        };
        Ok(Self::parse(&bytes).map(Some)?)
    }

    /// Replaces the file.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), Error> {
        let file = VaultFile {
            version: FORMAT,
            kdf: KDF.to_owned(),
            memory_kib: self.cost.memory_kib,
            passes: self.cost.passes,
            lanes: self.cost.lanes,
            salt: STANDARD.encode(self.salt),
            nonce: STANDARD.encode(self.nonce),
            wrapped: STANDARD.encode(self.wrapped),
        };
        let text = serde_json::to_vec_pretty(&file).map_err(|_| Error::Refused("to write vault.json"))?;
        files::write_atomically(&dir.join(layout::VAULT), &text)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Damage> {
        let format: FormatOnly = serde_json::from_slice(bytes).map_err(|_| Damage::VaultUnreadable)?;
        if format.version > FORMAT {
            return Err(Damage::TooNew);
        }
        let file: VaultFile = serde_json::from_slice(bytes).map_err(|_| Damage::VaultUnreadable)?;
        if file.version != FORMAT || file.kdf != KDF {
            return Err(Damage::VaultUnreadable);
        }
        let cost = Cost { memory_kib: file.memory_kib, passes: file.passes, lanes: file.lanes };
        cost.check()?;
        Ok(Self {
            cost,
            salt: decode(&file.salt)?,
            nonce: decode(&file.nonce)?,
            wrapped: decode(&file.wrapped)?,
        })
    }

    /// What the wrapped key is bound to: nobody can change how it was made and keep it valid.
    fn header(&self) -> Vec<u8> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let mut header = b"lockstep passphrase vault, argon2id".to_vec();
        for number in [FORMAT, memory_kib, passes, lanes] {
            header.extend(number.to_le_bytes());
        }
        header.extend(self.salt);
        header
    }

    fn stretch(&self, passphrase: &Passphrase) -> Result<KeyBytes, Error> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let refused = |_| Error::Refused("memory for the passphrase");
        let params = Params::new(memory_kib, passes, lanes, Some(KEY_BYTES)).map_err(refused)?;
        let mut key = KeyBytes::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.0.as_bytes(), &self.salt, key.as_mut_slice())
            .map_err(refused)?;
        Ok(key)
    }
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], Damage> {
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| <[u8; N]>::try_from(bytes).ok())
        .ok_or(Damage::VaultUnreadable)
}
