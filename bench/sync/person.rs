//! A person's device as the desktop has it: the encrypted file and the link, without a window.

use anyhow::{Context as _, Result};
use bench::hub::PATIENCE;
use bench::raw::Who;
use domain::{Mutation, Timestamp};
use protocol::client::{Line, SyncState};
use std::time::Duration;
use store::{FileKey, Identity, Store};
use sync::link::{Link, LinkOptions};
use sync::{Dial, LinkStatus};
use tempfile::TempDir;
use tokio::sync::watch;

/// See the module documentation.
pub struct Person {
    pub store: Store,
    pub link: Link,
    _folder: TempDir,
}

impl Person {
    /// Somebody who has joined and whose device has nothing yet; it begins to catch up.
    pub async fn start(hub: &str, who: Who) -> Result<Self> {
        let folder = tempfile::tempdir_in(bench::world::data_folder())?;
        let mut key = [0; 32];
        getrandom::fill(&mut key).context("no random bytes")?;
        let identity = Identity {
            program: who.program,
            device: who.device,
            member: who.member,
            device_key: who.key.clone(),
        };
        let key = FileKey::from_bytes(&key);
        let store = Store::create(&folder.path().join("program.db"), &key, identity).await?;
        let options = LinkOptions {
            store: store.clone(),
            program: who.program,
            hub: hub.to_owned(),
            dial: Dial::network(None)?,
            work_offline: false,
        };
        Ok(Self { store, link: Link::start(options), _folder: folder })
    }

    /// The same, once it has caught up.
    pub async fn caught_up(hub: &str, who: Who) -> Result<Self> {
        let person = Self::start(hub, who).await?;
        person.online().await?;
        Ok(person)
    }

    /// Waits until the line is open and everything is here.
    pub async fn online(&self) -> Result<()> {
        self.line(|status| status.line == Line::Online).await
    }

    async fn line(&self, holds: impl Fn(&LinkStatus) -> bool) -> Result<()> {
        let mut status: watch::Receiver<LinkStatus> = self.link.status();
        // A million rows take their time.
        let waited = tokio::time::timeout(PATIENCE * 5, status.wait_for(holds)).await;
        waited.context("the line is not what it should be")??;
        Ok(())
    }

    /// Goes off the network and waits until it has.
    pub async fn go_offline(&self) -> Result<()> {
        self.link.work_offline(true);
        self.line(|status| status.line == Line::WorkingOffline).await
    }

    /// Waits until the store's numbers are what they should be.
    pub async fn until(&self, holds: impl Fn(&SyncState) -> bool) -> Result<()> {
        let mut changes = self.store.changes();
        let waited = tokio::time::timeout(PATIENCE, async {
            while !holds(&self.store.sync_state().await?) {
                // Having missed some is as good as having heard one.
                let _ = changes.recv().await;
            }
            anyhow::Ok(())
        });
        waited.await.context("the device does not get there")?
    }

    /// Does something.
    pub async fn act(&self, mutation: impl Into<Mutation>) -> Result<()> {
        self.store.commit(mutation, Timestamp(bench::world::now())).await?;
        Ok(())
    }

    /// Does something and waits until the hub has answered it.
    pub async fn act_and_hear(&self, mutation: impl Into<Mutation>) -> Result<()> {
        let n = self.store.commit(mutation, Timestamp(bench::world::now())).await?.n;
        self.until(|state| state.answered >= n).await
    }

    /// Stops, leaving nothing running.
    pub async fn stop(self) -> Result<()> {
        let stopped = tokio::time::timeout(Duration::from_secs(20), self.link.stop()).await;
        stopped.context("the link does not stop")?;
        self.store.close().await?;
        Ok(())
    }
}
