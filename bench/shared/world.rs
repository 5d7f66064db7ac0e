//! The data set W0: one vendor, its partners, their people, deals, rooms and plans. Every row of it comes
//! from a mutation that a device of its author signed and the hub decided, over a socket; nothing is
//! inserted. It is made once and kept in `target/bench` or in `LOCKSTEP_BENCH_DATA`.
//!
//! At factor 1: 200 partners, 2,000 people, 100,000 deals, 1,000,000 messages of 104 bytes on average,
//! 50,000 milestones. A deal has one partner, because the product knows no more yet.

use crate::chance::Chance;
use crate::hub::Hub;
use crate::raw::{self, Device, Who};
use anyhow::{Context as _, Result};
use domain::entity::{Customer, InvitationKind, OwnerSide, Role};
use domain::mutation::{
    DealRegister, InvitationAccept, InvitationCreate, MessageSend, MilestoneAdd, OrganizationAdd,
    ProgramCreate,
};
use domain::{
    Date, DealId, DeviceId, InvitationId, MemberId, Money, Mutation, OrganizationId, ProgramId, Timestamp,
};
use protocol::frame::Sealed;
use protocol::link::{InvitationLink, Token};
use protocol::seal::{self, Chain, DeviceKey};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::task::JoinSet;

/// Changes when the same seed would make another world.
const VERSION: u32 = 1;
const SEED: u64 = 20_260_401;
/// 2025-01-01, milliseconds since 1970: when the program is founded.
pub const FOUNDED: i64 = 1_735_689_600_000;
const MINUTE: i64 = 60_000;
/// People who work at a time while the world is made.
const AT_A_TIME: usize = 12;

const PRODUCT: &str = "Harbor Suite";
const REGION: &str = "Benelux";

/// How large a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Companies beside the vendor.
    pub partners: usize,
    /// People of each.
    pub people_each: usize,
    /// Of each person.
    pub deals: usize,
    /// Of each person.
    pub messages: usize,
    /// Of each person.
    pub milestones: usize,
}

impl Size {
    /// W0, scaled by thousandths.
    pub fn w0(thousandths: usize) -> Self {
        Self {
            partners: (200 * thousandths).div_ceil(1_000).max(1),
            people_each: 10,
            deals: 50,
            messages: 500,
            milestones: 25,
        }
    }

    /// All people of partners.
    pub fn people(&self) -> usize {
        self.partners * self.people_each
    }
}

/// A world: all of it follows from its size.
#[derive(Clone)]
pub struct World {
    /// How large it is.
    pub size: Size,
    /// The program.
    pub program: ProgramId,
    /// The company that runs it.
    pub vendor: OrganizationId,
    /// The vendor's administrator.
    pub bob: Who,
    /// Companies beside it.
    pub partners: Vec<OrganizationId>,
    /// Of all partners, one partner after the other.
    pub people: Vec<Who>,
    tokens: Vec<Token>,
}

impl World {
    /// The world of a size, of which nothing exists yet.
    pub fn new(size: Size) -> Self {
        let mut chance = Chance::new(SEED, "people");
        let (program, vendor) = (chance.id(FOUNDED), chance.id(FOUNDED));
        let mut who = |organization| Who {
            program,
            organization,
            member: chance.id(FOUNDED),
            device: chance.id(FOUNDED),
            key: DeviceKey::from_seed(&chance.bytes()),
            answered: 0,
        };
        let bob = who(vendor);
        let mut partners = Vec::new();
        let mut people = Vec::new();
        let mut ids = Chance::new(SEED, "partners");
        for _ in 0..size.partners {
            let partner = ids.id(FOUNDED);
            partners.push(partner);
            people.extend((0..size.people_each).map(|_| who(partner)));
        }
        let tokens = people.iter().map(|_| Token(ids.bytes())).collect();
        Self { size, program, vendor, bob, partners, people, tokens }
    }

