//! Opening a profile: which of the few states it is in, and the ways on from each.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::error::{Damage, Error};
use crate::keychain::{Keychain, Refusal};
use crate::lock::ProfileLock;
use crate::passphrase::{Passphrase, SealedRoot};
use crate::profile::{KeyHome, Profile, encode};
use crate::secret::{RootKey, random};
use crate::vault::Vault;
use crate::{files, layout};

/// What opening a profile led to.
#[derive(Debug)]
pub enum State {
    /// The keys are here.
    Open(Vault),
    /// First start and no usable keychain: ask for a passphrase ([`Vault::choose_passphrase`]).
    NeedsPassphrase,
    /// A passphrase protects this profile: ask for it ([`Vault::unlock`]).
    PassphraseLocked,
    /// The keychain is there but gives nothing: have it unlocked, then open again. Nothing was
    /// minted. On the first start a passphrase is possible instead.
    KeychainLocked(Locked),
    /// The key is in a keychain, and this session offers none.
    KeychainMissing,
    /// The keychain answers, but not with our key, although encrypted files exist: recovery, or
    /// [`Vault::start_over`].
    KeyLost,
    /// A file of the vault cannot be trusted: repair it, or [`Vault::start_over`]; for
    /// [`Damage::TooNew`] update the application.
    Damaged(Damage),
}

/// How a keychain withheld the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locked {
    /// It said no: locked, and nobody answered its prompt.
    Refused,
    /// It said nothing within the time limit: hung, or its prompt still waits for an answer.
    NoAnswer,
}

/// What [`Vault::start_over`] did.
#[derive(Debug)]
pub struct StartedOver {
    /// The state of the new beginning.
    pub state: State,
    /// The folder that now holds what was there: a complete profile, which opens again should its
    /// key turn up.
    pub kept_in: PathBuf,
}

impl Vault {
    /// Opens the profile, minting a root key only if nothing was ever encrypted here.
    ///
    /// Returns within a few times the keychain's time limit, whatever the keychain does. Call it again
    /// to retry. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Refused`] for what the person cannot decide; all else is a [`State`].
    pub async fn open(profile: &ProfileLock, keychain: &Keychain) -> Result<State, Error> {
        let (lock, keychain) = (profile.clone(), keychain.clone());
        blocking(move || open(&lock, &keychain)).await
    }

    /// Opens a profile that a passphrase protects. Takes about a quarter of a second.
    ///
    /// # Errors
    /// [`Error::WrongPassphrase`]; [`Error::NoPassphrase`] if there is no vault file;
    /// [`Error::Damaged`] if the vault file cannot be trusted.
    pub async fn unlock(profile: &ProfileLock, passphrase: Passphrase) -> Result<Self, Error> {
        let lock = profile.clone();
        blocking(move || {
            let sealed = SealedRoot::read(lock.dir())?.ok_or(Error::NoPassphrase)?;
            Ok(Self::from_root(&lock, KeyHome::Passphrase, &sealed.unseal(&passphrase)?))
        })
        .await
    }

    /// Mints a root key and protects it with a passphrase instead of a keychain.
    ///
    /// # Errors
    /// [`Error::KeyExists`] unless nothing was ever encrypted here; [`Error::BadPassphrase`] if it is
    /// too short or too long.
    pub async fn choose_passphrase(profile: &ProfileLock, passphrase: Passphrase) -> Result<Self, Error> {
        let lock = profile.clone();
        blocking(move || choose_passphrase(&lock, &passphrase)).await
    }

    /// Moves everything encrypted into a new folder `set-aside-<utc>` beside it, deletes nothing, not
    /// even the keychain entry, and opens a new, empty profile.
    ///
    /// Close every database first, and drop the open vault if there is one.
    ///
    /// # Errors
    /// [`Error::Io`]; what was moved until then stays where it is, and calling again moves the rest.
    pub async fn start_over(profile: &ProfileLock, keychain: &Keychain) -> Result<StartedOver, Error> {
        let (lock, keychain) = (profile.clone(), keychain.clone());
        blocking(move || {
            let kept_in = set_aside(lock.dir())?;
            Ok(StartedOver { state: open(&lock, &keychain)?, kept_in })
        })
        .await
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    // The work ends in bounded time, so it cannot keep the runtime from shutting down.
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Error::Refused("a thread")))
}

fn open(lock: &ProfileLock, keychain: &Keychain) -> Result<State, Error> {
    match try_open(lock, keychain) {
        Err(Error::Damaged(damage)) => Ok(State::Damaged(damage)),
        other => other,
    }
}

