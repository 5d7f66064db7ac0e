//! A start that met another one in the moment of its death: the other was asked to take over, and ended
//! before it could answer. Whoever starts Lockstep again after a crash is as fast as that.

use std::process::Command;
use std::time::Duration;

/// Counts the starts that came after each other so.
const AGAIN: &str = "LOCKSTEP_STARTED_AGAIN";

/// After so many, what is in the way is something else.
const MOST: u32 = 5;

/// By then the bus has noticed that the other one is gone.
const PAUSE: Duration = Duration::from_millis(200);

/// Whether the window could not be opened because another instance was asked and did not answer.
pub fn died_meanwhile(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(tauri::Error::PluginInitialization(name, _)) if name == "single-instance")
}

/// Starts the program anew in the place of this one. False when it was tried too often or is not to be had.
pub fn start_again() -> bool {
    let times = std::env::var(AGAIN).ok().and_then(|times| times.parse().ok()).unwrap_or(0_u32);
    let Ok(program) = std::env::current_exe() else { return false };
    if times >= MOST {
        return false;
    }
    tracing::info!(times, "the other instance ended; starting again");
    pause();
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).env(AGAIN, (times + 1).to_string());
    replace(command)
}

#[expect(
    clippy::disallowed_methods,
    reason = "no window and no runtime is there yet that could wait otherwise"
)]
fn pause() {
    std::thread::sleep(PAUSE);
}

#[cfg(unix)]
fn replace(mut command: Command) -> bool {
    use std::os::unix::process::CommandExt as _;
    // Comes back only when it could not be done.
    let error = command.exec();
    tracing::error!("could not start again: {error}");
    false
}

#[cfg(not(unix))]
fn replace(mut command: Command) -> bool {
    command.spawn().is_ok()
}
