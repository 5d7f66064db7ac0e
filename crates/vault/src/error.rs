//! What can go wrong, as a closed list.

use std::io;
use std::path::{Path, PathBuf};

use crate::keychain::Refusal;
use crate::passphrase::{MAX_PASSPHRASE_BYTES, MIN_PASSPHRASE_CHARS};
use crate::programs::MAX_PROGRAM_ID_BYTES;

/// Everything this crate refuses to do or failed to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another instance holds the lock of this profile folder.
    #[error("another running copy of the application uses this profile")]
    InUse,
    /// The passphrase does not open the vault file, or somebody changed its salt or cost: the cipher
    /// cannot tell the two apart.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The new passphrase is shorter or longer than allowed.
    #[error(
        "a passphrase has at least {MIN_PASSPHRASE_CHARS} characters and at most {MAX_PASSPHRASE_BYTES} bytes"
    )]
    BadPassphrase,
    /// This profile is not protected by a passphrase.
    #[error("this profile is not protected by a passphrase")]
    NoPassphrase,
    /// A passphrase may be chosen only while nothing is encrypted under another key.
    #[error("this profile already has encrypted files under another key")]
    KeyExists,
    /// The keychain is there and denies access, or does not answer in time.
    #[error("the keychain is locked or does not answer")]
    KeychainLocked,
    /// There is no keychain in this session that keeps the key.
    #[error("no keychain is available in this session")]
    KeychainMissing,
    /// The program id cannot be the name of a folder.
    #[error("a program id consists of 1 to {MAX_PROGRAM_ID_BYTES} of a-z, 0-9 and '-'")]
    BadProgramId,
    /// This device holds no key of that program.
    #[error("this device holds no key of that program")]
    NoSuchProgram,
    /// This device already holds a key of that program; a key is never overwritten.
    #[error("this device already holds a key of that program")]
    ProgramExists,
    /// A file of the vault cannot be trusted.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The system gave no randomness, no memory for the passphrase, or no thread.
    #[error("the system refused {0}")]
    Refused(&'static str),
}

impl Error {
    /// What a caller may branch on.
    pub fn code(&self) -> Code {
        match self {
            Self::InUse => Code::InUse,
            Self::WrongPassphrase => Code::WrongPassphrase,
            Self::BadPassphrase => Code::BadPassphrase,
            Self::NoPassphrase => Code::NoPassphrase,
            Self::KeyExists => Code::KeyExists,
            Self::KeychainLocked => Code::KeychainLocked,
            Self::KeychainMissing => Code::KeychainMissing,
            Self::BadProgramId => Code::BadProgramId,
            Self::NoSuchProgram => Code::NoSuchProgram,
            Self::ProgramExists => Code::ProgramExists,
            Self::Damaged(_) => Code::Damaged,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::ReadOnlyFilesystem => Code::DiskFull,
                _ => Code::Io,
            },
            Self::Refused(_) => Code::Internal,
        }
    }

    /// Wraps an I/O error together with what was tried on which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Locked | Refusal::NoAnswer => Self::KeychainLocked,
            Refusal::Absent => Self::KeychainMissing,
        }
    }
}

/// The closed list of error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// [`Error::InUse`].
    InUse,
    /// [`Error::WrongPassphrase`].
    WrongPassphrase,
    /// [`Error::BadPassphrase`].
    BadPassphrase,
    /// [`Error::NoPassphrase`].
    NoPassphrase,
    /// [`Error::KeyExists`].
    KeyExists,
    /// [`Error::KeychainLocked`].
    KeychainLocked,
    /// [`Error::KeychainMissing`].
    KeychainMissing,
    /// [`Error::BadProgramId`].
    BadProgramId,
    /// [`Error::NoSuchProgram`].
    NoSuchProgram,
    /// [`Error::ProgramExists`].
    ProgramExists,
    /// [`Error::Damaged`].
    Damaged,
    /// The disk is full, over quota or read-only; nothing was changed.
    DiskFull,
    /// Any other [`Error::Io`].
    Io,
    /// Something broke inside.
    Internal,
}

/// Why a file of the vault cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// `profile.json` is missing although encrypted files exist, so their keychain entry is unknown.
    #[error("profile.json is missing although encrypted files exist")]
    ProfileMissing,
    /// `profile.json` is not what this application writes.
    #[error("profile.json cannot be read")]
    ProfileUnreadable,
    /// `vault.json` is missing although the profile says that a passphrase protects it.
    #[error("vault.json is missing although a passphrase protects this profile")]
    VaultMissing,
    /// `vault.json` is not what this application writes.
    #[error("vault.json cannot be read")]
    VaultUnreadable,
    /// `vault.json` asks for less work than this application ever accepts.
    #[error("vault.json asks for less protection than is acceptable")]
    WeakParameters,
    /// `vault.json` asks for so much work that opening it would starve the machine.
    #[error("vault.json asks for absurdly much memory or time")]
    ExcessiveParameters,
    /// A newer version of the application wrote this profile: update instead of starting over.
    #[error("a newer version of the application wrote this profile")]
    TooNew,
    /// A program's key file was changed, truncated, or belongs to another program or profile.
    #[error("the key file of this program was changed or belongs elsewhere")]
    ProgramKey,
}