    /// What one person does, in order: their deals, then talk and plans in them.
    pub fn work_of(&self, person: usize) -> (Vec<DealId>, Vec<(Mutation, Timestamp)>) {
        let mut chance = Chance::new(SEED, &format!("work of {person}"));
        let mut work: Vec<(Mutation, Timestamp)> = Vec::new();
        let Size { deals, messages, milestones, .. } = self.size;
        let steps = i64::try_from(deals + messages + milestones).unwrap_or(1);
        // Eighteen months, evenly.
        let pause = 18 * 30 * 24 * 60 * MINUTE / steps.max(1);
        let mut at = FOUNDED + MINUTE * 60;
        let mut rooms: Vec<DealId> = Vec::new();
        for n in 0..deals {
            at += pause;
            let deal = chance.id(at);
            rooms.push(deal);
            work.push((
                register(&mut chance, deal, &format!("customer-{person}-{n}.nl")).into(),
                Timestamp(at),
            ));
        }
        let (mut left_messages, mut left_milestones) = (messages as u64, milestones as u64);
        while left_messages + left_milestones > 0 && !rooms.is_empty() {
            at += pause;
            let room = usize::try_from(chance.below(rooms.len() as u64)).unwrap_or_default();
            let Some(deal) = rooms.get(room).copied() else { break };
            let next: Mutation = if chance.below(left_messages + left_milestones) < left_messages {
                left_messages -= 1;
                let bytes = usize::try_from(20 + chance.below(160)).unwrap_or(100);
                message(&mut chance, deal, bytes, at)
            } else {
                left_milestones -= 1;
                milestone(&mut chance, deal, at)
            };
            work.push((next, Timestamp(at)));
        }
        (rooms, work)
    }

    /// Founds the program on a fresh hub and brings everybody in, to where nobody has done anything yet: its
    /// epoch and head.
    ///
    /// # Errors
    /// When the hub refuses something.
    pub async fn gather(&self, hub: &Hub) -> Result<(u64, u64)> {
        let address = hub.address;
        let link = hub.invitation.clone().context("the hub has a program already")?;
        raw::take(address, &link, &self.bob.key, self.founding()).await?;
        let bob = Who { answered: 0, ..self.bob.clone() };
        let mut bob = Device::sign_in(address, bob, (0, 0), |_| {}).await?;
        let mut sealed: Vec<Sealed> = Vec::new();
        for (n, organization) in self.partners.iter().enumerate() {
            let name = format!("Partner {n}");
            let add = OrganizationAdd { organization: *organization, name };
            sealed.push(bob.seal(add, Timestamp(FOUNDED + MINUTE)));
        }
        let mut ids = Chance::new(SEED, "invitations");
        for (person, token) in self.people.iter().zip(&self.tokens) {
            let invite = invite(ids.id(FOUNDED), person.organization, &self.bob, token);
            // Of this moment, or it would have run out.
            sealed.push(bob.seal(invite, Timestamp(now())));
        }
        bob.push_all(sealed, 1_024).await?;
        let head = (bob.epoch, bob.cursor);
        drop(bob);
        self.join_all(address).await?;
        Ok(head)
    }

    /// Makes the world on a fresh hub.
    ///
    /// # Errors
    /// When the hub refuses something.
    pub async fn make(&self, hub: &Hub) -> Result<()> {
        let address = hub.address;
        let (epoch, head) = self.gather(hub).await?;
        let began = Instant::now();
        let mut working = JoinSet::new();
        // Colleagues one after the other: at a time there is one of each partner.
        let order = (0..self.size.people_each)
            .flat_map(|colleague| (0..self.size.partners).map(move |partner| (partner, colleague)));
        let mut order = order.map(|(partner, colleague)| partner * self.size.people_each + colleague);
        let mut done = 0;
        loop {
            while working.len() < AT_A_TIME
                && let Some(person) = order.next()
            {
                let world = self.clone();
                working.spawn(async move { world.perform(address, person, (epoch, head)).await });
            }
            let Some(worked) = working.join_next().await else { break };
            worked??;
            done += 1;
            if done % 100 == 0 {
                crate::say(&format!(
                    "  {done} of {} people have worked, {:.0} s",
                    self.size.people(),
                    began.elapsed().as_secs_f64()
                ));
            }
        }
        Ok(())
    }

    async fn join_all(&self, address: SocketAddr) -> Result<()> {
        let mut joining = JoinSet::new();
        for (n, (person, token)) in self.people.iter().zip(&self.tokens).enumerate() {
            if joining.len() >= AT_A_TIME
                && let Some(joined) = joining.join_next().await
            {
                joined??;
            }
            let link =
                InvitationLink { hub: "http://hub".to_owned(), program: Some(self.program), token: *token };
            let (key, accept) = (person.key.clone(), accept(token, person, &format!("Person {n}")));
            joining.spawn(async move { raw::take(address, &link, &key, accept).await });
        }
        while let Some(joined) = joining.join_next().await {
            joined??;
        }
        Ok(())
    }

