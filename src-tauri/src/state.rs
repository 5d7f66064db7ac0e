//! What the commands, the windows and the notices share: the `app`, which opens while the main window is
//! being built, and the feed to the windows.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use app::App;
use app::dto::{Code, CommandError, Language};
use tokio::sync::watch;

use crate::arguments::Arguments;
use crate::feed::Feed;
use crate::language;
use crate::shell::MAIN;

type Opened = Result<Arc<App>, CommandError>;

/// What `--demo` keeps alive: a hub inside the process and its folder, which goes when this is dropped.
#[cfg(feature = "demo")]
type World = demo::Embedded;
#[cfg(not(feature = "demo"))]
type World = std::convert::Infallible;

/// How long closing may take before the process ends anyway; every local write is durable by then.
const CLOSING_LIMIT: Duration = Duration::from_secs(5);

/// Shared state, managed by Tauri and handed out as `Arc`.
pub struct Core {
    opened: watch::Receiver<Option<Opened>>,
    world: Arc<Mutex<Option<World>>>,
    /// Where this installation keeps its data.
    pub profile: PathBuf,
    /// Folder that ends with the process.
    scratch: Option<PathBuf>,
    /// The way back to the window.
    pub feed: Feed,
    started: Instant,
    /// Labels of the windows that have the keyboard, that were shown, and that come without taking it.
    focused: Mutex<BTreeSet<String>>,
    shown: Mutex<BTreeSet<String>>,
    quiet: Mutex<BTreeSet<String>>,
    /// How many windows there were in this run.
    windows: AtomicUsize,
    /// Whether the person finds us in a tray.
    tray: AtomicBool,
    leaving: AtomicBool,
    /// The language until the app knows better.
    language: Language,
    /// How much waits for the person.
    pub on_you: watch::Sender<usize>,
}

