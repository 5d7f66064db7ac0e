//! The hub: what a vendor runs so that companies can work on the same deals.
//!
//! Start reading at [`Hub`]. A connection (`server`) hands frames to its program's task (`program`),
//! which drives the sequencer of the `protocol` crate and does what it says: `storage` keeps everything
//! in one SQLite file, `egress` has the last look at whatever leaves, `outbox` holds what waits to be
//! written.

mod bucket;
mod clock;
mod egress;
mod error;
mod outbox;
mod program;
mod programs;
mod segments;
mod server;
#[cfg(feature = "sim")]
pub mod sim;
mod storage;

pub use bucket::Rate;
pub use error::Error;

use clock::Clock;
use domain::Timestamp;
use domain::entity::Key;
use programs::Programs;
use protocol::link::{InvitationLink, Token};
use protocol::seal;
use protocol::segment::RAW_FULL;
use protocol::sequencer::Settings;
use segments::Segmenter;
use server::Server;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use storage::{Storage, Wanted};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// Where `lockstep-hub serve` listens unless told otherwise.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4_100);
/// File in which a hub leaves the address people reach it at, for `lockstep-hub invite`.
const ADDRESS_FILE: &str = "address";
/// Base address of a hub that is reached over memory only.
const MEMORY_ADDRESS: &str = "memory://hub";
/// Longest life of a founding invitation in days.
const FOUNDING_DAYS_MAX: u32 = 90;

/// Where a hub keeps its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// In this folder, which is created.
    Folder(PathBuf),
    /// In memory, gone with the hub.
    Memory,
}

/// How a hub runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where it keeps its data.
    pub data: Data,
    /// Whether demo programs may be founded, whose history is dated by the devices.
    pub allow_demo: bool,
    /// Address under which people reach it, for links; the one it listens on when `None`.
    pub public_url: Option<String>,
    /// A reverse proxy on another machine, whose `x-forwarded-for` is believed like that of one on this.
    pub proxy: Option<IpAddr>,
    /// The folder was put back to an earlier state in a way that the hub cannot see for itself, such as a
    /// snapshot of the running machine: every device starts over, and brings back what was lost.
    pub restored: bool,
    /// Added to the system's clock: for tests of what takes months.
    pub clock_ahead: Duration,
    /// How patient it is.
    pub limits: Limits,
}

impl Options {
    /// A hub that keeps its data in `folder`.
    pub fn folder(folder: impl Into<PathBuf>) -> Self {
        Self::with(Data::Folder(folder.into()))
    }

    /// A hub that keeps its data in memory.
    pub fn memory() -> Self {
        Self::with(Data::Memory)
    }

    fn with(data: Data) -> Self {
        Self {
            data,
            allow_demo: false,
            public_url: None,
            proxy: None,
            restored: false,
            clock_ahead: Duration::ZERO,
            limits: Limits::default(),
        }
    }
}

/// Limits of time and number. The defaults are the product's; tests use shorter ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections and long-poll sessions at a time.
    pub connections: usize,
    /// Those of one address, except of this machine itself.
    pub connections_per_address: usize,
    /// Invitations looked at or taken from one address, except from this machine itself.
    pub joins: Rate,
    /// Changes of one device, where something large counts as several; not limited on a hub with demo
    /// programs, which are written by machines. Must leave room for what piles up on a long journey.
    pub mutations: Rate,
    /// Rows from which on a new device is given segments; fewer come in pages.
    pub segment_rows: u64,
    /// Bytes of a segment before it is packed, about.
    pub segment_bytes: usize,
    /// For the head of a request, from the first moment of the connection.
    pub header: Duration,
    /// For the body of a request, and for a websocket message that has begun.
    pub body: Duration,
    /// Age at which an HTTP connection that is no websocket is closed.
    pub connection_age: Duration,
    /// For a device to sign in.
    pub sign_in: Duration,
    /// Between pings on a websocket.
    pub ping: Duration,
    /// Silence after which a websocket is dead.
    pub dead: Duration,
    /// A long poll waits at most this long.
    pub poll_wait: Duration,
    /// Silence after which a long-poll session is dead.
    pub session: Duration,
    /// For connections to end when the hub stops.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 15_000,
            connections_per_address: 2_000,
            joins: Rate { burst: 100, per_second: 1 },
            mutations: Rate { burst: 20_000, per_second: 500 },
            segment_rows: 5_000,
            segment_bytes: RAW_FULL,
            header: Duration::from_secs(10),
            body: Duration::from_secs(20),
            connection_age: Duration::from_secs(120),
            sign_in: Duration::from_secs(15),
            ping: Duration::from_secs(50),
            dead: Duration::from_secs(75),
            poll_wait: Duration::from_secs(25),
            session: Duration::from_secs(60),
            shutdown: Duration::from_secs(5),
        }
    }
}

/// A running hub. Clones are the same hub.
#[derive(Debug, Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    storage: Storage,
    clock: Clock,
    programs: Arc<Programs>,
    server: Arc<Server>,
    /// Address people reach it at, without a trailing slash.
    base: OnceLock<String>,
}

