//! The one window: how it is built, when it is seen, where it may go and how it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::dto::Theme as Look;
use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, PermissionResponse};
use tauri::{
    AppHandle, Manager as _, RunEvent, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window,
    WindowEvent,
};
use tokio::sync::broadcast;

use crate::arguments::Arguments;
use crate::state::Core;
use crate::{background, bridge, feed, geometry, language, look, notices, place};

/// Label of the window; the capability file names it too.
const MAIN: &str = "main";

/// A page that never reports itself is shown after this time, so that its trouble can be seen.
const PATIENCE: Duration = Duration::from_secs(2);

/// At sign-in the desktop may bring its tray later than us.
const TRAY_PATIENCE: Duration = Duration::from_secs(10);

/// Page backgrounds of the two themes, the tokens `bg` of the design system as sRGB.
const LIGHT: Color = Color(0xf9, 0xfa, 0xfc, 0xff);
const DARK: Color = Color(0x0e, 0x0f, 0x13, 0xff);

/// Runs the window until the person closes it.
pub fn run(arguments: Arguments, profile: PathBuf, started: Instant) -> anyhow::Result<()> {
    let core = Core::open(&arguments, profile.clone(), started);
    if let Some(link) = &arguments.link {
        follow(&core, link);
    }
    one_window_a_profile(tauri::Builder::default(), &arguments, &profile)
        .manage(Arc::clone(&core))
        .invoke_handler(tauri::generate_handler![
            bridge::rpc,
            bridge::subscribe,
            bridge::upload,
            bridge::shown,
            bridge::quit
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

/// Shows the window, once.
pub fn show(handle: &AppHandle, core: &Core, why: &'static str) {
    if core.first_to_show(why) {
        dress(handle, core);
        bring_forward(handle);
    }
}

/// Gives the frame and what lies behind the page the look that the person chose.
fn dress(handle: &AppHandle, core: &Core) {
    let Some(window) = handle.get_webview_window(MAIN) else { return };
    let chosen = match core.theme() {
        Some(Look::Light) => Some(Theme::Light),
        Some(Look::Dark) => Some(Theme::Dark),
        // High contrast is as light or dark as the system.
        Some(Look::System | Look::Contrast) | None => None,
    };
    look::keep(&core.profile, chosen);
    let dressed = window.set_theme(chosen).and_then(|()| window.theme()).and_then(|theme| {
        let dark = chosen.unwrap_or(theme) == Theme::Dark;
        window.set_background_color(Some(if dark { DARK } else { LIGHT }))
    });
    if let Err(error) = dressed {
        tracing::warn!("the window keeps its look: {error}");
    }
}

/// Dresses the window anew when the look changes.
async fn follow_look(handle: AppHandle, core: Arc<Core>) {
    let Ok(app) = core.app().await else { return };
    let mut changes = app.changes();
    let mut look = None;
    loop {
        if look != Some(app.theme()) {
            look = Some(app.theme());
            dress(&handle, &core);
        }
        match changes.recv().await {
            Err(broadcast::error::RecvError::Closed) => return,
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
        }
    }
}

/// Opens the window again when there is none; it shows itself.
pub fn bring_back(handle: &AppHandle) {
    let core = Arc::clone(&handle.state::<Arc<Core>>());
    if handle.get_webview_window(MAIN).is_some() || core.is_leaving() {
        return;
    }
    match open_window(handle, &core) {
        Ok(_) => show_without_report(handle, &core),
        Err(error) => tracing::error!("the window could not be opened again: {error}"),
    }
}

/// Puts the window in front of the person, wherever it was.
pub fn bring_forward(handle: &AppHandle) {
    let Some(window) = handle.get_webview_window(MAIN) else {
        bring_back(handle);
        return;
    };
    let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!("the window could not be shown: {error}");
    }
}

fn open_window(handle: &AppHandle, core: &Core) -> tauri::Result<WebviewWindow> {
    let profile = core.profile.as_path();
    // The page paints before it can be seen, and what it painted first is what is seen first.
    let look = look::last(profile);
    let speaker = Arc::clone(&handle.state::<Arc<Core>>());
    let builder = WebviewWindowBuilder::new(handle, MAIN, WebviewUrl::App("index.html".into()))
        .title("Lockstep")
        .inner_size(1280.0, 832.0)
        .min_inner_size(640.0, 480.0)
        .visible(false)
        .theme(look)
        .background_color(if look == Some(Theme::Dark) { DARK } else { LIGHT })
        // Files are dropped on the page and reach us by `upload`; the native handler would take them away.
        .disable_drag_drop_handler()
        .initialization_script(language::SCRIPT)
        .on_web_resource_request(move |_, response| language::write_into(response, speaker.language()))
        .on_navigation(is_our_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_permission_request(|_, _| PermissionResponse::Deny);
    let window = keep_nothing(builder, profile).build()?;
    if window.theme()? == Theme::Dark {
        window.set_background_color(Some(DARK))?;
    }
    if let Err(error) = geometry::restore(profile, &window) {
        tracing::warn!("the window begins where the desktop puts it: {error}");
    }
    Ok(window)
}

/// The webview keeps no cookies, cache or storage: what a person reads is on disk in the encrypted files
/// only. WebDriver cannot drive such a webview, so an automated run keeps them. In both cases the engine
/// wants a folder, if only for the salts of caches it then leaves empty; it gets one inside the profile.
fn keep_nothing<'a>(
    builder: WebviewWindowBuilder<'a, tauri::Wry, AppHandle>,
    profile: &Path,
) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    let automated = std::env::var("TAURI_WEBVIEW_AUTOMATION").is_ok_and(|value| value == "true");
    builder.data_directory(profile.join("webview")).incognito(!automated)
}

fn start_tasks(handle: &AppHandle, core: &Arc<Core>, arguments: Arguments) {
    tauri::async_runtime::spawn(feed::forward(Arc::clone(core)));
    tauri::async_runtime::spawn(notices::forward(handle.clone(), Arc::clone(core)));
    tauri::async_runtime::spawn(leave_on_signal(handle.clone()));
    tauri::async_runtime::spawn(follow_look(handle.clone(), Arc::clone(core)));
    tauri::async_runtime::spawn(language::follow(Arc::clone(core)));
    let in_background = arguments.background;
    tauri::async_runtime::spawn(background::follow(handle.clone(), Arc::clone(core), arguments));
    if in_background {
        tauri::async_runtime::spawn(wait_for_tray(handle.clone(), Arc::clone(core)));
    } else {
        show_without_report(handle, core);
    }
}

/// Shows the window after a while even if its page said nothing.
fn show_without_report(handle: &AppHandle, core: &Arc<Core>) {
    let (handle, core) = (handle.clone(), Arc::clone(core));
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        show(&handle, &core, "patience");
    });
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

