//! What a person keeps at hand: deals, and views of the deals under a name of their own, in their own order.
//!
//! Everything is in one setting of the device's encrypted file. Of a deal only its ids are kept there: what it
//! is called comes from the file of its program each time, so that nothing of it is left when that goes.

mod list;

pub(crate) use list::{Change, List};
use list::{Entry, What, Wrong};

use crate::app::App;
use crate::deals::{Looked, row};
use crate::dto::{
    Code, CommandError, DealRow, Done, Lens, OneOf, PinMove, PinOf, PinnedItem, Tag, ViewRename, ViewSave,
    ViewUpdate,
};
use crate::say;
use crate::session::Session;
use crate::undo::Step;
use crate::{map, people};
use domain::{DealId, ProgramId};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::DeviceFile;
use store::query::deals;

/// The setting under which all of it is kept.
const PINNED: &str = "pinned";
/// More would be a second list of deals.
const MOST: usize = 30;

/// What was pinned in earlier runs. A list that cannot be read is as good as none.
pub(crate) async fn kept(device: &DeviceFile) -> Result<List, CommandError> {
    let kept = device.setting(PINNED).await.map_err(|error| map::store_error(&error))?;
    Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default())
}

impl App {
    /// What is pinned and can be shown now.
    pub(crate) async fn pinned(self: &Arc<Self>, (): ()) -> Result<Vec<PinnedItem>, CommandError> {
        let session = self.session()?;
        let looked = self.through(&Lens::default()).await?;
        let list = session.pinned.lock().await.clone();
        shown(&list, &looked).await
    }

    pub(crate) async fn view_save(self: &Arc<Self>, asked: ViewSave) -> Result<Done, CommandError> {
        self.pin(What::View { name: asked.name, view: asked.view }).await
    }

    pub(crate) async fn view_rename(self: &Arc<Self>, asked: ViewRename) -> Result<Done, CommandError> {
        self.pinned_change(Change::Rename { id: asked.id, name: asked.name }).await
    }

    pub(crate) async fn view_update(self: &Arc<Self>, asked: ViewUpdate) -> Result<Done, CommandError> {
        self.pinned_change(Change::Show { id: asked.id, view: asked.view }).await
    }

    /// Pins a deal; one that is pinned already stays where it is.
    pub(crate) async fn deal_pin(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let (looked, line) = self.one_deal(&asked.program, &asked.id).await?;
        let what = What::Deal { program: looked.joined.id.to_string(), deal: line.id.to_string() };
        let session = self.session()?;
        let known = session.pinned.lock().await.entries().find(|entry| entry.what == what).cloned();
        match known {
            Some(entry) => Ok(Done { id: Some(entry.id), ..Done::default() }),
            None => self.pin(what).await,
        }
    }

    pub(crate) async fn pin_move(self: &Arc<Self>, asked: PinMove) -> Result<Done, CommandError> {
        self.pinned_change(Change::Move { id: asked.id, before: asked.before }).await
    }

    pub(crate) async fn pin_remove(self: &Arc<Self>, asked: PinOf) -> Result<Done, CommandError> {
        self.pinned_change(Change::Remove { id: asked.id }).await
    }

    async fn pin(self: &Arc<Self>, what: What) -> Result<Done, CommandError> {
        // What is hidden does not count: nobody could make room of it.
        if self.pinned(()).await?.len() >= MOST {
            let message = format!("{MOST} are pinned already. Remove one of them first.");
            return Err(CommandError::new(Code::BadInput, message));
        }
        let entry = Entry { id: map::new_id().to_string(), what };
        self.pinned_change(Change::Insert { entry, before: None }).await
    }

