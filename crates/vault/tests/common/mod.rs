//! What both test binaries need.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use vault::{State, Vault};

/// The open vault, or an error naming the state instead.
pub fn opened(state: State) -> Result<Vault> {
    match state {
        State::Open(vault) => Ok(vault),
        other => bail!("expected an open vault, found {other:?}"),
    }
}

/// Every file below `dir`.
pub fn all_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(all_files(&entry.path())?);
        } else if entry.file_type()?.is_file() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The files below `dir` that contain `needle`.
pub fn files_containing(dir: &Path, needle: &[u8]) -> Result<Vec<PathBuf>> {
    assert!(needle.len() >= 16, "too short to prove anything");
    let mut found = Vec::new();
    for file in all_files(dir)? {
        if std::fs::read(&file)?.windows(needle.len()).any(|window| window == needle) {
            found.push(file);
        }
    }
    Ok(found)
}

/// The bytes written as lower-case hexadecimal.
pub fn from_hex(text: &str) -> Result<Vec<u8>> {
    text.as_bytes().chunks(2).map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}
