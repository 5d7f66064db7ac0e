//! Settings › Security: where the key of this device is kept.

use crate::app::App;
use crate::dto::{CommandError, KeyHome, Passphrase, PassphraseChange, Security};
use crate::map;
use std::sync::Arc;
use vault::Vault;

impl App {
    pub(crate) async fn security(self: &Arc<Self>, (): ()) -> Result<Security, CommandError> {
        Ok(kept(&self.session()?.vault, false))
    }

    pub(crate) async fn passphrase_change(
        self: &Arc<Self>,
        asked: PassphraseChange,
    ) -> Result<Security, CommandError> {
        let session = self.session()?;
        let (old, new) = (vault::Passphrase::new(asked.old), vault::Passphrase::new(asked.new));
        session.vault.change_passphrase(old, new).await.map_err(|error| map::vault_error(&error))?;
        Ok(kept(&session.vault, false))
    }

    pub(crate) async fn key_to_keychain(
        self: &Arc<Self>,
        asked: Passphrase,
    ) -> Result<Security, CommandError> {
        let session = self.session()?;
        let passphrase = vault::Passphrase::new(asked.passphrase);
        let moved = session.vault.move_to_keychain(&self.keychain, passphrase).await;
        moved.map_err(|error| map::vault_error(&error))?;
        Ok(kept(&session.vault, false))
    }

    pub(crate) async fn key_to_passphrase(
        self: &Arc<Self>,
        asked: Passphrase,
    ) -> Result<Security, CommandError> {
        let session = self.session()?;
        let passphrase = vault::Passphrase::new(asked.passphrase);
        let moved = session.vault.move_to_passphrase(&self.keychain, passphrase).await;
        let cleared = moved.map_err(|error| map::vault_error(&error))?;
        Ok(kept(&session.vault, !cleared))
    }
}

fn kept(vault: &Vault, left_in_keychain: bool) -> Security {
    let home = match vault.home() {
        vault::KeyHome::Keychain => KeyHome::Keychain,
        vault::KeyHome::Passphrase => KeyHome::Passphrase,
    };
    Security { home, left_in_keychain }
}
