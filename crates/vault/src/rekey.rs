//! Moving the root key to another home, and another passphrase for the one it has. The key itself stays
//! the same, so nothing has to be encrypted again.
//!
//! Each step leaves a profile that opens: the new home is written and read back before the old one is
//! given up, and while both exist the vault file counts.

use crate::error::{Damage, Error};
use crate::keychain::Keychain;
use crate::layout;
use crate::lock::ProfileLock;
use crate::passphrase::{Passphrase, SealedRoot};
use crate::profile::{KeyHome, Profile, encode};
use crate::secret::RootKey;
use crate::start::blocking;
use crate::vault::Vault;
use crate::{files, vault::DEVICE_DB};

impl Vault {
    /// Protects the root key with another passphrase. Takes about half a second.
    ///
    /// # Errors
    /// [`Error::WrongPassphrase`] for the old one, [`Error::BadPassphrase`] for the new one,
    /// [`Error::NoPassphrase`] when the key is in a keychain. The old passphrase stays in force then.
    pub async fn change_passphrase(&self, old: Passphrase, new: Passphrase) -> Result<(), Error> {
        let (lock, ours) = (self.lock.clone(), self.device_db_key().sqlcipher_literal());
        blocking(move || {
            let root = sealed_root(&lock, &old, &ours)?;
            SealedRoot::seal(&root, &new)?.write(lock.dir())
        })
        .await
    }

    /// Moves the root key from the passphrase vault into the keychain.
    ///
    /// # Errors
    /// As [`Vault::change_passphrase`], and [`Error::KeychainLocked`] or [`Error::KeychainMissing`]. The
    /// passphrase stays in force then.
    pub async fn move_to_keychain(&self, keychain: &Keychain, passphrase: Passphrase) -> Result<(), Error> {
        let (lock, keychain) = (self.lock.clone(), keychain.clone());
        let ours = self.device_db_key().sqlcipher_literal();
        blocking(move || {
            let root = sealed_root(&lock, &passphrase, &ours)?;
            let mut profile = Profile::read(lock.dir())?.ok_or(Damage::ProfileMissing)?;
            let text = encode(&root);
            keychain.write(&profile.id, &text)?;
            // That it took the entry proves nothing.
            if !keychain.read(&profile.id)?.contains(&text) {
                return Err(Error::KeychainMissing);
            }
            profile.settle(KeyHome::Keychain, &root, lock.dir())?;
            files::destroy(&lock.dir().join(layout::VAULT))
        })
        .await?;
        self.settle(KeyHome::Keychain);
        Ok(())
    }

    /// Moves the root key from the keychain under a passphrase. False when the entry in the keychain
    /// could not be removed: it still opens the profile for whoever can read both.
    ///
    /// # Errors
    /// [`Error::BadPassphrase`], [`Error::KeychainLocked`] or [`Error::KeychainMissing`],
    /// [`Error::KeyExists`] when a passphrase is in force already. The keychain stays in force then.
    pub async fn move_to_passphrase(
        &self,
        keychain: &Keychain,
        passphrase: Passphrase,
    ) -> Result<bool, Error> {
        let (lock, keychain) = (self.lock.clone(), keychain.clone());
        let cleared = blocking(move || {
            if SealedRoot::read(lock.dir())?.is_some() {
                return Err(Error::KeyExists);
            }
            let mut profile = Profile::read(lock.dir())?.ok_or(Damage::ProfileMissing)?;
            let answers = keychain.read(&profile.id)?;
            let root = profile.recognise(&answers).ok_or(Error::KeychainMissing)?;
            SealedRoot::seal(&root, &passphrase)?.write(lock.dir())?;
            profile.settle(KeyHome::Passphrase, &root, lock.dir())?;
            Ok(keychain.remove(&profile.id).is_ok())
        })
        .await?;
        self.settle(KeyHome::Passphrase);
        Ok(cleared)
    }
}

/// The root key out of the vault file, if it is the one this vault was opened with.
fn sealed_root(lock: &ProfileLock, passphrase: &Passphrase, ours: &str) -> Result<RootKey, Error> {
    let root = SealedRoot::read(lock.dir())?.ok_or(Error::NoPassphrase)?.unseal(passphrase)?;
    let theirs = crate::secret::DbKey::new(&root.derive(DEVICE_DB)).sqlcipher_literal();
    // A vault file brought back from elsewhere would seal away a key that opens nothing here.
    if theirs.as_str() == ours { Ok(root) } else { Err(Damage::VaultUnreadable.into()) }
}
