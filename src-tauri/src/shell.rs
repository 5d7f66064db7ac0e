//! The program: how it starts, what brings its windows forward, and how it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tauri::{AppHandle, Manager as _, RunEvent, Window, WindowEvent};

use crate::arguments::Arguments;
#[cfg(target_os = "macos")]
use crate::menu;
use crate::state::Core;
use crate::{background, badge, bridge, feed, geometry, language, notices, place, rooms, windows};

/// Label of the main window; the capability file names it too.
pub const MAIN: &str = "main";

/// At sign-in the desktop may bring its tray later than us.
const TRAY_PATIENCE: Duration = Duration::from_secs(10);

/// Runs the window until the person closes it.
pub fn run(arguments: Arguments, profile: PathBuf, started: Instant) -> anyhow::Result<()> {
    let core = Core::open(&arguments, profile.clone(), started);
    if let Some(link) = &arguments.link {
        follow(&core, link);
    }
    one_window_a_profile(with_menu(tauri::Builder::default()), &arguments, &profile)
        .manage(Arc::clone(&core))
        .invoke_handler(tauri::generate_handler![
            bridge::rpc,
            bridge::subscribe,
            bridge::upload,
            bridge::shown,
            bridge::demo,
            bridge::quit,
            bridge::pop_out,
            bridge::close_window,
            bridge::go_in_main
        ])
        .on_window_event(on_window_event)
        .setup(move |app| {
            if !arguments.background {
                open_window(app.handle(), &core)?;
            }
            start_tasks(app.handle(), &core, arguments);
            Ok(())
        })
        .build(context())?
        .run(on_event);
    Ok(())
}

#[cfg(target_os = "macos")]
fn with_menu(builder: tauri::Builder<tauri::Wry>) -> tauri::Builder<tauri::Wry> {
    builder.menu(menu::bar).on_menu_event(menu::chosen)
}

/// Elsewhere there is no menu bar: everything is in the palette.
#[cfg(not(target_os = "macos"))]
fn with_menu(builder: tauri::Builder<tauri::Wry>) -> tauri::Builder<tauri::Wry> {
    builder
}

fn on_event(handle: &AppHandle, event: RunEvent) {
    match event {
        // The last window is gone, and nobody asked to end.
        RunEvent::ExitRequested { code: None, api, .. } if !handle.state::<Arc<Core>>().is_leaving() => {
            api.prevent_exit();
        }
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            urls.iter().for_each(|url| follow(&handle.state::<Arc<Core>>(), url.as_str()));
            bring_forward(handle);
        }
        _ => {}
    }
}

/// A second start on the same profile hands its link to the window that is there, brings it forward and ends.
/// Without a session bus nobody is found: then the lock on the profile keeps the second window out of it.
fn one_window_a_profile(
    builder: tauri::Builder<tauri::Wry>,
    arguments: &Arguments,
    profile: &Path,
) -> tauri::Builder<tauri::Wry> {
    // Elsewhere than on Linux the name is that of the program and knows no profiles.
    if arguments.scratch() || (cfg!(not(target_os = "linux")) && arguments.profile.is_some()) {
        return builder;
    }
    let folder = std::path::absolute(profile).unwrap_or_else(|_| profile.to_owned());
    let name = blake3::hash(folder.as_os_str().as_encoded_bytes()).to_hex();
    let found = tauri_plugin_single_instance::Builder::new()
        // Parts of such a name begin with a letter.
        .dbus_id(format!("app.lockstep.desktop.p{}", name.get(..16).unwrap_or_default()))
        .callback(|handle, arguments, _| {
            tracing::info!("a second start brought the window forward");
            if let Some(link) = arguments.iter().find(|argument| place::is_link(argument)) {
                follow(&handle.state::<Arc<Core>>(), link);
            }
            bring_forward(handle);
        });
    builder.plugin(found.build())
}

/// Goes where a deep link leads. One that leads nowhere only brings the window forward.
fn follow(core: &Core, link: &str) {
    match place::route(link) {
        Some(route) => core.feed.open(route),
        None => tracing::warn!("a link that names no place was not followed"),
    }
}

/// Configuration, capabilities and the page, embedded when the program is built.
#[expect(
    clippy::disallowed_methods,
    reason = "in the expansion of Tauri's macro, which is not ours to change"
)]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Opens the window again when there is none; it shows itself.
pub fn bring_back(handle: &AppHandle) {
    let core = Arc::clone(&handle.state::<Arc<Core>>());
    if handle.get_webview_window(MAIN).is_some() || core.is_leaving() {
        return;
    }
    match open_window(handle, &core) {
        Ok(()) => windows::show_without_report(handle, MAIN),
        Err(error) => tracing::error!("the window could not be opened again: {error}"),
    }
}

