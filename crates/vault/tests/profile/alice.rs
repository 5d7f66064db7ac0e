//! Alice, her profile folder, and a keychain in memory that misbehaves on command.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use vault::{Code, Error, Keychain, MemoryKeychain, Passphrase, ProfileLock, State, Vault};

pub const HALDEN: &str = "0190b5a0-7c1e-7000-8000-000000000001";
pub const MERIDIAN: &str = "0190b5a0-7c1e-7000-8000-000000000002";
pub const PASSPHRASE: &str = "correct horse battery";

/// Alice's profile folder and her keychain.
pub struct Alice {
    pub lock: ProfileLock,
    pub keychain: MemoryKeychain,
    _folder: tempfile::TempDir,
}

impl Alice {
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let lock = ProfileLock::take(folder.path().join("profile"))?;
        Ok(Self { lock, keychain: MemoryKeychain::default(), _folder: folder })
    }

    pub fn dir(&self) -> &Path {
        self.lock.dir()
    }

    pub async fn open(&self) -> Result<State> {
        Ok(Vault::open(&self.lock, &Keychain::Memory(self.keychain.clone())).await?)
    }

    pub async fn start_over(&self) -> Result<vault::StartedOver> {
        Ok(Vault::start_over(&self.lock, &Keychain::Memory(self.keychain.clone())).await?)
    }

    /// Edits one of her JSON files.
    pub fn edit(&self, file: &str, change: impl FnOnce(&mut serde_json::Value)) -> Result<()> {
        let path = self.dir().join(file);
        let mut json = serde_json::from_slice(&fs::read(&path)?)?;
        change(&mut json);
        Ok(fs::write(&path, serde_json::to_vec(&json)?)?)
    }
}

pub fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned())
}

pub fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Result<Code> {
    match result {
        Err(error) => Ok(error.code()),
        Ok(value) => bail!("expected an error, found {value:?}"),
    }
}
