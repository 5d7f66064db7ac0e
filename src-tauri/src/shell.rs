//! The one window: how it is built, when it is seen, where it may go and how it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::dto::Theme as Look;
use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, PermissionResponse};
use tauri::{
    AppHandle, Manager as _, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent,
};
use tokio::sync::broadcast;

use crate::arguments::Arguments;
use crate::state::Core;
use crate::{bridge, feed, look, notices};

/// Label of the window; the capability file names it too.
const MAIN: &str = "main";

/// A page that never reports itself is shown after this time, so that its trouble can be seen.
const PATIENCE: Duration = Duration::from_secs(2);

/// Page backgrounds of the two themes, the tokens `bg` of the design system as sRGB.
const LIGHT: Color = Color(0xf9, 0xfa, 0xfc, 0xff);
const DARK: Color = Color(0x0e, 0x0f, 0x13, 0xff);

/// Runs the window until the person closes it.
pub fn run(arguments: Arguments, profile: PathBuf, started: Instant) -> anyhow::Result<()> {
    let core = Core::open(&arguments, profile.clone(), started);
    tauri::Builder::default()
        .manage(Arc::clone(&core))
        .invoke_handler(tauri::generate_handler![
            bridge::rpc,
            bridge::subscribe,
            bridge::upload,
            bridge::shown
        ])
        .on_window_event(on_window_event)
        .setup(move |app| {
            open_window(app.handle(), &profile)?;
            start_tasks(app.handle(), &core);
            Ok(())
        })
        .run(context())?;
    Ok(())
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

/// Puts the window in front of the person, wherever it was.
pub fn bring_forward(handle: &AppHandle) {
    let Some(window) = handle.get_webview_window(MAIN) else { return };
    let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!("the window could not be shown: {error}");
    }
}

fn open_window(handle: &AppHandle, profile: &Path) -> tauri::Result<WebviewWindow> {
    // The page paints before it can be seen, and what it painted first is what is seen first.
    let look = look::last(profile);
    let builder = WebviewWindowBuilder::new(handle, MAIN, WebviewUrl::App("index.html".into()))
        .title("Lockstep")
        .inner_size(1280.0, 832.0)
        .min_inner_size(640.0, 480.0)
        .visible(false)
        .theme(look)
        .background_color(if look == Some(Theme::Dark) { DARK } else { LIGHT })
        // Files are dropped on the page and reach us by `upload`; the native handler would take them away.
        .disable_drag_drop_handler()
        .on_navigation(is_our_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_permission_request(|_, _| PermissionResponse::Deny);
    let window = keep_nothing(builder, profile).build()?;
    if window.theme()? == Theme::Dark {
        window.set_background_color(Some(DARK))?;
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

fn start_tasks(handle: &AppHandle, core: &Arc<Core>) {
    tauri::async_runtime::spawn(feed::forward(Arc::clone(core)));
    tauri::async_runtime::spawn(notices::forward(handle.clone(), Arc::clone(core)));
    tauri::async_runtime::spawn(leave_on_signal(handle.clone()));
    tauri::async_runtime::spawn(follow_look(handle.clone(), Arc::clone(core)));
    let (handle, core) = (handle.clone(), Arc::clone(core));
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        show(&handle, &core, "patience");
    });
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
            leave(window.app_handle());
        }
        _ => {}
    }
}

/// Hides the window at once, closes what is open, then ends.
fn leave(handle: &AppHandle) {
    let core = Arc::clone(&handle.state::<Arc<Core>>());
    if !core.first_to_leave() {
        return;
    }
    if let Some(window) = handle.get_webview_window(MAIN) {
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
