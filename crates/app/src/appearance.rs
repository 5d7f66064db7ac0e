//! How the window looks, which keys it listens to and which language it speaks, as this device remembers it.

use crate::app::{App, held};
use crate::dto::{Appearance, CommandError, Density, Done, Language, Tag, Theme};
use crate::map;
use std::sync::Arc;
use store::DeviceFile;

/// Names of the settings in the device's file.
const THEME: &str = "theme";
const DENSITY: &str = "density";
const SINGLE_KEYS: &str = "single_keys";
const LANGUAGE: &str = "language";
/// What is kept under the name of the language when that of the system is wanted.
const OF_THE_SYSTEM: &str = "system";

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

/// The language of a name; that of the system when only a newer version knows it.
fn language_of(name: Option<&str>) -> Option<Language> {
    Language::ALL.into_iter().find(|language| Some(language.tag()) == name)
}

/// What was chosen in earlier runs.
pub(crate) async fn read(device: &DeviceFile) -> Result<Appearance, CommandError> {
    let kept = async |name| device.setting(name).await.map_err(|error| map::store_error(&error));
    let otherwise = Appearance::default();
    Ok(Appearance {
        theme: value_of(&THEMES, kept(THEME).await?.as_deref(), otherwise.theme),
        density: value_of(&DENSITIES, kept(DENSITY).await?.as_deref(), otherwise.density),
        single_keys: value_of(&SWITCH, kept(SINGLE_KEYS).await?.as_deref(), otherwise.single_keys),
        language: language_of(kept(LANGUAGE).await?.as_deref()),
    })
}

impl App {
    pub(crate) async fn appearance_set(self: &Arc<Self>, asked: Appearance) -> Result<Done, CommandError> {
        let session = self.session()?;
        for (name, value) in [
            (THEME, name_of(&THEMES, &asked.theme)),
            (DENSITY, name_of(&DENSITIES, &asked.density)),
            (SINGLE_KEYS, name_of(&SWITCH, &asked.single_keys)),
            (LANGUAGE, asked.language.map_or(OF_THE_SYSTEM, Language::tag)),
        ] {
            session.device.set_setting(name, value).await.map_err(|error| map::store_error(&error))?;
        }
        let before = self.language();
        *held(&self.appearance) = asked;
        // Every answer with words in it was in the other language.
        self.tell(if self.language() == before { &[Tag::App] } else { &Tag::ALL });
        Ok(Done::default())
    }

    /// What the person chose; none while nobody knows, because the vault is closed.
    pub fn chosen(&self) -> Option<Appearance> {
        self.session().ok().map(|_| *held(&self.appearance))
    }

    /// The language in which everything is said: the chosen one, else that of the system.
    pub fn language(&self) -> Language {
        held(&self.appearance).language.unwrap_or_else(|| *held(&self.system_language))
    }

    /// Learns the language of the system. What a person chose goes before it.
    pub fn speak(&self, system: Language) {
        *held(&self.system_language) = system;
    }

    /// Learns which language was chosen in an earlier run. It holds until the vault is open and tells itself.
    pub fn speak_as_before(&self, chosen: Option<Language>) {
        if self.session().is_err() {
            held(&self.appearance).language = chosen;
        }
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
        assert_eq!(language_of(Some("tlh")), None);
    }

    #[test]
    fn a_language_is_found_again_under_its_tag() {
        for language in Language::ALL {
            assert_eq!(language_of(Some(language.tag())), Some(language));
        }
        assert_eq!((language_of(Some(OF_THE_SYSTEM)), language_of(None)), (None, None));
    }
}
