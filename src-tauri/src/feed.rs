//! The one way from Rust to the windows: tiny notes that something changed, and routes to open. The
//! windows ask for the data themselves, so a note that is merged with another loses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use app::dto::{ChangeNote, Tag};
use serde::Serialize;
use tauri::ipc::Channel;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::shell::MAIN;
use crate::state::Core;

/// More ids than this are sent as none, which means "many".
const MOST_IDS: usize = 64;

/// What a window hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Push {
    /// Ask again for what carries one of these tags.
    Change(ChangeNote),
    /// Go to this place.
    Open {
        /// A route of the window.
        open: String,
    },
}

/// The channels that windows subscribed with, and what could not be said to the main one before it did.
#[derive(Default)]
pub struct Feed {
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    /// By the label of the window.
    channels: BTreeMap<String, Channel<Push>>,
    unopened: Option<String>,
}

impl Feed {
    /// Takes the channel of a window. A reloaded page subscribes again and replaces its former self.
    pub fn subscribe(&self, label: &str, channel: Channel<Push>) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if label == MAIN
            && let Some(open) = line.unopened.take()
        {
            let _ = channel.send(Push::Open { open });
        }
        line.channels.insert(label.to_owned(), channel);
    }

    /// A window is gone; what the main one is to open waits for the next.
    pub fn hang_up(&self, label: &str) {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).channels.remove(label);
    }

    /// Tells every window that something changed. Before it subscribed it has asked for nothing yet.
    fn change(&self, note: &ChangeNote) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        for channel in line.channels.values() {
            if let Err(error) = channel.send(Push::Change(note.clone())) {
                tracing::debug!("a change note did not reach a window: {error}");
            }
        }
    }

    /// Asks the main window to go somewhere, now or as soon as it listens.
    pub fn open(&self, route: String) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match line.channels.get(MAIN) {
            Some(channel) if channel.send(Push::Open { open: route.clone() }).is_ok() => {}
            _ => line.unopened = Some(route),
        }
    }
}

/// Forwards the change notes of the app until it closes.
pub async fn forward(core: Arc<Core>) {
    let Ok(app) = core.app().await else { return };
    let mut changes = app.changes();
    drop(app);
    loop {
        let first = match changes.recv().await {
            Ok(note) => note,
            Err(RecvError::Lagged(_)) => everything(),
            Err(RecvError::Closed) => return,
        };
        core.feed.change(&merged(first, &mut changes));
    }
}

/// Adds every note that is already waiting: during a large sync they come faster than a page can
/// run its queries, and each push is a script for the page to evaluate.
fn merged(first: ChangeNote, changes: &mut Receiver<ChangeNote>) -> ChangeNote {
    let mut many = first.ids.is_empty();
    let mut tags: BTreeSet<Tag> = first.tags.into_iter().collect();
    let mut ids: BTreeSet<String> = first.ids.into_iter().collect();
    loop {
        let note = match changes.try_recv() {
            Ok(note) => note,
            Err(TryRecvError::Lagged(_)) => everything(),
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        };
        many |= note.ids.is_empty();
        tags.extend(note.tags);
        ids.extend(note.ids);
    }
    if many || ids.len() > MOST_IDS {
        ids.clear();
    }
    ChangeNote { tags: tags.into_iter().collect(), ids: ids.into_iter().collect() }
}

fn everything() -> ChangeNote {
    ChangeNote { tags: Tag::ALL.to_vec(), ids: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(tag: Tag, ids: &[&str]) -> ChangeNote {
        ChangeNote { tags: vec![tag], ids: ids.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn waiting_notes_become_one() {
        let (sender, mut changes) = tokio::sync::broadcast::channel(8);
        sender.send(note(Tag::Deals, &["b"])).unwrap();
        sender.send(note(Tag::Messages, &["a", "b"])).unwrap();
        let one = merged(note(Tag::Deals, &["c"]), &mut changes);
        assert_eq!(
            one,
            ChangeNote {
                tags: vec![Tag::Deals, Tag::Messages],
                ids: vec!["a".into(), "b".into(), "c".into()]
            }
        );
    }

    #[test]
    fn many_stays_many() {
        let (sender, mut changes) = tokio::sync::broadcast::channel(8);
        sender.send(note(Tag::Deals, &[])).unwrap();
        assert_eq!(merged(note(Tag::Deals, &["c"]), &mut changes).ids, Vec::<String>::new());

        let ids: Vec<String> = (0..=MOST_IDS).map(|number| number.to_string()).collect();
        let long = ChangeNote { tags: vec![Tag::Deals], ids };
        assert_eq!(merged(long, &mut changes).ids, Vec::<String>::new());
    }

    #[test]
    fn lost_notes_mean_everything() {
        let (sender, mut changes) = tokio::sync::broadcast::channel(1);
        sender.send(note(Tag::Deals, &["a"])).unwrap();
        sender.send(note(Tag::Deals, &["b"])).unwrap();
        sender.send(note(Tag::Deals, &["c"])).unwrap();
        assert_eq!(merged(note(Tag::Deals, &["d"]), &mut changes), everything());
    }

    #[test]
    fn a_route_waits_for_the_window() {
        let feed = Feed::default();
        feed.open("/deals/1".into());
        feed.open("/deals/2".into());
        let (room, of_room) = ear();
        feed.subscribe("room-1", room);
        let (main, of_main) = ear();
        feed.subscribe(MAIN, main);
        feed.open("/deals/3".into());
        assert_eq!(*of_main.lock().unwrap(), [r#"{"open":"/deals/2"}"#, r#"{"open":"/deals/3"}"#]);
        assert_eq!(*of_room.lock().unwrap(), [""; 0], "only the main window goes to other places");
    }

    #[test]
    fn every_window_hears_of_a_change_until_it_is_gone() {
        let feed = Feed::default();
        let ((main, of_main), (room, of_room)) = (ear(), ear());
        feed.subscribe(MAIN, main);
        feed.subscribe("room-1", room);
        feed.change(&note(Tag::Deals, &[]));
        feed.hang_up("room-1");
        feed.change(&note(Tag::Deals, &[]));
        assert_eq!((of_main.lock().unwrap().len(), of_room.lock().unwrap().len()), (2, 1));
    }

    /// A channel, and what came out of it.
    fn ear() -> (Channel<Push>, Arc<Mutex<Vec<String>>>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let channel = Channel::new(move |body| {
            if let tauri::ipc::InvokeResponseBody::Json(text) = body {
                ear.lock().unwrap().push(text);
            }
            Ok(())
        });
        (channel, heard)
    }
}
