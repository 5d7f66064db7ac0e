//! How every window is made, when it is seen, how it looks, and where its page may go.

use std::sync::Arc;
use std::time::Duration;

use app::dto::Theme as Look;
use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, PermissionResponse};
use tauri::{AppHandle, Manager as _, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tokio::sync::broadcast;

use crate::state::Core;
use crate::{language, look};

/// A page that never reports itself is shown after this time, so that its trouble can be seen.
const PATIENCE: Duration = Duration::from_secs(2);

/// Page backgrounds of the two themes, the tokens `bg` of the design system as sRGB.
const LIGHT: Color = Color(0xf9, 0xfa, 0xfc, 0xff);
const DARK: Color = Color(0x0e, 0x0f, 0x13, 0xff);

/// A window on a page of ours, not yet seen.
pub fn builder<'a>(
    handle: &'a AppHandle,
    core: &Core,
    label: &str,
    page: &str,
) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    // The page paints before it can be seen, and what it painted first is what is seen first.
    let look = look::last(&core.profile);
    let speaker = Arc::clone(&handle.state::<Arc<Core>>());
    let builder = WebviewWindowBuilder::new(handle, label, WebviewUrl::App(page.into()))
        .title("Lockstep")
        .visible(false)
        .theme(look)
        .background_color(if look == Some(Theme::Dark) { DARK } else { LIGHT })
        // Files are dropped on the page and reach us by `upload`; the native handler would take them away.
        .disable_drag_drop_handler()
        .initialization_script(language::SCRIPT)
        // The page is handed out in the language of the moment.
        .on_web_resource_request(move |_, response| language::write_into(response, speaker.language()))
        .on_navigation(is_our_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_permission_request(|_, _| PermissionResponse::Deny);
    keep_nothing(builder, core)
}

/// What lies behind the page is dark where the system is.
pub fn darken(window: &WebviewWindow) -> tauri::Result<()> {
    if window.theme()? == Theme::Dark {
        window.set_background_color(Some(DARK))?;
    }
    Ok(())
}

/// The webview keeps no cookies, cache or storage: what a person reads is on disk in the encrypted files
/// only. WebDriver cannot drive such a webview, so an automated run keeps them. In both cases the engine
/// wants a folder, if only for the salts of caches it then leaves empty; it gets one inside the profile.
///
/// By its folder a webview is given a context that lives as long as the program, and only the first webview in it is
/// told how our pages are read. One that keeps nothing has a context of its own instead, in which nobody then could:
/// so each window of a run, one that comes back from the tray too, gets another folder. It has a number, because
/// its label would say whose room it is.
fn keep_nothing<'a>(
    builder: WebviewWindowBuilder<'a, tauri::Wry, AppHandle>,
    core: &Core,
) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    let automated = std::env::var("TAURI_WEBVIEW_AUTOMATION").is_ok_and(|value| value == "true");
    let folder = match core.next_window() {
        0 => "webview".to_owned(),
        _ if automated => "webview".to_owned(),
        number => format!("webview-{number}"),
    };
    builder.data_directory(core.profile.join(folder)).incognito(!automated)
}

/// Shows a window, once.
pub fn show(handle: &AppHandle, core: &Core, label: &str, why: &'static str) {
    let Some(window) = handle.get_webview_window(label) else { return };
    if core.first_to_show(label, why) {
        dress(handle, core);
        let shown = if core.is_quiet(label) { window.show() } else { forward(&window) };
        shown.unwrap_or_else(|error| tracing::warn!("a window could not be shown: {error}"));
    }
}

/// Shows a window after a while even if its page said nothing.
pub fn show_without_report(handle: &AppHandle, label: &str) {
    let (handle, label) = (handle.clone(), label.to_owned());
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        show(&handle, &handle.state::<Arc<Core>>(), &label, "patience");
    });
}

/// Puts a window in front of the person, wherever it was.
pub fn forward(window: &WebviewWindow) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

/// Gives the frames and what lies behind the pages the look that the person chose.
fn dress(handle: &AppHandle, core: &Core) {
    let chosen = match core.theme() {
        Some(Look::Light) => Some(Theme::Light),
        Some(Look::Dark) => Some(Theme::Dark),
        // High contrast is as light or dark as the system.
        Some(Look::System | Look::Contrast) | None => None,
    };
    look::keep(&core.profile, chosen);
    for window in handle.webview_windows().values() {
        let dressed = window.set_theme(chosen).and_then(|()| window.theme()).and_then(|theme| {
            let dark = chosen.unwrap_or(theme) == Theme::Dark;
            window.set_background_color(Some(if dark { DARK } else { LIGHT }))
        });
        if let Err(error) = dressed {
            tracing::warn!("a window keeps its look: {error}");
        }
    }
}

/// Dresses the windows anew when the look changes.
pub async fn follow_look(handle: AppHandle, core: Arc<Core>) {
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
