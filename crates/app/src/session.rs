//! While the vault is open: the device file and one [`Joined`] a program.

use crate::app::App;
use crate::dto::{CommandError, ProgramTrouble, Tag};
use crate::{feed, map, pinned, room_windows};
use domain::{DeviceId, MemberId, Mutation, ProgramId, Timestamp, Undo};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use store::{CommitError, DeviceFile, FileKey, Identity, JoinedProgram, Store};
use sync::link::{Link, LinkOptions};
use tokio::task::AbortHandle;
use vault::{ProgramKeys, Vault};

/// The open vault and what it opens.
pub(crate) struct Session {
    pub vault: Vault,
    pub device: DeviceFile,
    /// What is pinned; held while a change of it is being kept.
    pub pinned: tokio::sync::Mutex<pinned::List>,
    /// The windows of their own that rooms have; held likewise.
    pub room_windows: tokio::sync::Mutex<room_windows::Open>,
    /// Held while a program is being removed: the hub's word and the person's own wish may come at once,
    /// and whoever comes second waits until nothing is left.
    pub erasing: tokio::sync::Mutex<()>,
    programs: RwLock<BTreeMap<ProgramId, Arc<Joined>>>,
    shut: RwLock<BTreeMap<ProgramId, Shut>>,
}

/// A joined program whose file cannot be used, and why.
#[derive(Clone)]
pub(crate) struct Shut {
    pub joined: JoinedProgram,
    pub trouble: ProgramTrouble,
}

/// One joined program: its store and the link to its hub.
pub(crate) struct Joined {
    pub id: ProgramId,
    pub hub: String,
    pub device: DeviceId,
    pub member: MemberId,
    joined_at: Timestamp,
    pub store: Store,
    pub link: RwLock<Option<Link>>,
    /// The person is leaving by themselves.
    pub parting: AtomicBool,
    tasks: Vec<AbortHandle>,
}

impl Session {
    pub async fn new(vault: Vault, device: DeviceFile) -> Result<Self, CommandError> {
        let pinned = pinned::kept(&device).await?;
        let room_windows = room_windows::kept(&device).await?;
        Ok(Self {
            vault,
            device,
            pinned: tokio::sync::Mutex::new(pinned),
            room_windows: tokio::sync::Mutex::new(room_windows),
            erasing: tokio::sync::Mutex::default(),
            programs: RwLock::default(),
            shut: RwLock::default(),
        })
    }

