//! Where the window stood and how large it was, in a small file of the profile beside the look. There is a
//! plugin for this, but it knows one place for an application, and every profile has a window of its own.

use std::path::Path;

use tauri::{LogicalPosition, LogicalSize, WebviewWindow};

/// Name of the file in the profile.
const FILE: &str = "window";

/// So much of the window has to lie on a screen, in logical pixels, or it begins where the desktop puts it.
const SEEN: f64 = 120.0;

/// A place on the desktop, in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    /// Left upper corner of the frame.
    pub position: LogicalPosition<f64>,
    /// What the page has.
    pub size: LogicalSize<f64>,
    /// Fills the screen; position and size are of the time before.
    pub maximized: bool,
}

/// Where the window was when it was closed last; none when nobody knows.
pub fn last(profile: &Path) -> Option<Geometry> {
    let text = std::fs::read_to_string(profile.join(FILE)).ok()?;
    let mut words = text.split_whitespace();
    let mut number = || words.next()?.parse::<i32>().ok().filter(|n| n.abs() < 100_000).map(f64::from);
    let (x, y, width, height) = (number()?, number()?, number()?, number()?);
    let maximized = words.next()? == "maximized";
    (width > 0.0 && height > 0.0).then_some(Geometry {
        position: LogicalPosition::new(x, y),
        size: LogicalSize::new(width, height),
        maximized,
    })
}

/// Keeps where the window is. When that fails, the next one begins where the desktop puts it.
pub fn keep(profile: &Path, window: &WebviewWindow) {
    let kept = now(window, last(profile)).map_err(|error| error.to_string()).and_then(|at| {
        let state = if at.maximized { "maximized" } else { "normal" };
        let (p, s) = (at.position, at.size);
        let text = format!("{:.0} {:.0} {:.0} {:.0} {state}\n", p.x, p.y, s.width, s.height);
        std::fs::write(profile.join(FILE), text).map_err(|error| error.to_string())
    });
    if let Err(error) = kept {
        tracing::warn!("the place of the window is not kept: {error}");
    }
}

fn now(window: &WebviewWindow, before: Option<Geometry>) -> tauri::Result<Geometry> {
    if window.is_maximized()?
        && let Some(before) = before
    {
        return Ok(Geometry { maximized: true, ..before });
    }
    let scale = window.scale_factor()?;
    Ok(Geometry {
        position: window.outer_position()?.to_logical(scale),
        size: window.inner_size()?.to_logical(scale),
        maximized: window.is_maximized()?,
    })
}

/// Puts a window, which is not seen yet, where it was; nowhere when the screen it was on is gone.
pub fn restore(profile: &Path, window: &WebviewWindow) -> tauri::Result<()> {
    let Some(at) = last(profile) else { return Ok(()) };
    let screens = window.available_monitors()?;
    let seen = screens.iter().any(|screen| {
        let position = screen.position().to_logical::<f64>(screen.scale_factor());
        let size = screen.size().to_logical::<f64>(screen.scale_factor());
        let overlap =
            |from: f64, length: f64, start: f64, end: f64| (from + length).min(end) - from.max(start);
        overlap(at.position.x, at.size.width, position.x, position.x + size.width) >= SEEN
            && overlap(at.position.y, at.size.height, position.y, position.y + size.height) >= SEEN
    });
    window.set_size(at.size)?;
    if seen {
        window.set_position(at.position)?;
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
        let at = last(&profile).unwrap();
        assert_eq!(
            (at.position.x, at.position.y, at.size.width, at.size.height),
            (-20.0, 30.0, 1280.0, 800.0)
        );
        assert!(at.maximized);
        std::fs::remove_dir_all(&profile).unwrap();
    }
}
