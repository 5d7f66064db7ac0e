//! How the window looks and which keys it listens to, as this device remembers it.

use crate::app::{App, held};
use crate::dto::{Appearance, CommandError, Density, Done, Tag, Theme};
use crate::map;
use std::sync::Arc;
use store::DeviceFile;

/// Names of the settings in the device's file.
const THEME: &str = "theme";
const DENSITY: &str = "density";
const SINGLE_KEYS: &str = "single_keys";

const THEMES: [(Theme, &str); 4] = [
    (Theme::System, "system"),
    (Theme::Light, "light"),
    (Theme::Dark, "dark"),
    (Theme::Contrast, "contrast"),
];
const DENSITIES: [(Density, &str); 2] =
    [(Density::Compact, "compact"), (Density::Comfortable, "comfortable")];
pub(crate) const SWITCH: [(bool, &str); 2] = [(true, "on"), (false, "off")];

/// A value under the name it is kept under.
pub(crate) fn name_of<T: PartialEq>(names: &[(T, &'static str)], value: &T) -> &'static str {
    names.iter().find(|(known, _)| known == value).map_or("", |(_, name)| name)
}

/// The value of a name. One that is missing, or that only a newer version knows, is the default here.
pub(crate) fn value_of<T: Copy>(names: &[(T, &'static str)], name: Option<&str>, otherwise: T) -> T {
    names.iter().find(|(_, known)| Some(*known) == name).map_or(otherwise, |(value, _)| *value)
}

/// What was chosen in earlier runs.
pub(crate) async fn read(device: &DeviceFile) -> Result<Appearance, CommandError> {
    let kept = async |name| device.setting(name).await.map_err(|error| map::store_error(&error));
    let otherwise = Appearance::default();
    Ok(Appearance {
        theme: value_of(&THEMES, kept(THEME).await?.as_deref(), otherwise.theme),
        density: value_of(&DENSITIES, kept(DENSITY).await?.as_deref(), otherwise.density),
        single_keys: value_of(&SWITCH, kept(SINGLE_KEYS).await?.as_deref(), otherwise.single_keys),
    })
}

impl App {
    pub(crate) async fn appearance_set(self: &Arc<Self>, asked: Appearance) -> Result<Done, CommandError> {
        let session = self.session()?;
        for (name, value) in [
            (THEME, name_of(&THEMES, &asked.theme)),
            (DENSITY, name_of(&DENSITIES, &asked.density)),
            (SINGLE_KEYS, name_of(&SWITCH, &asked.single_keys)),
        ] {
            session.device.set_setting(name, value).await.map_err(|error| map::store_error(&error))?;
        }
        *held(&self.appearance) = asked;
        self.tell(&[Tag::App]);
        Ok(Done::default())
    }

    /// The look that was chosen, for the frame around the page.
    pub fn theme(&self) -> Theme {
        held(&self.appearance).theme
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_found_again_under_its_name() {
        for (theme, name) in THEMES {
            assert_eq!(name_of(&THEMES, &theme), name);
            assert_eq!(value_of(&THEMES, Some(name), Theme::Dark), theme);
        }
        for (density, name) in DENSITIES {
            assert_eq!(value_of(&DENSITIES, Some(name_of(&DENSITIES, &density)), Density::Compact), density);
            assert_eq!(name_of(&DENSITIES, &density), name);
        }
    }

    #[test]
    fn what_is_missing_or_newer_than_this_version_is_the_default() {
        assert_eq!(value_of(&DENSITIES, None, Density::Compact), Density::Compact);
        assert_eq!(value_of(&THEMES, Some("sepia"), Theme::System), Theme::System);
        assert!(value_of(&SWITCH, None, true), "keys work until somebody turns them off");
    }
}
