//! The look the window had last, in a small file of its own beside the encrypted ones: it is needed before
//! any of those can be opened, so that the first thing a person sees has the right colours.

use std::path::Path;

use tauri::Theme;

/// Name of the file in the profile.
const FILE: &str = "look";

/// The look of the last run; none when it was the system's, or nobody knows.
pub fn last(profile: &Path) -> Option<Theme> {
    match std::fs::read_to_string(profile.join(FILE)).ok()?.trim() {
        "light" => Some(Theme::Light),
        "dark" => Some(Theme::Dark),
        _ => None,
    }
}

/// Keeps the look for the next run. When that fails, the next window begins in the system's look.
pub fn keep(profile: &Path, look: Option<Theme>) {
    if look == last(profile) {
        return;
    }
    let name = match look {
        Some(Theme::Light) => "light",
        Some(Theme::Dark) => "dark",
        _ => "system",
    };
    if let Err(error) = std::fs::write(profile.join(FILE), name) {
        tracing::warn!("the look is not kept: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_look_is_there_again_at_the_next_start() {
        let profile = std::env::temp_dir().join(format!("lockstep-look-{}", std::process::id()));
        std::fs::create_dir_all(&profile).unwrap();
        assert_eq!(last(&profile), None);
        for look in [Some(Theme::Dark), Some(Theme::Light), None] {
            keep(&profile, look);
            assert_eq!(last(&profile), look);
        }
        std::fs::write(profile.join(FILE), [0xff, 0x00]).unwrap();
        assert_eq!(last(&profile), None);
        std::fs::remove_dir_all(&profile).unwrap();
    }
}
