//! A laptop that was in a drawer for 400 days, and a hub that has just lost a day.

use anyhow::{Context as _, Result, anyhow, ensure};
use domain::entity::{Customer, Milestone, OwnerSide, Role};
use domain::mutation::*;
use domain::*;
use hub::{Hub, Options};
use protocol::client::Line;
use protocol::link::{InvitationLink, Token};
use protocol::seal::{DeviceKey, token_hash};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use store::{FileKey, Identity, Store};
use sync::link::LinkOptions;
use sync::{Dial, Link};
use tempfile::TempDir;
use uuid::Uuid;

const PENDING: usize = 5_000;
const DAY: Duration = Duration::from_secs(86_400);
/// Nothing here waits longer than it must.
const PATIENCE: Duration = Duration::from_secs(240);

fn id<I: From<Uuid>>() -> I {
    Uuid::now_v7().into()
}

/// A hub whose clock is so many days ahead.
async fn start(folder: &Path, days: u32, address: SocketAddr) -> Result<(Hub, SocketAddr)> {
    let mut options = Options::folder(folder);
    options.clock_ahead = DAY * days;
    let hub = Hub::open(options).await?;
    let listener = hub.listen(address).await?;
    let address = listener.local_addr()?;
    let serving = hub.clone();
    tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
    Ok((hub, address))
}

struct Device {
    store: Store,
    link: Option<Link>,
    program: ProgramId,
    _folder: TempDir,
}

impl Device {
    async fn join(
        link: &InvitationLink,
        mutation: &Mutation,
        device: DeviceId,
        key: DeviceKey,
    ) -> Result<Self> {
        let (program, member) = sync::entry::join(&Dial::network(None)?, link, mutation, &key).await?;
        let folder = tempfile::tempdir()?;
        let identity = Identity { program, device, member, device_key: key };
        let store =
            Store::create(&folder.path().join("program.db"), &FileKey::from_bytes(&[7; 32]), identity)
                .await?;
        Ok(Self { store, link: None, program, _folder: folder })
    }

    fn connect(&mut self, hub: SocketAddr) -> Result<()> {
        let options = LinkOptions {
            store: self.store.clone(),
            program: self.program,
            hub: format!("http://{hub}"),
            dial: Dial::network(None)?,
            work_offline: false,
        };
        self.link = Some(Link::start(options));
        Ok(())
    }

    async fn disconnect(&mut self) {
        if let Some(link) = self.link.take() {
            link.stop().await;
        }
    }

