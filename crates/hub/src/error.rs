//! What can go wrong with a hub, as far as whoever runs it can tell the cases apart.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a hub cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No space is left where the hub keeps its file.
    #[error("the disk is full; free some space, nothing that was acknowledged is lost")]
    DiskFull,
    /// The disk failed in another way, or may not be written.
    #[error("the disk does not take what the hub writes; nothing that was acknowledged is lost")]
    Disk(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The file is no database, or its pages do not fit together.
    #[error("the hub's file {0} is damaged; restore it from a backup")]
    Damaged(PathBuf),
    /// The file was written by a newer hub.
    #[error("the hub's file has format {0}, which is newer than this hub; update the hub")]
    NewerSchema(i64),
    /// Another process serves the same folder.
    #[error("another hub already uses the folder {0}")]
    InUse(PathBuf),
    /// Something else listens on the address.
    #[error("the address {0} is taken; choose another with --listen")]
    PortTaken(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The folder or a file in it cannot be used.
    #[error("cannot use {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no hub in the folder.
    #[error("there is no hub in {0}; start one with `lockstep-hub serve` or `lockstep-hub init`")]
    NoHub(PathBuf),
    /// A founding invitation lives for 1 to 90 days.
    #[error("an invitation lives for 1 to 90 days")]
    Days,
    /// The address under which people reach the hub makes no working link.
    #[error("{0} is no address a link can be made of; it looks like https://hub.example")]
    PublicUrl(String),
    /// A transaction did not fit what is stored. Nothing of it was written.
    #[error("the change does not fit what is stored: {0}")]
    Conflict(&'static str),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    Random,
    /// The hub is shutting down.
    #[error("the hub is shutting down")]
    Closed,
    /// Anything else of the database.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A sentence for the devices whose changes could not be stored.
    pub(crate) fn for_devices(&self) -> &'static str {
        match self {
            Self::DiskFull => {
                "The hub's disk is full. Your changes stay on this device and are sent when there is space \
                 again."
            }
            Self::Disk(_) => {
                "The hub's disk does not work. Your changes stay on this device and are sent when it does again."
            }
            Self::Conflict("the founding invitation was used already") => {
                "This invitation is being used by somebody else right now."
            }
            _ => "The hub could not store this. Your changes stay on this device and are sent again.",
        }
    }
}