impl Core {
    /// Starts to open the profile, or the demo world, in the background.
    pub fn open(arguments: &Arguments, profile: PathBuf, started: Instant) -> Arc<Self> {
        let (report, opened) = watch::channel(None);
        let world = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&world);
        let scratch = arguments.scratch().then(|| profile.clone());
        let (demo, folder) = (arguments.demo, profile.clone());
        let (chosen, system) = (language::last(&profile), language::of_the_system());
        tauri::async_runtime::spawn(async move {
            let outcome = app::words::in_language(chosen.unwrap_or(system), async {
                if demo { open_demo(&kept).await } else { open_profile(profile).await }
            })
            .await;
            if let Ok(app) = &outcome {
                app.speak(system);
                app.speak_as_before(chosen);
            }
            match &outcome {
                Ok(_) => tracing::info!(milliseconds = milliseconds(started), "profile open"),
                Err(error) => tracing::error!(code = ?error.code, "profile did not open"),
            }
            let _ = report.send(Some(outcome));
        });
        Arc::new(Self {
            opened,
            world,
            profile: folder,
            scratch,
            feed: Feed::default(),
            started,
            focused: Mutex::default(),
            shown: Mutex::default(),
            quiet: Mutex::default(),
            windows: AtomicUsize::new(0),
            tray: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            language: chosen.unwrap_or(system),
            on_you: watch::Sender::new(0),
        })
    }

    /// The app, as soon as it is open, or why it is not.
    pub async fn app(&self) -> Opened {
        let mut opened = self.opened.clone();
        let outcome = opened.wait_for(Option::is_some).await;
        match outcome.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            // The task died; the log has the place.
            Ok(None) | Err(_) => {
                Err(self.internal(|| app::say!("Lockstep could not open its data. The log has the details.")))
            }
        }
    }

    /// The look that was chosen; none while the app is not open.
    pub fn theme(&self) -> Option<app::dto::Theme> {
        match &*self.opened.borrow() {
            Some(Ok(app)) => Some(app.theme()),
            _ => None,
        }
    }

    /// An error of ours, in the language of the windows.
    pub fn internal(&self, say: impl FnOnce() -> String) -> CommandError {
        internal(&app::words::speaking(self.language(), say))
    }

    /// The language of the windows, the tray and notifications.
    pub fn language(&self) -> Language {
        match &*self.opened.borrow() {
            Some(Ok(app)) => app.language(),
            _ => self.language,
        }
    }

    /// Remembers whether somebody is looking at a window.
    pub fn set_focused(&self, label: &str, focused: bool) {
        note(&self.focused, label, focused);
        let focused = self.is_focused();
        tracing::debug!(focused, "focus");
        if let Some(Ok(app)) = &*self.opened.borrow() {
            app.set_focused(focused);
        }
    }

    /// Whether somebody is looking at any window.
    pub fn is_focused(&self) -> bool {
        !held(&self.focused).is_empty()
    }

    /// True for the first caller only, so that a window is shown once.
    pub fn first_to_show(&self, label: &str, why: &'static str) -> bool {
        let first = note(&self.shown, label, true);
        if first && label == MAIN {
            tracing::info!(milliseconds = milliseconds(self.started), why, "window shown");
        }
        first
    }

    /// A window that comes back by itself takes the keyboard from nobody.
    pub fn set_quiet(&self, label: &str) {
        note(&self.quiet, label, true);
    }

    /// Whether a window comes back by itself.
    pub fn is_quiet(&self, label: &str) -> bool {
        held(&self.quiet).contains(label)
    }

    /// A window is gone: the next one with its label is shown anew.
    pub fn gone(&self, label: &str) {
        self.set_focused(label, false);
        self.feed.hang_up(label);
        note(&self.shown, label, false);
        note(&self.quiet, label, false);
    }

    /// The number of a window that is being made: 0 for the first of this run.
    pub fn next_window(&self) -> usize {
        self.windows.fetch_add(1, Ordering::Relaxed)
    }

    /// Remembers whether the person finds us in a tray.
    pub fn set_tray(&self, there: bool) {
        tracing::debug!(there, "tray");
        self.tray.store(there, Ordering::Relaxed);
    }

    /// Whether the person finds us in a tray.
    pub fn in_tray(&self) -> bool {
        self.tray.load(Ordering::Relaxed)
    }

    /// Whether the program is about to end.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// True for the first caller only, so that closing happens once.
    pub fn first_to_leave(&self) -> bool {
        !self.leaving.swap(true, Ordering::Relaxed)
    }

    /// Ends sync and closes the files, as far as that works within a few seconds.
    pub async fn close(&self) {
        let closing = async {
            if let Ok(app) = self.app().await {
                app.close().await;
            }
        };
        if tokio::time::timeout(CLOSING_LIMIT, closing).await.is_err() {
            tracing::warn!("closing took too long and was cut short");
        }
        drop(self.world.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(scratch) = &self.scratch {
            let _ = std::fs::remove_dir_all(scratch);
        }
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a label to a set, or takes it out. True when that changed anything.
fn note(labels: &Mutex<BTreeSet<String>>, label: &str, there: bool) -> bool {
    let mut labels = held(labels);
    if there { labels.insert(label.to_owned()) } else { labels.remove(label) }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The refusal for what should not happen.
fn internal(message: &str) -> CommandError {
    CommandError { code: Code::Internal, message: message.into() }
}

async fn open_profile(profile: PathBuf) -> Opened {
    App::open(app::Options { profile, keychain: app::Keychain::System, dial: None, demo: false }).await
}

#[cfg(feature = "demo")]
async fn open_demo(kept: &Mutex<Option<World>>) -> Opened {
    let opening = async {
        let world = World::start().await?;
        let app = world.open().await?;
        anyhow::Ok((world, app))
    };
    let (world, app) = opening.await.map_err(|error| {
        tracing::error!("the demo world could not be built: {error:#}");
        internal(&app::say!("The demo world could not be built. The log has the details."))
    })?;
    *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(world);
    Ok(app)
}

#[cfg(not(feature = "demo"))]
async fn open_demo(_: &Mutex<Option<World>>) -> Opened {
    Err(internal(&app::say!("This build has no demo world.")))
}
