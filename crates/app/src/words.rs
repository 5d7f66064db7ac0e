//! The words a person reads, in their language.
//!
//! The English sentence stands where it is said, as `say!("{who} wrote: “{text}”", who = …, text = …)`, and is
//! its own key: `translations.json` has it in the other languages. A test reads the sources and fails
//! when a sentence has no translation, a translation no sentence, or the two differ in what they leave blank.
//!
//! Which language is spoken belongs to the task: [`App::dispatch`](crate::App::dispatch) says it once, and
//! whatever runs in that task says its words in it. Outside of any it is English.

use crate::dto::Language;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{Display, Write as _};
use std::sync::LazyLock;

mod known;
#[cfg(test)]
mod tests;

pub(crate) use known::{fact, label, sentence};

/// For each English sentence the other languages, by tag.
const TRANSLATIONS: &str = include_str!("../translations.json");

type Translations = HashMap<String, BTreeMap<String, String>>;

/// Read when the first word is not English. A test reads them too, so that what is built can be read.
static READ: LazyLock<Translations> = LazyLock::new(|| {
    serde_json::from_str(TRANSLATIONS)
        .inspect_err(|error| tracing::error!(%error, "the translations cannot be read"))
        .unwrap_or_default()
});

tokio::task_local! {
    static SPOKEN: Language;
}

/// Work on another thread that blocks, its words in the language of this task.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    let language = spoken();
    tokio::task::spawn_blocking(move || speaking(language, work)).await
}

/// The language of this task.
pub(crate) fn spoken() -> Language {
    SPOKEN.try_with(|language| *language).unwrap_or_default()
}

/// Does something whose words are in a language.
pub async fn in_language<F: Future>(language: Language, work: F) -> F::Output {
    SPOKEN.scope(language, work).await
}

/// As [`in_language`], for what waits for nothing.
pub fn speaking<T>(language: Language, work: impl FnOnce() -> T) -> T {
    SPOKEN.sync_scope(language, work)
}

/// A sentence in the language of the task, with its blanks filled in.
#[macro_export]
macro_rules! say {
    ($english:literal $(, $blank:ident = $value:expr)* $(,)?) => {
        $crate::words::said($english, &[$((stringify!($blank), &$value as &dyn ::std::fmt::Display)),*])
    };
}
/// What [`say!`] becomes.
#[doc(hidden)]
pub fn said(english: &str, blanks: &[(&str, &dyn Display)]) -> String {
    let language = spoken();
    filled(translated(english, language).unwrap_or(english), blanks, language)
}

/// A sentence in a language; none when there is no translation.
fn translated(english: &str, language: Language) -> Option<&'static str> {
    if language == Language::English {
        return None;
    }
    READ.get(english)?.get(language.tag()).map(String::as_str)
}

/// Puts the values into the blanks, each once read: what a person wrote is never searched for blanks.
fn filled(sentence: &str, blanks: &[(&str, &dyn Display)], language: Language) -> String {
    let mut said = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let filling = after.split_once('}').and_then(|(name, after)| {
            blanks.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, after))
        });
        match filling {
            Some((value, after)) => {
                // A name in Latin letters must not turn the words of a line around that run the other way.
                let _ = if language.is_right_to_left() {
                    write!(said, "\u{2068}{value}\u{2069}")
                } else {
                    write!(said, "{value}")
                };
                rest = after;
            }
            None => {
                said.push('{');
                rest = after;
            }
        }
    }
    said.push_str(rest);
    said
}