/// Puts the window in front of the person, wherever it was.
pub fn bring_forward(handle: &AppHandle) {
    let Some(window) = handle.get_webview_window(MAIN) else {
        bring_back(handle);
        return;
    };
    if let Err(error) = windows::forward(&window) {
        tracing::warn!("the window could not be shown: {error}");
    }
}

/// Opens the main window, and with it those of rooms that were open beside it.
fn open_window(handle: &AppHandle, core: &Arc<Core>) -> tauri::Result<()> {
    let window = windows::builder(handle, core, MAIN, "index.html")
        .inner_size(1280.0, 832.0)
        .min_inner_size(640.0, 480.0)
        .build()?;
    windows::darken(&window)?;
    if let Some(Err(error)) = geometry::last(&core.profile).map(|at| geometry::put(&window, at)) {
        tracing::warn!("the window begins where the desktop puts it: {error}");
    }
    badge::show(handle, *core.on_you.borrow());
    tauri::async_runtime::spawn(rooms::restore(handle.clone(), Arc::clone(core)));
    Ok(())
}

fn start_tasks(handle: &AppHandle, core: &Arc<Core>, arguments: Arguments) {
    tauri::async_runtime::spawn(feed::forward(Arc::clone(core)));
    tauri::async_runtime::spawn(notices::forward(handle.clone(), Arc::clone(core)));
    tauri::async_runtime::spawn(badge::follow(handle.clone(), Arc::clone(core)));
    tauri::async_runtime::spawn(leave_on_signal(handle.clone()));
    tauri::async_runtime::spawn(windows::follow_look(handle.clone(), Arc::clone(core)));
    tauri::async_runtime::spawn(language::follow(Arc::clone(core)));
    let in_background = arguments.background;
    tauri::async_runtime::spawn(background::follow(handle.clone(), Arc::clone(core), arguments));
    if in_background {
        tauri::async_runtime::spawn(wait_for_tray(handle.clone(), Arc::clone(core)));
    } else {
        windows::show_without_report(handle, MAIN);
    }
}

/// A start in the background is one with a window when no tray comes up.
async fn wait_for_tray(handle: AppHandle, core: Arc<Core>) {
    let wanted = core.app().await.is_ok_and(|app| app.background().keep_in_tray);
    if wanted {
        tokio::time::sleep(TRAY_PATIENCE).await;
    }
    if !core.in_tray() {
        bring_back(&handle);
    }
}

fn on_window_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::Focused(focused) => {
            window.state::<Arc<Core>>().set_focused(window.label(), *focused);
        }
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            if window.label() == MAIN { close(window.app_handle()) } else { rooms::close(window) }
        }
        WindowEvent::Destroyed => window.state::<Arc<Core>>().gone(window.label()),
        _ => {}
    }
}

/// The person closed the window: it goes to the tray where there is one, or the program ends.
fn close(handle: &AppHandle) {
    let core = Arc::clone(&handle.state::<Arc<Core>>());
    let Some(window) = handle.get_webview_window(MAIN).filter(|_| core.in_tray() && !core.is_leaving())
    else {
        leave(handle);
        return;
    };
    geometry::keep(&core.profile, &window);
    let standing = rooms::standing(handle);
    let kept = Arc::clone(&core);
    tauri::async_runtime::spawn(async move { rooms::keep(&kept, standing).await });
    // Not only hidden: the pages and their processes are most of our memory.
    let gone = rooms::all(handle).chain([window]).try_for_each(|window| {
        core.gone(window.label());
        window.destroy()
    });
    match gone {
        Ok(()) => tracing::info!("the window went to the tray"),
        Err(error) => tracing::warn!("the window does not go: {error}"),
    }
}

/// Hides the windows at once, closes what is open, then ends.
pub fn leave(handle: &AppHandle) {
    let core = Arc::clone(&handle.state::<Arc<Core>>());
    if !core.first_to_leave() {
        return;
    }
    if let Some(window) = handle.get_webview_window(MAIN) {
        geometry::keep(&core.profile, &window);
        let _ = window.hide();
    }
    let standing = rooms::standing(handle);
    rooms::all(handle).for_each(|window| drop(window.hide()));
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        rooms::keep(&core, standing).await;
        core.close().await;
        tracing::info!("closed");
        handle.exit(0);
    });
}

/// The end of a desktop session and Ctrl-C are ordinary ways to leave.
async fn leave_on_signal(handle: AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut hangup)) =
            (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
        else {
            return;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    leave(&handle);
}