    /// Makes a change, keeps it, and notes how it is taken back.
    pub(crate) async fn pinned_change(self: &Arc<Self>, change: Change) -> Result<Done, CommandError> {
        let session = self.session()?;
        let mut list = session.pinned.lock().await;
        if let Change::Insert { entry, .. } = &change
            && let Some(program) = entry.what.program()
        {
            // Taking a removal back must not bring back what was left meanwhile.
            self.program(program)?;
        }
        let id = match &change {
            Change::Insert { entry, .. } => entry.id.clone(),
            Change::Remove { id }
            | Change::Rename { id, .. }
            | Change::Show { id, .. }
            | Change::Move { id, .. } => id.clone(),
        };
        let mut next = list.clone();
        let inverse = next.apply(change).map_err(|wrong| words(&wrong))?;
        keep(&session, &next).await?;
        *list = next;
        drop(list);
        self.tell(&[Tag::Pinned]);
        Ok(self.note(Some(id), Step::Pinned(inverse)))
    }

    /// Forgets what was pinned of a program that is not on this device any more.
    pub(crate) async fn unpin_all_of(&self, session: &Session, program: ProgramId) {
        let mut list = session.pinned.lock().await;
        let mut next = list.clone();
        if !next.without(&program.to_string()) {
            return;
        }
        match keep(session, &next).await {
            Ok(()) => *list = next,
            Err(error) => tracing::warn!(error = error.message, "forgetting what was pinned"),
        }
    }
}

async fn keep(session: &Session, list: &List) -> Result<(), CommandError> {
    let text = serde_json::to_string(list)
        .map_err(|error| CommandError::internal("keeping what is pinned", &error))?;
    session.device.set_setting(PINNED, &text).await.map_err(|error| map::store_error(&error))
}

/// The entries that can be shown, with what the programs say of them now.
async fn shown(list: &List, looked: &[Looked]) -> Result<Vec<PinnedItem>, CommandError> {
    let mut rows: BTreeMap<(String, String), DealRow> = BTreeMap::new();
    for looked in looked {
        let program = looked.joined.id.to_string();
        let wanted = list.entries().filter_map(|entry| match &entry.what {
            What::Deal { program: of, deal } if *of == program => map::id::<DealId>(deal).ok(),
            _ => None,
        });
        let lines = deals::several(&looked.joined.store, &wanted.collect::<Vec<_>>())
            .await
            .map_err(|error| map::store_error(&error))?;
        for line in lines {
            let row = row(looked, &line)?;
            rows.insert((program.clone(), row.id.clone()), row);
        }
    }
    let shown = list.entries().filter_map(|entry| match &entry.what {
        What::Deal { program, deal } => {
            rows.get(&(program.clone(), deal.clone())).map(|row| PinnedItem::Deal {
                id: entry.id.clone(),
                program: program.clone(),
                deal: deal.clone(),
                title: row.title.clone(),
                customer: row.customer.clone(),
                unread: row.unread,
                court: row.court,
            })
        }
        What::View { name, view } => lets_through(&view.lens, looked).then(|| PinnedItem::View {
            id: entry.id.clone(),
            name: name.clone(),
            view: view.clone(),
        }),
    });
    Ok(shown.collect())
}

/// Whether one can look through this lens now. Through one that is gone, a view would show something else.
fn lets_through(lens: &Lens, looked: &[Looked]) -> bool {
    let Some(program) = &lens.program else { return true };
    let Some(looked) = looked.iter().find(|looked| looked.joined.id.to_string() == *program) else {
        return false;
    };
    let counterparts = people::counterparts(&looked.faces);
    lens.counterpart.as_ref().is_none_or(|id| counterparts.iter().any(|known| known.id == *id))
}

fn words(wrong: &Wrong) -> CommandError {
    match wrong {
        Wrong::Gone => CommandError::new(Code::NotFound, say!("This is not pinned any more.")),
        Wrong::Nameless => CommandError::new(Code::BadInput, say!("Give the view a name.")),
        Wrong::NameTooLong(most) => {
            CommandError::new(Code::BadInput, say!("The name is longer than {most} characters.", most = most))
        }
        Wrong::NameTaken(name) => CommandError::new(
            Code::BadInput,
            say!("There is a view called “{name}” already. Choose another name.", name = name),
        ),
    }
}
