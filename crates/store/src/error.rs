//! What can go wrong, as a closed list.

use domain::Refusal;
use std::error::Error;
use std::fmt;

/// What a caller may branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// There is no such file, or only what an interrupted [`Store::create`](crate::Store::create) left.
    Missing,
    /// There is a file already where a new one should be written.
    AlreadyExists,
    /// The key does not open this file; the file was not touched.
    WrongKey,
    /// The file belongs to another program or device.
    Foreign,
    /// A newer version wrote the file in a form this one cannot read.
    NewerSchema,
    /// The file is damaged.
    Damaged,
    /// The disk is full. Nothing was changed; try again when there is space.
    DiskFull,
    /// The disk or the file is read-only. Nothing was changed.
    ReadOnlyDisk,
    /// Another process holds the file.
    Busy,
    /// The store was closed.
    Closed,
    /// The rows of one's own device, member or organization have not arrived yet.
    NotCaughtUp,
    /// The delta belongs to another epoch than the rows here.
    WrongEpoch,
    /// The hub lacks changes that this device has given up already.
    HistoryGone,
    /// There is no such refusal.
    NotFound,
    /// The lease is over: nothing is shown or changed before the hub was met again.
    LeaseOver,
    /// The disk failed in another way. Nothing was changed.
    Io,
    /// A defect of this program.
    Internal,
}

/// As a person can be told, with what to do next.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the file is not there",
            Self::AlreadyExists => "there is a file already",
            Self::WrongKey => "the key does not open the file",
            Self::Foreign => "the file belongs to another program or device",
            Self::NewerSchema => "a newer version wrote the file; update to open it",
            Self::Damaged => "the file is damaged; restore it from a backup, or sign out and join again",
            Self::DiskFull => "the disk is full; free some space and try again",
            Self::ReadOnlyDisk => "the disk cannot be written; check its permissions and try again",
            Self::Busy => "another process holds the file; close it and try again",
            Self::Closed => "the file was closed",
            Self::NotCaughtUp => "the first rows have not arrived yet; wait for the hub",
            Self::WrongEpoch => "the hub's history is another one",
            Self::LeaseOver => "the lease of this program is over; connect to its hub to continue",
            Self::HistoryGone => "the hub lacks changes that are no longer here",
            Self::NotFound => "there is no such refusal",
            Self::Io => "the disk failed; nothing was changed, check the disk and try again",
            Self::Internal => "a defect of this program",
        })
    }
}

/// The store could not do what it was asked to. Nothing was changed.
#[derive(Debug)]
pub struct StoreError {
    code: Code,
    doing: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    pub(crate) fn new(code: Code, doing: &'static str) -> Self {
        Self { code, doing, source: None }
    }

    pub(crate) fn caused(
        code: Code,
        doing: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { code, doing, source: Some(source.into()) }
    }

    /// What to branch on.
    pub fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn doing(mut self, doing: &'static str) -> Self {
        self.doing = doing;
        self
    }

    pub(crate) fn with_code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.code)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::caused(code_of(&error), "using the store", error)
    }
}

/// SQLite result codes, <https://www.sqlite.org/rescode.html>.
fn code_of(error: &sqlx::Error) -> Code {
    /// `SQLITE_IOERR_SHMSIZE`: the shared-memory file could not grow, which is a full disk too.
    const SHMSIZE: i32 = 10 | (19 << 8);
    let database = match error {
        sqlx::Error::Database(database) => database,
        sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => return Code::Closed,
        sqlx::Error::PoolTimedOut => return Code::Busy,
        sqlx::Error::Io(error) => return code_of_io(error),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => return Code::Damaged,
        _ => return Code::Internal,
    };
    let extended = database.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
    match (extended, extended & 0xff) {
        (SHMSIZE, _) | (_, 13) => Code::DiskFull,
        (_, 8) => Code::ReadOnlyDisk,
        // 9: it was interrupted, which only the look through the file is, to make way.
        (_, 5 | 6 | 9) => Code::Busy,
        // 7: once SQLCipher has met a page that does not fit its seal, it gives out no memory for others.
        (_, 7 | 11 | 26) => Code::Damaged,
        // The same, before the transaction that met it has ended. A mistake of ours would say more.
        (1, _) if database.message() == "SQL logic error" => Code::Damaged,
        (_, 10 | 14) => Code::Io,
        _ => Code::Internal,
    }
}

pub(crate) fn code_of_io(error: &std::io::Error) -> Code {
    match error.kind() {
        std::io::ErrorKind::NotFound => Code::Missing,
        std::io::ErrorKind::AlreadyExists => Code::AlreadyExists,
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => Code::ReadOnlyDisk,
        _ => Code::Io,
    }
}

/// A change was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store could not write it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CommitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;
