//! The application: one profile folder, opened once.

use crate::dto::{
    Appearance, Background, ChangeNote, Code, CommandError, Language, NoticeChoice, Practice, Tag, Uploaded,
    VaultState,
};
use crate::import_job::ImportJobs;
use crate::notices::{self, Heard, Notice};
use crate::session::{Joined, Session};
use crate::undo::UndoList;
use crate::{say, words};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{broadcast, mpsc};
use vault::ProfileLock;

/// How hubs are reached.
pub type Dial = sync::Dial;

/// Most files that wait to be imported at once; the oldest makes room.
const UPLOADS_MAX: usize = 4;
/// Changes and notices that a slow listener may lag behind.
const FEED: usize = 512;

/// Where the device root key lives.
#[derive(Debug, Clone)]
pub enum Keychain {
    /// The system's keychain.
    System,
    /// The system's keychain, entries under another service name: for tests beside a real profile.
    SystemAs(String),
    /// In memory only: for the demo, whose data ends with the process.
    Memory,
}

/// How to open the application.
#[derive(Debug)]
pub struct Options {
    /// The profile folder; made when missing.
    pub profile: PathBuf,
    /// Where the root key lives.
    pub keychain: Keychain,
    /// How to reach hubs; the ordinary network when none.
    pub dial: Option<Dial>,
    /// Label everything as the demo world.
    pub demo: bool,
}

/// The default profile folder, or the one asked for.
pub fn profile_dir(asked: Option<PathBuf>) -> PathBuf {
    asked.unwrap_or_else(|| match directories::ProjectDirs::from("app", "lockstep", "Lockstep") {
        Some(dirs) => dirs.data_local_dir().to_path_buf(),
        None => PathBuf::from("lockstep-profile"),
    })
}

/// Whether the profile can be read.
pub(crate) enum Gate {
    Closed(VaultState),
    Open(Arc<Session>),
}

