//! The system keychain, for real: `gnome-keyring-daemon` on a private session bus.
//!
//! A test process cannot change its own environment safely, so every test here starts this very
//! binary again under `dbus-run-session`, with a private home, and names the act to play there: one of
//! the ignored tests of the module `act`. Needs dbus-run-session (Debian: dbus-daemon),
//! gnome-keyring-daemon, gdbus (libglib2.0-bin) and secret-tool (libsecret-tools).
#![cfg(target_os = "linux")]

mod act;
mod bus;
#[path = "../common/mod.rs"]
mod common;

use anyhow::{Result, ensure};
use bus::{Bus, Stage};
use common::{all_files, files_containing, from_hex};

#[test]
fn an_unlocked_keychain_keeps_the_key() -> Result<()> {
    let stage = Stage::new()?;
    stage.play(Bus::Private, "mint_in_unlocked_keychain")?;
    let minted = stage.read("device-key")?;
    // Another session, another daemon, the same home: as after a reboot.
    stage.play(Bus::Private, "reopen_in_unlocked_keychain")?;
    assert_eq!(stage.read("device-key")?, minted);

    let root = stage.read("root-key-base64")?;
    ensure!(root.len() == 44, "32 bytes in base64");
    let keyrings = stage.home().join("data/keyrings");
    ensure!(!all_files(&keyrings)?.is_empty(), "the daemon wrote its file");
    let hex = minted.trim_start_matches("x'").trim_end_matches('\'').to_owned();
    let control = files_containing(stage.home(), root.as_bytes())?;
    ensure!(control == [stage.home().join("root-key-base64")], "the search finds what is there: {control:?}");
    for secret in [root.as_bytes(), hex.as_bytes(), &from_hex(&hex)?] {
        assert!(files_containing(&keyrings, secret)?.is_empty());
        assert!(files_containing(&stage.profile(), secret)?.is_empty());
    }
    Ok(())
}

#[test]
fn a_locked_keychain_is_reported_and_opens_after_unlocking() -> Result<()> {
    let stage = Stage::new()?;
    stage.play(Bus::Private, "lock_and_unlock_again")
}

#[test]
fn a_keychain_nobody_unlocked_is_locked() -> Result<()> {
    let first_start = Stage::new()?;
    first_start.play(Bus::Private, "never_unlocked")?;
    let later = Stage::new()?;
    later.play(Bus::Private, "mint_in_unlocked_keychain")?;
    later.play(Bus::Private, "never_unlocked")
}

#[test]
fn no_bus_needs_a_passphrase_first_and_misses_the_keychain_later() -> Result<()> {
    for without in [Bus::None, Bus::WithoutServices] {
        let stage = Stage::new()?;
        stage.play(without, "needs_passphrase")?;
        stage.play(Bus::Private, "mint_in_unlocked_keychain")?;
        stage.play(without, "keychain_missing")?;
        stage.play(Bus::Private, "reopen_in_unlocked_keychain")?;
    }
    Ok(())
}

#[test]
fn a_wiped_entry_is_a_lost_key_and_nothing_is_minted() -> Result<()> {
    let stage = Stage::new()?;
    stage.play(Bus::Private, "mint_in_unlocked_keychain")?;
    stage.play(Bus::Private, "wiped_entry_is_a_lost_key")
}

#[test]
fn a_switched_keychain_is_a_lost_key_and_nothing_is_minted() -> Result<()> {
    let stage = Stage::new()?;
    stage.play(Bus::Private, "mint_in_unlocked_keychain")?;
    let keyrings = stage.home().join("data/keyrings");
    let kept = stage.home().join("data/keyrings-kept");
    std::fs::rename(&keyrings, &kept)?;
    stage.play(Bus::Private, "switched_keychain_is_a_lost_key")?;
    // The old one comes back, and with it everything.
    std::fs::remove_dir_all(&keyrings)?;
    std::fs::rename(&kept, &keyrings)?;
    stage.play(Bus::Private, "reopen_in_unlocked_keychain")
}

#[test]
fn a_keychain_that_starts_late_is_found_without_a_restart() -> Result<()> {
    let stage = Stage::new()?;
    stage.play(Bus::WithoutServices, "keychain_starts_late")
}

#[test]
fn a_hung_keychain_hangs_nobody() -> Result<()> {
    let stage = Stage::new()?;
    stage.play(Bus::Private, "hung_daemon")
}

#[test]
fn two_processes_never_share_a_profile() -> Result<()> {
    let stage = Stage::new()?;
    let held = vault::ProfileLock::take(stage.profile())?;
    stage.play(Bus::None, "profile_in_use")?;
    drop(held);
    stage.play(Bus::None, "profile_free")
}
