//! The keys of one joined program: random, wrapped by a key derived from the root.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use zeroize::Zeroizing;

use crate::error::{Damage, Error};
use crate::seal::{NONCE_BYTES, TAG_BYTES, nonce, seal, unseal};
use crate::secret::{DbKey, DeviceSeed, KEY_BYTES, random};
use crate::vault::Vault;
use crate::{files, layout};

/// Most bytes of a program id; a UUID has 36.
pub const MAX_PROGRAM_ID_BYTES: usize = 64;

/// Begins every key file; the last byte is the version of the format.
const MAGIC: &[u8; 8] = b"LSKPKEY\x01";
const SECRET_BYTES: usize = 2 * KEY_BYTES;
const FILE_BYTES: usize = MAGIC.len() + NONCE_BYTES + SECRET_BYTES + TAG_BYTES;

/// What a device needs of its own in one program.
#[derive(Debug)]
pub struct ProgramKeys {
    /// Key of the program's database.
    pub database: DbKey,
    /// Seed of the identity with which this device signs in this program.
    pub device_seed: DeviceSeed,
}

impl Vault {
    /// Mints the keys of a program this device joins. Blocking: a few synced writes.
    ///
    /// What an earlier stay left in [`Vault::program_dir`] is unreadable under the new key; remove it
    /// first.
    ///
    /// # Errors
    /// [`Error::ProgramExists`] if there are keys already: they are never overwritten.
    pub fn create_program(&self, program: &str) -> Result<ProgramKeys, Error> {
        let path = self.key_path(program)?;
        // Two joins at once must not each mint keys and overwrite the other's.
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if read(&path)?.is_some() {
            return Err(Error::ProgramExists);
        }
        let secret = random::<SECRET_BYTES>()?;
        let nonce = nonce()?;
        let mut file = MAGIC.to_vec();
        file.extend(nonce);
        file.extend(seal(&self.program_kek, nonce, &context(program), secret.as_slice())?);
        // One after the other, so that each of them has its name on the disk.
        files::create_private_dir(&self.dir().join(layout::PROGRAMS))?;
        files::create_private_dir(&self.program_dir(program)?)?;
        if let Err(error) = files::write_atomically(&path, &file) {
            // Nobody has seen these keys, and they must not be in the way of the next attempt.
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        split(secret.as_slice()).ok_or(Error::Refused("to split a key"))
    }

    /// The keys of a joined program. Blocking: one small read.
    ///
    /// # Errors
    /// [`Error::NoSuchProgram`] without a key file; [`Damage::ProgramKey`] if the file was changed,
    /// truncated, or made for another program or under another root key.
    pub fn program(&self, program: &str) -> Result<ProgramKeys, Error> {
        let file = read(&self.key_path(program)?)?.ok_or(Error::NoSuchProgram)?;
        self.unwrap(program, &file).ok_or_else(|| Damage::ProgramKey.into())
    }

    /// Leaves a program: overwrites its key file, then removes it. From here on nobody can read its
    /// database, so close that first. Blocking: a few synced writes. What else is in
    /// [`Vault::program_dir`] is the caller's to remove; doing it later or twice is harmless.
    ///
    /// # Errors
    /// [`Error::NoSuchProgram`] if there is no key (any more).
    pub fn forget_program(&self, program: &str) -> Result<(), Error> {
        let path = self.key_path(program)?;
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // Not `read`: a file that was overwritten just before a crash still has to go.
        if !path.exists() {
            return Err(Error::NoSuchProgram);
        }
        files::destroy(&path)
    }

    /// Ids of the programs this device holds keys of, in alphabetical order, readable or not.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn programs(&self) -> Result<Vec<String>, Error> {
        let mut ids = Vec::new();
        for dir in layout::entries(&self.dir().join(layout::PROGRAMS))? {
            let Some(id) = dir.file_name().and_then(|name| name.to_str()) else { continue };
            if is_program_id(id) && read(&dir.join(layout::PROGRAM_KEY))?.is_some() {
                ids.push(id.to_owned());
            }
        }
        Ok(ids)
    }

    /// The folder in which everything of one program belongs, joined or not.
    ///
    /// # Errors
    /// [`Error::BadProgramId`] if the id cannot be the name of a folder.
    pub fn program_dir(&self, program: &str) -> Result<PathBuf, Error> {
        if !is_program_id(program) {
            return Err(Error::BadProgramId);
        }
        Ok(self.dir().join(layout::PROGRAMS).join(program))
    }

    fn key_path(&self, program: &str) -> Result<PathBuf, Error> {
        Ok(self.program_dir(program)?.join(layout::PROGRAM_KEY))
    }

    fn unwrap(&self, program: &str, file: &[u8]) -> Option<ProgramKeys> {
        let rest = file.strip_prefix(MAGIC)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let secret = unseal(&self.program_kek, *nonce, &context(program), sealed)?;
        split(&secret)
    }
}

/// The key file, or `None` if there is none or it was overwritten in order to destroy it.
fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let file = files::read_small(path, FILE_BYTES as u64)?;
    Ok(file.filter(|bytes| bytes.is_empty() || bytes.iter().any(|byte| *byte != 0)))
}

/// What the wrapped keys are bound to: the format and the one program they belong to.
fn context(program: &str) -> Vec<u8> {
    [MAGIC.as_slice(), program.as_bytes()].concat()
}

fn split(secret: &[u8]) -> Option<ProgramKeys> {
    let (database, rest) = secret.split_first_chunk::<KEY_BYTES>()?;
    let device_seed = <&[u8; KEY_BYTES]>::try_from(rest).ok()?;
    Some(ProgramKeys { database: DbKey::new(database), device_seed: DeviceSeed::new(device_seed) })
}

/// Lower case only, because two ids must not become one folder on a file system that ignores case;
/// no separators or dots, because an id comes from a hub and must not point elsewhere.
fn is_program_id(id: &str) -> bool {
    (1..=MAX_PROGRAM_ID_BYTES).contains(&id.len())
        && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !is_windows_device(id)
}

/// Windows opens a device instead of a file under these names.
fn is_windows_device(name: &str) -> bool {
    matches!(name, "con" | "prn" | "aux" | "nul")
        || ["com", "lpt"].iter().any(|port| {
            name.strip_prefix(port)
                .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_names_are_program_ids() {
        for good in ["0190b5a0-7c1e-7000-8000-000000000001", "halden", "p1", "com10", "console"] {
            assert!(is_program_id(good), "{good}");
        }
        let long = "a".repeat(MAX_PROGRAM_ID_BYTES + 1);
        for bad in ["", ".", "..", "a/b", "a\\b", "../x", "A", "ü", "a b", "a.b", "con", "nul", "com1", &long]
        {
            assert!(!is_program_id(bad), "{bad}");
        }
    }
}
