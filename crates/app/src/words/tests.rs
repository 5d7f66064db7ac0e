//! Every sentence has its translations, and no translation is without its sentence: read from the sources.

use super::known::WITH_BLANKS;
use super::*;
use crate::say;
use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What hubs and the line to them say, and a person may see. Their sources have more, for logs.
const HEARD: [&str; 21] = [
    "Another installation uses this device's identity, or the hub lost more than this device keeps. Your queue is \
     kept: join again with a device link to send it.",
    "Fetching from the hub was interrupted.",
    "Please connect again.",
    "Please try again.",
    "The connection to the hub ended.",
    "The device connected again.",
    "The hub could not read its records.",
    "The hub could not serve this connection.",
    "The hub does not answer.",
    "The hub has gone silent.",
    "The hub restarts.",
    "The hub sent something out of turn.",
    "This device no longer has access to the program.",
    "This hub and this version of Lockstep do not understand each other. Update the older one; nothing is lost \
     meanwhile.",
    "This hub does not know the device.",
    "Update Lockstep to work with this hub.",
    "it does not answer",
    "it has to begin with https",
    "it has to begin with https, so that nothing is sent in the clear",
    "it is too busy",
    "it must not carry names, passwords or parameters",
];

/// Words of refusals that no person sees: of planted bugs, and labels that are no words.
const UNSEEN: [&str; 5] = ["Taken.", "Holder", "field", "name", "row"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources below a folder, or the one file, without tests.
fn sources(under: &str) -> Vec<TokenStream> {
    fn files(path: &Path, found: &mut Vec<PathBuf>) {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            entries.for_each(|entry| files(&entry.unwrap().path(), found));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path.to_owned());
        }
    }
    let mut found = Vec::new();
    files(&root().join(under), &mut found);
    let tests = |path: &PathBuf| {
        path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"))
    };
    found.retain(|path| !path.strip_prefix(root()).is_ok_and(|path| tests(&path.to_owned())));
    assert!(!found.is_empty(), "{under}");
    found.iter().map(|path| std::fs::read_to_string(path).unwrap().parse().unwrap()).collect()
}

/// What a literal says, if it is text.
fn text(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let mut said = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('\n')) => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('n')) => {
                chars.next();
                said.push('\n');
            }
            ('\\', Some(_)) => said.extend(chars.next()),
            _ => said.push(c),
        }
    }
    Some(said)
}

/// Every text in a source, in order.
fn texts(source: TokenStream, found: &mut Vec<String>) {
    for token in source {
        match token {
            TokenTree::Group(group) => texts(group.stream(), found),
            TokenTree::Literal(literal) => found.extend(text(&literal)),
            _ => {}
        }
    }
}

/// Each `name(…)`, `name!(…)` and `name::<…>(…)` in a source.
fn calls(source: TokenStream, found: &mut Vec<(String, Group)>) {
    let tokens: Vec<TokenTree> = source.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        calls(group.stream(), found);
        if group.delimiter() != Delimiter::Parenthesis {
            continue;
        }
        let mut before = tokens[..at].iter().rev().peekable();
        if before.next_if(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == '>')).is_some()
        {
            before.by_ref().find(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == '<'));
        }
        let mut name =
            before.find(|token| !matches!(token, TokenTree::Punct(mark) if ":!".contains(mark.as_char())));
        if let Some(TokenTree::Ident(ident)) = name.take() {
            found.push((ident.to_string(), group.clone()));
        }
    }
}

fn all_calls(under: &str) -> Vec<(String, Vec<String>, Group)> {
    let mut found = Vec::new();
    sources(under).into_iter().for_each(|source| calls(source, &mut found));
    let with_texts = |(name, group): (String, Group)| {
        let mut said = Vec::new();
        texts(group.stream(), &mut said);
        (name, said, group)
    };
    found.into_iter().map(with_texts).collect()
}

/// The names of the blanks of a sentence.
fn blanks(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|after| Some(after.split_once('}')?.0)).collect()
}

/// A sentence as far as it does not depend on what stands in its blanks.
fn frame(sentence: &str) -> String {
    let parts = sentence.split('{').enumerate();
    parts
        .map(|(at, part)| if at == 0 { part } else { part.split_once('}').map_or(part, |(_, after)| after) })
        .collect::<Vec<_>>()
        .join("{}")
}

/// What is said in the app and the shell.
fn own() -> BTreeSet<String> {
    let mut own: BTreeSet<String> = WITH_BLANKS.into_iter().map(str::to_owned).collect();
    for (name, said, group) in ["crates/app/src", "src-tauri/src"].into_iter().flat_map(all_calls) {
        match (name.as_str(), said.first()) {
            ("say", Some(sentence)) => {
                let filled: Vec<TokenTree> = group.stream().into_iter().collect();
                let named = filled.windows(2).filter_map(|pair| match pair {
                    [TokenTree::Ident(name), TokenTree::Punct(mark)] if mark.as_char() == '=' => {
                        Some(name.to_string())
                    }
                    _ => None,
                });
                let named: BTreeSet<String> = named.collect();
                assert_eq!(named, blanks(sentence).into_iter().map(str::to_owned).collect(), "{sentence}");
                own.insert(sentence.clone());
            }
            ("not_found", Some(what)) => _ = own.insert(format!("This {what} is not here (any more).")),
            _ => {}
        }
    }
    own
}

