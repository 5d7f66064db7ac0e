//! A disk below SQLite, for tests: it remembers which writes were synced, so that the folder can be
//! rebuilt [as a power cut could have left it](History::after_power_cuts), and it [fails](Disk::fail)
//! on request.
//!
//! It is a VFS around SQLite's own that becomes the default of the process, so that nothing of the
//! product has to know of it. Files outside watched folders pass through untouched. Shared memory is
//! not recorded: it does not survive a power cut.

mod history;
mod recorder;
mod vfs;

pub use history::{Cut, Effort, History};
pub use recorder::{Fault, Kind};

use recorder::Recorder;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A folder whose SQLite files are recorded until this is dropped.
#[derive(Debug)]
pub struct Disk(Arc<Recorder>);

impl Disk {
    /// Watches a folder from now on. Whatever it holds is taken to be safely on the disk. Files have to
    /// be opened by SQLite after this.
    ///
    /// # Errors
    /// When the folder cannot be read or SQLite refuses the VFS.
    pub fn watch(folder: &Path) -> io::Result<Self> {
        vfs::install()?;
        let recorder = Arc::new(Recorder::over(&folder.canonicalize()?)?);
        recorder::add(&recorder);
        Ok(Self(recorder))
    }

    /// Notes that something was acknowledged: from now on it must survive.
    pub fn acknowledge(&self) {
        self.0.acknowledge();
    }

    /// From now on operations fail as `fault` says; forgets an earlier fault.
    pub fn fail(&self, fault: Fault) {
        self.0.set_fault(Some(fault));
    }

    /// The disk is well again. Returns whether anything failed since [`Disk::fail`].
    pub fn heal(&self) -> bool {
        self.0.set_fault(None)
    }

    /// How many operations of a kind there were so far.
    pub fn count(&self, kind: Kind) -> usize {
        self.0.count(kind)
    }

    /// What happened so far.
    pub fn history(&self) -> History {
        self.0.history()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        recorder::remove(&self.0);
    }
}
