//! The hub: the sequencer over the hub's own storage and guard, driven as its program's task does it.
//! While the store works for a batch, frames are still taken in; everything else waits.

use crate::desk::{copy_database, dies};
use crate::law::{Run, broken};
use crate::net::Down;
use crate::oracle::Oracle;
use crate::rng::pick;
use crate::world::{Invite, World, tell};
use domain::{DeviceId, ProgramId, ScopeId, Timestamp};
use hub::sim::{Backroom, Start};
use protocol::frame;
use protocol::sequencer::{ConnectionId, HubEffect, HubEvent, Page, PageQuery, Sequencer, Settings};
use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;

/// A page that was asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    connection: ConnectionId,
    query: PageQuery,
    read: Option<Page>,
}

/// See the module documentation.
pub(crate) struct Hub {
    pub program: ProgramId,
    pub folder: PathBuf,
    generation: u32,
    pub room: Option<Backroom>,
    machine: Option<Sequencer>,
    effects: VecDeque<HubEffect>,
    pages: Vec<Asked>,
    /// Devices that wait for segments.
    pub finding: Vec<(ConnectionId, DeviceId)>,
    /// Connections that drained while the store was busy.
    drained: Vec<ConnectionId>,
    pub crash_in: Option<u8>,
    /// Its disk refuses the next thing.
    pub fails: bool,
}

/// The file of a hub in its folder.
pub(crate) const FILE: &str = "hub.sqlite";

/// A copy of the hub's file, and what was true when it was made.
#[derive(Debug, Clone)]
pub(crate) struct Backup {
    folder: PathBuf,
    oracle: Oracle,
    invites: Vec<Invite>,
}

/// Copies that are kept.
const BACKUPS: usize = 2;

impl Hub {
    pub fn new(program: ProgramId, folder: PathBuf) -> Self {
        Self {
            program,
            folder,
            generation: 0,
            room: None,
            machine: None,
            effects: VecDeque::new(),
            pages: Vec::new(),
            finding: Vec::new(),
            drained: Vec::new(),
            crash_in: None,
            fails: false,
        }
    }

    /// A new folder for its file.
    fn next_folder(&mut self) -> Run<PathBuf> {
        self.generation += 1;
        let folder = self.folder.with_file_name(format!("hub.{}", self.generation));
        std::fs::create_dir(&folder)?;
        Ok(folder)
    }

    /// Whether the store works for a batch.
    fn is_busy(&self) -> bool {
        matches!(self.effects.front(), Some(HubEffect::Load(_) | HubEffect::Commit(_)))
    }
}

impl World {
    /// Hub time: the true time, which never stands still or goes back.
    pub fn hub_time(&self) -> Timestamp {
        Timestamp(crate::world::BEGINNING + i64::try_from(self.now).unwrap_or_default())
    }

    pub async fn start_hub(&mut self) -> Run {
        self.start_hub_as(false).await
    }

    /// Starts the hub; `restored` as its option of that name.
    pub async fn start_hub_as(&mut self, restored: bool) -> Run {
        if self.hub.room.is_some() {
            return Ok(());
        }
        let start = Start { epoch: (self.rng.next() >> 1) | 1, now: self.hub_time(), restored };
        let room = Backroom::open(&self.hub.folder, self.hub.program, start).await?;
        let settings = Settings { allow_demo: false };
        let machine = Sequencer::new(self.hub.program, room.epoch(), room.head(), settings);
        self.hub.machine = Some(machine.with_past(room.past()));
        tell!(self, "the hub is started");
        self.oracle.found(room.epoch(), room.head(), room.everything().await?)?;
        if restored {
            self.oracle.forgets_its_runs();
        }
        self.hub.room = Some(room);
        Ok(())
    }

    /// The hub's process dies: what was not committed is gone.
    pub async fn crash_hub(&mut self) -> Run {
        self.hub.crash_in = None;
        let Some(room) = self.hub.room.take() else { return Ok(()) };
        let old = self.hub.folder.clone();
        let new = self.hub.next_folder()?;
        copy_database(&old.join(FILE), &new.join(FILE))?;
        room.close().await;
        std::fs::remove_dir_all(&old)?;
        self.hub.folder = new;
        tell!(self, "the hub crashes");
        self.hub_is_gone();
        Ok(())
    }

    /// Copies the hub's file as it is.
    pub fn back_up(&mut self) -> Run {
        if self.backups.len() >= BACKUPS {
            std::fs::remove_dir_all(self.backups.remove(0).folder)?;
        }
        let folder = self.hub.next_folder()?;
        copy_database(&self.hub.folder.join(FILE), &folder.join(FILE))?;
        let (oracle, invites) = (self.oracle.clone(), self.invites.clone());
        self.backups.push(Backup { folder, oracle, invites });
        tell!(self, "somebody copies the hub's file, which is at {}", self.oracle.head);
        Ok(())
    }

