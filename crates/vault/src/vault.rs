//! An open vault: the derived keys, and the folder they belong to.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::layout;
use crate::lock::ProfileLock;
use crate::profile::KeyHome;
use crate::secret::{DbKey, KeyBytes, RedactionKey, RootKey};

// Never change or reuse one of these: each is a different key.
const PROGRAM_KEK: &str = "app.lockstep.desktop 2026-11-22 wraps program keys";
pub(crate) const DEVICE_DB: &str = "app.lockstep.desktop 2026-11-22 device database";
const REDACTION: &str = "app.lockstep.desktop 2026-11-22 log redaction";

/// The keys of one profile, ready for use.
///
/// Holds what is derived from the root key, not the root key itself, and holds the profile's lock. All
/// secrets are wiped when it is dropped.
pub struct Vault {
    pub(crate) lock: ProfileLock,
    home: Mutex<KeyHome>,
    device_db: DbKey,
    redaction: RedactionKey,
    pub(crate) program_kek: KeyBytes,
    /// Held while a key file is created or destroyed.
    pub(crate) writing: Mutex<()>,
}

impl Vault {
    pub(crate) fn from_root(lock: &ProfileLock, home: KeyHome, root: &RootKey) -> Self {
        Self {
            lock: lock.clone(),
            home: Mutex::new(home),
            device_db: DbKey::new(&root.derive(DEVICE_DB)),
            redaction: RedactionKey::new(&root.derive(REDACTION)),
            program_kek: root.derive(PROGRAM_KEK),
            writing: Mutex::new(()),
        }
    }

    /// Where the root key is kept.
    pub fn home(&self) -> KeyHome {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settle(&self, home: KeyHome) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = home;
    }

    /// The profile folder.
    pub fn dir(&self) -> &Path {
        self.lock.dir()
    }

    /// Key of the small device database (settings, saved views).
    pub fn device_db_key(&self) -> &DbKey {
        &self.device_db
    }

    /// Where the device database belongs. A file there counts as encrypted when it is decided whether
    /// a new root key may be minted.
    pub fn device_db_path(&self) -> PathBuf {
        self.dir().join(layout::DEVICE_DB)
    }

    /// Key that masks names in logs.
    pub fn redaction_key(&self) -> &RedactionKey {
        &self.redaction
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("dir", &self.dir()).field("home", &self.home()).finish_non_exhaustive()
    }
}
