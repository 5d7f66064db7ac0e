//! The sequencer in worlds that are driven at random: pushes, lost connections, congestion, pages that
//! come late, stores that fail. In the end every device has exactly the rows of its scopes, and an
//! answer to everything it did.

use crate::model::Model;
use crate::support::world::{PRODUCT, REGION, deal, founding, join_frame, message};
use domain::entity::{InvitationKind, Key, Role};
use domain::mutation::{
    DealEdit, DealValue, Decision, DeviceRevoke, FieldPatch, InvitationAccept, InvitationCreate,
    OrganizationAdd, RegistrationDecide,
};
use domain::{
    DealId, DeviceId, InvitationId, MemberId, Mutation, OrganizationId, ProgramId, RowKey, Timestamp,
};
use proptest::prelude::*;
use protocol::frame::{self, FromDevice, FromHub, Hello, Incoming, PROTO, Push, Resume, Sealed};
use protocol::seal::{self, Chain, DeviceKey};
use protocol::sequencer::{
    ConnectionId, Founding, HubEffect, HubEvent, Page, PageQuery, Sequencer, Settings,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uuid::Uuid;

const EPOCH: u64 = 7;

/// Ids that do not depend on chance, so that a failing case can be run again.
struct Ids(u128);

impl Ids {
    fn next<T: From<Uuid>>(&mut self) -> T {
        self.0 += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.0).into()
    }
}

/// A device without I/O.
struct Device {
    program: ProgramId,
    id: DeviceId,
    member: MemberId,
    organization: OrganizationId,
    key: DeviceKey,
    chain: Chain,
    sealed: Vec<Sealed>,
    answers: BTreeMap<u64, frame::Answer>,
    rows: BTreeMap<RowKey, (u64, Option<Vec<u8>>)>,
    cursor: u64,
    resume: Option<Resume>,
    connection: Option<ConnectionId>,
    welcome: bool,
    out: bool,
    /// Frames on their way to the hub and to the device.
    up: VecDeque<Vec<u8>>,
    down: VecDeque<Vec<u8>>,
}

impl Device {
    fn do_it(&mut self, mutation: impl Into<Mutation>) {
        let (sealed, chain) = self.key.seal(&self.chain, &mutation.into(), Timestamp(0));
        self.chain = chain;
        self.sealed.push(sealed.clone());
        if self.welcome {
            self.up.push_back(frame::encode(&FromDevice::Push(Push { sealed: vec![sealed] })));
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        match frame::decode::<FromHub>(bytes).unwrap() {
            Incoming::Known(FromHub::Challenge(challenge)) => {
                let signed = seal::hello_bytes(self.program, self.id, &challenge.nonce);
                let hello = Hello {
                    proto: PROTO,
                    capabilities: Vec::new(),
                    device: self.id,
                    signature: self.key.sign(&signed),
                    epoch: if self.cursor == 0 && self.resume.is_none() { 0 } else { EPOCH },
                    cursor: self.cursor,
                    resume: self.resume.clone(),
                    answered: self.answers.keys().next_back().copied().unwrap_or(0),
                };
                self.up.push_back(frame::encode(&FromDevice::Hello(hello)));
            }
            Incoming::Known(FromHub::Welcome(welcome)) => {
                assert_eq!(welcome.epoch, EPOCH);
                self.welcome = true;
                for answer in welcome.answers {
                    self.note(answer);
                }
                let again = self.sealed.iter().filter(|sealed| sealed.header.n > welcome.last_n);
                for sealed in again.cloned().collect::<Vec<_>>().chunks(2) {
                    self.up.push_back(frame::encode(&FromDevice::Push(Push { sealed: sealed.to_vec() })));
                }
            }
            Incoming::Known(FromHub::Delta(delta)) => {
                for row in delta.rows {
                    let before = self.rows.insert(row.key, (row.seq, row.body));
                    assert!(before.is_none_or(|(seq, _)| seq <= row.seq), "no row goes back in time");
                }
                for answer in delta.answers {
                    self.note(answer);
                }
                if delta.resume.is_none() {
                    assert!(delta.to >= self.cursor);
                    self.cursor = delta.to;
                }
                self.resume = delta.resume;
            }
            Incoming::Known(FromHub::Goodbye(goodbye)) => {
                self.out |= goodbye.reason == frame::Reason::Revoked;
                assert!(
                    matches!(goodbye.reason, frame::Reason::Revoked | frame::Reason::Busy),
                    "{goodbye:?}"
                );
            }
            other => panic!("{other:?}"),
        }
    }

    fn note(&mut self, answer: frame::Answer) {
        let before = self.answers.insert(answer.n, answer.clone());
        assert!(before.is_none_or(|before| before == answer), "an answer changed");
    }
}

/// A hub and its devices.
struct World {
    ids: Ids,
    program: ProgramId,
    vendor: OrganizationId,
    hub: Sequencer,
    store: Model,
    now: i64,
    connections: ConnectionId,
    devices: Vec<Device>,
    /// Which device is behind a connection, as long as the hub has not hung up.
    open: BTreeMap<ConnectionId, usize>,
    congested: BTreeSet<ConnectionId>,
    effects: VecDeque<HubEffect>,
    /// What the store has been asked and not answered.
    store_op: Option<HubEffect>,
    pages: Vec<(ConnectionId, PageQuery)>,
    /// Pages that were read and not handed over.
    read: Vec<(ConnectionId, Page)>,
    deals: Vec<(DealId, usize)>,
}

impl World {
    /// A program with a vendor of two devices and two partners, one of them with two devices.
    fn start() -> Self {
        let mut ids = Ids(0);
        let key = DeviceKey::from_seed(&[1; 32]);
        let mut create = founding(&key);
        create.program = ids.next();
        create.vendor = ids.next();
        create.member = ids.next();
        create.device = ids.next();
        let (program, vendor) = (create.program, create.vendor);
        let mut world = Self {
            ids,
            program,
            vendor,
            hub: Sequencer::new(program, EPOCH, 0, Settings { allow_demo: false }),
            store: Model::default(),
            now: 1_000,
            connections: 0,
            devices: Vec::new(),
            open: BTreeMap::new(),
            congested: BTreeSet::new(),
            effects: VecDeque::new(),
            store_op: None,
            pages: Vec::new(),
            read: Vec::new(),
            deals: Vec::new(),
        };
        let token = Key([9; 32]);
        let founding = Founding { expires_at: Timestamp(i64::MAX), used: false };
        world.store.founding.insert(seal::token_hash(&token), founding);
        let bob = (create.device, create.member, vendor, key.clone());
        world.join(token, &key, create.into());
        world.add(bob);
        world.add_organization();
        world.add_organization();
        for organization in [world.devices[1].organization, vendor] {
            let by = world.devices.iter().position(|device| device.organization == organization).unwrap();
            world.link_device(by);
        }
        world
    }

