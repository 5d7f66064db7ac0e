//! Another home for the key, and another passphrase; whatever goes wrong, the profile still opens.

use anyhow::{Result, bail};
use vault::{Behaviour, Code, KeyHome, Keychain, State, Vault};

use crate::alice::{Alice, HALDEN, PASSPHRASE, code, passphrase};
use crate::common::opened;

const OTHER: &str = "a quite different phrase";

/// Alice with a program under a passphrase; the key of its database.
async fn under_a_passphrase() -> Result<(Alice, Vault, String)> {
    let alice = Alice::new()?;
    let vault = Vault::choose_passphrase(&alice.lock, passphrase(PASSPHRASE)).await?;
    let minted = vault.create_program(HALDEN)?.database.sqlcipher_literal().to_string();
    Ok((alice, vault, minted))
}

fn database(vault: &Vault) -> Result<String> {
    Ok(vault.program(HALDEN)?.database.sqlcipher_literal().to_string())
}

#[tokio::test]
async fn a_new_passphrase_takes_the_place_of_the_old_one() -> Result<()> {
    let (alice, vault, minted) = under_a_passphrase().await?;
    for bad in ["", "short"] {
        let refused = vault.change_passphrase(passphrase(PASSPHRASE), passphrase(bad)).await;
        assert_eq!(code(refused)?, Code::BadPassphrase);
    }
    let refused = vault.change_passphrase(passphrase("not this one"), passphrase(OTHER)).await;
    assert_eq!(code(refused)?, Code::WrongPassphrase);
    Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await?;

    vault.change_passphrase(passphrase(PASSPHRASE), passphrase(OTHER)).await?;
    assert_eq!(database(&vault)?, minted, "the open vault goes on");
    let old = Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await;
    assert_eq!(code(old)?, Code::WrongPassphrase);
    assert_eq!(database(&Vault::unlock(&alice.lock, passphrase(OTHER)).await?)?, minted);
    Ok(())
}

#[tokio::test]
async fn the_key_moves_into_the_keychain_and_back() -> Result<()> {
    let (alice, vault, minted) = under_a_passphrase().await?;
    let keychain = Keychain::Memory(alice.keychain.clone());
    let refused = vault.move_to_keychain(&keychain, passphrase("not this one")).await;
    assert_eq!(code(refused)?, Code::WrongPassphrase);
    assert_eq!((vault.home(), alice.keychain.entries()), (KeyHome::Passphrase, 0));

    vault.move_to_keychain(&keychain, passphrase(PASSPHRASE)).await?;
    assert_eq!((vault.home(), alice.keychain.entries()), (KeyHome::Keychain, 1));
    assert!(!alice.dir().join("vault.json").exists());
    assert_eq!(database(&opened(alice.open().await?)?)?, minted);
    let gone = vault.change_passphrase(passphrase(PASSPHRASE), passphrase(OTHER)).await;
    assert_eq!(code(gone)?, Code::NoPassphrase);

    let weak = vault.move_to_passphrase(&keychain, passphrase("short")).await;
    assert_eq!(code(weak)?, Code::BadPassphrase);
    assert!(vault.move_to_passphrase(&keychain, passphrase(OTHER)).await?, "nothing is left behind");
    assert_eq!((vault.home(), alice.keychain.entries()), (KeyHome::Passphrase, 0));
    assert!(matches!(alice.open().await?, State::PassphraseLocked));
    assert_eq!(database(&Vault::unlock(&alice.lock, passphrase(OTHER)).await?)?, minted);
    let twice = vault.move_to_passphrase(&keychain, passphrase(OTHER)).await;
    assert_eq!(code(twice)?, Code::KeyExists);
    Ok(())
}

#[tokio::test]
async fn a_keychain_that_fails_leaves_the_passphrase_in_force() -> Result<()> {
    let (alice, vault, minted) = under_a_passphrase().await?;
    let keychain = Keychain::Memory(alice.keychain.clone());
    for (behaviour, expected) in [
        (Behaviour::Locked, Code::KeychainLocked),
        (Behaviour::Silent, Code::KeychainLocked),
        (Behaviour::Absent, Code::KeychainMissing),
        (Behaviour::Forgetful, Code::KeychainMissing),
    ] {
        alice.keychain.behave(behaviour);
        let refused = vault.move_to_keychain(&keychain, passphrase(PASSPHRASE)).await;
        assert_eq!(code(refused)?, expected, "{behaviour:?}");
        assert_eq!(vault.home(), KeyHome::Passphrase);
        assert_eq!(database(&Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await?)?, minted);
    }
    Ok(())
}

#[tokio::test]
async fn a_keychain_that_fails_keeps_the_key() -> Result<()> {
    let alice = Alice::new()?;
    let keychain = Keychain::Memory(alice.keychain.clone());
    let vault = opened(alice.open().await?)?;
    vault.create_program(HALDEN)?;
    alice.keychain.behave(Behaviour::Locked);
    let refused = vault.move_to_passphrase(&keychain, passphrase(OTHER)).await;
    assert_eq!(code(refused)?, Code::KeychainLocked);
    alice.keychain.behave(Behaviour::Answers);
    match alice.open().await? {
        State::Open(_) => Ok(()),
        other => bail!("the keychain still has it: {other:?}"),
    }
}

#[tokio::test]
async fn a_crash_between_two_homes_leaves_the_passphrase_in_force() -> Result<()> {
    let (alice, vault, minted) = under_a_passphrase().await?;
    let file = alice.dir().join("vault.json");
    let sealed = std::fs::read(&file)?;
    vault.move_to_keychain(&Keychain::Memory(alice.keychain.clone()), passphrase(PASSPHRASE)).await?;
    // As if it had ended just before the vault file went.
    std::fs::write(&file, sealed)?;
    assert!(matches!(alice.open().await?, State::PassphraseLocked));
    assert_eq!(database(&Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await?)?, minted);
    Ok(())
}
