//! One running instance per profile folder.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::{files, layout};

/// Proof that this process alone uses a profile folder.
///
/// Everything that reads or mints keys asks for it, so two instances can never each mint one. Clones
/// share the lock; it is released when the last one (an open [`Vault`](crate::Vault) holds one) is
/// dropped, and by the operating system when the process dies in any way.
#[derive(Debug, Clone)]
pub struct ProfileLock {
    held: Arc<Held>,
}

#[derive(Debug)]
struct Held {
    dir: PathBuf,
    // Closing the file releases the lock.
    _file: File,
}

impl ProfileLock {
    /// Takes the lock of `dir`, creating the folder for its owner alone if need be. Never waits.
    ///
    /// # Errors
    /// [`Error::InUse`] if another instance, or this one, has it; [`Error::Io`] if the folder or the
    /// lock file cannot be created or the file system knows no locks.
    pub fn take(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref().to_owned();
        files::create_private_dir(&dir)?;
        let path = dir.join(layout::LOCK);
        let mut options = files::private_options();
        // The file stays when the lock is gone: removing it would let two processes lock two files.
        let file = options.create(true).truncate(false).open(&path).map_err(Error::io("open", &path))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::InUse,
            TryLockError::Error(error) => Error::io("lock", &path)(error),
        })?;
        Ok(Self { held: Arc::new(Held { dir, _file: file }) })
    }

    /// The profile folder.
    pub fn dir(&self) -> &Path {
        &self.held.dir
    }
}
