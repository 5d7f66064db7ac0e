//! Measures the end of access: `./dev bench revoke`. A guest's device holds a deal of ten thousand rows
//! (9,900 messages, 100 milestones) beside another one; the vendor takes the first one back. Prints the time
//! from the vendor's key press and from the hub's answer to it, until the guest's device has erased every row
//! and emptied its log, over five rounds, and scans its deciphered files for what the rows said. The deal
//! is shared again after each round. There are no files in deals yet, so none are part of it.
//!
//! Hub, both devices and the network between them (loopback, web sockets) are the product's own.

use anyhow::{Context as _, Result, anyhow, ensure};
use domain::entity::{Customer, Deal, InvitationKind, OwnerSide, Role};
use domain::mutation::*;
use domain::*;
use hub::{Hub, Options};
use journeys::pages::{hits, plain, take};
use protocol::link::{InvitationLink, Token};
use protocol::seal::{DeviceKey, token_hash};
use std::time::{Duration, Instant};
use store::query::room;
use store::{FileKey, Identity, Store};
use sync::link::LinkOptions;
use sync::{Dial, Link};
use tempfile::TempDir;
use uuid::Uuid;

const MESSAGES: usize = 9_900;
const MILESTONES: usize = 100;
const ROUNDS: usize = 5;
const KEY: [u8; 32] = [7; 32];
const CANARY: &str = "xKANARIENx";
const PATIENCE: Duration = Duration::from_secs(300);

fn id<I: From<Uuid>>() -> I {
    Uuid::now_v7().into()
}

fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(now.as_millis()).unwrap_or_default())
}

struct Device {
    store: Store,
    program: ProgramId,
    folder: TempDir,
    _link: Link,
}

impl Device {
    async fn join(
        link: &InvitationLink,
        mutation: Mutation,
        device: DeviceId,
        key: DeviceKey,
    ) -> Result<Self> {
        let (program, member) = sync::entry::join(&Dial::network(None)?, link, &mutation, &key).await?;
        let folder = tempfile::tempdir()?;
        let identity = Identity { program, device, member, device_key: key };
        let path = folder.path().join("store.db");
        let store = Store::create(&path, &FileKey::from_bytes(&KEY), identity).await?;
        let options = LinkOptions {
            store: store.clone(),
            program,
            hub: link.hub.clone(),
            dial: Dial::network(None)?,
            work_offline: false,
        };
        let here = Self { _link: Link::start(options), store, program, folder };
        here.until(async |store: &Store| Ok(store.entity::<entity::Program>(program).await?.is_some()))
            .await?;
        Ok(here)
    }

    /// Waits until something is true, looking again at every change.
    async fn until(&self, true_of: impl AsyncFn(&Store) -> Result<bool>) -> Result<()> {
        let mut changes = self.store.changes();
        let waiting = async {
            while !true_of(&self.store).await? {
                changes.recv().await.ok();
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| anyhow!("waited in vain"))?
    }

    async fn settled(&self) -> Result<()> {
        self.until(async |store: &Store| Ok(store.counts().await?.waiting == 0)).await
    }
}

struct World {
    _hub_folder: TempDir,
    _hub: Hub,
    vendor: Device,
    guest: Device,
    organization: OrganizationId,
    deal: DealId,
}

async fn invite(
    vendor: &Device,
    by: OrganizationId,
    name: &str,
    link: &InvitationLink,
) -> Result<(OrganizationId, Device)> {
    let organization = id();
    let mut token = Token([0; 32]);
    token.0.copy_from_slice(blake_like(name).as_slice());
    let invitation = InvitationCreate {
        invitation: id(),
        kind: InvitationKind::Member,
        organization,
        role: Role::Admin,
        token_hash: token_hash(&token),
        days: 7,
        by_organization: by,
    };
    let add = OrganizationAdd { organization, name: name.to_owned() };
    vendor.store.commit_all(vec![add.into(), invitation.into()], now()).await?;
    vendor.settled().await?;
    let (device, key) = (id(), DeviceKey::from_seed(&token.0));
    let accept = InvitationAccept {
        token_hash: token_hash(&token),
        member: id(),
        member_name: name.to_owned(),
        device,
        device_name: "Laptop".to_owned(),
        device_key: key.public(),
    };
    let link = InvitationLink { program: Some(vendor.program), token, ..link.clone() };
    Ok((organization, Device::join(&link, accept.into(), device, key).await?))
}

/// 32 bytes that differ from name to name; nothing here is secret.
fn blake_like(name: &str) -> Vec<u8> {
    name.bytes().cycle().take(32).collect()
}

impl World {
    async fn build() -> Result<Self> {
        let hub_folder = tempfile::tempdir()?;
        let hub = Hub::open(Options::folder(hub_folder.path())).await?;
        let listener = hub.listen(([127, 0, 0, 1], 0).into()).await?;
        let address = listener.local_addr()?;
        let serving = hub.clone();
        tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
        let link = InvitationLink { hub: format!("http://{address}"), ..hub.founding_link(7).await? };
        let (device, key) = (id(), DeviceKey::from_seed(&[1; 32]));
        let create = ProgramCreate {
            program: id(),
            name: "Halden Partner Program".into(),
            vendor: id(),
            vendor_name: "Halden".into(),
            member: id(),
            member_name: "Bob".into(),
            device,
            device_name: "Laptop".into(),
            device_key: key.public(),
            demo: false,
            products: vec!["Gauge".into(), "Valve".into()],
            regions: vec!["Benelux".into()],
            currency: "EUR".into(),
        };
        let company = create.vendor;
        let vendor = Device::join(&link, create.into(), device, key).await?;
        let (_, partner) = invite(&vendor, company, "Northbeam", &link).await?;
        let (organization, guest) = invite(&vendor, company, "Kestrel", &link).await?;

        let deal: DealId = id();
        for (deal, product, title) in [(deal, "Gauge", CANARY), (id(), "Valve", "Another deal")] {
            let register = DealRegister {
                deal,
                title: title.to_owned(),
                customer: Customer {
                    name: title.into(),
                    domain: "canary.example".into(),
                    country: "NL".into(),
                },
                product: product.into(),
                region: "Benelux".into(),
                need: title.to_owned(),
                amount: Money { minor: 1_250_000, currency: "EUR".into() },
                close_date: "2027-03-31".parse().map_err(|_| anyhow!("no date"))?,
                submit: true,
                stage: None,
                contact: None,
                duns: None,
                tender: None,
            };
            partner.store.commit(register, now()).await?;
            partner.settled().await?;
            vendor.until(async |store: &Store| Ok(store.entity::<Deal>(deal).await?.is_some())).await?;
            vendor.store.commit(DealShare { deal, organization }, now()).await?;
        }
        let says = (0..MESSAGES).map(|number| {
            let body = format!("{CANARY} message {number} about the quay sensors of phase one, as agreed");
            MessageSend { message: id(), deal, body, reply_to: None }.into()
        });
        let steps = (0..MILESTONES).map(|number| {
            let add = MilestoneAdd {
                deal,
                milestone: id(),
                title: format!("{CANARY} milestone {number}"),
                owner_side: OwnerSide::Partner,
                owner: None,
                due: None,
                done_condition: String::new(),
            };
            Mutation::from(add)
        });
        let all: Vec<Mutation> = says.chain(steps).collect();
        for some in all.chunks(500) {
            partner.store.commit_all(some.to_vec(), now()).await?;
        }
        partner.settled().await?;
        let world = Self { _hub_folder: hub_folder, _hub: hub, vendor, guest, organization, deal };
        world.guest_has_all().await?;
        Ok(world)
    }