/// The application. See the crate documentation.
pub struct App {
    pub(crate) profile: PathBuf,
    /// None while another instance holds the profile.
    lock: Mutex<Option<ProfileLock>>,
    pub(crate) keychain: vault::Keychain,
    pub(crate) dial: Dial,
    pub(crate) demo: bool,
    pub(crate) gate: RwLock<Gate>,
    pub(crate) work_offline: AtomicBool,
    pub(crate) appearance: Mutex<Appearance>,
    pub(crate) system_language: Mutex<Language>,
    pub(crate) background: Mutex<Background>,
    pub(crate) notice_choice: Mutex<NoticeChoice>,
    pub(crate) practice: Mutex<Practice>,
    pub(crate) focused: AtomicBool,
    pub(crate) undo: Mutex<UndoList>,
    pub(crate) imports: Mutex<ImportJobs>,
    pub(crate) drafts: Mutex<crate::drafts::Drafts>,
    pub(crate) turn: Mutex<crate::today::Turn>,
    uploads: Mutex<BTreeMap<u64, Arc<crate::import::Upload>>>,
    next_upload: AtomicU64,
    pub(crate) changes: broadcast::Sender<ChangeNote>,
    pub(crate) notices: broadcast::Sender<Notice>,
    pub(crate) heard: mpsc::UnboundedSender<Heard>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl App {
    /// Opens a profile. A vault that cannot be opened, or a profile in use, is no error: the window
    /// shows it and offers what to do.
    ///
    /// # Errors
    /// When the folder cannot be made or the network cannot be set up.
    pub async fn open(options: Options) -> Result<Arc<Self>, CommandError> {
        let Options { profile, keychain, dial, demo } = options;
        let dial = match dial {
            Some(dial) => dial,
            None => Dial::network(None)
                .map_err(|error| CommandError::internal("setting up the network", &error))?,
        };
        let keychain = match keychain {
            Keychain::System => vault::Keychain::system(),
            Keychain::SystemAs(service) => {
                vault::Keychain::System(vault::SystemKeychain::default().with_service(service))
            }
            Keychain::Memory => vault::Keychain::memory(),
        };
        let (heard, hears) = mpsc::unbounded_channel();
        let app = Arc::new(Self {
            profile,
            lock: Mutex::default(),
            keychain,
            dial,
            demo,
            gate: RwLock::new(Gate::Closed(VaultState::InUse)),
            work_offline: AtomicBool::new(false),
            appearance: Mutex::default(),
            system_language: Mutex::default(),
            background: Mutex::default(),
            notice_choice: Mutex::default(),
            practice: Mutex::default(),
            focused: AtomicBool::new(false),
            undo: Mutex::default(),
            imports: Mutex::default(),
            drafts: Mutex::default(),
            turn: Mutex::default(),
            uploads: Mutex::default(),
            next_upload: AtomicU64::new(1),
            changes: broadcast::channel(FEED).0,
            notices: broadcast::channel(FEED).0,
            heard,
        });
        tokio::spawn(crate::today::turn_pages(Arc::downgrade(&app)));
        tokio::spawn(notices::desk(Arc::downgrade(&app), hears));
        app.try_open().await?;
        Ok(app)
    }

    /// What changed, for the queries of the window.
    pub fn changes(&self) -> broadcast::Receiver<ChangeNote> {
        self.changes.subscribe()
    }

    /// What a person who looks elsewhere should be shown now.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Whether the window has the person's attention; then nothing is announced.
    pub fn set_focused(&self, focused: bool) {
        self.focused.store(focused, Ordering::Relaxed);
        if focused {
            let _ = self.heard.send(Heard::Looked);
        }
    }

    /// Takes a file to import. It is recognised here and kept in memory until imported or replaced.
    ///
    /// # Errors
    /// [`Code::BadInput`] with a sentence when it is no account list.
    pub async fn upload(&self, name: String, bytes: Vec<u8>) -> Result<Uploaded, CommandError> {
        words::in_language(self.language(), self.hold(name, bytes)).await
    }

    async fn hold(&self, name: String, bytes: Vec<u8>) -> Result<Uploaded, CommandError> {
        let size = bytes.len() as f64;
        let shown = name.clone();
        let read = tokio::task::spawn_blocking(move || crate::import::Upload::read(&name, bytes)).await;
        let upload = read
            .map_err(|error| CommandError::internal("reading a file", &error))?
            .map_err(|error| CommandError::new(Code::BadInput, error.to_string()))?;
        let id = self.next_upload.fetch_add(1, Ordering::Relaxed);
        let mut uploads = held(&self.uploads);
        uploads.insert(id, Arc::new(upload));
        while uploads.len() > UPLOADS_MAX {
            uploads.pop_first();
        }
        Ok(Uploaded { upload: id.to_string(), name: shown, size })
    }

    pub(crate) fn uploaded(&self, handle: &str) -> Result<Arc<crate::import::Upload>, CommandError> {
        let found = handle.parse().ok().and_then(|id: u64| held(&self.uploads).get(&id).cloned());
        found.ok_or_else(|| {
            CommandError::new(Code::NotFound, say!("The file is not held any more. Choose it again."))
        })
    }

    /// Closes every file and gives the profile up. Nothing may be asked afterwards.
    pub async fn close(&self) {
        let gate = std::mem::replace(
            &mut *self.gate.write().unwrap_or_else(PoisonError::into_inner),
            Gate::Closed(VaultState::InUse),
        );
        if let Gate::Open(session) = gate {
            session.close().await;
        }
        held(&self.lock).take();
    }

    /// The lock of the profile, taken now if nobody else holds it any more.
    pub(crate) fn lock(&self) -> Result<Option<ProfileLock>, CommandError> {
        let mut lock = held(&self.lock);
        if lock.is_none() {
            *lock = match ProfileLock::take(&self.profile) {
                Ok(taken) => Some(taken),
                Err(error) if error.code() == vault::Code::InUse => None,
                Err(error) => return Err(crate::map::vault_error(&error)),
            };
        }
        Ok(lock.clone())
    }

    pub(crate) fn session(&self) -> Result<Arc<Session>, CommandError> {
        match &*self.gate.read().unwrap_or_else(PoisonError::into_inner) {
            Gate::Open(session) => Ok(Arc::clone(session)),
            Gate::Closed(_) => Err(CommandError::new(Code::VaultClosed, say!("Unlock Lockstep first."))),
        }
    }

    pub(crate) fn program(&self, id: &str) -> Result<Arc<Joined>, CommandError> {
        let id = crate::map::id(id)?;
        self.session()?.program(id).ok_or_else(|| CommandError::not_found("program"))
    }

    pub(crate) fn tell(&self, tags: &[Tag]) {
        let _ = self.changes.send(ChangeNote { tags: tags.to_vec(), ids: Vec::new() });
    }

    /// A hub as a person would recognise it.
    pub(crate) fn hub_name(&self, address: &str) -> String {
        match &self.dial {
            Dial::Memory(_) if self.demo => say!("Demo hub on this computer"),
            _ => crate::joining::host(address),
        }
    }

    /// Milliseconds since 1970 by this device's clock.
    pub(crate) fn now() -> domain::Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        domain::Timestamp(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
    }

    /// Today on this device's calendar.
    pub(crate) fn today_here() -> domain::Date {
        let day = jiff::Zoned::now().date();
        day.since(jiff::civil::date(1970, 1, 1))
            .ok()
            .and_then(|span| domain::Date::from_days(span.get_days()))
            .unwrap_or_else(|| Self::now().date())
    }
}

/// A lock whose holder cannot have left it half-changed.
pub(crate) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
