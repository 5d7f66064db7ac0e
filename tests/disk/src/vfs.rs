//! The VFS itself: SQLite's own with a recorder in front.
//!
//! A file is this module's [`File`] followed, in the same allocation, by the file of the VFS below.
//! Memory-mapped access is not offered (version 2 of the methods), so every write passes here.

#![expect(unsafe_code, reason = "SQLite's VFS is a table of C functions")]

use crate::history::Op;
use crate::recorder::{self, Kind, Recorder};
use libsqlite3_sys as ffi;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock};
use std::{io, ptr, slice};

const NAME: &CStr = c"recording";

/// The VFS below: SQLite's own. Set before any of the functions here can be called.
static BELOW: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());

/// An open file, as SQLite holds it.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    /// Null for a file nobody watches; otherwise owned by this.
    watch: *mut Watch,
}

struct Watch {
    recorder: Arc<Recorder>,
    file: usize,
    /// The next sync of this file also syncs the folder: the Unix VFS does so once after it has made a
    /// journal or a log.
    syncs_names: AtomicBool,
}

/// Makes this the VFS of every connection that names none.
pub(crate) fn install() -> io::Result<()> {
    static INSTALLED: OnceLock<c_int> = OnceLock::new();
    let code = *INSTALLED.get_or_init(|| {
        // SAFETY: initialising is allowed at any time and from any thread. A registered VFS must live
        // and stay where it is for ever, which a leaked box does; `below` is SQLite's own, which does so
        // too, and is only read.
        unsafe {
            ffi::sqlite3_initialize();
            let below = ffi::sqlite3_vfs_find(ptr::null());
            if below.is_null() {
                return ffi::SQLITE_ERROR;
            }
            BELOW.store(below, Ordering::SeqCst);
            let mut vfs = *below;
            vfs.szOsFile += c_int::try_from(size_of::<File>()).unwrap_or(c_int::MAX);
            vfs.pNext = ptr::null_mut();
            vfs.zName = NAME.as_ptr();
            vfs.xOpen = Some(open);
            vfs.xDelete = Some(delete);
            // All others are called with a pointer to this copy, and need no more of it than the copied
            // fields say.
            ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1)
        }
    });
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(io::Error::other(format!("SQLite says {code}"))) }
}

fn path_of(name: &CStr) -> &Path {
    Path::new(name.to_str().unwrap_or_default())
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives `szOsFile` bytes at `file`, enough for ours and the one below, and a name
    // that ends in 0 or null for a temporary file. `BELOW` was set by `install`, and a VFS has an open.
    unsafe {
        let ours = file.cast::<File>();
        (*ours).base.pMethods = ptr::null();
        (*ours).watch = ptr::null_mut();
        let named = if name.is_null() { None } else { Some(path_of(CStr::from_ptr(name))) };
        let watched = named.and_then(|path| Some((path.exists(), recorder::of(path)?)));
        let below = BELOW.load(Ordering::SeqCst);
        let Some(open_below) = (*below).xOpen else { return ffi::SQLITE_CANTOPEN };
        let code = open_below(below, name, inner(file), flags, out);
        if code != ffi::SQLITE_OK {
            return code;
        }
        (*ours).base.pMethods = &raw const METHODS;
        if let Some((existed, (recorder, name))) = watched {
            let file = recorder.opened(&name, existed);
            let journal = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL;
            let syncs_names = AtomicBool::new(!existed && flags & journal != 0);
            (*ours).watch = Box::into_raw(Box::new(Watch { recorder, file, syncs_names }));
        }
        code
    }
}

unsafe extern "C" fn delete(_vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite gives a name that ends in 0; `BELOW` was set by `install`.
    unsafe {
        let watched = recorder::of(path_of(CStr::from_ptr(name)));
        if let Some((recorder, _)) = &watched
            && let Err(code) = recorder.judge(Kind::Delete)
        {
            return code;
        }
        let below = BELOW.load(Ordering::SeqCst);
        let Some(delete_below) = (*below).xDelete else { return ffi::SQLITE_IOERR_DELETE };
        let code = delete_below(below, name, sync);
        if let (ffi::SQLITE_OK, Some((recorder, name))) = (code, watched) {
            recorder.unlinked(name, sync != 0);
        }
        code
    }
}