    pub fn program(&self, id: ProgramId) -> Option<Arc<Joined>> {
        self.programs.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// All programs, in the order of their ids, which is that of joining.
    pub fn programs(&self) -> Vec<Arc<Joined>> {
        self.programs.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub fn remove(&self, id: ProgramId) -> Option<Arc<Joined>> {
        self.programs.write().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }

    /// The programs that stay shut, in the order of joining.
    pub fn shut(&self) -> Vec<Shut> {
        self.shut.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Notes that a program stays shut, or with none that it does not any more.
    pub fn set_shut(&self, program: ProgramId, shut: Option<Shut>) {
        let mut all = self.shut.write().unwrap_or_else(PoisonError::into_inner);
        match shut {
            Some(shut) => all.insert(program, shut),
            None => all.remove(&program),
        };
    }

    pub async fn close(&self) {
        for joined in self.programs() {
            joined.close().await;
        }
        if let Err(error) = self.device.close().await {
            tracing::warn!(%error, "closing the device file");
        }
    }

    /// Where the encrypted file of a program lies.
    pub fn store_path(&self, program: ProgramId) -> Result<PathBuf, CommandError> {
        let dir = self.vault.program_dir(&program.to_string()).map_err(|error| map::vault_error(&error))?;
        Ok(dir.join("store.db"))
    }

    /// Opens a program that was joined before. One that cannot be opened is noted as shut, and must not
    /// keep the others so.
    pub async fn reopen(self: &Arc<Self>, app: &Arc<App>, program: JoinedProgram) {
        let trouble = match self.vault.program(&program.program.to_string()) {
            Ok(keys) => match self.open_program(app, &program, &keys).await {
                Ok(_) => None,
                Err(OpenError(trouble, error)) => Some((trouble, format!("{:?}", error.code))),
            },
            Err(error) => {
                let lost = matches!(error.code(), vault::Code::NoSuchProgram | vault::Code::Damaged);
                let trouble = if lost { ProgramTrouble::KeyLost } else { ProgramTrouble::Disk };
                Some((trouble, error.to_string()))
            }
        };
        let id = program.program;
        if let Some((trouble, error)) = &trouble {
            tracing::error!(program = %id, ?trouble, error, "a program stays shut");
        }
        self.set_shut(id, trouble.map(|(trouble, _)| Shut { joined: program, trouble }));
    }

    /// Opens the store of a joined program and starts its link. Writes it if joining has not come to that
    /// yet, or was interrupted; one that is gone later is not replaced by an empty one.
    pub async fn open_program(
        self: &Arc<Self>,
        app: &Arc<App>,
        joined: &JoinedProgram,
        keys: &ProgramKeys,
    ) -> Result<Arc<Joined>, OpenError> {
        let identity = Identity {
            program: joined.program,
            device: joined.device,
            member: joined.member,
            device_key: protocol::seal::DeviceKey::from_seed(keys.device_seed.expose()),
        };
        let elsewhere = |error| OpenError(ProgramTrouble::Disk, error);
        let path = self.store_path(joined.program).map_err(elsewhere)?;
        let key = file_key(&keys.database).map_err(elsewhere)?;
        let failed = |error| OpenError(map::store_trouble(&error), map::store_error(&error));
        let store = match Store::open(&path, &key, identity.clone()).await {
            Err(error) if error.code() == store::Code::Missing && !joined.written => {
                Store::create(&path, &key, identity).await
            }
            other => other,
        };
        let store = store.map_err(failed)?;
        if !joined.written {
            self.device.set_written(joined.program).await.map_err(failed)?;
        }
        store.count_lease(App::now(), 0).await.map_err(failed)?;
        let link = Link::start(LinkOptions {
            store: store.clone(),
            program: joined.program,
            hub: joined.hub.clone(),
            dial: app.dial.clone(),
            work_offline: app.work_offline.load(std::sync::atomic::Ordering::Relaxed),
        });
        let tasks = feed::watch(app, joined.program, &store, &link);
        let opened = Arc::new(Joined {
            id: joined.program,
            hub: joined.hub.clone(),
            device: joined.device,
            member: joined.member,
            joined_at: joined.joined_at,
            store,
            link: RwLock::new(Some(link)),
            parting: AtomicBool::new(false),
            tasks,
        });
        self.programs
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(joined.program, Arc::clone(&opened));
        app.tell(&[Tag::App]);
        Ok(opened)
    }
}

/// What is in the way of a program, and how it is said.
pub(crate) struct OpenError(pub ProgramTrouble, pub CommandError);

impl From<OpenError> for CommandError {
    fn from(OpenError(_, error): OpenError) -> Self {
        error
    }
}

/// The vault's key in the store's form.
pub(crate) fn file_key(key: &vault::DbKey) -> Result<FileKey, CommandError> {
    FileKey::from_literal(&key.sqlcipher_literal())
        .ok_or_else(|| CommandError::internal("reading a key", &"malformed"))
}

impl Joined {
    /// Commits a mutation made by the person; returns its inverse.
    pub async fn commit(&self, mutation: impl Into<Mutation>) -> Result<Undo, CommandError> {
        match self.store.commit(mutation.into(), App::now()).await {
            Ok(committed) => Ok(committed.undo),
            Err(error) => Err(commit_error(&error)),
        }
    }

    /// Stops the link and closes the store.
    pub async fn close(&self) {
        let link = self.link.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(link) = link {
            link.stop().await;
        }
        for task in &self.tasks {
            task.abort();
        }
        if let Err(error) = self.store.close().await {
            tracing::warn!(%error, program = %self.id, "closing a store");
        }
    }

    /// As it is noted in the device file.
    pub fn entry(&self) -> JoinedProgram {
        JoinedProgram {
            program: self.id,
            hub: self.hub.clone(),
            device: self.device,
            member: self.member,
            joined_at: self.joined_at,
            written: true,
        }
    }

    /// Does something with the link while it runs.
    pub fn with_link<T>(&self, work: impl FnOnce(&Link) -> T) -> Option<T> {
        self.link.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(work)
    }
}

/// What a person is told when a change was not committed.
pub(crate) fn commit_error(error: &CommitError) -> CommandError {
    match error {
        CommitError::Refused(refusal) => map::refusal(refusal),
        CommitError::Store(error) => map::store_error(error),
    }
}
