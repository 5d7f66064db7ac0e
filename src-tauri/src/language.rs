//! The language the window was in last, in a small file of its own beside the encrypted ones: like the look
//! it is needed before any of those can be opened. And the ways on which the page and the tray learn it.
//!
//! A script that runs before the page's own is fixed when the window is made, and the page loads itself anew
//! when the language changes. So the language itself stands in the page: it is written into the first tag of
//! the document each time the document is handed out, and the script only reads it there.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use app::dto::Language;
use tauri::http::Response;
use tauri::http::header::CONTENT_TYPE;
use tokio::sync::broadcast::error::RecvError;

use crate::state::Core;

/// Name of the file in the profile.
const FILE: &str = "language";

/// What the page finds the language under, before any script of its own runs.
pub const SCRIPT: &str = "Object.defineProperty(window, '__LOCKSTEP_LANGUAGE__', \
     { get: () => document.documentElement.dataset.language ?? 'en' });";

/// How the first tag of the document begins as it was built.
const AS_BUILT: &str = "<html lang=\"en\"";

/// The language that was chosen in the last run; none when it was the system's, or nobody knows.
pub fn last(profile: &Path) -> Option<Language> {
    let kept = std::fs::read_to_string(profile.join(FILE)).ok()?;
    Language::ALL.into_iter().find(|language| language.tag() == kept.trim())
}

/// Keeps the choice for the next run. When that fails, the next window begins in the system's language.
fn keep(profile: &Path, chosen: Option<Language>) {
    if chosen == last(profile) {
        return;
    }
    if let Err(error) = std::fs::write(profile.join(FILE), chosen.map_or("system", Language::tag)) {
        tracing::warn!("the language is not kept: {error}");
    }
}

/// The first language of the system's list that the window speaks.
pub fn of_the_system() -> Language {
    let tags: Vec<String> = sys_locale::get_locales().collect();
    Language::first_known(tags.iter().map(String::as_str))
}

/// Keeps what the person chooses, now and whenever they choose anew.
pub async fn follow(core: Arc<Core>) {
    let Ok(app) = core.app().await else { return };
    let mut changes = app.changes();
    loop {
        if let Some(chosen) = app.chosen() {
            keep(&core.profile, chosen.language);
        }
        match changes.recv().await {
            Err(RecvError::Closed) => return,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
        }
    }
}

/// Writes the language into the document, if this is one.
pub fn write_into(response: &mut Response<Cow<'static, [u8]>>, language: Language) {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/html")) {
        return;
    }
    let Ok(document) = std::str::from_utf8(response.body()) else { return };
    let (tag, direction) = (language.tag(), if language.is_right_to_left() { "rtl" } else { "ltr" });
    let first = format!("<html lang=\"{tag}\" dir=\"{direction}\" data-language=\"{tag}\"");
    let document = document.replacen(AS_BUILT, &first, 1);
    *response.body_mut() = Cow::Owned(document.into_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_there_again_at_the_next_start() {
        let profile = std::env::temp_dir().join(format!("lockstep-language-{}", std::process::id()));
        std::fs::create_dir_all(&profile).unwrap();
        assert_eq!(last(&profile), None);
        for chosen in Language::ALL.map(Some).into_iter().chain([None]) {
            keep(&profile, chosen);
            assert_eq!(last(&profile), chosen);
        }
        std::fs::write(profile.join(FILE), "</script>").unwrap();
        assert_eq!(last(&profile), None);
        std::fs::remove_dir_all(&profile).unwrap();
    }

    fn answer(kind: &str, body: &'static str) -> Response<Cow<'static, [u8]>> {
        Response::builder().header(CONTENT_TYPE, kind).body(Cow::Borrowed(body.as_bytes())).unwrap()
    }

    #[test]
    fn the_document_says_which_language_it_is_in() {
        for (language, begin) in [
            (Language::Arabic, "<html lang=\"ar\" dir=\"rtl\" data-language=\"ar\">"),
            (Language::Portuguese, "<html lang=\"pt-BR\" dir=\"ltr\" data-language=\"pt-BR\">"),
        ] {
            let mut response = answer("text/html", "<!doctype html>\n<html lang=\"en\"><p>ok");
            write_into(&mut response, language);
            let body = std::str::from_utf8(response.body()).unwrap();
            assert_eq!(body, format!("<!doctype html>\n{begin}<p>ok"));
        }
    }

    #[test]
    fn the_page_that_is_built_has_the_tag_that_is_looked_for() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/app.html");
        assert_eq!(std::fs::read_to_string(page).unwrap().matches(AS_BUILT).count(), 1);
    }

    #[test]
    fn other_files_are_left_alone() {
        let mut response = answer("text/javascript", "'<html lang=\"en\">'");
        write_into(&mut response, Language::German);
        assert_eq!(response.body().as_ref(), b"'<html lang=\"en\">'");
    }
}
