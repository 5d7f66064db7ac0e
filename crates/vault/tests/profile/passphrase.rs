//! The vault file: right, wrong, tampered, and too cheap or too dear.

use std::fs;

use anyhow::{Result, bail};
use vault::{Behaviour, Code, Damage, KeyHome, State, Vault};

use crate::alice::{Alice, HALDEN, PASSPHRASE, code, passphrase};

#[tokio::test]
async fn a_passphrase_opens_what_it_closed() -> Result<()> {
    let alice = Alice::new()?;
    alice.keychain.behave(Behaviour::Absent);
    assert!(matches!(alice.open().await?, State::NeedsPassphrase));
    assert_eq!(code(Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await)?, Code::NoPassphrase);
    for bad in ["", "short", &"x".repeat(vault::MAX_PASSPHRASE_BYTES + 1)] {
        let refused = Vault::choose_passphrase(&alice.lock, passphrase(bad)).await;
        assert_eq!(code(refused)?, Code::BadPassphrase);
    }
    let minted = {
        let vault = Vault::choose_passphrase(&alice.lock, passphrase(PASSPHRASE)).await?;
        assert_eq!(vault.home(), KeyHome::Passphrase);
        vault.create_program(HALDEN)?.database.sqlcipher_literal()
    };

    // From now on the keychain is not asked, even where there is one.
    alice.keychain.behave(Behaviour::Answers);
    assert!(matches!(alice.open().await?, State::PassphraseLocked));
    assert_eq!(alice.keychain.entries(), 0);

    let vault = Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await?;
    assert_eq!(vault.program(HALDEN)?.database.sqlcipher_literal(), minted);
    for wrong in ["", "correct horse batterY", &"x".repeat(vault::MAX_PASSPHRASE_BYTES + 1)] {
        let refused = Vault::unlock(&alice.lock, passphrase(wrong)).await;
        assert_eq!(code(refused)?, Code::WrongPassphrase);
    }
    let again = Vault::choose_passphrase(&alice.lock, passphrase(PASSPHRASE)).await;
    assert_eq!(code(again)?, Code::KeyExists);
    Ok(())
}

#[tokio::test]
async fn a_crash_between_vault_and_profile_leaves_the_passphrase_in_force() -> Result<()> {
    let alice = Alice::new()?;
    Vault::choose_passphrase(&alice.lock, passphrase(PASSPHRASE)).await?;
    alice.edit("profile.json", |json| json["home"] = serde_json::Value::Null)?;
    assert!(matches!(alice.open().await?, State::PassphraseLocked));
    let other = Vault::choose_passphrase(&alice.lock, passphrase("another passphrase")).await;
    assert_eq!(code(other)?, Code::KeyExists, "even while nothing is encrypted yet");
    Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await?;
    Ok(())
}

#[tokio::test]
async fn a_tampered_vault_file_does_not_open() -> Result<()> {
    let alice = Alice::new()?;
    Vault::choose_passphrase(&alice.lock, passphrase(PASSPHRASE)).await?.create_program(HALDEN)?;
    let path = alice.dir().join("vault.json");
    let good = fs::read(&path)?;

    // Acceptable but not what was sealed: the cipher notices.
    for (field, value) in [
        ("memory_kib", serde_json::json!(64 * 1024 + 8)),
        ("passes", serde_json::json!(4)),
        ("lanes", serde_json::json!(2)),
        ("salt", serde_json::json!("AAAAAAAAAAAAAAAAAAAAAA==")),
        ("nonce", serde_json::json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
    ] {
        alice.edit("vault.json", |json| json[field] = value)?;
        let refused = Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await;
        assert_eq!(code(refused)?, Code::WrongPassphrase, "{field}");
        fs::write(&path, &good)?;
    }
    // Not acceptable whatever the passphrase: refused before any work is done.
    for (field, value, damage) in [
        ("memory_kib", serde_json::json!(64 * 1024 - 1), Damage::WeakParameters),
        ("passes", serde_json::json!(2), Damage::WeakParameters),
        ("lanes", serde_json::json!(0), Damage::WeakParameters),
        ("memory_kib", serde_json::json!(u32::MAX), Damage::ExcessiveParameters),
        ("passes", serde_json::json!(1_000_000), Damage::ExcessiveParameters),
        ("lanes", serde_json::json!(64), Damage::ExcessiveParameters),
        ("memory_kib", serde_json::json!(-1), Damage::VaultUnreadable),
        ("kdf", serde_json::json!("none"), Damage::VaultUnreadable),
        ("salt", serde_json::json!("AAAA"), Damage::VaultUnreadable),
        ("wrapped", serde_json::json!(""), Damage::VaultUnreadable),
        ("surprise", serde_json::json!(true), Damage::VaultUnreadable),
        ("version", serde_json::json!(2), Damage::TooNew),
    ] {
        alice.edit("vault.json", |json| json[field] = value)?;
        match alice.open().await? {
            State::Damaged(found) => assert_eq!(found, damage, "{field}"),
            other => bail!("{field}: {other:?}"),
        }
        let refused = Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await;
        assert_eq!(code(refused)?, Code::Damaged, "{field}");
        fs::write(&path, &good)?;
    }
    fs::remove_file(&path)?;
    assert!(matches!(alice.open().await?, State::Damaged(Damage::VaultMissing)));
    fs::write(&path, &good)?;
    Vault::unlock(&alice.lock, passphrase(PASSPHRASE)).await?.program(HALDEN)?;
    Ok(())
}