    async fn guest_has_all(&self) -> Result<()> {
        let deal = self.deal;
        self.guest
            .until(async |store: &Store| {
                let state = store.sync_state().await?;
                let window = room::window(store, deal, None, 1).await?;
                Ok(state.resume.is_none() && !window.messages.is_empty())
            })
            .await
    }

    /// Milliseconds from the vendor's commit, and from the hub's answer to it, until the guest's device is
    /// clean; canaries before and after.
    async fn round(&self) -> Result<(f64, f64, usize, usize)> {
        let before = take(self.guest.folder.path())?;
        let mut answers = self.vendor.store.changes();
        let mut erased = self.guest.store.changes();
        let start = Instant::now();
        self.vendor
            .store
            .commit(DealUnshare { deal: self.deal, organization: self.organization }, now())
            .await?;
        let answered = async {
            while self.vendor.store.counts().await?.waiting > 0 {
                answers.recv().await.ok();
            }
            Ok::<_, anyhow::Error>(start.elapsed())
        };
        let clean = async {
            // Told only after the log was emptied.
            while !erased.recv().await.is_ok_and(|change| change.access) {}
            Ok::<_, anyhow::Error>(start.elapsed())
        };
        let both = async { tokio::try_join!(answered, clean) };
        let (answered, clean) =
            tokio::time::timeout(PATIENCE, both).await.map_err(|_| anyhow!("never erased"))??;
        let after = take(self.guest.folder.path())?;
        let count = |copy: &TempDir| Ok::<_, anyhow::Error>(hits(&plain(copy.path(), &KEY)?, CANARY));
        let found = (count(&before)?, count(&after)?);
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        Ok((ms(clean), ms(clean.saturating_sub(answered)), found.0, found.1))
    }

    async fn share_again(&self) -> Result<()> {
        self.vendor
            .store
            .commit(DealShare { deal: self.deal, organization: self.organization }, now())
            .await?;
        self.vendor.settled().await?;
        self.guest_has_all().await
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
async fn main() -> Result<()> {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load average at the start: {}", load.trim());
    let world = World::build().await.context("building the world")?;
    println!("{:>5} {:>16} {:>16} {:>12} {:>12}", "round", "key press, ms", "answer, ms", "before", "after");
    for round in 1..=ROUNDS {
        let (from_press, from_answer, before, after) = world.round().await?;
        println!("{round:>5} {from_press:>16.1} {from_answer:>16.1} {before:>12} {after:>12}");
        ensure!(before > MESSAGES, "the scan finds {before} canaries where there are more");
        ensure!(after == 0, "{after} canaries are left");
        if round < ROUNDS {
            world.share_again().await?;
        }
    }
    Ok(())
}