impl Hub {
    /// Opens a hub's data, and creates it when there is none. It serves nobody yet.
    ///
    /// # Errors
    /// When the data cannot be used; see [`Error`].
    pub async fn open(mut options: Options) -> Result<Self, Error> {
        if let Some(url) = options.public_url.take() {
            options.public_url = Some(checked_base(&url)?);
        }
        let storage = Storage::open(&options.data).await?;
        let clock = Clock::ahead_by(options.clock_ahead);
        storage.begin_run(clock.now(), options.restored).await?;
        let settings = Settings { allow_demo: options.allow_demo };
        let mutations = (!options.allow_demo).then_some(options.limits.mutations);
        let Limits { segment_rows: rows, segment_bytes: full, .. } = options.limits;
        let wanted = Wanted { rows, full };
        let segments = Segmenter::new(clock.clone(), wanted)?;
        let programs = Programs::new(storage.clone(), clock.clone(), settings, mutations, segments);
        let programs = Arc::new(programs);
        let server = Server::new(Arc::clone(&programs), &options);
        let base = OnceLock::new();
        if let Some(url) = &options.public_url {
            let _ = base.set(url.clone());
        }
        let server = Arc::new(server);
        Ok(Self { inner: Arc::new(Inner { options, storage, clock, programs, server, base }) })
    }

    /// Whether nobody was ever invited to found a program here.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_fresh(&self) -> Result<bool, Error> {
        self.inner.storage.is_fresh().await
    }

    /// Makes a one-time invitation to found a program on this hub.
    ///
    /// # Errors
    /// [`Error::Days`] outside 1 to 90, and when the store fails.
    pub async fn founding_link(&self, days: u32) -> Result<InvitationLink, Error> {
        let (link, hash, expires_at) = new_invitation(self.base(), days, self.inner.clock.now())?;
        self.inner.storage.invite(&hash, expires_at).await?;
        Ok(link)
    }

    /// Listens on an address, and makes links for it unless there is a public one.
    ///
    /// # Errors
    /// [`Error::PortTaken`], [`Error::Listen`], or when the folder cannot be written to.
    pub async fn listen(&self, address: SocketAddr) -> Result<TcpListener, Error> {
        let listener = TcpListener::bind(address).await.map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => Error::PortTaken(address),
            _ => Error::Listen { address, source },
        })?;
        self.announce(&listener).await?;
        Ok(listener)
    }

    /// Serves everybody who comes by the listener, until `shutdown` is ready or [`Hub::shutdown`] was
    /// called; then shuts down.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), Error> {
        self.announce(&listener).await?;
        let stopped = self.inner.server.stop.clone();
        tokio::select! {
            () = server::accept(Arc::clone(&self.inner.server), listener) => {}
            () = stopped.cancelled() => {}
            () = shutdown => {}
        }
        self.shutdown().await;
        Ok(())
    }

    /// Serves one connection that came by other means, such as the end of an in-memory stream. Returns
    /// at once; the connection is served until either side ends it.
    pub fn serve_stream(&self, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        server::serve_stream(&self.inner.server, io);
    }

    /// Stops: finishes what is being stored, tells every device, and closes the file. Connections get 5
    /// seconds to end.
    pub async fn shutdown(&self) {
        let Inner { server, programs, storage, .. } = &*self.inner;
        let patience = self.inner.options.limits.shutdown;
        programs.shut_down().await;
        server.stop.cancel();
        server.tasks.close();
        let ended = async {
            programs.finished().await;
            server.tasks.wait().await;
        };
        if tokio::time::timeout(patience, ended).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        storage.close().await;
    }

    /// Notes where people reach the hub, also for `lockstep-hub invite`.
    async fn announce(&self, listener: &TcpListener) -> Result<(), Error> {
        if let Ok(mut address) = listener.local_addr() {
            if address.ip().is_unspecified() {
                address.set_ip(DEFAULT_ADDRESS.ip());
            }
            self.inner.base.get_or_init(|| format!("http://{address}"));
        }
        let Data::Folder(folder) = &self.inner.options.data else { return Ok(()) };
        let path = folder.join(ADDRESS_FILE);
        let written = tokio::fs::write(&path, self.base()).await;
        written.map_err(|source| Error::Folder { path, source })
    }

    fn base(&self) -> String {
        let default = match self.inner.options.data {
            Data::Folder(_) => format!("http://{DEFAULT_ADDRESS}"),
            Data::Memory => MEMORY_ADDRESS.to_owned(),
        };
        self.inner.base.get().cloned().unwrap_or(default)
    }
}

/// Makes an invitation for the hub of a folder without touching its file, whether the hub runs or not.
///
/// # Errors
/// [`Error::NoHub`], [`Error::Days`], [`Error::PublicUrl`], or when the folder cannot be written to.
pub fn invite(folder: &Path, days: u32, public_url: Option<&str>) -> Result<InvitationLink, Error> {
    let base = match public_url {
        Some(url) => checked_base(url)?,
        None => std::fs::read_to_string(folder.join(ADDRESS_FILE))
            .unwrap_or_else(|_| format!("http://{DEFAULT_ADDRESS}")),
    };
    let (link, hash, expires_at) = new_invitation(base, days, Clock::default().now())?;
    storage::leave_invitation(folder, &hash, expires_at)?;
    Ok(link)
}

fn new_invitation(hub: String, days: u32, now: Timestamp) -> Result<(InvitationLink, Key, Timestamp), Error> {
    if !(1..=FOUNDING_DAYS_MAX).contains(&days) {
        return Err(Error::Days);
    }
    let token = Token(programs::random()?);
    let link = InvitationLink { hub, program: None, token };
    Ok((link, seal::token_hash(&token), now.plus_days(i64::from(days))))
}

/// An address that links can be made of, without a trailing slash.
fn checked_base(url: &str) -> Result<String, Error> {
    let hub = url.trim().trim_end_matches('/').to_owned();
    let link = InvitationLink { hub, program: None, token: Token([0; 32]) };
    let parsed: Result<InvitationLink, _> = link.to_string().parse();
    match parsed {
        Ok(parsed) if parsed == link => Ok(link.hub),
        _ => Err(Error::PublicUrl(url.to_owned())),
    }
}