    /// The hub's disk dies, and one of the copies takes its place: what came after it is lost.
    pub async fn restore(&mut self, r: u64) -> Run {
        let Some(backup) = pick(&self.backups, r).cloned() else { return Ok(()) };
        self.crash_hub().await?;
        std::fs::remove_dir_all(&self.hub.folder)?;
        let folder = self.hub.next_folder()?;
        copy_database(&backup.folder.join(FILE), &folder.join(FILE))?;
        self.hub.folder = folder;
        tell!(self, "the hub's disk dies at {}, and a copy takes its place", self.oracle.head);
        self.histories += 1;
        self.oracle.is_put_back(backup.oracle);
        self.invites = backup.invites;
        self.start_hub().await
    }

    /// The hub is stopped in good order.
    pub async fn stop_hub(&mut self) -> Run {
        if self.hub.room.is_none() {
            return Ok(());
        }
        self.hub_rest().await?;
        self.hub_event(HubEvent::ShuttingDown).await?;
        self.hub_rest().await?;
        let Some(room) = self.hub.room.take() else { return Ok(()) };
        room.close().await;
        tell!(self, "the hub is stopped");
        self.hub_is_gone();
        Ok(())
    }

    fn hub_is_gone(&mut self) {
        self.hub.machine = None;
        self.hub.effects.clear();
        self.hub.pages.clear();
        self.hub.finding.clear();
        self.hub.drained.clear();
        self.hub.crash_in = None;
        for conn in self.conns.values_mut() {
            (conn.at_hub, conn.congested) = (false, false);
            conn.down.push_back(Down::End);
        }
    }

    /// Feeds the sequencer, and does at once what needs no store.
    pub async fn hub_event(&mut self, event: HubEvent) -> Run {
        let now = self.hub_time();
        let Some(machine) = &mut self.hub.machine else { return Ok(()) };
        let effects = machine.step(now, event);
        self.hub.effects.extend(effects);
        self.hub_run().await
    }

    /// Performs effects until one asks for the store.
    async fn hub_run(&mut self) -> Run {
        while !self.hub.is_busy() {
            let Some(effect) = self.hub.effects.pop_front() else { return Ok(()) };
            if dies(&mut self.hub.crash_in) {
                return self.crash_hub().await;
            }
            match effect {
                HubEffect::Send { connection, bytes } => self.hub_sends(connection, bytes).await?,
                HubEffect::Close { connection } => {
                    self.leaves_at_last(connection)?;
                    if let Some(conn) = self.conns.get_mut(&connection).filter(|conn| conn.at_hub) {
                        conn.at_hub = false;
                        conn.down.push_back(Down::End);
                    }
                    if let Some(room) = &mut self.hub.room {
                        room.closed(connection);
                    }
                }
                HubEffect::Withhold { connection, scopes } => self.withhold(connection, scopes.as_ref()),
                HubEffect::ReadPage { connection, query } => {
                    self.hub.pages.push(Asked { connection, query, read: None });
                }
                HubEffect::FindSegments { connection, device, .. } => {
                    self.hub.asked_for_segments(connection, device);
                }
                HubEffect::Load(_) | HubEffect::Commit(_) => {}
            }
        }
        Ok(())
    }

    /// What still waits for a connection that the hub closes is written before it ends.
    fn leaves_at_last(&self, connection: ConnectionId) -> Run {
        let Some(conn) = self.conns.get(&connection).filter(|conn| conn.at_hub) else { return Ok(()) };
        let device = conn.desk.and_then(|d| self.desks.get(d)).map(|desk| desk.identity.device);
        let Some(device) = device else { return Ok(()) };
        conn.down.iter().try_for_each(|down| match down {
            Down::Frame(bytes) => self.oracle.arrives(device, bytes),
            Down::End => Ok(()),
        })
    }

    /// What waits for a connection loses rows. (What this network holds for a connection that the hub
    /// knows still waits at the hub.)
    fn withhold(&mut self, connection: ConnectionId, scopes: Option<&BTreeSet<ScopeId>>) {
        let Some(conn) = self.conns.get_mut(&connection).filter(|conn| conn.at_hub) else { return };
        match scopes {
            None => conn.down.clear(),
            Some(scopes) => {
                let frames = conn.down.iter_mut().filter_map(|down| match down {
                    Down::Frame(bytes) => Some(bytes),
                    Down::End => None,
                });
                frame::withhold(frames, scopes);
            }
        }
    }

