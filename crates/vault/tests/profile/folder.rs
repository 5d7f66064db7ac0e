//! The profile folder as a whole: who may use it, what it may show, and starting over.

use std::fs;

use anyhow::Result;
use vault::{Behaviour, Code, Keychain, ProfileLock, State, Vault};

use crate::alice::{Alice, HALDEN, PASSPHRASE, code, passphrase};
use crate::common::{all_files, files_containing, from_hex, opened};

#[tokio::test]
async fn no_file_of_a_profile_holds_a_secret() -> Result<()> {
    let alice = Alice::new()?;
    let vault = Vault::choose_passphrase(&alice.lock, passphrase(PASSPHRASE)).await?;
    let keys = vault.create_program(HALDEN)?;
    let mut secrets = vec![keys.device_seed.expose().to_vec(), PASSPHRASE.as_bytes().to_vec()];
    for key in [&keys.database, vault.device_db_key()] {
        let literal = key.sqlcipher_literal();
        let hex = literal.trim_start_matches("x'").trim_end_matches('\'');
        secrets.extend([hex.as_bytes().to_vec(), from_hex(hex)?]);
    }
    for secret in secrets {
        assert!(files_containing(alice.dir(), &secret)?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn starting_over_deletes_nothing() -> Result<()> {
    let alice = Alice::new()?;
    let old = opened(alice.open().await?)?;
    let keys = old.create_program(HALDEN)?;
    fs::write(old.device_db_path(), b"settings")?;
    fs::write(old.program_dir(HALDEN)?.join("program.db"), b"deals")?;
    fs::write(alice.dir().join("window.json"), b"not ours")?;
    drop(old);
    let entries = alice.keychain.entries();
    alice.keychain.behave(Behaviour::Absent);

    let first = alice.start_over().await?;
    assert!(matches!(first.state, State::NeedsPassphrase), "a new profile knows of no keychain");
    for kept in ["profile.json", "device.db", &format!("programs/{HALDEN}/key")] {
        assert!(first.kept_in.join(kept).is_file(), "{kept}");
    }
    assert_eq!(fs::read(first.kept_in.join(format!("programs/{HALDEN}/program.db")))?, b"deals");
    assert!(alice.dir().join("window.json").is_file());

    alice.keychain.behave(Behaviour::Answers);
    let fresh = opened(alice.open().await?)?;
    assert!(fresh.programs()?.is_empty());
    assert_eq!(alice.keychain.entries(), entries + 1, "the old entry is still there");
    fresh.create_program(HALDEN)?;
    drop(fresh);

    // Twice within a second: a second folder, and the first one untouched.
    let second = alice.start_over().await?;
    assert_ne!(first.kept_in, second.kept_in);
    assert!(second.kept_in.join(format!("programs/{HALDEN}/key")).is_file());
    opened(second.state)?;

    // What was set aside is a whole profile: it opens where it lies.
    let aside = ProfileLock::take(&first.kept_in)?;
    let vault = opened(Vault::open(&aside, &Keychain::Memory(alice.keychain.clone())).await?)?;
    assert_eq!(vault.program(HALDEN)?.database.sqlcipher_literal(), keys.database.sqlcipher_literal());
    Ok(())
}

#[tokio::test]
async fn starting_over_leads_out_of_every_dead_end() -> Result<()> {
    // Lost key.
    let alice = Alice::new()?;
    opened(alice.open().await?)?.create_program(HALDEN)?;
    alice.keychain.wipe();
    assert!(matches!(alice.open().await?, State::KeyLost));
    opened(alice.start_over().await?.state)?;

    // Forgotten passphrase.
    let bob = Alice::new()?;
    Vault::choose_passphrase(&bob.lock, passphrase(PASSPHRASE)).await?.create_program(HALDEN)?;
    let over = bob.start_over().await?;
    opened(over.state)?;
    assert!(over.kept_in.join("vault.json").is_file());

    // Unreadable profile.
    fs::write(bob.dir().join("profile.json"), "{")?;
    assert!(matches!(bob.open().await?, State::Damaged(_)));
    opened(bob.start_over().await?.state)?;
    Ok(())
}

#[tokio::test]
async fn two_instances_never_share_a_profile() -> Result<()> {
    let alice = Alice::new()?;
    let dir = alice.dir().to_owned();
    assert_eq!(code(ProfileLock::take(&dir))?, Code::InUse);
    let vault = opened(alice.open().await?)?;
    drop(alice.lock);
    assert_eq!(code(ProfileLock::take(&dir))?, Code::InUse, "the open vault still holds it");
    drop(vault);
    ProfileLock::take(&dir)?;
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_anything() -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let alice = Alice::new()?;
    let vault = Vault::choose_passphrase(&alice.lock, passphrase(PASSPHRASE)).await?;
    vault.create_program(HALDEN)?;
    let mut paths = all_files(alice.dir())?;
    paths.extend([alice.dir().to_owned(), alice.dir().join("programs"), vault.program_dir(HALDEN)?]);
    assert_eq!(paths.len(), 7);
    for path in paths {
        let mode = fs::metadata(&path)?.permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_an_error_and_not_damage() -> Result<()> {
    let alice = Alice::new()?;
    // A folder where the file should go: refuses also those whom permissions do not bind.
    fs::create_dir_all(alice.dir().join("profile.json.tmp/in-the-way"))?;
    let refused = Vault::open(&alice.lock, &Keychain::Memory(alice.keychain.clone())).await;
    assert_eq!(code(refused)?, Code::Io);
    assert_eq!(alice.keychain.entries(), 0);
    Ok(())
}
