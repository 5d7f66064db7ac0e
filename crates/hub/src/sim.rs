//! The door for the simulator (`crates/sim`): the storage and the guard of one program, so that it can
//! drive them as the program's task does. Nobody else turns the feature on.

use crate::egress::{Egress, Verdict};
use crate::storage::{Opened, ProgramStore, Storage, Wanted};
use crate::{Data, Error};
use domain::entity::Key;
use domain::{DeviceId, ProgramId, Timestamp};
use protocol::segment::{Segments, Ticket};
use protocol::sequencer::{Commit, CommitRow, ConnectionId, Load, Loaded, Page, PageQuery, Past};
use std::path::Path;

/// The storage of one program with its guard.
#[derive(Debug)]
pub struct Backroom {
    storage: Storage,
    store: ProgramStore,
    egress: Egress,
    epoch: u64,
    head: u64,
    past: Past,
}

/// How a hub is started.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Names the run that begins; the hub itself leaves it to chance.
    pub epoch: u64,
    /// Hub time.
    pub now: Timestamp,
    /// As `serve --restored`.
    pub restored: bool,
}

impl Backroom {
    /// Opens a hub's folder, as the hub does when it is started. A program that does not exist yet comes
    /// into being with its first commit.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn open(folder: &Path, program: ProgramId, start: Start) -> Result<Self, Error> {
        let Start { epoch, now, restored } = start;
        let storage = Storage::open(&Data::Folder(folder.to_owned())).await?;
        storage.begin_run(now, restored).await?;
        storage.name_run(epoch).await?;
        let store = storage.program(program);
        let (head, past) = match store.opened().await? {
            Some(Opened { head, past, .. }) => (head, past),
            None => (0, Past::default()),
        };
        let egress = Egress::new(store.clone(), head);
        Ok(Self { storage, store, egress, epoch, head, past })
    }

    /// What it found of earlier runs.
    pub fn past(&self) -> Past {
        self.past.clone()
    }

    /// The present run.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The head found when it was opened.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// Notes a founding invitation.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn invite(&self, token_hash: &Key, expires_at: Timestamp) -> Result<(), Error> {
        self.storage.invite(token_hash, expires_at).await
    }

    /// Reads what a batch needs.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn load(&self, load: Load) -> Result<Loaded, Error> {
        self.store.load(load).await
    }

    /// Writes a batch, and tells the guard.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn commit(&mut self, now: Timestamp, commit: &Commit) -> Result<(), Error> {
        self.store.commit(self.epoch, now, commit).await?;
        self.egress.committed(commit);
        Ok(())
    }

    /// Reads a page.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn page(&self, query: &PageQuery) -> Result<Page, Error> {
        self.store.page(query).await
    }

    /// The segments for a device, tiny ones, as of now or, without `renew`, as they were found before.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn find_segments(
        &self,
        device: DeviceId,
        now: Timestamp,
        full: usize,
        renew: bool,
    ) -> Result<Option<Segments>, Error> {
        let Some(holder) = self.store.holder(device).await? else { return Ok(None) };
        let Some(opened) = self.store.opened().await? else { return Ok(None) };
        let mut list = self.store.segments(holder.organization).await?;
        if renew || !self.store.is_offerable(&holder, &list, opened.past.horizon).await? {
            let wanted = Wanted { rows: 1, full };
            list = self.store.make_segments(&holder, now, wanted).await?.unwrap_or_default();
        }
        let head = list.iter().map(|listed| listed.head).min();
        let list = list.iter().map(|listed| listed.announced).collect();
        Ok(head.map(|head| Segments { head, ticket: Ticket(Vec::new()), list }))
    }

    /// The bytes of a segment as they are served to a device; `None` when it may not have them.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn segment(&self, device: DeviceId, hash: &Key) -> Result<Option<Vec<u8>>, Error> {
        let Some(holder) = self.store.holder(device).await? else { return Ok(None) };
        if self.store.readable_segment(&holder, hash).await?.is_none() {
            return Ok(None);
        }
        Ok(self.store.segment_path(hash).and_then(|path| std::fs::read(path).ok()))
    }

    /// Tells the guard of a frame of a device.
    pub fn heard(&mut self, connection: ConnectionId, bytes: &[u8]) {
        self.egress.heard(connection, bytes);
    }

    /// Tells the guard that a connection is gone.
    pub fn closed(&mut self, connection: ConnectionId) {
        self.egress.closed(connection);
    }

    /// Asks the guard about a frame: `None` lets it pass, otherwise what is wrong with it.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn judge(&mut self, connection: ConnectionId, bytes: &[u8]) -> Result<Option<String>, Error> {
        Ok(match self.egress.judge(connection, bytes).await? {
            Verdict::Pass | Verdict::SignedIn => None,
            Verdict::Breach(row) => Some(format!("{row:?}")),
        })
    }

    /// Every row and tombstone of the program.
    ///
    /// # Errors
    /// As the hub itself.
    pub async fn everything(&self) -> Result<Vec<CommitRow>, Error> {
        self.store.everything().await
    }

    /// Closes the file.
    pub async fn close(self) {
        self.storage.close().await;
    }
}
