//! What is played on a private bus. Ignored, because each act needs its stage.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use vault::{Code, Keychain, Locked, ProfileLock, State, SystemKeychain, Vault};

use crate::bus::{Daemon, PATIENCE, clear, lock_keyring, lookup, stage_of_this_act};
use crate::common::opened;

const SERVICE: &str = "app.lockstep.test";
const HALDEN: &str = "0190b5a0-7c1e-7000-8000-000000000001";

/// Alice in a session of her own.
struct Alice {
    stage: PathBuf,
    lock: ProfileLock,
    runtime: tokio::runtime::Runtime,
    time_limit: Duration,
}

impl Alice {
    fn arrives() -> Result<Option<Self>> {
        let Some(stage) = stage_of_this_act() else { return Ok(None) };
        let lock = ProfileLock::take(stage.join("profile"))?;
        let runtime = tokio::runtime::Runtime::new()?;
        Ok(Some(Self { stage, lock, runtime, time_limit: PATIENCE }))
    }

    fn opens(&self) -> Result<State> {
        let system = SystemKeychain::default().with_service(SERVICE).with_time_limit(self.time_limit);
        Ok(self.runtime.block_on(Vault::open(&self.lock, &Keychain::System(system)))?)
    }

    fn profile_json(&self) -> Result<String> {
        Ok(fs::read_to_string(self.lock.dir().join("profile.json"))?)
    }

    fn profile_id(&self) -> Result<String> {
        let json: serde_json::Value = serde_json::from_str(&self.profile_json()?)?;
        Ok(json.get("id").and_then(|id| id.as_str()).context("an id")?.to_owned())
    }

    fn leaves(&self, name: &str, text: &str) -> Result<()> {
        Ok(fs::write(self.stage.join(name), text)?)
    }

    /// Expects a lost key, and that finding it lost changed nothing anywhere.
    fn finds_the_key_lost(&self) -> Result<()> {
        let before = self.profile_json()?;
        for _ in 0..2 {
            match self.opens()? {
                State::KeyLost => {}
                other => bail!("expected a lost key, found {other:?}"),
            }
        }
        ensure!(lookup(SERVICE, &self.profile_id()?)?.is_none(), "nothing was minted");
        ensure!(self.profile_json()? == before);
        Ok(())
    }
}

#[test]
#[ignore = "needs a stage"]
fn mint_in_unlocked_keychain() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    let _daemon = Daemon::unlocked()?;
    let vault = opened(alice.opens()?)?;
    vault.create_program(HALDEN)?;
    alice.leaves("device-key", &vault.device_db_key().sqlcipher_literal())?;
    alice.leaves("program-key", &vault.program(HALDEN)?.database.sqlcipher_literal())?;
    let root = lookup(SERVICE, &alice.profile_id()?)?.context("an entry under the profile's id")?;
    alice.leaves("root-key-base64", &root)
}

#[test]
#[ignore = "needs a stage"]
fn reopen_in_unlocked_keychain() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    let _daemon = Daemon::unlocked()?;
    let vault = opened(alice.opens()?)?;
    let program = vault.program(HALDEN)?.database.sqlcipher_literal();
    ensure!(fs::read_to_string(alice.stage.join("program-key"))? == *program);
    alice.leaves("device-key", &vault.device_db_key().sqlcipher_literal())
}

#[test]
#[ignore = "needs a stage"]
fn lock_and_unlock_again() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    let daemon = Daemon::unlocked()?;
    let minted = opened(alice.opens()?)?.create_program(HALDEN)?.database.sqlcipher_literal();
    lock_keyring()?;
    for _ in 0..2 {
        let state = alice.opens()?;
        ensure!(matches!(state, State::KeychainLocked(Locked::Refused)), "{state:?}");
    }
    // A new daemon, unlocked as at a login: the same process goes on where it was.
    drop(daemon);
    let _daemon = Daemon::unlocked()?;
    ensure!(opened(alice.opens()?)?.program(HALDEN)?.database.sqlcipher_literal() == minted);
    Ok(())
}

#[test]
#[ignore = "needs a stage"]
fn never_unlocked() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    // The bus starts the daemon on demand; nobody gives it a password.
    let state = alice.opens()?;
    ensure!(matches!(state, State::KeychainLocked(Locked::Refused)), "{state:?}");
    Ok(())
}

#[test]
#[ignore = "needs a stage"]
fn needs_passphrase() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    let state = alice.opens()?;
    ensure!(matches!(state, State::NeedsPassphrase), "{state:?}");
    Ok(())
}

#[test]
#[ignore = "needs a stage"]
fn keychain_missing() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    let state = alice.opens()?;
    ensure!(matches!(state, State::KeychainMissing), "{state:?}");
    Ok(())
}

#[test]
#[ignore = "needs a stage"]
fn wiped_entry_is_a_lost_key() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    let _daemon = Daemon::unlocked()?;
    opened(alice.opens()?)?;
    clear(SERVICE, &alice.profile_id()?)?;
    alice.finds_the_key_lost()
}

#[test]
#[ignore = "needs a stage"]
fn switched_keychain_is_a_lost_key() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    let _daemon = Daemon::unlocked()?;
    alice.finds_the_key_lost()
}

#[test]
#[ignore = "needs a stage"]
fn keychain_starts_late() -> Result<()> {
    let Some(alice) = Alice::arrives()? else { return Ok(()) };
    let state = alice.opens()?;
    ensure!(matches!(state, State::NeedsPassphrase), "{state:?}");
    let _daemon = Daemon::unlocked()?;
    opened(alice.opens()?)?;
    Ok(())
}

#[test]
#[ignore = "needs a stage"]
fn hung_daemon() -> Result<()> {
    let Some(mut alice) = Alice::arrives()? else { return Ok(()) };
    let daemon = Daemon::unlocked()?;
    daemon.freeze()?;
    alice.time_limit = Duration::from_secs(1);
    for _ in 0..2 {
        let asked = Instant::now();
        let state = alice.opens()?;
        ensure!(matches!(state, State::KeychainLocked(Locked::NoAnswer)), "{state:?}");
        ensure!(asked.elapsed() < PATIENCE, "took {:?}", asked.elapsed());
    }
    daemon.thaw()?;
    alice.time_limit = PATIENCE;
    opened(alice.opens()?)?;
    Ok(())
}

#[test]
#[ignore = "needs a stage"]
fn profile_in_use() -> Result<()> {
    let Some(stage) = stage_of_this_act() else { return Ok(()) };
    match ProfileLock::take(stage.join("profile")) {
        Err(error) if error.code() == Code::InUse => Ok(()),
        other => bail!("expected it to be in use, found {other:?}"),
    }
}

#[test]
#[ignore = "needs a stage"]
fn profile_free() -> Result<()> {
    let Some(stage) = stage_of_this_act() else { return Ok(()) };
    ProfileLock::take(stage.join("profile"))?;
    Ok(())
}
