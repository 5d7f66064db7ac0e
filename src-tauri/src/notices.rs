//! Native notifications. They are a courtesy: the window shows the same things, and a desktop without
//! a notification service loses nothing.
//!
//! What is in a notice was written by people of other companies, and notification services read its
//! body as markup. So the text is stripped, shortened and escaped here, whatever the caller did.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use app::{App, Notice, shortened};
use notify_rust::Notification;
use tauri::AppHandle;
use tokio::sync::broadcast::error::RecvError;

use crate::shell;
use crate::state::Core;

/// Longest body, in characters as a person reads them.
const LONGEST_BODY: usize = 256;
/// Longest title.
const LONGEST_TITLE: usize = 80;
/// Each notification on screen has a thread that waits for its click. More than this are not shown.
const MOST_ON_SCREEN: usize = 16;

/// Keys of what can be done: a click on the notification, and its buttons.
const OPEN: &str = "default";
const REPLY: &str = "reply";
const DONE: &str = "done";

static ON_SCREEN: AtomicUsize = AtomicUsize::new(0);

/// Shows every notice that comes while nobody looks at the window.
pub async fn forward(handle: AppHandle, core: Arc<Core>) {
    let Ok(app) = core.app().await else { return };
    let mut notices = app.notices();
    // The window may have been looked at before there was an app to tell.
    app.set_focused(core.is_focused());
    // Not kept: what is shown must not hold the app open.
    let there = Arc::downgrade(&app);
    drop(app);
    loop {
        match notices.recv().await {
            Ok(notice) if !core.is_focused() => announce(&handle, &core, &there, notice),
            Ok(_) => {}
            Err(RecvError::Lagged(lost)) => tracing::debug!(lost, "notices were dropped"),
            Err(RecvError::Closed) => return,
        }
    }
}

fn announce(handle: &AppHandle, core: &Arc<Core>, app: &Weak<App>, notice: Notice) {
    if ON_SCREEN.fetch_add(1, Ordering::Relaxed) >= MOST_ON_SCREEN {
        ON_SCREEN.fetch_sub(1, Ordering::Relaxed);
        return;
    }
    let (handle, core, app) = (handle.clone(), Arc::clone(core), Weak::clone(app));
    // A thread of its own, because the library blocks until the notification is clicked or gone.
    let started = std::thread::Builder::new().name("notice".into()).spawn(move || {
        let action = show_and_wait(&core, &notice);
        ON_SCREEN.fetch_sub(1, Ordering::Relaxed);
        if let (Some(action), Some(app)) = (action, app.upgrade()) {
            tauri::async_runtime::spawn(answer(handle, core, app, notice, action));
        }
    });
    if let Err(error) = started {
        ON_SCREEN.fetch_sub(1, Ordering::Relaxed);
        tracing::warn!("a notification could not be shown: {error}");
    }
}

/// Shows a notice; returns the key of what the person did with it, none when that was nothing.
fn show_and_wait(core: &Core, notice: &Notice) -> Option<String> {
    let mut notification = Notification::new();
    notification
        .appname("Lockstep")
        .summary(&shortened(&plain(&notice.title), LONGEST_TITLE))
        .body(&escaped(&shortened(&plain(&notice.body), LONGEST_BODY)))
        .icon("lockstep");
    app::words::speaking(core.language(), || with_actions(&mut notification, notice));
    match notification.show() {
        #[cfg(all(unix, not(target_os = "macos")))]
        Ok(shown) => {
            let mut answer = None;
            shown.wait_for_action(|action| answer = Some(action.to_owned()));
            tracing::debug!(action = answer, "notification answered");
            answer
        }
        // Answers are for later on the other systems; there, the notification only informs.
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        Ok(_) => None,
        Err(error) => {
            tracing::debug!("no notification service took a notice: {error}");
            None
        }
    }
}

/// What a person can do on the notification itself; a click on it opens its place in any case.
fn with_actions(notification: &mut Notification, notice: &Notice) {
    notification.action(OPEN, &app::say!("Open"));
    if !takes_actions() {
        return;
    }
    if notice.reply.is_some() {
        notification.action(REPLY, &app::say!("Reply"));
    }
    if !notice.done.is_empty() {
        notification.action(DONE, &app::say!("Done"));
    }
}

/// Whether the service shows buttons. Some that do not would print their names below the text.
fn takes_actions() -> bool {
    #[cfg(all(unix, not(target_os = "macos")))]
    return notify_rust::get_capabilities().is_ok_and(|all| all.iter().any(|one| one == "actions"));
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    return false;
}

/// What was answered, done.
async fn answer(handle: AppHandle, core: Arc<Core>, app: Arc<App>, notice: Notice, action: String) {
    let place = match action.as_str() {
        OPEN => notice.route,
        REPLY => notice.reply.unwrap_or(notice.route),
        DONE => match app.put_away(&notice).await {
            Ok(()) => return,
            Err(error) => {
                // Where one sees that it is not done.
                tracing::warn!(code = ?error.code, "a notice could not be put away");
                notice.route
            }
        },
        _ => return,
    };
    core.feed.open(place);
    shell::bring_forward(&handle);
}

/// One line without anything that could move, hide or reorder what follows it.
fn plain(text: &str) -> String {
    let line: String = text.chars().filter_map(readable).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn readable(char: char) -> Option<char> {
    match char {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm.
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        // Invisible: zero-width space, word joiner and its relatives, byte order mark, tag characters.
        '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' => None,
        char if char.is_control() => None,
        char => Some(char),
    }
}

/// After shortening, so that no entity is cut in half.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> String {
        escaped(&shortened(&plain(text), LONGEST_BODY))
    }

    #[test]
    fn markup_is_shown_instead_of_obeyed() {
        assert_eq!(
            body("<a href=\"https://evil.example\">Sign & go</a>"),
            "&lt;a href=\"https://evil.example\"&gt;Sign &amp; go&lt;/a&gt;"
        );
        assert_eq!(body("&lt;b&gt;"), "&amp;lt;b&amp;gt;");
    }

    #[test]
    fn nothing_reorders_or_hides_the_text() {
        assert_eq!(body("invoice\u{202e}fdp.exe\u{202c}"), "invoicefdp.exe");
        assert_eq!(body("a\u{2066}b\u{2069}c\u{200f}d\u{61c}e"), "abcde");
        assert_eq!(body("bell\u{7} null\0 escape\u{1b}[31m delete\u{7f}"), "bell null escape[31m delete");
        assert_eq!(body("pay\u{200b}pal\u{feff}"), "paypal");
    }

    #[test]
    fn many_lines_become_one() {
        assert_eq!(body("Hello\r\n\tWorld\u{2028}again   and again"), "Hello World again and again");
    }

    #[test]
    fn the_body_ends_after_256_characters_and_no_entity_is_cut() {
        let long = body(&"&".repeat(1000));
        assert_eq!(long, format!("{}…", "&amp;".repeat(255)));
        assert_eq!(body(&"語".repeat(256)), "語".repeat(256));
        assert_eq!(body(&"語".repeat(257)).chars().count(), 256);
    }

    #[test]
    fn joined_emoji_and_other_scripts_stay() {
        assert_eq!(body("👩\u{200d}💻 عرض جديد"), "👩\u{200d}💻 عرض جديد");
    }
}