    fn add(&mut self, (id, member, organization, key): (DeviceId, MemberId, OrganizationId, DeviceKey)) {
        self.devices.push(Device {
            program: self.program,
            id,
            member,
            organization,
            key,
            chain: Chain::start(self.program, id),
            sealed: Vec::new(),
            answers: BTreeMap::new(),
            rows: BTreeMap::new(),
            cursor: 0,
            resume: None,
            connection: None,
            welcome: false,
            out: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
        });
        let last = self.devices.len() - 1;
        self.connect(last);
        self.settle();
    }

    /// Joins on a connection of its own.
    fn join(&mut self, token: Key, key: &DeviceKey, mutation: Mutation) {
        self.connections += 1;
        let connection = self.connections;
        let nonce = Key([3; 32]);
        self.feed(HubEvent::Opened { connection, nonce });
        let join = FromDevice::Join(join_frame(key, &nonce, token, &mutation));
        self.feed(HubEvent::Received { connection, bytes: frame::encode(&join) });
        self.settle();
        self.feed(HubEvent::Closed { connection });
        self.settle();
    }

    fn accept(&mut self, by: usize, kind: InvitationKind, organization: OrganizationId) {
        let n = self.devices.len() as u8;
        let token = Key([100 + n; 32]);
        let create = InvitationCreate {
            invitation: InvitationId(self.ids.next()),
            kind,
            organization,
            role: Role::Seller,
            token_hash: seal::token_hash(&token),
            days: 7,
            by_organization: self.devices[by].organization,
        };
        self.devices[by].do_it(create);
        self.settle();
        let key = DeviceKey::from_seed(&[n + 1; 32]);
        let accept = InvitationAccept {
            token_hash: seal::token_hash(&token),
            member: self.ids.next(),
            member_name: format!("Alice {n}"),
            device: self.ids.next(),
            device_name: "Laptop".into(),
            device_key: key.public(),
        };
        let member = if kind == InvitationKind::Device { self.devices[by].member } else { accept.member };
        let joined = (accept.device, member, organization, key.clone());
        self.join(token, &key, accept.into());
        self.add(joined);
    }

    fn add_organization(&mut self) {
        let organization = self.ids.next();
        self.devices[0].do_it(OrganizationAdd { organization, name: "Dockside".into() });
        self.settle();
        self.accept(0, InvitationKind::Member, organization);
    }