    async fn perform(&self, address: SocketAddr, person: usize, at: (u64, u64)) -> Result<()> {
        let who = self.people.get(person).context("no such person")?;
        let who = Who { answered: 0, ..who.clone() };
        let (_, work) = self.work_of(person);
        let mut chain = Chain::start(who.program, who.device);
        let key = who.key.clone();
        let sealing = tokio::task::spawn_blocking(move || {
            let seal = |(mutation, at): &(Mutation, Timestamp)| {
                let (sealed, next) = key.seal(&chain, mutation, *at);
                chain = next;
                sealed
            };
            work.iter().map(seal).collect::<Vec<Sealed>>()
        });
        let sealed = sealing.await?;
        if sealed.is_empty() {
            return Ok(());
        }
        let (mut device, _) = Device::greet(address, who, at).await?;
        device.push_all(sealed, 128).await.with_context(|| format!("the work of person {person}"))
    }

    fn founding(&self) -> Mutation {
        ProgramCreate {
            program: self.program,
            name: "Polder Partners".to_owned(),
            vendor: self.vendor,
            vendor_name: "Polder Systems".to_owned(),
            member: self.bob.member,
            member_name: "Bob Vendor".to_owned(),
            device: self.bob.device,
            device_name: "Bob's laptop".to_owned(),
            device_key: self.bob.key.public(),
            demo: true,
            products: vec![PRODUCT.to_owned()],
            regions: vec![REGION.to_owned()],
            currency: "EUR".to_owned(),
        }
        .into()
    }

    /// The same world after everybody has heard the answers to all they did.
    pub fn heard(mut self) -> Self {
        let Size { deals, messages, milestones, .. } = self.size;
        self.people.iter_mut().for_each(|person| person.answered = (deals + messages + milestones) as u64);
        self.bob.answered = (self.partners.len() + self.people.len()) as u64;
        self
    }

    /// The folder of a hub that holds this world and is not running, made when it is not there.
    pub async fn kept(&self) -> Result<PathBuf> {
        let Size { partners, people_each, deals, messages, milestones } = self.size;
        let name = format!("w0-{VERSION}-{partners}-{people_each}-{deals}-{messages}-{milestones}");
        let folder = data_folder().join(name);
        if folder.join("whole").exists() {
            return Ok(folder);
        }
        if folder.exists() {
            tokio::fs::remove_dir_all(&folder).await?;
        }
        tokio::fs::create_dir_all(&folder).await?;
        crate::say(&format!("making the data set in {}", folder.display()));
        let began = Instant::now();
        let hub = Hub::start(&folder, true).await?;
        self.make(&hub).await?;
        hub.process.stop().await?;
        tokio::fs::write(folder.join("whole"), "").await?;
        crate::say(&format!("made in {:.0} s", began.elapsed().as_secs_f64()));
        Ok(folder)
    }

    /// A copy of [`World::kept`] that may be changed.
    pub async fn copy(&self) -> Result<tempfile::TempDir> {
        let kept = self.kept().await?;
        let copy = tempfile::tempdir_in(data_folder())?;
        for entry in std::fs::read_dir(&kept)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                tokio::fs::copy(entry.path(), copy.path().join(entry.file_name())).await?;
            }
        }
        Ok(copy)
    }
}

/// Where data of benchmarks is kept.
pub fn data_folder() -> PathBuf {
    let given = std::env::var_os("LOCKSTEP_BENCH_DATA").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| Path::new("target").join("bench"));
    // Whoever needs it says what is wrong with it.
    let _ = std::fs::create_dir_all(&folder);
    folder
}

/// The registration of a deal, sent at once.
pub fn register(chance: &mut Chance, deal: DealId, domain: &str) -> DealRegister {
    DealRegister {
        deal,
        title: chance.sentence(24),
        customer: Customer { name: chance.sentence(16), domain: domain.to_owned(), country: "NL".to_owned() },
        product: PRODUCT.to_owned(),
        region: REGION.to_owned(),
        need: chance.sentence(60),
        amount: Money {
            minor: i64::try_from(chance.below(50_000_000)).unwrap_or_default(),
            currency: "EUR".to_owned(),
        },
        close_date: Date::from_days(20_700).unwrap_or(Timestamp(FOUNDED).date()),
        submit: true,
        stage: None,
        contact: None,
        duns: None,
        tender: None,
    }
}

/// A message of about so many bytes.
pub fn message(chance: &mut Chance, deal: DealId, bytes: usize, at: i64) -> Mutation {
    MessageSend { message: chance.id(at), deal, body: chance.sentence(bytes), reply_to: None }.into()
}

