//! What is really in the files of a profile: every page of a program's database and of its log as they
//! are under the cipher, free pages and old frames included, and every other file as it is.

use anyhow::{Context as _, Result, anyhow};
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use std::path::{Path, PathBuf};
use vault::{Passphrase, ProfileLock, Vault};

/// Bytes of a page, and those of them that SQLCipher reserves.
const PAGE: usize = 4_096;
const RESERVE: usize = 80;

/// Every file below a folder.
///
/// # Errors
/// When it cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Copies a folder with all below it, as somebody who takes the disk would.
///
/// # Errors
/// When it cannot be copied.
pub fn take(folder: &Path) -> Result<tempfile::TempDir> {
    let copy = tempfile::tempdir()?;
    for file in files(folder)? {
        let to = copy.path().join(file.strip_prefix(folder)?);
        std::fs::create_dir_all(to.parent().context("no folder")?)?;
        std::fs::copy(&file, to)?;
    }
    Ok(copy)
}

/// The database key of a program, from a profile that nobody has open and whose passphrase is known.
///
/// # Errors
/// When the vault does not open.
pub async fn database_key(profile: &Path, passphrase: &str, program: &str) -> Result<[u8; 32]> {
    let lock = ProfileLock::take(profile).map_err(|error| anyhow!("{error}"))?;
    let vault = Vault::unlock(&lock, Passphrase::new(passphrase.to_owned())).await;
    let keys = vault.map_err(|error| anyhow!("{error}"))?.program(program);
    let literal = keys.map_err(|error| anyhow!("{error}"))?.database.sqlcipher_literal();
    let digits = literal.trim_start_matches("x'").trim_end_matches('\'');
    let mut key = [0; 32];
    for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2).context("a short key")?, 16)?;
    }
    Ok(key)
}

/// The bytes of all files of a copied profile that may hold what a program showed: pages deciphered with
/// `key`, the rest as they are.
///
/// # Errors
/// When a file cannot be read.
pub fn plain(folder: &Path, key: &[u8; 32]) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    for file in files(folder)? {
        let bytes = std::fs::read(&file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("store.db") && name.ends_with("-wal") {
            for frame in bytes.get(32..).unwrap_or_default().chunks_exact(24 + PAGE) {
                let (header, page) = frame.split_at(24);
                plain.extend(decipher(page, key, header.starts_with(&[0, 0, 0, 1])));
            }
        } else if name.starts_with("store.db") && !name.ends_with("-shm") {
            for (number, page) in bytes.chunks_exact(PAGE).enumerate() {
                plain.extend(decipher(page, key, number == 0));
            }
        }
        plain.extend(bytes);
    }
    Ok(plain)
}

/// The first page begins with the salt of the file, in the clear.
fn decipher(page: &[u8], key: &[u8; 32], first: bool) -> Vec<u8> {
    let (cipher, reserve) = page.split_at(PAGE - RESERVE);
    let cipher = cipher.get(if first { 16 } else { 0 }..).unwrap_or_default();
    let mut blocks: Vec<aes::Block> =
        cipher.chunks_exact(16).filter_map(|block| aes::Block::try_from(block).ok()).collect();
    let Some(iv) = reserve.first_chunk::<16>() else { return Vec::new() };
    cbc::Decryptor::<aes::Aes256>::new(&(*key).into(), &(*iv).into()).decrypt_blocks(&mut blocks);
    blocks.iter().flatten().copied().collect()
}

/// How often a text appears.
pub fn hits(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}
