//! Which state a profile is in, and that no wrong one ever costs a key.

use std::fs;

use anyhow::{Context as _, Result};
use vault::{Behaviour, Code, Damage, KeyHome, Locked, State, Vault};

use crate::alice::{Alice, HALDEN, PASSPHRASE, code, passphrase};
use crate::common::opened;

#[tokio::test]
async fn a_key_is_minted_once_and_found_again() -> Result<()> {
    let alice = Alice::new()?;
    let first = opened(alice.open().await?)?;
    assert_eq!(first.home(), KeyHome::Keychain);
    let again = opened(alice.open().await?)?;
    assert_eq!(first.device_db_key().sqlcipher_literal(), again.device_db_key().sqlcipher_literal());
    assert_eq!(first.redaction_key().mask("Bob"), again.redaction_key().mask("Bob"));
    assert_eq!(alice.keychain.entries(), 1);
    Ok(())
}

#[tokio::test]
async fn first_start_without_a_keychain_asks_and_never_decides() -> Result<()> {
    let alice = Alice::new()?;
    for behaviour in [Behaviour::Absent, Behaviour::Forgetful] {
        alice.keychain.behave(behaviour);
        assert!(matches!(alice.open().await?, State::NeedsPassphrase), "{behaviour:?}");
    }
    assert!(!alice.dir().join("vault.json").exists());
    // The keychain may still turn up before she answers.
    alice.keychain.behave(Behaviour::Answers);
    opened(alice.open().await?)?;
    Ok(())
}

#[tokio::test]
async fn a_closed_keychain_is_not_a_missing_one() -> Result<()> {
    let alice = Alice::new()?;
    for first_start in [true, false] {
        alice.keychain.behave(Behaviour::Locked);
        assert!(matches!(alice.open().await?, State::KeychainLocked(Locked::Refused)), "{first_start}");
        alice.keychain.behave(Behaviour::Silent);
        assert!(matches!(alice.open().await?, State::KeychainLocked(Locked::NoAnswer)), "{first_start}");
        alice.keychain.behave(Behaviour::Answers);
        opened(alice.open().await?)?;
    }
    alice.keychain.behave(Behaviour::Absent);
    assert!(matches!(alice.open().await?, State::KeychainMissing));
    Ok(())
}

#[tokio::test]
async fn a_wiped_keychain_never_leads_to_a_new_key_over_old_files() -> Result<()> {
    let alice = Alice::new()?;
    opened(alice.open().await?)?.create_program(HALDEN)?;
    let before = fs::read(alice.dir().join("profile.json"))?;
    alice.keychain.wipe();
    for _ in 0..2 {
        assert!(matches!(alice.open().await?, State::KeyLost));
    }
    assert_eq!(alice.keychain.entries(), 0, "nothing was minted");
    assert_eq!(fs::read(alice.dir().join("profile.json"))?, before);
    assert_eq!(
        code(Vault::choose_passphrase(&alice.lock, passphrase(PASSPHRASE)).await)?,
        Code::KeyExists,
        "nor can a passphrase take its place"
    );
    Ok(())
}

#[tokio::test]
async fn the_device_database_alone_is_reason_enough_not_to_mint() -> Result<()> {
    for name in ["device.db", "device.db-wal"] {
        let alice = Alice::new()?;
        opened(alice.open().await?)?;
        fs::write(alice.dir().join(name), b"encrypted")?;
        alice.keychain.wipe();
        assert!(matches!(alice.open().await?, State::KeyLost), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_wiped_keychain_without_any_file_costs_nothing() -> Result<()> {
    let alice = Alice::new()?;
    opened(alice.open().await?)?;
    alice.keychain.wipe();
    opened(alice.open().await?)?;
    opened(alice.open().await?)?;
    Ok(())
}

#[tokio::test]
async fn another_key_under_our_entry_is_not_ours() -> Result<()> {
    let (alice, bob) = (Alice::new()?, Alice::new()?);
    opened(alice.open().await?)?.create_program(HALDEN)?;
    // A whole key, well-formed, under the very name we ask for; only it is not this profile's.
    opened(bob.open().await?)?;
    let hers: serde_json::Value = serde_json::from_slice(&fs::read(alice.dir().join("profile.json"))?)?;
    let hers = hers.get("check").context("a fingerprint")?;
    bob.edit("profile.json", |json| json["check"] = hers.clone())?;
    opened(bob.open().await?)?.create_program(HALDEN)?;
    bob.edit("profile.json", |json| json["check"] = hers.clone())?;
    assert!(matches!(bob.open().await?, State::KeyLost));
    Ok(())
}

#[tokio::test]
async fn a_crash_between_storing_and_recording_the_key_loses_nothing() -> Result<()> {
    let alice = Alice::new()?;
    let minted = opened(alice.open().await?)?.device_db_key().sqlcipher_literal();
    alice.edit("profile.json", |json| {
        json["home"] = serde_json::Value::Null;
        json["check"] = serde_json::Value::Null;
    })?;
    assert_eq!(opened(alice.open().await?)?.device_db_key().sqlcipher_literal(), minted);
    Ok(())
}

#[tokio::test]
async fn damage_to_the_profile_is_named() -> Result<()> {
    let alice = Alice::new()?;
    opened(alice.open().await?)?.create_program(HALDEN)?;
    let profile = alice.dir().join("profile.json");
    let good = fs::read(&profile)?;

    for bad in ["", "{", "[]", r#"{"version":1}"#, r#"{"version":0,"id":"a"}"#, r#"{"version":1,"id":""}"#] {
        fs::write(&profile, bad)?;
        assert!(matches!(alice.open().await?, State::Damaged(Damage::ProfileUnreadable)), "{bad}");
    }
    fs::write(&profile, r#"{"version":2,"shape":"unknown"}"#)?;
    assert!(matches!(alice.open().await?, State::Damaged(Damage::TooNew)));
    fs::remove_file(&profile)?;
    assert!(matches!(alice.open().await?, State::Damaged(Damage::ProfileMissing)));
    fs::write(&profile, good)?;
    opened(alice.open().await?)?.program(HALDEN)?;
    Ok(())
}