fn try_open(lock: &ProfileLock, keychain: &Keychain) -> Result<State, Error> {
    let dir = lock.dir();
    let encrypted = layout::holds_encrypted_files(dir)?;
    // The vault file wins over what the profile says: it is written first.
    if SealedRoot::read(dir)?.is_some() {
        return Ok(State::PassphraseLocked);
    }
    let mut profile = match Profile::read(dir)? {
        Some(profile) if profile.home == Some(KeyHome::Passphrase) && encrypted => {
            return Err(Damage::VaultMissing.into());
        }
        Some(profile) => profile,
        None if encrypted => return Err(Damage::ProfileMissing.into()),
        None => {
            // Written before anything is stored under its id, or the entry could not be found again.
            let profile = Profile::fresh()?;
            profile.write(dir)?;
            profile
        }
    };
    let answer = keychain.read(&profile.id).and_then(|answers| match profile.recognise(&answers) {
        None if !encrypted => mint(&profile, keychain).map(Some),
        known => Ok(known.map(Ok)),
    });
    Ok(match answer {
        Ok(Some(root)) => {
            let root = root?;
            profile.settle(KeyHome::Keychain, &root, dir)?;
            State::Open(Vault::from_root(lock, KeyHome::Keychain, &root))
        }
        Ok(None) => State::KeyLost,
        Err(Refusal::Locked) => State::KeychainLocked(Locked::Refused),
        Err(Refusal::NoAnswer) => State::KeychainLocked(Locked::NoAnswer),
        Err(Refusal::Absent) if encrypted || profile.home == Some(KeyHome::Keychain) => {
            State::KeychainMissing
        }
        Err(Refusal::Absent) => State::NeedsPassphrase,
    })
}

/// Mints a key and makes sure that the keychain keeps it: that a store opens, or takes an entry,
/// proves nothing.
fn mint(profile: &Profile, keychain: &Keychain) -> Result<Result<RootKey, Error>, Refusal> {
    let root = match random() {
        Ok(bytes) => RootKey::new(&bytes),
        Err(error) => return Ok(Err(error)),
    };
    let text = encode(&root);
    keychain.write(&profile.id, &text)?;
    if keychain.read(&profile.id)?.contains(&text) { Ok(Ok(root)) } else { Err(Refusal::Absent) }
}

fn choose_passphrase(lock: &ProfileLock, passphrase: &Passphrase) -> Result<Vault, Error> {
    let dir = lock.dir();
    if layout::holds_encrypted_files(dir)? || dir.join(layout::VAULT).exists() {
        return Err(Error::KeyExists);
    }
    let mut profile = match Profile::read(dir)? {
        Some(profile) => profile,
        None => Profile::fresh()?,
    };
    let root = RootKey::new(&*random()?);
    SealedRoot::seal(&root, passphrase)?.write(dir)?;
    profile.settle(KeyHome::Passphrase, &root, dir)?;
    Ok(Vault::from_root(lock, KeyHome::Passphrase, &root))
}

/// Moves the old profile away. `profile.json` is copied first and replaced last, so that after a crash
/// anywhere in between what was moved can still be told whose it is.
fn set_aside(dir: &Path) -> Result<PathBuf, Error> {
    let kept_in = new_set_aside_dir(dir)?;
    let profile = dir.join(layout::PROFILE);
    if profile.exists() {
        let copy = kept_in.join(layout::PROFILE);
        fs::copy(&profile, &copy).map_err(Error::io("copy", &profile))?;
        fs::File::open(&copy).and_then(|file| file.sync_all()).map_err(Error::io("sync", &copy))?;
        files::sync_parent(&copy)?;
    }
    for old in layout::belongings(dir)? {
        if let Some(name) = old.file_name() {
            fs::rename(&old, kept_in.join(name)).map_err(Error::io("move", &old))?;
        }
    }
    files::sync_parent(&kept_in.join(layout::PROFILE))?;
    // A new id: the new key must not overwrite the old entry in the keychain.
    Profile::fresh()?.write(dir)?;
    Ok(kept_in)
}

fn new_set_aside_dir(dir: &Path) -> Result<PathBuf, Error> {
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let first = format!("{}{now}", layout::SET_ASIDE);
    let mut path = dir.join(&first);
    let mut count = 1;
    while path.exists() {
        count += 1;
        path = dir.join(format!("{first}-{count}"));
    }
    files::create_private_dir(&path)?;
    Ok(path)
}
