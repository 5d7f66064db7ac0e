//! A hub without I/O, its store, and its devices, driven by hand or at random.

use super::device::{Device, EPOCH, Ids};
use crate::model::Model;
use crate::support::world::{PRODUCT, REGION, deal, founding, join_frame, message};
use domain::entity::{InvitationKind, Key, Role};
use domain::mutation::{
    DealEdit, DealValue, Decision, DeviceRevoke, FieldPatch, InvitationAccept, InvitationCreate,
    OrganizationAdd, RegistrationDecide,
};
use domain::{DealId, DeviceId, InvitationId, MemberId, Mutation, OrganizationId, ProgramId, Timestamp};
use protocol::frame::{self, FromDevice, FromHub, Incoming};
use protocol::link::Token;
use protocol::seal::{self, Chain, DeviceKey};
use protocol::sequencer::{
    ConnectionId, Founding, HubEffect, HubEvent, Page, PageQuery, Sequencer, Settings,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A hub and its devices.
pub struct World {
    ids: Ids,
    program: ProgramId,
    vendor: OrganizationId,
    hub: Sequencer,
    pub store: Model,
    now: i64,
    connections: ConnectionId,
    pub devices: Vec<Device>,
    /// Which device is behind a connection, as long as the hub has not hung up.
    open: BTreeMap<ConnectionId, usize>,
    congested: BTreeSet<ConnectionId>,
    /// Deltas sent to connections since they are congested.
    held_back: BTreeMap<ConnectionId, usize>,
    effects: VecDeque<HubEffect>,
    /// What the store has been asked and not answered.
    pub store_op: Option<HubEffect>,
    pages: Vec<(ConnectionId, PageQuery)>,
    /// Pages that were read and not handed over.
    read: Vec<(ConnectionId, Page)>,
    deals: Vec<(DealId, usize)>,
}

impl World {
    /// A program with a vendor of two devices and two partners, one of them with two devices.
    pub fn start() -> Self {
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
            held_back: BTreeMap::new(),
            effects: VecDeque::new(),
            store_op: None,
            pages: Vec::new(),
            read: Vec::new(),
            deals: Vec::new(),
        };
        let token = Token([9; 32]);
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
    fn join(&mut self, token: Token, key: &DeviceKey, mutation: Mutation) {
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
        let token = Token([100 + n; 32]);
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

    pub fn feed(&mut self, event: HubEvent) {
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
                    self.note_delta(connection, &bytes);
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
                HubEffect::Withhold { connection, scopes } => {
                    if let Some(device) = self.open.get(&connection) {
                        let down = &mut self.devices[*device].down;
                        match &scopes {
                            None => down.clear(),
                            Some(scopes) => frame::withhold(down.iter_mut(), scopes),
                        }
                    }
                }
                HubEffect::ReadPage { connection, query } => self.pages.push((connection, query)),
                // These devices do not ask for segments.
                HubEffect::FindSegments { .. } => panic!("nobody asked for segments"),
                store @ (HubEffect::Load(_) | HubEffect::Commit(_)) => self.store_op = Some(store),
            }
        }
    }

    /// While a connection is congested, all it may be sent is the page that was being read.
    fn note_delta(&mut self, connection: ConnectionId, bytes: &[u8]) {
        let is_delta = matches!(frame::decode(bytes), Ok(Incoming::Known(FromHub::Delta(_))));
        if is_delta && self.congested.contains(&connection) {
            let sent = self.held_back.entry(connection).or_default();
            *sent += 1;
            assert_eq!(*sent, 1, "connection {connection} is written to though it does not read");
        }
    }

    pub fn answer_store(&mut self, fail: bool) {
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

    pub fn connect(&mut self, device: usize) {
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
    pub fn act(&mut self, what: u8, n: u16) {
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
                        self.held_back.remove(&connection);
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
                registration.submit = !n.is_multiple_of(4);
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
    pub fn settle(&mut self) {
        loop {
            let mut moved = false;
            while self.store_op.is_some() {
                self.answer_store(false);
                moved = true;
            }
            for connection in std::mem::take(&mut self.congested) {
                self.held_back.remove(&connection);
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
}
