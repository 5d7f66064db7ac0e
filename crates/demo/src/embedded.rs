//! The demo inside one process: a hub that listens nowhere, the world on it, and the application as
//! the partner seller.

use crate::world::{self, World};
use anyhow::{Context as _, anyhow};
use app::{App, Keychain, Options};
use domain::Timestamp;
use hub::Hub;
use protocol::link::InvitationLink;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use sync::Dial;
use tempfile::TempDir;

/// Bytes that may be under way in one direction of a stream to the hub.
const STREAM_BYTES: usize = 64 << 10;

/// A hub in this process with the demo world on it. Everything goes when it is dropped.
#[derive(Debug)]
pub struct Embedded {
    dial: Dial,
    world: World,
    folder: TempDir,
    _hub: Arc<Hub>,
}

impl Embedded {
    /// Starts the hub and builds the world.
    ///
    /// # Errors
    /// When the temporary folder cannot be written or the content is wrong.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("lockstep-demo-").tempdir()?;
        let options = hub::Options { allow_demo: true, ..hub::Options::memory() };
        let hub = Arc::new(Hub::open(options).await.context("starting the hub")?);
        let dial = {
            let hub = Arc::clone(&hub);
            let runtime = tokio::runtime::Handle::current();
            Dial::Memory(Arc::new(move || {
                let (ours, theirs) = tokio::io::duplex(STREAM_BYTES);
                // The hub drives the stream with tasks of its own, on the runtime of whoever started it.
                let _entered = runtime.enter();
                hub.serve_stream(theirs);
                ours
            }))
        };
        let founding: InvitationLink = hub.founding_link(1).await?;
        let world = world::build(&dial, &founding, now()).await?;
        Ok(Self { dial, world, folder, _hub: hub })
    }

    /// Opens the application on a throw-away profile as the partner seller.
    ///
    /// # Errors
    /// When it cannot be opened or joined.
    pub async fn open(&self) -> anyhow::Result<Arc<App>> {
        let profile = self.folder.path().join("profile");
        let options =
            Options { profile, keychain: Keychain::Memory, dial: Some(self.dial.clone()), demo: true };
        let app = App::open(options).await.map_err(|error| anyhow!(error.message))?;
        join(&app, &self.world.seller).await?;
        Ok(app)
    }
}

/// Makes a profile folder the device that a link leads to, with its key in the system's keychain.
///
/// # Errors
/// When it cannot be opened or joined.
pub async fn enrol(profile: &Path, link: &InvitationLink) -> anyhow::Result<()> {
    let options =
        Options { profile: profile.to_owned(), keychain: Keychain::System, dial: None, demo: false };
    let app = App::open(options).await.map_err(|error| anyhow!(error.message))?;
    let joined = join(&app, link).await;
    app.close().await;
    joined
}

async fn join(app: &Arc<App>, link: &InvitationLink) -> anyhow::Result<()> {
    let asked = app::dto::ProgramJoin {
        link: link.to_string(),
        your_name: String::new(),
        device_name: "Demo".to_owned(),
        program_name: String::new(),
        company_name: String::new(),
    };
    let args = serde_json::to_value(asked)?;
    app.dispatch("program_join", args).await.map(drop).map_err(|error| anyhow!(error.message))
}

/// Milliseconds since 1970 by this machine's clock.
pub fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}
