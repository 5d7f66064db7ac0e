//! How much waits for the person, beside the icon: in the tray, and where the launcher has a place for a number.

use std::sync::Arc;
use std::time::Duration;

use app::dto::Tag;
use tauri::{AppHandle, Manager as _};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::shell::MAIN;
use crate::state::Core;

/// At the start the window comes first, and later changes come in bursts: the number may be this late.
const REST: Duration = Duration::from_secs(1);

/// Counts anew whenever something that may wait for the person changes.
pub async fn follow(handle: AppHandle, core: Arc<Core>) {
    let Ok(app) = core.app().await else { return };
    let mut changes = app.changes();
    loop {
        tokio::time::sleep(REST).await;
        while !matches!(changes.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
        // While the vault is closed there is nothing that anybody may know of.
        let count = app.on_you().await.unwrap_or(0);
        core.on_you.send_if_modified(|before| std::mem::replace(before, count) != count);
        show(&handle, count);
        if !something_changed(&mut changes).await {
            return;
        }
    }
}

/// Waits for a change that may count; false when there will be none.
async fn something_changed(changes: &mut Receiver<app::dto::ChangeNote>) -> bool {
    let counts = |tag: &Tag| matches!(tag, Tag::App | Tag::Deals | Tag::Messages | Tag::Plans);
    loop {
        match changes.recv().await {
            Ok(note) if note.tags.iter().any(counts) => return true,
            Err(RecvError::Lagged(_)) => return true,
            Ok(_) => {}
            Err(RecvError::Closed) => return false,
        }
    }
}

/// At the launcher, where the system has a place for it.
pub fn show(handle: &AppHandle, count: usize) {
    let Some(window) = handle.get_webview_window(MAIN) else { return };
    let count = i64::try_from(count).ok().filter(|count| *count > 0);
    if let Err(error) = window.set_badge_count(count) {
        tracing::debug!("there is no number at the launcher: {error}");
    }
}

/// What the icon in the tray says.
pub fn words(count: usize) -> String {
    if count == 0 { "Lockstep".to_owned() } else { app::say!("Lockstep: {count} on you", count = count) }
}

/// A disc to lie over a corner of the icon: its width, and alpha, red, green and blue of each pixel.
pub fn dot() -> (i32, Vec<u8>) {
    const WIDTH: i32 = 22;
    let pixel = |at: i32| {
        // Twice the distance from the centre, so that it is a whole number.
        let (x, y) = (2 * (at % WIDTH) + 1 - WIDTH, 2 * (at / WIDTH) + 1 - WIDTH);
        let inside = x * x + y * y <= (WIDTH - 2) * (WIDTH - 2);
        if inside { [0xff, 0xc9, 0x2a, 0x2f] } else { [0; 4] }
    };
    (WIDTH, (0..WIDTH * WIDTH).flat_map(pixel).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_says_how_much_and_nothing_when_there_is_nothing() {
        assert_eq!(words(0), "Lockstep");
        assert_eq!(words(3), "Lockstep: 3 on you");
    }

    #[test]
    fn the_dot_is_round() {
        let (width, pixels) = dot();
        let alpha = |x: i32, y: i32| pixels[usize::try_from(4 * (y * width + x)).unwrap()];
        assert_eq!(pixels.len(), usize::try_from(4 * width * width).unwrap());
        assert_eq!((alpha(0, 0), alpha(width - 1, 0), alpha(0, width - 1)), (0, 0, 0));
        assert_eq!((alpha(width / 2, width / 2), alpha(width / 2, 1), alpha(1, width / 2)), (255, 255, 255));
    }
}
