//! `profile.json`: who this profile is to the keychain, and how to recognise its root key.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Damage, Error};
use crate::secret::{KEY_BYTES, RootKey, push_hex, random};
use crate::{files, layout};

const VERSION: u32 = 1;
const MAX_BYTES: u64 = 4096;
const CHECK_CONTEXT: &str = "app.lockstep.desktop 2026-11-22 root key check";

/// Where the device root key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyHome {
    /// In the keychain of the operating system.
    Keychain,
    /// In `vault.json`, sealed with a passphrase.
    Passphrase,
}

/// The content of `profile.json`; nothing in it is secret.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Profile {
    version: u32,
    /// Random; the user name of the keychain entry.
    pub(crate) id: String,
    /// `None` until the first key is safely stored.
    pub(crate) home: Option<KeyHome>,
    /// A fingerprint of the root key in the keychain. Without it, some other key under our entry would
    /// be noticed only when program after program fails to open.
    check: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Profile {
    /// A profile nobody has seen before.
    pub(crate) fn fresh() -> Result<Self, Error> {
        let mut id = String::with_capacity(32);
        push_hex(&mut id, random::<16>()?.as_slice());
        Ok(Self { version: VERSION, id, home: None, check: None })
    }

    /// Reads the file; `None` if there is none.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, Error> {
        let Some(bytes) = files::read_small(&dir.join(layout::PROFILE), MAX_BYTES)? else { return Ok(None) };
        // The version first: a later one may have any shape.
        let version: Version = serde_json::from_slice(&bytes).map_err(|_| Damage::ProfileUnreadable)?;
        if version.version > VERSION {
            return Err(Damage::TooNew.into());
        }
        let profile: Self = serde_json::from_slice(&bytes).map_err(|_| Damage::ProfileUnreadable)?;
        if profile.version != VERSION || profile.id.is_empty() {
            return Err(Damage::ProfileUnreadable.into());
        }
        Ok(Some(profile))
    }

    /// Replaces the file.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).map_err(|_| Error::Refused("to write profile.json"))?;
        files::write_atomically(&dir.join(layout::PROFILE), &text)
    }

    /// Records where the key lives from now on.
    pub(crate) fn settle(&mut self, home: KeyHome, root: &RootKey, dir: &Path) -> Result<(), Error> {
        // The vault file authenticates its own content; a fingerprint would only add a second truth.
        let check = (home == KeyHome::Keychain).then(|| fingerprint(root));
        if self.home != Some(home) || self.check != check {
            self.home = Some(home);
            self.check = check;
            self.write(dir)?;
        }
        Ok(())
    }

    /// Our root key among what the keychain answered, if it is there.
    pub(crate) fn recognise(&self, answers: &[Zeroizing<String>]) -> Option<RootKey> {
        answers.iter().filter_map(|answer| decode(answer)).find(|root| match &self.check {
            Some(check) => *check == fingerprint(root),
            None => true,
        })
    }
}

fn fingerprint(root: &RootKey) -> String {
    STANDARD.encode(root.derive(CHECK_CONTEXT).split_at(16).0)
}

/// The text that is stored in the keychain.
pub(crate) fn encode(root: &RootKey) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(root.expose()))
}

fn decode(text: &str) -> Option<RootKey> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    <&[u8; KEY_BYTES]>::try_from(bytes.as_slice()).ok().map(RootKey::new)
}