    fn link_device(&mut self, by: usize) {
        let organization = self.devices[by].organization;
        self.accept(by, InvitationKind::Device, organization);
    }

    fn feed(&mut self, event: HubEvent) {
        self.now += 1;
        let effects = self.hub.step(Timestamp(self.now), event);
        self.effects.extend(effects);
        self.perform();
    }

    /// Does what needs no store, up to the next effect that does.
    fn perform(&mut self) {
        while self.store_op.is_none()
            && let Some(effect) = self.effects.pop_front()
        {
            match effect {
                HubEffect::Send { connection, bytes } => {
                    if let Some(device) = self.open.get(&connection) {
                        self.devices[*device].down.push_back(bytes);
                    }
                }
                HubEffect::Close { connection } => {
                    // What was sent before still arrives.
                    if let Some(device) = self.open.remove(&connection) {
                        let device = &mut self.devices[device];
                        if device.connection == Some(connection) {
                            device.connection = None;
                        }
                    }
                }
                HubEffect::ReadPage { connection, query } => self.pages.push((connection, query)),
                store @ (HubEffect::Load(_) | HubEffect::Commit(_)) => self.store_op = Some(store),
            }
        }
    }

    fn answer_store(&mut self, fail: bool) {
        let event = match self.store_op.take() {
            None => return,
            Some(_) if fail => HubEvent::StoreFailed { message: "Full".into() },
            Some(HubEffect::Load(load)) => HubEvent::Loaded(self.store.load(&load)),
            Some(HubEffect::Commit(commit)) => {
                self.store.commit(commit);
                HubEvent::Committed
            }
            Some(other) => panic!("{other:?} is not for the store"),
        };
        self.now += 1;
        let effects = self.hub.step(Timestamp(self.now), event);
        self.effects.extend(effects);
        self.perform();
    }

    fn connect(&mut self, device: usize) {
        self.connections += 1;
        let connection = self.connections;
        self.open.insert(connection, device);
        let one = &mut self.devices[device];
        one.connection = Some(connection);
        one.welcome = false;
        one.up.clear();
        one.down.clear();
        self.feed(HubEvent::Opened { connection, nonce: Key([connection as u8; 32]) });
    }

    fn disconnect(&mut self, device: usize) {
        let one = &mut self.devices[device];
        one.welcome = false;
        one.up.clear();
        one.down.clear();
        if let Some(connection) = one.connection.take() {
            self.open.remove(&connection);
            self.congested.remove(&connection);
            self.feed(HubEvent::Closed { connection });
        }
    }

    /// One step, chosen by two numbers.
    fn act(&mut self, what: u8, n: u16) {
        let device = usize::from(n) % self.devices.len();
        let connection = self.devices[device].connection;
        match what % 16 {
            0..=2 => {
                // While the store works, frames are all the driver passes on.
                if let (Some(connection), Some(bytes)) = (connection, self.devices[device].up.pop_front()) {
                    self.feed(HubEvent::Received { connection, bytes });
                }
            }
            3..=5 => {
                if let Some(bytes) = self.devices[device].down.pop_front() {
                    self.devices[device].hear(&bytes);
                }
            }
            6..=7 => self.answer_store(n.is_multiple_of(23)),
            8 => {
                if !self.pages.is_empty() {
                    let (connection, query) = self.pages.swap_remove(usize::from(n) % self.pages.len());
                    self.read.push((connection, self.store.page(&query)));
                }
            }
            9 if self.store_op.is_none() && !self.read.is_empty() => {
                let (connection, page) = self.read.swap_remove(usize::from(n) % self.read.len());
                self.feed(HubEvent::PageRead { connection, page });
            }
            10 => match connection {
                None => self.connect(device),
                Some(_) if n.is_multiple_of(3) => self.disconnect(device),
                Some(_) => {}
            },
            11 => {
                if let Some(connection) = connection {
                    if self.congested.insert(connection) {
                        self.feed(HubEvent::Congested { connection });
                    } else if self.store_op.is_none() {
                        self.congested.remove(&connection);
                        self.feed(HubEvent::Drained { connection });
                    }
                }
            }
            _ => self.mutate(device, n),
        }
    }

