//! A world: one hub, some installations, the network between them and the time.

use crate::base::Base;
use crate::desk::{Desk, copy_database, file_key};
use crate::hubside::{Backup, FILE, Hub};
use crate::law::{Run, Violation};
use crate::net::{Conn, Newer};
use crate::oracle::Oracle;
use crate::plan::{Action, DESKS, Plan};
use crate::rng::{Rng, pick};
use domain::entity::InvitationKind;
use protocol::client::{ClientEvent, Tick};
use protocol::link::Token;
use protocol::sequencer::ConnectionId;
use std::collections::BTreeMap;
use store::Store;
use tempfile::TempDir;

/// When every world begins, milliseconds since 1970.
pub(crate) const BEGINNING: i64 = 1_800_000_000_000;

/// An invitation that somebody may take.
#[derive(Debug, Clone)]
pub(crate) struct Invite {
    pub token: Token,
    pub kind: InvitationKind,
    /// Who made it.
    pub person: String,
    pub taken: u32,
}

/// See the module documentation.
pub(crate) struct World {
    pub dir: TempDir,
    pub rng: Rng,
    pub now: Tick,
    pub hub: Hub,
    pub desks: Vec<Desk>,
    pub conns: BTreeMap<ConnectionId, Conn>,
    pub last_conn: ConnectionId,
    pub oracle: Oracle,
    pub newer: Option<Newer>,
    /// Frames that may wait for an installation.
    pub budget: usize,
    /// Whether the hub makes segments; otherwise everything comes in pages.
    pub segments: bool,
    pub invites: Vec<Invite>,
    pub backups: Vec<Backup>,
    /// How often the hub's history has become another one.
    pub histories: u32,
    story: Option<Vec<String>>,
    trace: blake3::Hasher,
}

/// Adds a line to the story, if there is one.
macro_rules! tell {
    ($world:expr, $($told:tt)*) => {
        if $world.is_told() {
            let line = format!($($told)*);
            $world.say(line);
        }
    };
}
pub(crate) use tell;

