//! The languages of the window.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A language of the window, as its tag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
pub enum Language {
    /// English, in which everything is written first.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Portuguese of Brazil.
    #[serde(rename = "pt-BR")]
    Portuguese,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
    /// Arabic, written from right to left.
    #[serde(rename = "ar")]
    Arabic,
}

impl Language {
    /// Every language, English first.
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Portuguese,
        Self::Japanese,
        Self::Arabic,
    ];

    /// The tag that the window, settings and translations know it by.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Portuguese => "pt-BR",
            Self::Japanese => "ja",
            Self::Arabic => "ar",
        }
    }

    /// The language that a tag of whatever country means: `de-AT` and `pt_PT.UTF-8` are read as the German
    /// and the Portuguese there is. None for a language the window does not speak.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = |tag: &str| tag.split(['-', '_', '.', '@']).next().unwrap_or_default().to_lowercase();
        let asked = primary(tag.trim());
        Self::ALL.into_iter().find(|language| primary(language.tag()) == asked)
    }

    /// The first language of a list that the window speaks; English when there is none.
    pub fn first_known<'t>(tags: impl IntoIterator<Item = &'t str>) -> Self {
        tags.into_iter().find_map(Self::of_tag).unwrap_or_default()
    }

    /// Whether it is written from right to left.
    pub fn is_right_to_left(self) -> bool {
        self == Self::Arabic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_what_is_written() {
        for language in Language::ALL {
            assert_eq!(serde_json::to_value(language).unwrap(), language.tag());
            assert_eq!(Language::of_tag(language.tag()), Some(language));
        }
    }

    #[test]
    fn a_country_or_a_writing_does_not_matter() {
        for (tag, language) in [
            ("de-AT", Some(Language::German)),
            ("pt-PT", Some(Language::Portuguese)),
            ("pt_BR.UTF-8", Some(Language::Portuguese)),
            ("PT", Some(Language::Portuguese)),
            ("fr_CA@euro", Some(Language::French)),
            ("ar-EG", Some(Language::Arabic)),
            ("es-419", Some(Language::Spanish)),
            ("ja-JP-x-lvariant-JP", Some(Language::Japanese)),
            (" en-GB", Some(Language::English)),
            ("nl", None),
            ("C", None),
            ("deu", None),
            ("", None),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }

    #[test]
    fn the_first_known_one_of_a_list_counts() {
        assert_eq!(Language::first_known(["nl-NL", "fr-BE", "en"]), Language::French);
        assert_eq!(Language::first_known(["nl-NL", "C"]), Language::English);
        assert_eq!(Language::first_known([]), Language::English);
    }
}