    fn mutate(&mut self, device: usize, n: u16) {
        let vendor = self.devices[device].organization == self.vendor;
        let known = self.deals.get(usize::from(n / 7) % self.deals.len().max(1)).copied();
        match (n % 11, known) {
            (0 | 1, _) if !vendor => {
                let mut registration = deal(&format!("customer-{}.nl", n % 5));
                registration.deal = self.ids.next();
                registration.product = PRODUCT.into();
                registration.region = REGION.into();
                registration.submit = n % 4 != 0;
                self.deals.push((registration.deal, device));
                self.devices[device].do_it(registration);
            }
            (2 | 3, Some((deal, _))) => {
                let patch = FieldPatch { value: DealValue::Title(format!("Title {n}")), base: 0 };
                self.devices[device].do_it(DealEdit { deal, patch: vec![patch] });
            }
            (4, Some((deal, _))) => {
                self.devices[device].do_it(RegistrationDecide { deal, decision: Decision::Approve });
            }
            (5, _) if n % 64 == 5 => {
                let (lost, member) = (self.devices[device].id, self.devices[device].member);
                let other = self.devices.iter().position(|one| one.member == member && one.id != lost);
                if let Some(other) = other {
                    self.devices[other].do_it(DeviceRevoke { device: lost, member });
                }
            }
            (_, Some((deal, _))) => {
                let mut text = message(deal, format!("Message {n}"));
                text.message = self.ids.next();
                self.devices[device].do_it(text);
            }
            _ => {}
        }
    }

    /// Lets everything that is under way arrive.
    fn settle(&mut self) {
        loop {
            let mut moved = false;
            while self.store_op.is_some() {
                self.answer_store(false);
                moved = true;
            }
            for connection in std::mem::take(&mut self.congested) {
                self.feed(HubEvent::Drained { connection });
                moved = true;
            }
            for (connection, query) in std::mem::take(&mut self.pages) {
                let page = self.store.page(&query);
                self.read.push((connection, page));
            }
            for (connection, page) in std::mem::take(&mut self.read) {
                while self.store_op.is_some() {
                    self.answer_store(false);
                }
                self.feed(HubEvent::PageRead { connection, page });
                moved = true;
            }
            for device in 0..self.devices.len() {
                while let Some(bytes) = self.devices[device].down.pop_front() {
                    self.devices[device].hear(&bytes);
                    moved = true;
                }
                while let (Some(connection), Some(bytes)) =
                    (self.devices[device].connection, self.devices[device].up.pop_front())
                {
                    self.feed(HubEvent::Received { connection, bytes });
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn check(&self) {
        for (n, device) in self.devices.iter().enumerate() {
            let Some(expected) = self.store.view(device.id) else {
                assert!(device.out, "device {n} was revoked and does not know");
                continue;
            };
            let live =
                device.rows.iter().filter_map(|(key, (seq, body))| Some((*key, (*seq, body.clone()?))));
            let live: BTreeMap<RowKey, (u64, Vec<u8>)> = live.collect();
            let missing: Vec<_> = expected.keys().filter(|key| !live.contains_key(key)).collect();
            let extra: Vec<_> = live.keys().filter(|key| !expected.contains_key(key)).collect();
            assert!(missing.is_empty() && extra.is_empty(), "device {n} lacks {missing:?}, has {extra:?}");
            assert_eq!(live, expected, "device {n} has old versions");
            let answered: Vec<u64> = device.answers.keys().copied().collect();
            let done: Vec<u64> = device.sealed.iter().map(|sealed| sealed.header.n).collect();
            assert_eq!(answered, done, "device {n} has an answer to each thing it did");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_device_ends_with_the_rows_of_its_scopes(
        actions in prop::collection::vec((any::<u8>(), any::<u16>()), 0..500),
    ) {
        let mut world = World::start();
        world.check();
        for (what, n) in actions {
            world.act(what, n);
        }
        // Devices that the hub still serves are not shaken awake: what they are owed comes by itself.
        world.settle();
        for device in 0..world.devices.len() {
            if world.devices[device].connection.is_none() {
                world.connect(device);
                world.settle();
            }
        }
        world.check();
    }
}

#[test]
fn a_connection_that_was_congested_gets_what_is_written_after_it_has_drained() {
    let mut world = World::start();
    let alice = 1;
    let connection = world.devices[alice].connection.unwrap();
    world.feed(HubEvent::Congested { connection });
    // Nothing of this is Alice's.
    world.devices[2].do_it(deal("other.nl"));
    for device in [0, 2] {
        while let Some(bytes) = world.devices[device].up.pop_front() {
            let connection = world.devices[device].connection.unwrap();
            world.feed(HubEvent::Received { connection, bytes });
        }
    }
    while world.store_op.is_some() {
        world.answer_store(false);
    }
    world.feed(HubEvent::Drained { connection });
    let mine = deal("mine.nl");
    world.devices[alice].do_it(mine);
    world.settle();
    world.check();
}
