//! Which names in a profile folder mean what.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::Error;

pub(crate) const LOCK: &str = "profile.lock";
pub(crate) const PROFILE: &str = "profile.json";
pub(crate) const VAULT: &str = "vault.json";
pub(crate) const PROGRAMS: &str = "programs";
pub(crate) const PROGRAM_KEY: &str = "key";
pub(crate) const DEVICE_DB: &str = "device.db";
pub(crate) const SET_ASIDE: &str = "set-aside-";

/// Everything that only the keys of this profile can read, and what is needed to find those keys
/// again. `profile.json` is not listed: starting over copies and then replaces it.
pub(crate) fn belongings(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = device_db_files(dir)?;
    found.extend([dir.join(PROGRAMS), dir.join(VAULT)].into_iter().filter(|path| path.exists()));
    Ok(found)
}

/// Whether anything was ever encrypted here. In doubt yes: the answer decides whether a new key may
/// be minted, and the price of a wrong yes is a question, that of a wrong no is the person's data.
pub(crate) fn holds_encrypted_files(dir: &Path) -> Result<bool, Error> {
    Ok(!device_db_files(dir)?.is_empty() || holds_a_file(&dir.join(PROGRAMS))?)
}

/// The device database with whatever SQLite keeps beside it (`-wal`, `-shm`, `-journal`).
fn device_db_files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = entries(dir)?;
    found.retain(|path| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(DEVICE_DB))
    });
    Ok(found)
}

fn holds_a_file(dir: &Path) -> Result<bool, Error> {
    for path in entries(dir)? {
        // A link counts as a file and is not followed: no loops.
        if !path.is_dir() || path.is_symlink() || holds_a_file(&path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The paths in a folder in alphabetical order; none if there is no such folder.
pub(crate) fn entries(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let listed = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect()),
    };
    let mut paths: Vec<PathBuf> = listed.map_err(Error::io("list", dir))?;
    paths.sort();
    Ok(paths)
}
