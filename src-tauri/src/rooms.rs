//! Rooms in windows of their own: opened, closed one by one, and brought back with the main window. Which there are
//! and where they stood is remembered by the app, in its encrypted file; nothing opens before that can be read.

use std::sync::Arc;

use app::dto::CommandError;
use app::{OwnWindow, Place};
use tauri::{AppHandle, Manager as _, WebviewWindow, Window};
use tokio::sync::broadcast::error::RecvError;

use crate::shell::MAIN;
use crate::state::Core;
use crate::{geometry, windows};

/// What their labels begin with; the capability file names it too.
const ROOM: &str = "room-";

fn label(program: &str, deal: &str) -> String {
    format!("{ROOM}{program}_{deal}")
}

/// Program and deal of a window; none of the main one.
fn room(label: &str) -> Option<(&str, &str)> {
    label.strip_prefix(ROOM)?.split_once('_')
}

/// Opens the window of a room, or brings it forward. True when it is a new one.
pub async fn pop_out(
    handle: &AppHandle,
    core: &Core,
    program: &str,
    deal: &str,
) -> Result<bool, CommandError> {
    let window = core.app().await?.room_window_open(program, deal).await?;
    let opened = match handle.get_webview_window(&label(&window.program, &window.deal)) {
        Some(there) => windows::forward(&there).map(|()| false),
        None => open(handle, core, &window, true).map(|()| true),
    };
    opened.map_err(|error| {
        tracing::error!("a room gets no window: {error}");
        core.internal(|| app::say!("The window could not be opened. The log has the details."))
    })
}

fn open(handle: &AppHandle, core: &Core, room: &OwnWindow, asked_for: bool) -> tauri::Result<()> {
    let label = label(&room.program, &room.deal);
    let builder = windows::builder(handle, core, &label, &room.route())
        .inner_size(1000.0, 720.0)
        .min_inner_size(480.0, 400.0)
        .focused(asked_for)
        .on_document_title_changed(|window, title| {
            let named = window.set_title(if title.is_empty() { "Lockstep" } else { &title });
            named.unwrap_or_else(|error| tracing::debug!("a window has no title: {error}"));
        });
    if !asked_for {
        core.set_quiet(&label);
    }
    let window = builder.build()?;
    windows::darken(&window)?;
    if let Some(place) = room.place {
        geometry::put(&window, place)
            .unwrap_or_else(|error| tracing::warn!("a window begins where the desktop puts it: {error}"));
    }
    windows::show_without_report(handle, &label);
    Ok(())
}

/// Opens again what was open when the main window went, as soon as it may be shown.
pub async fn restore(handle: AppHandle, core: Arc<Core>) {
    let Ok(app) = core.app().await else { return };
    let mut changes = app.changes();
    while !app.is_open() {
        if matches!(changes.recv().await, Err(RecvError::Closed)) {
            return;
        }
    }
    let rooms = match app.room_windows().await {
        Ok(rooms) => rooms,
        Err(error) => {
            tracing::warn!(code = ?error.code, "the windows of rooms stay closed");
            return;
        }
    };
    for room in rooms {
        // The main window may have gone meanwhile; they come back with the next one.
        if handle.get_webview_window(MAIN).is_none() || core.is_leaving() {
            return;
        }
        let there = handle.get_webview_window(&label(&room.program, &room.deal)).is_some();
        if !there && let Err(error) = open(&handle, &core, &room, false) {
            tracing::error!("a room gets no window: {error}");
        }
    }
}

/// The person closed one: it is gone and forgotten.
pub fn close(window: &Window) {
    let core = Arc::clone(&window.state::<Arc<Core>>());
    if core.is_leaving() {
        return;
    }
    let handle = window.app_handle();
    let place = handle.get_webview_window(window.label()).and_then(|window| place(&window));
    if let Some((program, deal)) = room(window.label()) {
        let (program, deal) = (program.to_owned(), deal.to_owned());
        tauri::async_runtime::spawn(async move {
            let Ok(app) = core.app().await else { return };
            if let Err(error) = app.room_window_closed(&program, &deal, place).await {
                tracing::warn!(code = ?error.code, "a closed window is not forgotten");
            }
        });
    }
    if let Err(error) = window.destroy() {
        tracing::warn!("a window does not go: {error}");
    }
}

/// Where they stand, for when they go together and are to come back.
pub fn standing(handle: &AppHandle) -> Vec<(String, String, Place)> {
    let standing = all(handle).filter_map(|window| {
        let (program, deal) = room(window.label())?;
        Some((program.to_owned(), deal.to_owned(), place(&window)?))
    });
    standing.collect()
}

/// Remembers where they stood.
pub async fn keep(core: &Core, standing: Vec<(String, String, Place)>) {
    let Ok(app) = core.app().await else { return };
    if !standing.is_empty()
        && let Err(error) = app.room_windows_stand(&standing).await
    {
        tracing::warn!(code = ?error.code, "the places of windows are not kept");
    }
}

/// All that are open.
pub fn all(handle: &AppHandle) -> impl Iterator<Item = WebviewWindow> {
    handle.webview_windows().into_values().filter(|window| window.label() != MAIN)
}

fn place(window: &WebviewWindow) -> Option<Place> {
    geometry::now(window, None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_whose_window_it_is() {
        let label = label("019b2f6a-7a10-7c3e-8a51-0d5f5a3c9e01", "019b2f6a-7a10-7c3e-8a51-0d5f5a3c9e02");
        let named = Some(("019b2f6a-7a10-7c3e-8a51-0d5f5a3c9e01", "019b2f6a-7a10-7c3e-8a51-0d5f5a3c9e02"));
        assert_eq!(room(&label), named);
        assert_eq!(room(MAIN), None);
    }
}
