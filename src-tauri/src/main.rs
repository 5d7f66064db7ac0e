//! The desktop program. It reads its arguments, repairs the environment before GTK looks at it, opens
//! the log and runs the windows. There are no rules and no SQL in this package: whatever a window
//! asks for goes to the `app` crate.

#![cfg_attr(all(not(debug_assertions), target_os = "windows"), windows_subsystem = "windows")]

mod arguments;
mod background;
mod badge;
mod bridge;
mod environment;
mod feed;
mod geometry;
mod instance;
mod language;
mod logfile;
mod look;
#[cfg(target_os = "macos")]
mod menu;
mod notices;
mod place;
mod rooms;
mod shell;
mod state;
mod windows;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use arguments::{Arguments, Wish};

fn main() -> ExitCode {
    let started = Instant::now();
    match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Wish::Run(arguments)) => run(arguments, started),
        Ok(Wish::Help) => print(arguments::HELP),
        Ok(Wish::Version) => print(concat!("lockstep ", env!("CARGO_PKG_VERSION"))),
        Err(misuse) => {
            complain(&format!("{misuse}\n\n{}", arguments::HELP));
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments, started: Instant) -> ExitCode {
    environment::repair();
    let profile = arguments.profile();
    // A log that cannot be opened is no reason to keep a person from their work.
    if let Err(error) = logfile::open(&profile) {
        complain(&format!("no log will be written: {error}"));
    }
    // What draws the windows is the system's, and a report without its version is half a report.
    let engine = tauri::webview_version().unwrap_or_default();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), engine, profile = %profile.display(), "starting");
    match shell::run(arguments, profile, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if instance::died_meanwhile(&error) && instance::start_again() => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("could not start: {error:#}");
            complain(&format!("could not start: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes to standard output; a closed pipe is the reader's business.
fn print(text: &str) -> ExitCode {
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}

/// Writes to standard error, where a desktop without a terminal simply loses it.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "lockstep: {text}");
}
