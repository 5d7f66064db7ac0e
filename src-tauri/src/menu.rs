//! The menu bar of macOS, where copying, pasting and closing a window are entries of it. The other systems have none.

use std::sync::Arc;

use tauri::menu::{
    AboutMetadata, HELP_SUBMENU_ID, Menu, MenuEvent, MenuItem, PredefinedMenuItem as Role, Submenu,
    WINDOW_SUBMENU_ID,
};
use tauri::{AppHandle, Manager as _, Wry};

use crate::shell;
use crate::state::Core;

/// Entries of our own; the others do what the system has for them.
const SETTINGS: &str = "settings";
const QUIT: &str = "quit";
const DIAGNOSTICS: &str = "diagnostics";

/// The whole bar.
pub fn bar(handle: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let line = || Role::separator(handle);
    let about = AboutMetadata {
        name: Some("Lockstep".to_owned()),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..AboutMetadata::default()
    };
    let settings = MenuItem::with_id(handle, SETTINGS, "Settings…", true, Some("CmdOrCtrl+,"))?;
    // Not the system's own, which would not let the files be closed.
    let quit = MenuItem::with_id(handle, QUIT, "Quit Lockstep", true, Some("CmdOrCtrl+Q"))?;
    let app = Submenu::with_items(
        handle,
        "Lockstep",
        true,
        &[
            &Role::about(handle, None, Some(about))?,
            &line()?,
            &settings,
            &line()?,
            &Role::services(handle, None)?,
            &line()?,
            &Role::hide(handle, None)?,
            &Role::hide_others(handle, None)?,
            &Role::show_all(handle, None)?,
            &line()?,
            &quit,
        ],
    )?;
    // No undo: the page has its own, which takes back whatever was done.
    let edit = Submenu::with_items(
        handle,
        "Edit",
        true,
        &[
            &Role::cut(handle, None)?,
            &Role::copy(handle, None)?,
            &Role::paste(handle, None)?,
            &Role::select_all(handle, None)?,
        ],
    )?;
    let view = Submenu::with_items(handle, "View", true, &[&Role::fullscreen(handle, None)?])?;
    let window = Submenu::with_id_and_items(
        handle,
        WINDOW_SUBMENU_ID,
        "Window",
        true,
        &[
            &Role::minimize(handle, None)?,
            &Role::maximize(handle, None)?,
            &line()?,
            &Role::close_window(handle, None)?,
        ],
    )?;
    let diagnostics = MenuItem::with_id(handle, DIAGNOSTICS, "Diagnostics", true, None::<&str>)?;
    let help = Submenu::with_id_and_items(handle, HELP_SUBMENU_ID, "Help", true, &[&diagnostics])?;
    Menu::with_items(handle, &[&app, &edit, &view, &window, &help])
}

/// What an entry of our own does.
pub fn chosen(handle: &AppHandle, event: MenuEvent) {
    let go = |route: &str| {
        handle.state::<Arc<Core>>().feed.open(route.to_owned());
        shell::bring_forward(handle);
    };
    match event.id().as_ref() {
        SETTINGS => go("/settings"),
        DIAGNOSTICS => go("/settings?tab=diagnostics"),
        QUIT => shell::leave(handle),
        _ => {}
    }
}