impl World {
    /// A world without anybody.
    pub fn empty(seed: u64, program: domain::ProgramId) -> Run<Self> {
        let dir = tempfile::Builder::new().prefix("lockstep-sim-").tempdir_in(folder())?;
        let hub = dir.path().join("hub.0");
        std::fs::create_dir(&hub)?;
        Ok(Self {
            dir,
            rng: Rng::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)),
            now: 0,
            hub: Hub::new(program, hub),
            desks: Vec::new(),
            conns: BTreeMap::new(),
            last_conn: 0,
            oracle: Oracle::new(program),
            newer: None,
            budget: usize::MAX,
            segments: false,
            invites: Vec::new(),
            backups: Vec::new(),
            histories: 0,
            story: None,
            trace: blake3::Hasher::new(),
        })
    }

    /// The world of `base`, from where each plan goes its own way.
    pub async fn begin(base: &Base, plan: &Plan, told: bool) -> Run<Self> {
        let mut world = Self::empty(plan.seed, base.program)?;
        world.story = told.then(Vec::new);
        world.budget = plan.budget;
        world.segments = plan.seed.is_multiple_of(3);
        world.now = base.now;
        world.invites = base.invites.clone();
        copy_database(&base.folder().join(FILE), &world.hub.folder.join(FILE))?;
        for (number, (name, identity)) in base.cast.iter().enumerate() {
            let path = world.dir.path().join(format!("d{number}.db"));
            copy_database(&base.folder().join(format!("d{number}.db")), &path)?;
            let made_before = base.chains.get(&identity.device).map_or(0, |chain| chain.n);
            let mut desk = Desk::new(name.clone(), identity.clone(), path);
            desk.made_before = made_before;
            world.desks.push(desk);
        }
        world.oracle.chains = base.chains.clone();
        world.oracle.answers = base.answers.clone();
        world.oracle.runs = base.runs.clone();
        world.start_hub().await?;
        if plan.actions.iter().any(|action| matches!(action, Action::Restore { .. })) {
            world.back_up()?;
        }
        for d in 0..world.desks.len() {
            world.start(d).await?;
        }
        Ok(world)
    }

    pub fn is_told(&self) -> bool {
        self.story.is_some()
    }

    pub fn say(&mut self, line: String) {
        let seconds = self.now / 1_000;
        if let Some(story) = &mut self.story {
            story.push(format!("{seconds:>6} s  {line}"));
        }
    }

    pub fn story(&mut self) -> Vec<String> {
        self.story.take().unwrap_or_default()
    }

    /// Notes something that anybody could have seen, for the trace.
    pub fn mark(&mut self, kind: u8, bytes: &[u8]) {
        self.trace.update(&[kind]);
        self.trace.update(&(bytes.len() as u64).to_le_bytes());
        self.trace.update(bytes);
    }

    /// The hash of all that happened.
    pub fn trace(&self) -> String {
        self.trace.finalize().to_hex().chars().take(16).collect()
    }

    pub fn name(&self, d: usize) -> String {
        self.desks.get(d).map(|desk| desk.name.clone()).unwrap_or_default()
    }

    /// One action of the plan.
    pub async fn step(&mut self, action: Action) -> Run {
        match action {
            Action::Act { d, r } => self.act(d, r).await?,
            Action::Flow { d } => self.flow(d).await?,
            Action::Up { d, r } => {
                if let Some(id) = pick(&self.with_up(d), r).copied() {
                    self.deliver_up(id).await?;
                }
            }
            Action::Rush { r } => self.rush(r).await?,
            Action::Again { d, r } => {
                for more in 0..r % 3 {
                    self.act(d, (r / 3 + more) << 5 | 5).await?;
                }
                self.lose(d).await?;
                self.device_event(d, ClientEvent::TryNow).await?;
                self.deliver_down(d).await?;
                if let Some(line) = self.desks.get(d).and_then(|desk| desk.line) {
                    self.deliver_up(line).await?;
                    self.deliver_down(d).await?;
                }
                if (r / 64).is_multiple_of(2) {
                    self.rush(r / 128).await?;
                }
            }
            Action::Down { d } => drop(self.deliver_down(d).await?),
            Action::Hub { r } => drop(self.hub_turn(r).await?),
            Action::Wait { ms } => self.wait(ms).await?,
            Action::Cut { d } => self.lose(d).await?,
            Action::Hole { d, r } => {
                if r.is_multiple_of(2) {
                    // While the device signs in.
                    self.lose(d).await?;
                    self.device_event(d, ClientEvent::TryNow).await?;
                    self.deliver_down(d).await?;
                    if r.is_multiple_of(4)
                        && let Some(line) = self.desks.get(d).and_then(|desk| desk.line)
                    {
                        self.deliver_up(line).await?;
                        self.deliver_down(d).await?;
                    }
                }
                let line = self.desks.get(d).and_then(|desk| desk.line);
                if let Some(conn) = line.and_then(|line| self.conns.get_mut(&line)) {
                    conn.hole = true;
                    tell!(self, "nothing gets through between {} and the hub", self.name(d));
                }
            }
            Action::Notice { r } => {
                if let Some(id) = pick(&self.stale(), r).copied() {
                    self.hub_notices(id).await?;
                }
            }
            Action::Double { d, up } => self.double(d, up),
            Action::Network { d, on } => {
                if let Some(desk) = self.desks.get_mut(d) {
                    desk.network = on;
                }
            }
            Action::WorkOffline { d, on } => self.work_offline(d, on).await?,
            Action::Crash { d, after: 8.. } => self.crash(d).await?,
            Action::Crash { d, after } => {
                if let Some(desk) = self.desks.get_mut(d) {
                    desk.crash_in = Some(after);
                }
            }
            Action::Close { d } => self.close(d).await?,
            Action::Start { d } => self.start(d).await?,
            Action::CrashHub { after: 8.. } => self.crash_hub().await?,
            Action::CrashHub { after } => self.hub.crash_in = Some(after),
            Action::HubFails => self.hub.fails = true,
            Action::StoreFails { d } => {
                if let Some(desk) = self.desks.get_mut(d) {
                    desk.fails = true;
                }
            }
            Action::StopHub => self.stop_hub().await?,
            Action::StartHub => self.start_hub().await?,
            Action::NewHistory => self.new_history().await?,
            Action::BackUp => self.back_up()?,
            Action::Restore { r } => self.restore(r).await?,
            Action::Clone { d, r } => self.clone_desk(d, r).await?,
            Action::Guest { d, r } => self.guest(d, r).await?,
            Action::Join { r } => self.join_somebody(r).await?,
            Action::Clock { d, r } => {
                if let Some(desk) = self.desks.get_mut(d) {
                    // Up to ten years either way.
                    desk.clock = i64::try_from(r % 631_152_000_000).unwrap_or_default() - 315_576_000_000;
                    desk.jumped = true;
                    self.count_lease(d).await?;
                }
            }
            Action::OldDevice { d, on } => {
                if let Some(desk) = self.desks.get_mut(d) {
                    desk.old = on;
                }
            }
            Action::NewHub { understands, on } => self.newer = on.then_some(Newer { understands }),
        }
        Ok(())
    }

    /// Frames of one installation travel until nothing moves.
    pub async fn flow(&mut self, d: usize) -> Run {
        for _ in 0..200 {
            let mut moved = self.deliver_down(d).await?;
            for id in self.with_up(d) {
                moved |= self.deliver_up(id).await?;
            }
            moved |= self.hub_turn(0).await?;
            if !moved {
                return Ok(());
            }
        }
        Ok(())
    }

    /// All that is on its way reaches the hub before its store can do anything.
    async fn rush(&mut self, r: u64) -> Run {
        let mut lines: Vec<ConnectionId> = self.conns.keys().copied().collect();
        if r.is_multiple_of(2) {
            // What was said last arrives first.
            lines.reverse();
        }
        for id in lines {
            while self.deliver_up(id).await? {}
        }
        Ok(())
    }

    /// Time passes, and whoever waits for it goes on.
    pub async fn wait(&mut self, ms: u64) -> Run {
        self.now += ms;
        for d in 0..self.desks.len() {
            let now = self.now;
            let Some(desk) = self.desks.get_mut(d).filter(|desk| desk.timer.is_some_and(|at| at <= now))
            else {
                continue;
            };
            desk.timer = None;
            self.device_event(d, ClientEvent::Timer).await?;
        }
        Ok(())
    }

    pub async fn work_offline(&mut self, d: usize, on: bool) -> Run {
        let Some(desk) = self.desks.get_mut(d).filter(|desk| desk.work_offline != on) else { return Ok(()) };
        desk.work_offline = on;
        self.device_event(d, ClientEvent::WorkOffline(on)).await
    }

    /// The hub is started as one that was put back while it ran: nobody may go on from what they have.
    async fn new_history(&mut self) -> Run {
        self.stop_hub().await?;
        self.histories += 1;
        tell!(self, "the hub's history becomes another one");
        self.start_hub_as(true).await
    }

    /// A second installation with the files of the first. Often both are used at once.
    async fn clone_desk(&mut self, d: usize, r: u64) -> Run {
        if self.desks.len() as u64 >= DESKS || self.desks.iter().any(|desk| desk.cloned) {
            return Ok(());
        }
        let number = self.desks.len();
        let path = self.dir.path().join(format!("d{number}.db"));
        let Some(desk) = self.desks.get_mut(d).filter(|desk| !desk.is_shut()) else { return Ok(()) };
        copy_database(&desk.path, &path)?;
        desk.cloned = true;
        let mut copy = Desk::new(format!("the copy of {}", desk.name), desk.identity.clone(), path);
        (copy.made, copy.made_before) = (desk.made.clone(), desk.made_before);
        copy.decided = desk.decided.clone();
        copy.roots = desk.roots.clone();
        copy.heard = desk.heard.clone();
        copy.forgotten = desk.forgotten.clone();
        (copy.lease, copy.jumped) = (desk.lease, desk.jumped);
        copy.clock = desk.clock;
        copy.cloned = true;
        self.desks.push(copy);
        tell!(self, "somebody copies the files of {}", self.name(d));
        if r.is_multiple_of(4) {
            return Ok(());
        }
        self.start(number).await?;
        for (d, r) in [(d, r / 4), (number, r / 16)] {
            self.act(d, (r << 5) | 5).await?;
        }
        Ok(())
    }

    /// Closes whatever is open.
    pub async fn end(mut self) {
        for desk in &mut self.desks {
            if let Some(open) = desk.open.take() {
                drop(open.store.close().await);
            }
        }
        if let Some(room) = self.hub.room.take() {
            room.close().await;
        }
    }

    /// Adds an installation with an empty file.
    pub async fn install(&mut self, name: String, identity: store::Identity) -> Run<usize> {
        let number = self.desks.len();
        let path = self.dir.path().join(format!("d{number}.db"));
        Store::create(&path, &file_key(), identity.clone()).await?.close().await?;
        self.desks.push(Desk::new(name, identity, path));
        self.start(number).await?;
        Ok(number)
    }
}

/// Where files are kept: in memory if there is such a place.
pub(crate) fn folder() -> std::path::PathBuf {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// What came of a world.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The hash of all that happened.
    pub trace: String,
    /// The promise that was broken, if one was.
    pub violation: Option<Violation>,
    /// What happened, if it was to be told.
    pub story: Vec<String>,
}
