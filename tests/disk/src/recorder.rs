//! What one folder's disk has seen, and whether it feels well.

use crate::history::{History, Op};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Operations that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Writing to the database, the log or a journal.
    Write,
    /// Syncing one of them.
    Sync,
    /// Cutting one of them.
    Truncate,
    /// Removing one of them.
    Delete,
    /// Reading one of them.
    Read,
}

/// How the disk is to fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Which operations.
    pub kind: Kind,
    /// How many of them still go well.
    pub after: usize,
    /// SQLite's extended result code.
    pub code: i32,
    /// Whether it goes on failing, or fails once.
    pub lasting: bool,
}

impl Fault {
    /// Full from the `after`th write on, until healed.
    pub fn full(after: usize) -> Self {
        Self { kind: Kind::Write, after, code: libsqlite3_sys::SQLITE_FULL, lasting: true }
    }

    /// The next operation of `kind` after `after` good ones fails, once.
    pub fn once(kind: Kind, after: usize) -> Self {
        let code = match kind {
            Kind::Write => libsqlite3_sys::SQLITE_IOERR_WRITE,
            Kind::Sync => libsqlite3_sys::SQLITE_IOERR_FSYNC,
            Kind::Truncate => libsqlite3_sys::SQLITE_IOERR_TRUNCATE,
            Kind::Delete => libsqlite3_sys::SQLITE_IOERR_DELETE,
            Kind::Read => libsqlite3_sys::SQLITE_IOERR_READ,
        };
        Self { kind, after, code, lasting: false }
    }

    /// As [`Fault::once`], but every one from there on fails until the disk is healed.
    pub fn lasting(kind: Kind, after: usize) -> Self {
        Self { lasting: true, ..Self::once(kind, after) }
    }
}

/// One recorded folder.
#[derive(Debug)]
pub(crate) struct Recorder {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    history: History,
    /// Which file a name means now.
    names: BTreeMap<String, usize>,
    files: usize,
    counts: BTreeMap<Kind, usize>,
    fault: Option<Fault>,
    failed: bool,
}

impl State {
    /// A file under a name that was not known before.
    fn file(&mut self, name: &str) -> usize {
        let file = self.files;
        self.files += 1;
        self.names.insert(name.to_owned(), file);
        file
    }
}

impl Recorder {
    pub fn over(folder: &Path) -> io::Result<Self> {
        let mut state = State::default();
        for (name, bytes) in contents(folder)? {
            let file = state.file(&name);
            state.history.begin(file, name, bytes);
        }
        Ok(Self { folder: folder.to_owned(), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of a file in this folder itself.
    pub fn name_of(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.folder).ok()?;
        (inside.components().count() == 1).then(|| inside.to_string_lossy().into_owned())
    }

    /// A file was opened, and made by that unless it `existed`. What other hands than SQLite's wrote or
    /// removed since the folder is watched counts as not synced.
    pub fn opened(&self, name: &str, existed: bool) -> usize {
        let mut state = self.state();
        match state.names.get(name) {
            Some(file) if existed => return *file,
            Some(_) => state.history.push(Op::Unlink { name: name.to_owned() }),
            None => {}
        }
        let file = state.file(name);
        state.history.push(Op::Link { file, name: name.to_owned() });
        let bytes = std::fs::read(self.folder.join(name)).unwrap_or_default();
        if !bytes.is_empty() {
            state.history.push(Op::Write { file, at: 0, bytes });
        }
        file
    }

    /// Whether the next operation of this kind goes well; otherwise SQLite's code.
    pub fn judge(&self, kind: Kind) -> Result<(), i32> {
        let mut state = self.state();
        *state.counts.entry(kind).or_default() += 1;
        let Some(fault) = &mut state.fault else { return Ok(()) };
        if fault.kind != kind {
            return Ok(());
        }
        if fault.after > 0 {
            fault.after -= 1;
            return Ok(());
        }
        let code = fault.code;
        if !fault.lasting {
            state.fault = None;
        }
        state.failed = true;
        Err(code)
    }

    /// An operation took place.
    pub fn push(&self, op: Op) {
        self.state().history.push(op);
    }

    pub fn unlinked(&self, name: String, synced: bool) {
        let mut state = self.state();
        if state.names.remove(&name).is_some() {
            state.history.push(Op::Unlink { name });
            if synced {
                state.history.push(Op::SyncNames);
            }
        }
    }

    pub fn acknowledge(&self) {
        self.push(Op::Acknowledged);
    }

    pub fn set_fault(&self, fault: Option<Fault>) -> bool {
        let mut state = self.state();
        state.fault = fault;
        std::mem::take(&mut state.failed)
    }

    pub fn count(&self, kind: Kind) -> usize {
        self.state().counts.get(&kind).copied().unwrap_or_default()
    }

    pub fn history(&self) -> History {
        self.state().history.clone()
    }
}

/// Files that survive a power cut, by name.
fn contents(folder: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && !name.ends_with("-shm") {
            found.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(found)
}

static WATCHED: Mutex<Vec<Arc<Recorder>>> = Mutex::new(Vec::new());

fn watched() -> MutexGuard<'static, Vec<Arc<Recorder>>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn add(recorder: &Arc<Recorder>) {
    watched().push(Arc::clone(recorder));
}

pub(crate) fn remove(recorder: &Arc<Recorder>) {
    watched().retain(|other| !Arc::ptr_eq(other, recorder));
}

/// Who records a path, and its name there.
pub(crate) fn of(path: &Path) -> Option<(Arc<Recorder>, String)> {
    watched().iter().find_map(|recorder| Some((Arc::clone(recorder), recorder.name_of(path)?)))
}
