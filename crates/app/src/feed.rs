//! From what a store commits to what the window asks again.

use crate::app::App;
use crate::dto::{ChangeNote, Tag};
use crate::{notices, search, words};
use domain::{ProgramId, Table};
use protocol::client::Line;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Store};
use sync::link::Link;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::AbortHandle;

/// All of a file is read through so long after it was opened: the window comes first.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// The tags of the queries that show rows of a table.
fn tags_of(table: Table) -> &'static [Tag] {
    match table {
        Table::Programs => &[Tag::App],
        Table::Organizations | Table::Members => &[Tag::App, Tag::People, Tag::Deals],
        Table::Devices | Table::Invitations => &[Tag::People],
        Table::Grants => &[Tag::Deals, Tag::People],
        Table::Accounts => &[Tag::Accounts],
        Table::Deals => &[Tag::Deals],
        // Whatever was overwritten unseen needs the person, until the field is changed again.
        Table::FieldHistory => &[Tag::Deals, Tag::Sync],
        Table::Messages | Table::ReadMarks => &[Tag::Messages, Tag::Deals],
        Table::ActionPlans | Table::Milestones => &[Tag::Plans, Tag::Deals],
        Table::PutAways => &[Tag::Deals],
        Table::Rules => &[Tag::App, Tag::Deals],
        Table::Claims | Table::Counters | Table::Listed => &[],
    }
}

/// What a change means to the window.
pub(crate) fn note(change: &Change) -> ChangeNote {
    let mut tags: BTreeSet<Tag> = change.tables.iter().flat_map(|table| tags_of(*table)).copied().collect();
    if change.sync {
        tags.insert(Tag::Sync);
    }
    if change.access {
        tags.insert(Tag::App);
    }
    ChangeNote {
        tags: tags.into_iter().collect(),
        ids: change.keys.iter().map(|key| key.id.to_string()).collect(),
    }
}

/// Passes on what a program's store and link tell, and announces what came from others.
pub(crate) fn watch(app: &Arc<App>, program: ProgramId, store: &Store, link: &Link) -> Vec<AbortHandle> {
    let mut changes = store.changes();
    let mut announcer = notices::Announcer::new(program, store.clone());
    // Weak, so that a window that closes ends the tasks and not the other way round.
    let to = Arc::downgrade(app);
    let of_store = tokio::spawn(async move {
        announcer.begin().await;
        loop {
            let change = match changes.recv().await {
                Ok(change) => change,
                Err(RecvError::Lagged(_)) => Change {
                    tables: Table::ALL.into_iter().collect(),
                    keys: Vec::new(),
                    sync: true,
                    access: true,
                },
                Err(RecvError::Closed) => return,
            };
            let Some(app) = to.upgrade() else { return };
            let _ = app.changes.send(note(&change));
            words::in_language(app.language(), announcer.announce(&app, &change)).await;
        }
    });
    let mut status = link.status();
    let to = Arc::downgrade(app);
    let of_link = tokio::spawn(async move {
        let (mut line, mut locked) = (Line::Offline, status.borrow().locked);
        while status.changed().await.is_ok() {
            let (now, lock) = {
                let status = status.borrow_and_update();
                (status.line, status.locked)
            };
            let Some(app) = to.upgrade() else { return };
            app.tell(match (now == line, lock == locked) {
                (_, false) => &Tag::ALL,
                (true, _) => &[Tag::Sync],
                (false, _) => &[Tag::Sync, Tag::App],
            });
            (line, locked) = (now, lock);
            if now == Line::Revoked {
                // On its own task: removing the program ends this one.
                tokio::spawn(async move { app.erase_revoked(program).await });
                return;
            }
        }
    });
    let of_index = search::keep_indexed(app, store);
    let to = Arc::downgrade(app);
    let store = store.clone();
    let of_file = tokio::spawn(async move {
        store.until_damaged(FIRST_LOOK).await;
        let Some(app) = to.upgrade() else { return };
        // On its own task, as above.
        tokio::spawn(async move { app.shut_damaged(Some(program)).await });
    });
    vec![of_store.abort_handle(), of_link.abort_handle(), of_file.abort_handle(), of_index]
}
