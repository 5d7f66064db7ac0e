//! A keychain as this crate needs it: a text under a name, or a clear reason why not.

mod memory;
mod system;

use zeroize::Zeroizing;

pub use memory::{Behaviour, MemoryKeychain};
pub use system::{DEFAULT_SERVICE, DEFAULT_TIME_LIMIT, SystemKeychain};

/// Where the root key is looked for.
#[derive(Debug, Clone)]
pub enum Keychain {
    /// The keychain of the operating system.
    System(SystemKeychain),
    /// One that lives as long as its last clone: for the demo and for tests.
    Memory(MemoryKeychain),
}

impl Keychain {
    /// The keychain of the operating system with the usual entry and time limit.
    pub fn system() -> Self {
        Self::System(SystemKeychain::default())
    }

    /// A new, empty keychain in memory.
    pub fn memory() -> Self {
        Self::Memory(MemoryKeychain::default())
    }

    /// Every text stored for `user`: none if there is no entry, several if a keychain was restored
    /// beside another one.
    pub(crate) fn read(&self, user: &str) -> Result<Vec<Zeroizing<String>>, Refusal> {
        match self {
            Self::System(keychain) => keychain.read(user),
            Self::Memory(keychain) => keychain.read(user),
        }
    }

    /// Stores `text` for `user` in place of what was there.
    pub(crate) fn write(&self, user: &str, text: &Zeroizing<String>) -> Result<(), Refusal> {
        match self {
            Self::System(keychain) => keychain.write(user, text),
            Self::Memory(keychain) => keychain.write(user, text),
        }
    }

    /// Removes what is stored for `user`; none is fine.
    pub(crate) fn remove(&self, user: &str) -> Result<(), Refusal> {
        match self {
            Self::System(keychain) => keychain.remove(user),
            Self::Memory(keychain) => keychain.remove(user),
        }
    }
}

/// Why a keychain did not do as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is there and denies access.
    Locked,
    /// It is not there, or not in a state to be used.
    Absent,
    /// It took longer than the time limit.
    NoAnswer,
}