/// A milestone.
pub fn milestone(chance: &mut Chance, deal: DealId, at: i64) -> Mutation {
    MilestoneAdd {
        deal,
        milestone: chance.id(at),
        title: chance.sentence(30),
        owner_side: OwnerSide::Partner,
        owner: None,
        due: Date::from_days(20_600),
        done_condition: String::new(),
    }
    .into()
}

/// An invitation of a new member.
pub fn invite(id: InvitationId, organization: OrganizationId, by: &Who, token: &Token) -> InvitationCreate {
    InvitationCreate {
        invitation: id,
        kind: InvitationKind::Member,
        organization,
        role: Role::Admin,
        token_hash: seal::token_hash(token),
        days: 30,
        by_organization: by.organization,
    }
}

/// New devices of somebody who has one already: what a device has done it remembers, so that an empty file in
/// its place would be taken for a copy.
pub async fn new_devices(hub: &Hub, who: &Who, many: usize) -> Result<Vec<Who>> {
    let (old, head) = Device::greet(hub.address, who.clone(), (0, 0)).await?;
    let (mut old, _) = Device::greet(hub.address, who.clone(), (old.epoch, head)).await?;
    let mut chance = Chance::new(u64::try_from(now())?, "devices");
    let mut sealed = Vec::new();
    let mut devices = Vec::new();
    for _ in 0..many {
        let token = Token(chance.bytes());
        let invite = InvitationCreate {
            kind: InvitationKind::Device,
            ..invite(chance.id(now()), who.organization, who, &token)
        };
        sealed.push(old.seal(invite, Timestamp(now())));
        let key = DeviceKey::from_seed(&chance.bytes());
        devices.push((token, Who { device: chance.id(now()), key, answered: 0, ..who.clone() }));
    }
    old.push_all(sealed, 64).await?;
    let mut taken = Vec::new();
    for (token, device) in devices {
        let link = InvitationLink { hub: "http://hub".to_owned(), program: Some(who.program), token };
        raw::take(hub.address, &link, &device.key, accept(&token, &device, "")).await?;
        taken.push(device);
    }
    Ok(taken)
}

/// Taking it.
pub fn accept(token: &Token, who: &Who, name: &str) -> Mutation {
    InvitationAccept {
        token_hash: seal::token_hash(token),
        member: MemberId(who.member.0),
        member_name: name.to_owned(),
        device: DeviceId(who.device.0),
        device_name: "Laptop".to_owned(),
        device_key: who.key.public(),
    }
    .into()
}

/// This moment, milliseconds since 1970.
pub fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// A small program that is no demo world: a vendor and some partners with so many people each, all with
/// devices that never signed in.
pub struct Small {
    /// The vendor's administrator.
    pub bob: Who,
    /// People of partners.
    pub people: Vec<Who>,
}

impl Small {
    /// Founds it on a fresh hub.
    pub async fn found(hub: &Hub, partners: usize, people_each: usize) -> Result<Self> {
        let size = Size { partners, people_each, deals: 0, messages: 0, milestones: 0 };
        let mut world = World::new(size);
        // Another program every time, so that nothing of one run is known in the next.
        let program = ProgramId(uuid::Uuid::now_v7());
        world.program = program;
        world.bob.program = program;
        world.people.iter_mut().for_each(|who| who.program = program);
        let address = hub.address;
        let link = hub.invitation.clone().context("the hub has a program already")?;
        let Mutation::ProgramCreate(founding) = world.founding() else { anyhow::bail!("no founding") };
        let founding = ProgramCreate { demo: false, ..founding };
        raw::take(address, &link, &world.bob.key, founding.into()).await?;
        let mut bob = Device::sign_in(address, world.bob.clone(), (0, 0), |_| {}).await?;
        let mut sealed = Vec::new();
        for organization in &world.partners {
            let add = OrganizationAdd { organization: *organization, name: "Dockside".to_owned() };
            sealed.push(bob.seal(add, Timestamp(now())));
        }
        let mut ids = Chance::new(SEED, "small");
        for (person, token) in world.people.iter().zip(&world.tokens) {
            let invite = invite(ids.id(now()), person.organization, &world.bob, token);
            sealed.push(bob.seal(invite, Timestamp(now())));
        }
        bob.push_all(sealed, 512).await?;
        drop(bob);
        world.join_all(address).await?;
        Ok(Self { bob: world.bob, people: world.people })
    }
}
