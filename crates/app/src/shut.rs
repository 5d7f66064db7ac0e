//! A program whose file cannot be opened or read, beside others that can.

use crate::app::App;
use crate::dto::{
    AppState, Code, CommandError, InProgram, ProgramSummary, ProgramTrouble, SavedFile, ShutProgram, Tag,
};
use crate::session::{Session, Shut, file_key};
use crate::{diagnostics, map, rescue, say};
use domain::ProgramId;
use std::sync::Arc;
use store::Store;

impl App {
    /// Tries to open it again: the disk may be back, or a backup in place. What was damaged has to be sound
    /// all through.
    pub(crate) async fn shut_retry(self: &Arc<Self>, asked: InProgram) -> Result<AppState, CommandError> {
        let session = self.session()?;
        let Shut { joined, trouble } = find(&session, &asked)?;
        let program = joined.program;
        session.reopen(self, joined).await;
        if trouble == ProgramTrouble::Damaged {
            self.shut_damaged(Some(program)).await;
        }
        self.tell(&Tag::ALL);
        self.app_state(()).await
    }

    /// Writes whatever can still be read into a text file.
    pub(crate) async fn shut_rescue(self: &Arc<Self>, asked: InProgram) -> Result<SavedFile, CommandError> {
        let session = self.session()?;
        let program = find(&session, &asked)?.joined.program;
        let keys = session.vault.program(&program.to_string()).map_err(|_| nothing())?;
        let salvage = store::salvage(&session.store_path(program)?, &file_key(&keys.database)?).await;
        let salvage = salvage.map_err(|error| {
            tracing::warn!(%error, "nothing can be saved");
            nothing()
        })?;
        if salvage.is_empty() {
            return Err(nothing());
        }
        diagnostics::save("rescued", "txt", &rescue::text(&salvage)).await
    }

    /// Removes what is left of it from this device, the key first.
    pub(crate) async fn shut_remove(self: &Arc<Self>, asked: InProgram) -> Result<AppState, CommandError> {
        let session = self.session()?;
        let _turn = session.erasing.lock().await;
        let program = find(&session, &asked)?.joined.program;
        let path = session.store_path(program)?;
        session.device.remove(program).await.map_err(|error| map::store_error(&error))?;
        self.forget(&session, program).await;
        if let Err(error) = Store::erase(&path).await {
            tracing::warn!(%error, "removing the file of a program");
        }
        session.set_shut(program, None);
        self.tell(&Tag::ALL);
        self.app_state(()).await
    }

    /// Shuts the program, or with none whichever is open, if its file is damaged.
    pub(crate) async fn shut_damaged(self: &Arc<Self>, program: Option<ProgramId>) {
        let Ok(session) = self.session() else { return };
        let _turn = session.erasing.lock().await;
        let suspects =
            session.programs().into_iter().filter(|joined| program.is_none_or(|id| id == joined.id));
        for joined in suspects {
            if !matches!(joined.store.is_sound().await, Ok(false)) {
                continue;
            }
            tracing::error!(program = %joined.id, "a program is damaged and was shut");
            session.remove(joined.id);
            joined.close().await;
            let shut = Shut { joined: joined.entry(), trouble: ProgramTrouble::Damaged };
            session.set_shut(joined.id, Some(shut));
            self.tell(&Tag::ALL);
        }
    }

    /// A shut program as the window shows it.
    pub(crate) async fn shut_program(&self, session: &Session, shut: &Shut) -> ShutProgram {
        let known = session.device.setting(&name_of(shut.joined.program)).await.ok().flatten();
        let hub = self.hub_name(&shut.joined.hub);
        ShutProgram {
            id: shut.joined.program.to_string(),
            name: known.unwrap_or_else(|| hub.clone()),
            hub,
            trouble: shut.trouble,
        }
    }

    /// Keeps a program's name outside its own file, for the day that file cannot be read.
    pub(crate) async fn remember_name(&self, session: &Session, summary: &ProgramSummary) {
        let Ok(id) = map::id::<ProgramId>(&summary.id) else { return };
        let key = name_of(id);
        if matches!(session.device.setting(&key).await, Ok(known) if known.as_ref() != Some(&summary.name))
            && let Err(error) = session.device.set_setting(&key, &summary.name).await
        {
            tracing::warn!(%error, "noting the name of a program");
        }
    }
}

/// Setting under which the name of a program is kept.
pub(crate) fn name_of(program: ProgramId) -> String {
    format!("name of {program}")
}

fn find(session: &Session, asked: &InProgram) -> Result<Shut, CommandError> {
    let id: ProgramId = map::id(&asked.program)?;
    let found = session.shut().into_iter().find(|shut| shut.joined.program == id);
    found
        .ok_or_else(|| CommandError::new(Code::NotFound, say!("This program is open again, or was removed.")))
}

fn nothing() -> CommandError {
    CommandError::new(Code::NotFound, say!("Nothing in the file of this program can be read any more."))
}
