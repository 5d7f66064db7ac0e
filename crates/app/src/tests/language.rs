//! What the app says is in the person's language.

use crate::app::{App, Keychain, Options};
use crate::dto::{Appearance, Language, Tag};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

async fn alice(folder: &Path) -> Arc<App> {
    let options = Options { profile: folder.to_owned(), keychain: Keychain::Memory, dial: None, demo: false };
    App::open(options).await.unwrap()
}

async fn refused(alice: &Arc<App>) -> String {
    let asked = json!({ "program": "01a219bf-8e2f-7622-b2e0-f43cfd7d0191" });
    alice.dispatch("people", asked).await.unwrap_err().message
}

async fn chooses(alice: &Arc<App>, language: Option<Language>) {
    let asked = Appearance { language, ..Appearance::default() };
    alice.dispatch("appearance_set", serde_json::to_value(asked).unwrap()).await.unwrap();
}

#[tokio::test]
async fn the_choice_goes_before_the_language_of_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let alice = alice(folder.path()).await;
    assert_eq!(refused(&alice).await, "This program is not here (any more).");
    alice.speak(Language::French);
    assert_eq!(refused(&alice).await, "Ce programme n’est pas (ou plus) ici.");
    let mut changes = alice.changes();
    chooses(&alice, Some(Language::German)).await;
    assert_eq!(refused(&alice).await, "Dieses Programm ist hier nicht (mehr) vorhanden.");
    assert_eq!(changes.try_recv().unwrap().tags, Tag::ALL, "everything with words in it is asked for again");
    let state = alice.dispatch("app_state", Value::Null).await.unwrap();
    assert_eq!(state["appearance"]["language"], "de");
    chooses(&alice, None).await;
    assert_eq!(alice.language(), Language::French);
    alice.close().await;
}

#[tokio::test]
async fn what_an_earlier_run_knew_holds_until_the_vault_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let alice = alice(folder.path()).await;
    alice.speak_as_before(Some(Language::Arabic));
    assert_eq!((alice.language(), alice.chosen()), (Language::English, Some(Appearance::default())));
    alice.close().await;
    assert_eq!(alice.chosen(), None, "nobody knows any more");
    alice.speak_as_before(Some(Language::Arabic));
    assert_eq!(alice.language(), Language::Arabic);
}
