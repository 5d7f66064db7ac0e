//! The operating system's keychain: Secret Service, macOS Keychain, Windows Credential Manager.
//!
//! The stores are used directly and not through the `keyring` crate, for that one tries to connect
//! once per process and remembers the failure: a person who starts their keychain and presses "try
//! again" would have to restart the application. Here every call connects anew.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use keyring::Error;
use keyring_core::{CredentialStore, Entry};
use zeroize::Zeroizing;

use super::Refusal;

/// Service name of the keychain entry.
pub const DEFAULT_SERVICE: &str = "app.lockstep.desktop";

/// How long one call may take: long enough to type a password into the keychain's own prompt, short
/// enough to say that something is wrong.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(20);

/// The keychain of the operating system.
#[derive(Debug, Clone)]
pub struct SystemKeychain {
    service: String,
    time_limit: Duration,
}

impl Default for SystemKeychain {
    fn default() -> Self {
        Self { service: DEFAULT_SERVICE.to_owned(), time_limit: DEFAULT_TIME_LIMIT }
    }
}

impl SystemKeychain {
    /// Stores under another service name, so that a development build leaves real entries alone.
    #[must_use]
    pub fn with_service(mut self, service: impl Into<String>) -> Self {
        self.service = service.into();
        self
    }

    /// Waits this long for an answer instead of [`DEFAULT_TIME_LIMIT`].
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    pub(super) fn read(&self, user: &str) -> Result<Vec<Zeroizing<String>>, Refusal> {
        self.ask(user, None, self.deadline(), |entry| match entry.get_password() {
            Err(Error::NoEntry) => Ok(Vec::new()),
            Err(Error::Ambiguous(entries)) => {
                entries.iter().map(|entry| entry.get_password().map(Zeroizing::new)).collect()
            }
            // Something that is no text is not ours either.
            Err(Error::BadEncoding(bytes)) => {
                drop(Zeroizing::new(bytes));
                Ok(vec![Zeroizing::default()])
            }
            answer => answer.map(|text| vec![Zeroizing::new(text)]),
        })
    }

    pub(super) fn write(&self, user: &str, text: &Zeroizing<String>) -> Result<(), Refusal> {
        let (text, deadline) = (text.clone(), self.deadline());
        let turn = Turn::wait(self.time_limit).ok_or(Refusal::NoAnswer)?;
        self.ask(user, Some(turn), deadline, move |entry| entry.set_password(&text))
    }

    pub(super) fn remove(&self, user: &str) -> Result<(), Refusal> {
        let deadline = self.deadline();
        let turn = Turn::wait(self.time_limit).ok_or(Refusal::NoAnswer)?;
        self.ask(user, Some(turn), deadline, |entry| match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            answer => answer,
        })
    }

    /// When a call that starts now has taken too long; `None` for a limit beyond the end of time.
    fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.time_limit)
    }

    /// Asks on a thread of its own, which is abandoned when the time is up: nothing can interrupt a
    /// call to a daemon that hangs, and a thread of the runtime's pool would keep the application
    /// from quitting.
    fn ask<T: Send + 'static>(
        &self,
        user: &str,
        turn: Option<Turn>,
        deadline: Option<Instant>,
        question: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (service, user) = (self.service.clone(), user.to_owned());
        let (answered, answer) = sync_channel(1);
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                let _turn = turn;
                let result = connect().and_then(|store| question(&store.build(&service, &user, None)?));
                // Nobody may be waiting any more.
                let _ = answered.send(result);
            })
            .map_err(|_| Refusal::NoAnswer)?;
        let left = deadline.map_or(self.time_limit, |end| end.saturating_duration_since(Instant::now()));
        match answer.recv_timeout(left) {
            Ok(result) => result.map_err(|error| refusal(&error)),
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!(keychain.limit_ms = self.time_limit.as_millis(), "keychain does not answer");
                Err(Refusal::NoAnswer)
            }
            // The thread panicked inside the store, which says nothing about the keychain.
            Err(RecvTimeoutError::Disconnected) => Err(Refusal::NoAnswer),
        }
    }
}

fn refusal(error: &Error) -> Refusal {
    // The messages of these errors name entries and causes, never content.
    tracing::warn!(keychain.error = %error, "keychain refuses");
    match error {
        Error::NoStorageAccess(_) => Refusal::Locked,
        // macOS and Windows always have their keychain, so one that fails is closed to us, not absent.
        _ if cfg!(any(target_os = "macos", windows)) => Refusal::Locked,
        _ => Refusal::Absent,
    }
}

fn connect() -> keyring::Result<Arc<CredentialStore>> {
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new()?;
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new()?;
    #[cfg(all(unix, not(target_os = "macos")))]
    let store = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

/// The right to write. One write at a time, also counting those whose caller gave up: one that waits
/// behind a prompt must not land after, and over, the key that a retry stored meanwhile. Reads need
/// no turn, so one that hangs for good does not spoil the retry.
struct Turn;

static BUSY: Mutex<bool> = Mutex::new(false);
static DONE: Condvar = Condvar::new();

impl Turn {
    fn wait(limit: Duration) -> Option<Self> {
        let busy = BUSY.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut busy, _) =
            DONE.wait_timeout_while(busy, limit, |busy| *busy).unwrap_or_else(PoisonError::into_inner);
        if *busy {
            return None;
        }
        *busy = true;
        Some(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *BUSY.lock().unwrap_or_else(PoisonError::into_inner) = false;
        DONE.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_waits_for_the_one_that_was_abandoned() {
        let soon = Duration::from_millis(1);
        let abandoned = Turn::wait(soon);
        assert!(abandoned.is_some());
        assert!(Turn::wait(soon).is_none());
        drop(abandoned);
        assert!(Turn::wait(soon).is_some());
    }
}
