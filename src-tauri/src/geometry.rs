//! Where windows stood and how large they were. That of the main window is in a small file of the profile beside the
//! look, because it is needed before anything encrypted is open. There is a plugin for this, but it knows one place
//! for an application, and every profile has windows of its own.

use std::path::Path;

use app::Place;
use tauri::{LogicalPosition, LogicalSize, WebviewWindow};

/// Name of the file in the profile.
const FILE: &str = "window";

/// So much of the window has to lie on a screen, in logical pixels, or it begins where the desktop puts it.
const SEEN: f64 = 120.0;

/// Where the main window was when it was closed last; none when nobody knows.
pub fn last(profile: &Path) -> Option<Place> {
    let text = std::fs::read_to_string(profile.join(FILE)).ok()?;
    let mut words = text.split_whitespace();
    let mut number = || words.next()?.parse::<i32>().ok().filter(|n| n.abs() < 100_000);
    let (x, y, width, height) = (number()?, number()?, number()?, number()?);
    let maximized = words.next()? == "maximized";
    (width > 0 && height > 0).then_some(Place { x, y, width, height, maximized })
}

/// Keeps where the main window is. When that fails, the next one begins where the desktop puts it.
pub fn keep(profile: &Path, window: &WebviewWindow) {
    let kept = now(window, last(profile)).map_err(|error| error.to_string()).and_then(|at| {
        let state = if at.maximized { "maximized" } else { "normal" };
        let text = format!("{} {} {} {} {state}\n", at.x, at.y, at.width, at.height);
        std::fs::write(profile.join(FILE), text).map_err(|error| error.to_string())
    });
    if let Err(error) = kept {
        tracing::warn!("the place of the window is not kept: {error}");
    }
}

/// Where a window is; one that fills the screen keeps the place it had before.
pub fn now(window: &WebviewWindow, before: Option<Place>) -> tauri::Result<Place> {
    let maximized = window.is_maximized()?;
    if let Some(before) = before.filter(|_| maximized) {
        return Ok(Place { maximized, ..before });
    }
    let scale = window.scale_factor()?;
    let position = window.outer_position()?.to_logical::<i32>(scale);
    let size = window.inner_size()?.to_logical::<i32>(scale);
    Ok(Place { x: position.x, y: position.y, width: size.width, height: size.height, maximized })
}

/// Puts a window, which is not seen yet, where it was; nowhere when the screen it was on is gone.
pub fn put(window: &WebviewWindow, at: Place) -> tauri::Result<()> {
    let (x, y, width, height) = (at.x.into(), at.y.into(), at.width.into(), at.height.into());
    let screens = window.available_monitors()?;
    let seen = screens.iter().any(|screen| {
        let position = screen.position().to_logical::<f64>(screen.scale_factor());
        let size = screen.size().to_logical::<f64>(screen.scale_factor());
        let overlap =
            |from: f64, length: f64, start: f64, end: f64| (from + length).min(end) - from.max(start);
        overlap(x, width, position.x, position.x + size.width) >= SEEN
            && overlap(y, height, position.y, position.y + size.height) >= SEEN
    });
    window.set_size(LogicalSize::<f64>::new(width, height))?;
    if seen {
        window.set_position(LogicalPosition::<f64>::new(x, y))?;
    }
    if at.maximized {
        window.maximize()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_damaged_is_no_place() {
        let profile = std::env::temp_dir().join(format!("lockstep-window-{}", std::process::id()));
        std::fs::create_dir_all(&profile).unwrap();
        assert_eq!(last(&profile), None);
        for damaged in [
            "",
            "1 2 3",
            "1 2 3 4",
            "1 2 0 4 normal",
            "1 2 -3 4 normal",
            "NaN 2 3 4 normal",
            "9999999 2 3 4 normal",
        ] {
            std::fs::write(profile.join(FILE), damaged).unwrap();
            assert_eq!(last(&profile), None, "{damaged}");
        }
        std::fs::write(profile.join(FILE), "-20 30 1280 800 maximized\n").unwrap();
        let at = Place { x: -20, y: 30, width: 1280, height: 800, maximized: true };
        assert_eq!(last(&profile), Some(at));
        std::fs::remove_dir_all(&profile).unwrap();
    }
}