    /// Waits until it is online and everything it made is answered.
    async fn settled(&self) -> Result<()> {
        let mut status = self.link.as_ref().context("no line")?.status();
        let mut changes = self.store.changes();
        let settled = async {
            status.wait_for(|status| status.line == Line::Online).await?;
            while self.store.counts().await?.waiting > 0 {
                changes.recv().await.ok();
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, settled).await.map_err(|_| anyhow!("it does not settle"))?
    }

    /// Waits until an entity is here, or is not.
    async fn has<E: codec::Entity>(&self, wanted: Uuid, here: bool) -> Result<()> {
        let mut changes = self.store.changes();
        let seen = async {
            while self.store.entity::<E>(wanted).await?.is_some() != here {
                changes.recv().await.ok();
            }
            Ok::<_, store::StoreError>(())
        };
        Ok(tokio::time::timeout(PATIENCE, seen).await.map_err(|_| anyhow!("{wanted}: not {here}"))??)
    }

    async fn position(&self, message: MessageId) -> Result<u64> {
        let found: Option<entity::Message> = self.store.entity(message).await?;
        found.and_then(|message| message.position).with_context(|| format!("{message} is lost"))
    }
}

fn say(deal: DealId, body: String) -> MessageSend {
    MessageSend { message: id(), deal, body, reply_to: None }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_400_days_5000_changes_arrive_at_a_hub_that_was_restored() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (hub, address) = start(folder.path(), 0, ([127, 0, 0, 1], 0).into()).await?;
    let now = Timestamp(1_800_000_000_000);

    let (device, key) = (id(), DeviceKey::from_seed(&[1; 32]));
    let create = ProgramCreate {
        program: id(),
        name: "Halden Partner Program".into(),
        vendor: id(),
        vendor_name: "Halden".into(),
        member: id(),
        member_name: "Bob".into(),
        device,
        device_name: "Bob's laptop".into(),
        device_key: key.public(),
        demo: false,
        products: vec!["Gauge".into()],
        regions: vec!["Benelux".into()],
        currency: "EUR".into(),
    };
    let vendor = create.vendor;
    let link = hub.founding_link(7).await?;
    let mut bob = Device::join(&link, &create.into(), device, key).await?;
    bob.connect(address)?;
    bob.has::<entity::Program>(bob.program.0, true).await?;
    let organization = id();
    let token = Token([9; 32]);
    bob.store.commit(OrganizationAdd { organization, name: "Northbeam".into() }, now).await?;
    let invite = InvitationCreate {
        invitation: id(),
        kind: entity::InvitationKind::Member,
        organization,
        role: Role::Admin,
        token_hash: token_hash(&token),
        days: 7,
        by_organization: vendor,
    };
    bob.store.commit(invite, now).await?;
    bob.settled().await?;

    let (device, key) = (id(), DeviceKey::from_seed(&[2; 32]));
    let accept = InvitationAccept {
        token_hash: token_hash(&token),
        member: id(),
        member_name: "Alice".into(),
        device,
        device_name: "Alice's laptop".into(),
        device_key: key.public(),
    };
    let link = InvitationLink { program: Some(bob.program), token, ..link };
    let mut alice = Device::join(&link, &accept.into(), device, key).await?;
    alice.connect(address)?;
    alice.has::<entity::Program>(alice.program.0, true).await?;
    let deal: DealId = id();
    let register = DealRegister {
        deal,
        title: "Polder rollout".into(),
        customer: Customer { name: "Polder".into(), domain: "polder.nl".into(), country: "NL".into() },
        product: "Gauge".into(),
        region: "Benelux".into(),
        need: "Pressure under control".into(),
        amount: Money { minor: 1_250_000, currency: "EUR".into() },
        close_date: "2027-03-31".parse().map_err(|_| anyhow!("no date"))?,
        submit: true,
        stage: None,
        contact: None,
        duns: None,
        tender: None,
    };
    alice.store.commit(register, now).await?;
    let steps: Vec<MilestoneId> = (0..10).map(|_| id()).collect();
    for milestone in &steps {
        let add = MilestoneAdd {
            deal,
            milestone: *milestone,
            title: "Security review".into(),
            owner_side: OwnerSide::Vendor,
            owner: None,
            due: None,
            done_condition: String::new(),
        };
        alice.store.commit(add, now).await?;
    }
    alice.settled().await?;
    let last_step = *steps.last().context("there are ten")?;
    bob.has::<Milestone>(last_step.0, true).await?;

    // The laptop goes into the drawer, with a clock of its own and much that was never sent. Bob drops
    // the plan.
    alice.disconnect().await;
    let wrong = Timestamp(now.0 - 10 * 365 * 86_400_000);
    let mut pending: Vec<Mutation> =
        steps.iter().map(|milestone| MilestoneComplete { deal, milestone: *milestone }.into()).collect();
    let said: Vec<MessageSend> =
        (pending.len()..PENDING).map(|n| say(deal, format!("From the drawer {n}"))).collect();
    pending.extend(said.iter().cloned().map(Mutation::from));
    alice.store.commit_all(pending, wrong).await?;
    for milestone in &steps {
        bob.store.commit(MilestoneRemove { deal, milestone: *milestone }, now).await?;
    }
    bob.settled().await?;
    bob.disconnect().await;
    hub.shutdown().await;

    // 399 days later that is long forgotten; that night the hub is copied.
    let (hub, address) = start(folder.path(), 399, address).await?;
    bob.connect(address)?;
    bob.store.commit(say(deal, "Anybody there?".into()), now).await?;
    bob.settled().await?;
    bob.disconnect().await;
    hub.shutdown().await;
    let backup = tempfile::tempdir()?;
    copy(folder.path(), backup.path())?;
    let (hub, address) = start(folder.path(), 400, address).await?;
    bob.connect(address)?;
    let today: Vec<MessageSend> = (0..50).map(|n| say(deal, format!("Today {n}"))).collect();
    for message in &today {
        bob.store.commit(message.clone(), now).await?;
    }
    bob.settled().await?;
    bob.disconnect().await;
    hub.shutdown().await;

    // The disk is gone. Both come back to last night's hub.
    let (hub, address) = start(backup.path(), 400, address).await?;
    alice.connect(address)?;
    alice.settled().await?;
    bob.connect(address)?;
    bob.settled().await?;
    let last = said.last().context("thousands")?.message;
    bob.has::<entity::Message>(last.0, true).await?;
    let last = today.last().context("fifty")?.message;
    alice.has::<entity::Message>(last.0, true).await?;

    for person in [&alice, &bob] {
        for sent in [&said, &today] {
            let mut before = 0;
            for message in sent {
                let position = person.position(message.message).await?;
                ensure!(position > before, "{} is out of order", message.body);
                before = position;
            }
        }
        for milestone in &steps {
            person.has::<Milestone>(milestone.0, false).await?;
        }
    }
    let explained = alice.store.refusals().await?;
    let explained: usize = explained.iter().map(|refused| 1 + refused.parked.len()).sum();
    assert_eq!(said.len() + explained, PENDING, "each applied, or explained");
    assert_eq!(bob.store.refusals().await?, []);
    hub.shutdown().await;
    Ok(())
}