/// Only our own page may be loaded in the window, whatever a link or a script asks for.
fn is_our_page(url: &Url) -> bool {
    let ours = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // How Windows spells the same.
        "http" | "https" => url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    };
    if !ours {
        tracing::warn!(scheme = url.scheme(), "navigation refused");
    }
    ours
}

fn on_window_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::Focused(focused) => window.state::<Arc<Core>>().set_focused(*focused),
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            close(window.app_handle());
        }
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
    core.gone_to_tray();
    // Not only hidden: the page and its processes are most of our memory.
    match window.destroy() {
        Ok(()) => tracing::info!("the window went to the tray"),
        Err(error) => tracing::warn!("the window does not go: {error}"),
    }
}

/// Hides the window at once, closes what is open, then ends.
pub fn leave(handle: &AppHandle) {
    let core = Arc::clone(&handle.state::<Arc<Core>>());
    if !core.first_to_leave() {
        return;
    }
    if let Some(window) = handle.get_webview_window(MAIN) {
        geometry::keep(&core.profile, &window);
        let _ = window.hide();
    }
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_may_be_loaded() {
        let allowed = |url: &str| is_our_page(&Url::parse(url).unwrap());
        assert!(allowed("tauri://localhost/"));
        assert!(allowed("tauri://localhost/deals/1?tab=plan"));
        assert!(allowed("http://tauri.localhost/index.html"));
        for url in [
            "tauri://evil/",
            "tauri://localhost.evil/",
            "https://example.com/",
            "http://tauri.localhost:8080/",
            "http://tauri.localhost.evil/",
            "http://localhost/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "javascript:alert(1)",
            "about:blank",
        ] {
            assert!(!allowed(url), "{url}");
        }
    }
}
