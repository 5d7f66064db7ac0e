//! The log: one file in the profile and the one before it, each of bounded size.
//!
//! What may be written: identifiers, counts, durations and our own sentences. Never arguments of
//! commands, names of people or files, text of messages, links or keys. Lines of libraries are kept
//! from `warn` upward only, because what they print below that is not ours to promise.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

/// Size at which the file becomes "the one before".
const LIMIT_BYTES: u64 = 2 * 1024 * 1024;

/// Our own crates; `LOCKSTEP_LOG` sets their level.
const OURS: [&str; 8] = ["lockstep", "app", "sync", "store", "protocol", "vault", "hub", "demo"];

/// Opens the log of a profile and sends every `tracing` line and the place of every panic there.
pub fn open(profile: &Path) -> io::Result<()> {
    let writer = Rolling::open(profile.join("logs"), LIMIT_BYTES)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(std::env::var("LOCKSTEP_LOG").ok().as_deref()))
        .with_ansi(false)
        .with_writer(Mutex::new(writer))
        .finish();
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    let inner = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Only where: the message may quote data.
        tracing::error!(place = panic.location().map(tracing::field::display), "panic");
        inner(panic);
    }));
    Ok(())
}

fn filter(level: Option<&str>) -> EnvFilter {
    let level = level.filter(|level| matches!(*level, "error" | "warn" | "info" | "debug")).unwrap_or("info");
    let ours = OURS.map(|name| format!("{name}={level}")).join(",");
    EnvFilter::new(format!("warn,{ours}"))
}

/// Writes to `lockstep.log` and renames it to `lockstep.old.log` when it is full.
struct Rolling {
    folder: PathBuf,
    limit: u64,
    file: File,
    written: u64,
}

impl Rolling {
    fn open(folder: PathBuf, limit: u64) -> io::Result<Self> {
        create_private_folder(&folder)?;
        let file = open_private(&folder.join("lockstep.log"))?;
        let written = file.metadata()?.len();
        Ok(Self { folder, limit, file, written })
    }

    fn roll(&mut self) -> io::Result<()> {
        let current = self.folder.join("lockstep.log");
        fs::rename(&current, self.folder.join("lockstep.old.log"))?;
        self.file = open_private(&current)?;
        self.written = 0;
        Ok(())
    }
}

impl Write for Rolling {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.written.saturating_add(line.len() as u64) > self.limit && self.written > 0 {
            self.roll()?;
        }
        let count = self.file.write(line)?;
        self.written = self.written.saturating_add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A log says when somebody worked on what; other users of the machine need not read it.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("lockstep-log-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn two_files_of_bounded_size_remain() {
        let folder = scratch("roll");
        let mut log = Rolling::open(folder.clone(), 100).unwrap();
        for number in 0..50 {
            log.write_all(format!("line {number:04} of a long day\n").as_bytes()).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["lockstep.log", "lockstep.old.log"]);
        for name in names {
            assert!(fs::metadata(folder.join(name)).unwrap().len() <= 100);
        }
        assert!(fs::read_to_string(folder.join("lockstep.log")).unwrap().contains("line 0049"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_second_run_continues_the_file() {
        let folder = scratch("append");
        writeln!(Rolling::open(folder.clone(), 1000).unwrap(), "first").unwrap();
        writeln!(Rolling::open(folder.clone(), 1000).unwrap(), "second").unwrap();
        assert_eq!(fs::read_to_string(folder.join("lockstep.log")).unwrap(), "first\nsecond\n");
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = scratch("mode");
        Rolling::open(folder.clone(), 1000).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("lockstep.log")), 0o600);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn libraries_never_get_below_warn() {
        assert!(filter(Some("debug")).to_string().contains("store=debug"));
        assert!(filter(Some("trace,hyper=trace")).to_string().contains("store=info"));
    }
}
