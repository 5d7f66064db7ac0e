//! The door between the windows and Rust: these commands and nothing else. None of them takes a path, an
//! address or SQL; what `rpc` may do is the one command list of the `app` crate.

use std::process::{Command, Stdio};
use std::sync::Arc;

use app::dto::{Code, CommandError, Uploaded};
use serde_json::Value;
use tauri::ipc::{Channel, InvokeBody, Request};
use tauri::{AppHandle, State, WebviewWindow};

use crate::feed::Push;
use crate::state::Core;
use crate::{rooms, shell, windows};

/// Runs one command of the app's list, for example `milestone_complete`.
#[tauri::command]
pub async fn rpc(
    core: State<'_, Arc<Core>>,
    cmd: String,
    args: Option<Value>,
) -> Result<Value, CommandError> {
    let app = core.app().await?;
    app.dispatch(&cmd, args.unwrap_or(Value::Null)).await
}

/// Takes the channel on which a window hears changes and routes.
#[tauri::command]
pub fn subscribe(window: WebviewWindow, core: State<'_, Arc<Core>>, channel: Channel<Push>) {
    core.feed.subscribe(window.label(), channel);
}

/// Takes the bytes of one file. They come as the raw body: as JSON, every byte would be a number.
#[tauri::command]
pub async fn upload(core: State<'_, Arc<Core>>, request: Request<'_>) -> Result<Uploaded, CommandError> {
    let InvokeBody::Raw(bytes) = request.body() else {
        return Err(bad_input(&core, || app::say!("The file did not arrive as bytes.")));
    };
    let name = request.headers().get("x-name").and_then(|name| name.to_str().ok()).and_then(percent_decoded);
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(bad_input(&core, || app::say!("The file arrived without a name.")));
    };
    core.app().await?.upload(name, bytes.clone()).await
}

/// Opens the demo world in a window, a process and a folder of its own, which end with it.
#[tauri::command]
pub fn demo(core: State<'_, Arc<Core>>) -> Result<(), CommandError> {
    if cfg!(not(feature = "demo")) {
        return Err(core.internal(|| app::say!("This build has no demo world.")));
    }
    let started = std::env::current_exe().and_then(|program| {
        Command::new(program).arg("--demo").stdin(Stdio::null()).stdout(Stdio::null()).spawn()
    });
    let mut child = started.map_err(|error| {
        tracing::error!("the demo could not be started: {error}");
        core.internal(|| app::say!("The demo could not be started. The log has the details."))
    })?;
    // Somebody has to take notice when it ends.
    std::thread::spawn(move || child.wait());
    Ok(())
}

/// Ends the program, also where closing the window would only send it to the tray.
#[tauri::command]
pub fn quit(handle: AppHandle) {
    shell::leave(&handle);
}

/// The page has something to show.
#[tauri::command]
pub fn shown(handle: AppHandle, window: WebviewWindow, core: State<'_, Arc<Core>>) {
    windows::show(&handle, &core, window.label(), "ready");
}

/// Opens the room of a deal in a window of its own, or brings that forward. True when it is a new one.
#[tauri::command]
pub async fn pop_out(
    handle: AppHandle,
    core: State<'_, Arc<Core>>,
    program: String,
    deal: String,
) -> Result<bool, CommandError> {
    rooms::pop_out(&handle, &core, &program, &deal).await
}

/// Closes the window that asks, as if the person had.
#[tauri::command]
pub fn close_window(window: WebviewWindow) {
    if let Err(error) = window.close() {
        tracing::warn!("a window does not close: {error}");
    }
}

/// Goes to another place in the main window, which a window of a room does not show.
#[tauri::command]
pub fn go_in_main(handle: AppHandle, core: State<'_, Arc<Core>>, route: String) {
    if route.starts_with('/') {
        core.feed.open(route);
        shell::bring_forward(&handle);
    }
}

fn bad_input(core: &Core, say: impl FnOnce() -> String) -> CommandError {
    CommandError { code: Code::BadInput, message: app::words::speaking(core.language(), say) }
}

/// Headers are ASCII and file names are not, so the page encodes them.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex(rest.next()?)? << 4 | hex(rest.next()?)? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn names_survive_the_header() {
        assert_eq!(percent_decoded("Angebot%20M%C3%BCller%20%2B%201.csv").unwrap(), "Angebot Müller + 1.csv");
        assert_eq!(percent_decoded("plain.csv").unwrap(), "plain.csv");
        assert_eq!(percent_decoded("").unwrap(), "");
    }

    #[test]
    fn what_is_no_encoding_is_no_name() {
        for broken in ["%", "%4", "%zz", "%+4", "%ff"] {
            assert_eq!(percent_decoded(broken), None, "{broken}");
        }
    }
}
