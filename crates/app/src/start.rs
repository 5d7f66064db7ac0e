//! Start: the vault and what it opens.

use crate::app::{App, Gate, held};
use crate::appearance;
use crate::background;
use crate::dto::{AppState, Code, CommandError, Passphrase, Tag, VaultState};
use crate::map;
use crate::say;
use crate::session::{Session, file_key};
use crate::{notices, practice};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use store::DeviceFile;
use vault::{Keychain, State, Vault};

/// Setting under which "work offline" is kept.
pub(crate) const WORK_OFFLINE: &str = "work_offline";

impl App {
    /// Opens the vault if that needs nobody, and then every program.
    pub(crate) async fn try_open(self: &Arc<Self>) -> Result<(), CommandError> {
        let Some(lock) = self.lock()? else { return Ok(()) };
        if self.session().is_ok() {
            return Ok(());
        }
        let state = Vault::open(&lock, &self.keychain).await.map_err(|error| map::vault_error(&error))?;
        self.enter(state).await
    }

    async fn enter(self: &Arc<Self>, state: State) -> Result<(), CommandError> {
        let closed = match state {
            State::Open(vault) => return self.open_with(vault).await,
            State::NeedsPassphrase => VaultState::NeedsPassphrase,
            State::PassphraseLocked => VaultState::PassphraseLocked,
            State::KeychainLocked(_) => VaultState::KeychainLocked,
            State::KeychainMissing => VaultState::KeychainMissing,
            State::KeyLost => VaultState::KeyLost,
            State::Damaged(damage) => {
                tracing::error!(?damage, "the vault is damaged");
                match damage {
                    vault::Damage::TooNew => VaultState::TooNew,
                    _ => VaultState::Damaged,
                }
            }
        };
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = Gate::Closed(closed);
        self.tell(&[Tag::App]);
        Ok(())
    }

    async fn open_with(self: &Arc<Self>, vault: Vault) -> Result<(), CommandError> {
        let key = file_key(vault.device_db_key())?;
        let device = DeviceFile::open(&vault.device_db_path(), &key)
            .await
            .map_err(|error| map::store_error(&error))?;
        let offline = device.setting(WORK_OFFLINE).await.map_err(|error| map::store_error(&error))?;
        self.work_offline.store(offline.as_deref() == Some("on"), Ordering::Relaxed);
        *held(&self.appearance) = appearance::read(&device).await?;
        *held(&self.background) = background::kept(&device).await?;
        *held(&self.notice_choice) = notices::kept(&device).await?;
        *held(&self.practice) = practice::kept(&device).await?;
        let joined = device.joined().await.map_err(|error| map::store_error(&error))?;
        let session = Arc::new(Session::new(vault, device).await?);
        for program in joined {
            session.reopen(self, program).await;
        }
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = Gate::Open(session);
        self.tell(&Tag::ALL);
        Ok(())
    }

    pub(crate) async fn app_state(self: &Arc<Self>, (): ()) -> Result<AppState, CommandError> {
        let vault = match &*self.gate.read().unwrap_or_else(PoisonError::into_inner) {
            Gate::Open(_) => VaultState::Open,
            Gate::Closed(state) => *state,
        };
        let (mut programs, mut shut, mut locked) = (Vec::new(), Vec::new(), Vec::new());
        let mut ended = Vec::new();
        if vault == VaultState::Open {
            let session = self.session()?;
            ended = self.ended(&session).await?;
            for joined in session.programs() {
                if joined.store.is_locked() {
                    locked.push(self.locked(&session, &joined).await);
                } else if let Some(summary) = self.summary(&joined).await? {
                    self.remember_name(&session, &summary).await;
                    programs.push(summary);
                }
            }
            for program in session.shut() {
                shut.push(self.shut_program(&session, &program).await);
            }
        }
        Ok(AppState {
            vault,
            programs,
            shut,
            locked,
            ended,
            appearance: *held(&self.appearance),
            background: self.background(),
            notices: held(&self.notice_choice).clone(),
            practice: held(&self.practice).clone(),
            demo: self.demo,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            work_offline: self.work_offline.load(Ordering::Relaxed),
        })
    }

    pub(crate) async fn vault_retry(self: &Arc<Self>, (): ()) -> Result<AppState, CommandError> {
        self.try_open().await?;
        self.app_state(()).await
    }

    pub(crate) async fn vault_passphrase(
        self: &Arc<Self>,
        passphrase: Passphrase,
    ) -> Result<AppState, CommandError> {
        let Some(lock) = self.lock()? else { return self.app_state(()).await };
        let state = match &*self.gate.read().unwrap_or_else(PoisonError::into_inner) {
            Gate::Open(_) => VaultState::Open,
            Gate::Closed(state) => *state,
        };
        let passphrase = vault::Passphrase::new(passphrase.passphrase);
        let vault = match state {
            VaultState::PassphraseLocked => Vault::unlock(&lock, passphrase).await,
            VaultState::NeedsPassphrase | VaultState::KeychainLocked => {
                Vault::choose_passphrase(&lock, passphrase).await
            }
            _ => return Err(CommandError::new(Code::BadInput, say!("No passphrase is asked for now."))),
        };
        self.open_with(vault.map_err(|error| map::vault_error(&error))?).await?;
        self.app_state(()).await
    }

    pub(crate) async fn vault_start_over(self: &Arc<Self>, (): ()) -> Result<AppState, CommandError> {
        let Some(lock) = self.lock()? else { return self.app_state(()).await };
        if self.session().is_ok() {
            return Err(CommandError::new(
                Code::BadInput,
                say!("Lockstep is open: there is nothing to recover."),
            ));
        }
        let over =
            Vault::start_over(&lock, &self.keychain).await.map_err(|error| map::vault_error(&error))?;
        tracing::warn!(kept_in = %over.kept_in.display(), "the old files were set aside");
        self.enter(over.state).await?;
        self.app_state(()).await
    }

    /// The keychain in use, for the diagnostics page.
    pub(crate) fn keychain_name(&self) -> &'static str {
        match self.keychain {
            Keychain::System(_) => "system",
            Keychain::Memory(_) => "memory",
        }
    }
}