    async fn hub_sends(&mut self, connection: ConnectionId, bytes: Vec<u8>) -> Run {
        let Some(conn) = self.conns.get(&connection).filter(|conn| conn.at_hub) else { return Ok(()) };
        let Some(room) = &mut self.hub.room else { return Ok(()) };
        if let Some(row) = room.judge(connection, &bytes).await? {
            let whom = conn.desk.map(|d| self.name(d)).unwrap_or_default();
            return broken("I7", format!("the guard had to stop {row} on its way to {whom}"));
        }
        let device = conn.desk.and_then(|d| self.desks.get(d)).map(|desk| desk.identity.device);
        if let Some(device) = device {
            self.oracle.sent(device, &bytes)?;
        }
        self.mark(b'd', &bytes);
        let budget = self.budget;
        let Some(conn) = self.conns.get_mut(&connection) else { return Ok(()) };
        conn.down.push_back(Down::Frame(bytes));
        if conn.down.len() > budget && !conn.congested {
            conn.congested = true;
            let now = self.hub_time();
            if let Some(machine) = &mut self.hub.machine {
                self.hub.effects.extend(machine.step(now, HubEvent::Congested { connection }));
            }
        }
        Ok(())
    }

    /// What waited for a connection has been written.
    pub async fn drained(&mut self, connection: ConnectionId) -> Run {
        if self.hub.is_busy() {
            self.hub.drained.push(connection);
            return Ok(());
        }
        self.hub_event(HubEvent::Drained { connection }).await
    }

    /// The hub does one thing with its store. False when there is nothing.
    pub async fn hub_turn(&mut self, r: u64) -> Run<bool> {
        let busy = self.hub.is_busy();
        // None: what the batch waits for. A page is read at any time, but handed over between batches.
        let mut choices: Vec<Option<usize>> = busy.then_some(None).into_iter().collect();
        let ready = self.hub.pages.iter().enumerate().filter(|(_, page)| page.read.is_none() || !busy);
        choices.extend(ready.map(|(at, _)| Some(at)));
        if !busy && self.hub.finds() {
            choices.push(Some(usize::MAX));
        }
        match pick(&choices, r).copied() {
            None => Ok(false),
            Some(None) => self.hub_stores().await.map(|()| true),
            Some(Some(usize::MAX)) => self.hub_finds().await.map(|()| true),
            Some(Some(at)) => self.hub_pages(at).await.map(|()| true),
        }
    }

    async fn hub_stores(&mut self) -> Run {
        let Some(effect) = self.hub.effects.pop_front() else { return Ok(()) };
        if dies(&mut self.hub.crash_in) {
            return self.crash_hub().await;
        }
        let now = self.hub_time();
        let Some(room) = &mut self.hub.room else { return Ok(()) };
        if std::mem::take(&mut self.hub.fails) {
            tell!(self, "the hub's disk fails");
            let message = "the disk failed".to_owned();
            self.hub_event(HubEvent::StoreFailed { message }).await?;
            return self.hub_catches_up().await;
        }
        let event = match effect {
            HubEffect::Load(load) => HubEvent::Loaded(room.load(load).await?),
            HubEffect::Commit(commit) => {
                room.commit(now, &commit).await?;
                self.mark(b'c', &commit.head.to_le_bytes());
                tell!(self, "the hub commits {}", crate::story::commit(self, &commit));
                self.committed(&commit)?;
                if dies(&mut self.hub.crash_in) {
                    return self.crash_hub().await;
                }
                HubEvent::Committed
            }
            _ => return Ok(()),
        };
        self.hub_event(event).await?;
        self.hub_catches_up().await
    }

    async fn hub_catches_up(&mut self) -> Run {
        while !self.hub.is_busy()
            && let Some(connection) = self.hub.drained.pop()
        {
            self.hub_event(HubEvent::Drained { connection }).await?;
        }
        Ok(())
    }

    async fn hub_pages(&mut self, at: usize) -> Run {
        let busy = self.hub.is_busy();
        let (Some(room), Some(page)) = (&self.hub.room, self.hub.pages.get_mut(at)) else { return Ok(()) };
        if page.read.is_none() {
            let read = room.page(&page.query).await?;
            page.read = Some(read);
            return Ok(());
        }
        if busy {
            return Ok(());
        }
        let Asked { connection, read, .. } = self.hub.pages.remove(at);
        match read {
            Some(page) => self.hub_event(HubEvent::PageRead { connection, page }).await,
            None => Ok(()),
        }
    }

    /// The hub works until it has nothing to do.
    pub async fn hub_rest(&mut self) -> Run<bool> {
        let mut moved = false;
        for _ in 0..10_000 {
            self.hub_catches_up().await?;
            if !self.hub_turn(0).await? {
                return Ok(moved);
            }
            moved = true;
        }
        broken("rest", "the hub never comes to rest")
    }
}