/// What the rules and hubs refuse with, why a change stays, and what is heard from the line.
fn of_others() -> BTreeSet<String> {
    let mut others: BTreeSet<String> = HEARD.into_iter().map(str::to_owned).collect();
    let places = ["crates/domain/src", "crates/protocol/src", "crates/store/src/outbox.rs"];
    for (name, said, _) in places.into_iter().flat_map(all_calls) {
        let Some(first) = said.first() else { continue };
        match name.as_str() {
            "new" if frame(first) == *first && first.ends_with('.') => _ = others.insert(first.clone()),
            "check_text" | "check_optional_text" | "because" | "No" => _ = others.insert(first.clone()),
            "need" => _ = others.insert(format!("This {first} is not available.")),
            _ => {}
        }
    }
    others.retain(|sentence| !UNSEEN.contains(&sentence.as_str()));
    others
}

#[test]
fn every_sentence_has_its_translations_and_every_translation_its_sentence() {
    let translations: Translations = serde_json::from_str(TRANSLATIONS).unwrap();
    let said: BTreeSet<String> = own().union(&of_others()).cloned().collect();
    let mut wrong = Vec::new();
    for sentence in &said {
        for language in Language::ALL.into_iter().skip(1) {
            let tag = language.tag();
            match translations.get(sentence).and_then(|languages| languages.get(tag)) {
                None => wrong.push(format!("{tag} lacks: {sentence}")),
                Some(said) if said.trim().is_empty() => wrong.push(format!("{tag} is empty: {sentence}")),
                Some(said) if blanks(said) != blanks(sentence) => {
                    wrong.push(format!("{tag} has other blanks: {sentence}"))
                }
                Some(_) => {}
            }
        }
    }
    wrong.extend(
        translations
            .keys()
            .filter(|known| !said.contains(*known))
            .map(|known| format!("nobody says: {known}")),
    );
    let tags: BTreeSet<&String> = translations.values().flat_map(BTreeMap::keys).collect();
    assert_eq!(tags.len(), Language::ALL.len() - 1, "{tags:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_known_of_others_is_still_said_by_them() {
    let mut said = Vec::new();
    for under in ["crates/domain/src", "crates/protocol/src", "crates/sync/src", "crates/hub/src"] {
        sources(under).into_iter().for_each(|source| texts(source, &mut said));
    }
    let frames: BTreeSet<String> = said.iter().map(|said| frame(said)).collect();
    let gone: Vec<&str> =
        HEARD.into_iter().chain(WITH_BLANKS).filter(|known| !frames.contains(&frame(known))).collect();
    assert!(gone.is_empty(), "{gone:#?}");
}

#[test]
fn refusals_with_blanks_are_known() {
    let known: Vec<String> = WITH_BLANKS.iter().map(|known| frame(known)).collect();
    for (name, said, _) in all_calls("crates/domain/src") {
        let Some(first) = said.first().filter(|first| name == "new" && frame(first) != **first) else {
            continue;
        };
        // Said anew for each kind of thing.
        let each = frame(first) == "This {} is not available.";
        assert!(each || known.contains(&frame(first)), "{first}");
    }
}

#[test]
fn blanks_are_filled_once_and_in_the_language_of_the_task() {
    let said = || say!("{who} registered it and it is in review", who = "{vendor}");
    assert_eq!(said(), "{vendor} registered it and it is in review");
    assert_eq!(speaking(Language::German, said), "{vendor} hat ihn registriert; die Prüfung läuft");
    let arabic = speaking(Language::Arabic, said);
    assert!(arabic.contains("\u{2068}{vendor}\u{2069}"), "a name keeps its own direction: {arabic}");
}

#[test]
fn a_sentence_of_the_rules_is_said_in_the_language_whatever_stands_in_its_blanks() {
    let german = |english: &str| speaking(Language::German, || sentence(english));
    assert_eq!(german("This deal exists already."), "Diesen Deal gibt es bereits.");
    assert_eq!(german("The title is longer than 160 characters."), "„Titel“ ist länger als 160 Zeichen.");
    assert_eq!(
        german("https://x is not a hub address: it has to begin with https"),
        "https://x ist keine Hub-Adresse: Sie muss mit https beginnen"
    );
    assert_eq!(german("A hub of tomorrow says something new."), "A hub of tomorrow says something new.");
    assert_eq!(sentence("The title is missing."), "The title is missing.");
}

#[tokio::test]
async fn two_tasks_may_speak_two_languages() {
    let said = async || {
        tokio::task::yield_now().await;
        say!("Reply")
    };
    let both = tokio::join!(in_language(Language::French, said()), in_language(Language::Japanese, said()));
    assert_eq!(both, ("Réponse".to_owned(), "返信".to_owned()));
    let elsewhere = in_language(Language::Spanish, blocking(|| say!("Reply"))).await.unwrap();
    assert_eq!(elsewhere, "Respuesta");
}