/// The file of the VFS below.
///
/// # Safety
/// `file` is one that SQLite allocated for this VFS.
unsafe fn inner(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: `szOsFile` of this VFS is ours plus that of the one below.
    unsafe { file.cast::<u8>().add(size_of::<File>()).cast() }
}

/// Calls a method of the file below; a missing one is an error of a kind SQLite expects.
macro_rules! below {
    ($file:expr, $method:ident, $($argument:expr),*) => {{
        let file = inner($file);
        match (*(*file).pMethods).$method {
            Some(method) => method(file, $($argument),*),
            None => ffi::SQLITE_NOTFOUND,
        }
    }};
}

/// # Safety
/// `file` is open in this VFS.
unsafe fn watch<'a>(file: *mut ffi::sqlite3_file) -> Option<&'a Watch> {
    // SAFETY: set by `open` to null or to a box that `close` frees.
    unsafe { (*file.cast::<File>()).watch.as_ref() }
}

/// # Safety
/// `file` is open in this VFS.
unsafe fn judge(file: *mut ffi::sqlite3_file, kind: Kind) -> Result<(), c_int> {
    // SAFETY: as the caller promises.
    unsafe { watch(file) }.map_or(Ok(()), |watch| watch.recorder.judge(kind))
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once and does not use it afterwards.
    unsafe {
        let code = below!(file, xClose,);
        let ours = file.cast::<File>();
        if !(*ours).watch.is_null() {
            drop(Box::from_raw((*ours).watch));
            (*ours).watch = ptr::null_mut();
        }
        code
    }
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, n: c_int, at: i64) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        match judge(file, Kind::Read) {
            Ok(()) => below!(file, xRead, to, n, at),
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, n: c_int, at: i64) -> c_int {
    // SAFETY: SQLite gives `n` bytes at `from`; a part of them is handed on as it came.
    unsafe {
        let (failed, length) = match judge(file, Kind::Write) {
            Ok(()) => (None, n),
            // A disk that fails has often written something.
            Err(code) => (Some(code), n / 2),
        };
        let code = below!(file, xWrite, from, length, at);
        if let (ffi::SQLITE_OK, Some(watch), Ok(length), Ok(at)) =
            (code, watch(file), usize::try_from(length), usize::try_from(at))
        {
            let bytes = slice::from_raw_parts(from.cast::<u8>(), length).to_vec();
            watch.recorder.push(Op::Write { file: watch.file, at, bytes });
        }
        failed.unwrap_or(code)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        if let Err(code) = judge(file, Kind::Truncate) {
            return code;
        }
        let code = below!(file, xTruncate, length);
        if let (ffi::SQLITE_OK, Some(watch), Ok(length)) = (code, watch(file), usize::try_from(length)) {
            watch.recorder.push(Op::Truncate { file: watch.file, length });
        }
        code
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        let code = match judge(file, Kind::Sync) {
            Ok(()) => below!(file, xSync, flags),
            Err(code) => code,
        };
        if let Some(watch) = watch(file) {
            let file = watch.file;
            if code != ffi::SQLITE_OK {
                watch.recorder.push(Op::SyncFailed { file });
            } else {
                watch.recorder.push(Op::Sync { file });
                if watch.syncs_names.swap(false, Ordering::SeqCst) {
                    watch.recorder.push(Op::SyncNames);
                }
            }
        }
        code
    }
}

/// Methods that are handed on as they come.
macro_rules! pass_on {
    ($($name:ident = $method:ident($($argument:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($argument: $kind),*) -> c_int {
            // SAFETY: handed on as it came.
            unsafe { below!(file, $method, $($argument),*) }
        }
    )*};
}

pass_on! {
    file_size = xFileSize(size: *mut i64);
    lock = xLock(level: c_int);
    unlock = xUnlock(level: c_int);
    check_reserved_lock = xCheckReservedLock(held: *mut c_int);
    file_control = xFileControl(op: c_int, argument: *mut c_void);
    sector_size = xSectorSize();
    device_characteristics = xDeviceCharacteristics();
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, mapped: *mut *mut c_void);
    shm_lock = xShmLock(offset: c_int, n: c_int, flags: c_int);
    shm_unmap = xShmUnmap(delete: c_int);
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: handed on as it came.
    unsafe {
        let file = inner(file);
        if let Some(method) = (*(*file).pMethods).xShmBarrier {
            method(file);
        }
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
