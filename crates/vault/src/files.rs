//! Small files that are either wholly the old ones or wholly the new ones, whatever happens.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::Error;

/// Creates a folder, with its parents, that only its owner may enter.
pub(crate) fn create_private_dir(path: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::io("create", path))?;
    sync_parent(path)
}

/// Replaces `path` by `bytes`: a temporary file beside it, synced, renamed over it, and the folder
/// synced, so that neither a crash nor a power cut leaves half a file or loses it after success.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    // Left over from a crash; opening it again would keep its permissions.
    remove_if_there(&temporary)?;
    let written = write_new(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, path).map_err(Error::io("replace", path)));
    if written.is_err() {
        // The first error says more than one about the leftovers would.
        let _ = fs::remove_file(&temporary);
    }
    written.and_then(|()| sync_parent(path))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut options = private_options();
    options.create_new(true);
    let mut file = options.open(path).map_err(Error::io("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io("write", path))
}

/// Options for writing a file that only its owner may read.
pub(crate) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Reads at most one byte more than `limit` bytes (so a longer file fails to parse instead of filling
/// the memory), or `None` if there is no such file.
pub(crate) fn read_small(path: &Path, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("open", path)(error)),
    };
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    Ok(Some(bytes))
}

/// Overwrites a file with zeros, then removes it. On a copying file system or an SSD the old block may
/// survive underneath; what survives is still wrapped by a key that is not in this folder.
pub(crate) fn destroy(path: &Path) -> Result<(), Error> {
    let length = fs::metadata(path).map_err(Error::io("inspect", path))?.len();
    let mut file = private_options().open(path).map_err(Error::io("open", path))?;
    io::copy(&mut io::repeat(0).take(length), &mut file)
        .and_then(|_| file.sync_all())
        .map_err(Error::io("overwrite", path))?;
    drop(file);
    fs::remove_file(path).map_err(Error::io("remove", path))?;
    sync_parent(path)
}

/// Makes a rename, creation or removal of `path` durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Error> {
    // Windows offers no such call on folders; NTFS journals names itself.
    #[cfg(unix)]
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent).and_then(|dir| dir.sync_all()).map_err(Error::io("sync", parent))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}
