//! Alice sells for a partner, Bob works for the vendor; each has a device with a store.

use crate::hub::{Hub, HubRow};
use domain::entity::{Customer, InvitationKind, Key, Role};
use domain::mutation::*;
use domain::*;
use protocol::seal::{Chain, DeviceKey};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row as _, SqliteConnection};
use std::collections::BTreeMap;
use std::path::PathBuf;
use store::{Applied, FileKey, Identity, Store};
use tempfile::TempDir;
use uuid::Uuid;

pub struct Person {
    pub member: MemberId,
    pub organization: OrganizationId,
    pub device: DeviceId,
    pub store: Store,
    pub path: PathBuf,
    pub dir: TempDir,
    pub identity: Identity,
}

pub const FILE_KEY: [u8; 32] = [0x5a; 32];

pub fn file_key() -> FileKey {
    FileKey::from_bytes(&FILE_KEY)
}

/// This device's time.
pub fn now() -> Timestamp {
    Timestamp(1_799_999_000_000)
}

fn id<I: From<Uuid>>() -> I {
    Uuid::now_v7().into()
}

/// A hub with a program of two products, Bob of the vendor and Alice of a partner.
pub struct World {
    pub hub: Hub,
    pub alice: Person,
    pub bob: Person,
}

impl World {
    /// Everybody has caught up.
    pub async fn new() -> Self {
        let mut world = Self::before_first_sync().await;
        world.sync().await;
        world
    }

    pub async fn before_first_sync() -> Self {
        let program: ProgramId = id();
        let mut hub = Hub::new(program);
        let (vendor, partner): (OrganizationId, OrganizationId) = (id(), id());
        let bob = Person::new(program, vendor, 1).await;
        let create = ProgramCreate {
            program,
            name: "Halden Partner Program".to_owned(),
            vendor,
            vendor_name: "Halden".to_owned(),
            member: bob.member,
            member_name: "Bob".to_owned(),
            device: bob.device,
            device_name: "Bob's laptop".to_owned(),
            device_key: bob.identity.device_key.public(),
            demo: false,
            products: vec!["Gauge".to_owned(), "Valve".to_owned()],
            regions: vec!["Benelux".to_owned(), "Nordics".to_owned()],
            currency: "EUR".to_owned(),
        };
        hub.decide(None, &create.into()).unwrap();
        let as_bob = hub.actor(bob.device);
        let add = OrganizationAdd { organization: partner, name: "Polder Partners".to_owned() };
        hub.decide(as_bob.as_ref(), &add.into()).unwrap();
        let alice = Person::new(program, partner, 2).await;
        invite(&mut hub, &bob, &alice, Role::Admin, "Alice");
        Self { hub, alice, bob }
    }

    /// Everybody sends what waits and takes in what is there, until nothing moves.
    pub async fn sync(&mut self) {
        for _ in 0..3 {
            self.alice.sync(&mut self.hub).await;
            self.bob.sync(&mut self.hub).await;
        }
    }

    /// Alice registers and sends a deal; both have caught up.
    pub async fn shared_deal(&mut self, title: &str) -> DealId {
        let deal: DealId = id();
        // Its own customer: a second registration of the same one would be a duplicate.
        let domain = format!("c{}.nl", deal.0.simple());
        self.alice.store.commit(register(deal, title, &domain), now()).await.unwrap();
        self.sync().await;
        assert!(self.bob.rows().await.contains_key(&RowKey::of::<entity::Deal>(deal)));
        deal
    }

    /// The same with Bob's approval.
    pub async fn approved_deal(&mut self, title: &str) -> DealId {
        let deal = self.shared_deal(title).await;
        let decide = RegistrationDecide { deal, decision: Decision::Approve };
        self.bob.store.commit(decide, now()).await.unwrap();
        self.sync().await;
        deal
    }
}

/// Lets `who` in, invited by `by`.
pub fn invite(hub: &mut Hub, by: &Person, who: &Person, role: Role, name: &str) {
    let token_hash = Key([*who.device.as_bytes(); 2].concat().try_into().unwrap());
    let actor = hub.actor(by.device);
    let create = InvitationCreate {
        invitation: id(),
        kind: InvitationKind::Member,
        organization: who.organization,
        role,
        token_hash,
        days: 7,
        by_organization: by.organization,
    };
    hub.decide(actor.as_ref(), &create.into()).unwrap();
    let accept = InvitationAccept {
        token_hash,
        member: who.member,
        member_name: name.to_owned(),
        device: who.device,
        device_name: format!("{name}'s laptop"),
        device_key: who.identity.device_key.public(),
    };
    hub.decide(None, &accept.into()).unwrap();
}

impl Person {
    pub async fn new(program: ProgramId, organization: OrganizationId, seed: u8) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program.db");
        let (member, device) = (id(), id());
        let identity = Identity { program, device, member, device_key: DeviceKey::from_seed(&[seed; 32]) };
        let store = Store::create(&path, &file_key(), identity.clone()).await.unwrap();
        Self { member, organization, device, store, path, dir, identity }
    }

    /// Closes the file and opens it again.
    pub async fn restart(&mut self) {
        self.store.close().await.unwrap();
        self.store = Store::open(&self.path, &file_key(), self.identity.clone()).await.unwrap();
    }

    /// Sends at most `items` waiting mutations; the answers stay with the hub.
    pub async fn push(&self, hub: &mut Hub, items: usize) {
        self.meet(hub).await;
        let last_n = hub.chains.get(&self.device).map_or(0, |chain| chain.n);
        let sealed = self.store.outbox_after(last_n, items, usize::MAX).await.unwrap();
        hub.push(self.device, &sealed);
    }

    /// Starts over when the hub's history is another one.
    async fn meet(&self, hub: &Hub) {
        let state = self.store.sync_state().await.unwrap();
        if state.epoch != hub.epoch && state.epoch != 0 {
            let start = Chain::start(hub.program, self.device);
            let end = hub.chains.get(&self.device).copied().unwrap_or(start);
            assert!(self.store.continues(end).await.unwrap(), "everything after it is here");
            let last_n = if hub.runs.contains(&state.epoch) {
                end.n
            } else {
                hub.answers_after(self.device, 0).first().map_or(end.n, |answer| answer.n - 1)
            };
            self.store.reset_for_epoch(hub.epoch, last_n).await.unwrap();
        }
    }

    /// Takes in one page of at most about `limit` rows, with all answers.
    pub async fn pull(&self, hub: &Hub, limit: usize) -> Applied {
        self.meet(hub).await;
        let state = self.store.sync_state().await.unwrap();
        let (cursor, resume) = (state.cursor, state.resume);
        let answered = self.store.sync_state().await.unwrap().answered;
        let answers = hub.answers_after(self.device, answered);
        let delta = hub.page(self.device, cursor, resume.as_ref(), answers, limit);
        self.store.apply_delta(hub.epoch, delta).await.unwrap()
    }

    /// Sends everything, takes in everything.
    pub async fn sync(&self, hub: &mut Hub) {
        self.push(hub, usize::MAX).await;
        loop {
            self.pull(hub, usize::MAX).await;
            let state = self.store.sync_state().await.unwrap();
            if state.resume.is_none() && state.cursor == hub.head {
                break;
            }
        }
    }

    /// A connection of the test's own that only reads.
    pub async fn raw(&self) -> SqliteConnection {
        let key = file_key_pragma();
        let options = SqliteConnectOptions::new().filename(&self.path).pragma("key", key).read_only(true);
        options.connect().await.unwrap()
    }

    /// Every row in the file.
    pub async fn rows(&self) -> BTreeMap<RowKey, HubRow> {
        let mut conn = self.raw().await;
        let mut rows = BTreeMap::new();
        for (table, name) in TABLES {
            let sql = format!("SELECT id, scope, seq, body FROM {name}");
            for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap() {
                let id = Uuid::from_slice(row.get(0)).unwrap();
                let scope = ScopeId::from_bytes(row.get(1)).unwrap();
                let seq = u64::try_from(row.get::<i64, _>(2)).unwrap();
                rows.insert(RowKey { table, id }, HubRow { scope, seq, body: Some(row.get(3)) });
            }
        }
        rows
    }

    /// Checks that the rows here are those of the hub, naming those that are not.
    pub async fn holds_what_the_hub_shows(&self, hub: &Hub) {
        let (here, there) = (self.rows().await, hub.visible(self.device));
        let keys = here.keys().chain(there.keys()).filter(|key| here.get(key) != there.get(key));
        let wrong: Vec<_> = keys
            .map(|key| format!("{key:?}: here {:?}, there {:?}", brief(here.get(key)), brief(there.get(key))))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// How many rows a bookkeeping table has.
    pub async fn count(&self, table: &'static str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut self.raw().await).await.unwrap()
    }

    /// An entity as this person sees it.
    pub async fn see<E: codec::Entity>(&self, id: impl Into<Uuid>) -> Option<E> {
        self.store.entity(id).await.unwrap()
    }
}

fn brief(row: Option<&HubRow>) -> Option<(u64, usize)> {
    row.map(|row| (row.seq, row.body.as_ref().map_or(0, Vec::len)))
}

pub fn file_key_pragma() -> String {
    let hex: String = FILE_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"x'{hex}'\"")
}

/// Every table of rows.
pub const TABLES: [(Table, &str); 15] = [
    (Table::Programs, "programs"),
    (Table::Organizations, "organizations"),
    (Table::Members, "members"),
    (Table::Devices, "devices"),
    (Table::Invitations, "invitations"),
    (Table::Grants, "grants"),
    (Table::Accounts, "accounts"),
    (Table::Deals, "deals"),
    (Table::Messages, "messages"),
    (Table::ReadMarks, "read_marks"),
    (Table::ActionPlans, "action_plans"),
    (Table::Milestones, "milestones"),
    (Table::FieldHistory, "field_history"),
    (Table::PutAways, "put_aways"),
    (Table::Rules, "rules"),
];

pub fn register(deal: DealId, title: &str, domain: &str) -> DealRegister {
    DealRegister {
        deal,
        title: title.to_owned(),
        customer: Customer {
            name: format!("{title} customer"),
            domain: domain.to_owned(),
            country: "NL".to_owned(),
        },
        product: "Gauge".to_owned(),
        region: "Benelux".to_owned(),
        need: "Pressure under control".to_owned(),
        amount: Money { minor: 1_250_000, currency: "EUR".to_owned() },
        close_date: "2027-03-31".parse().unwrap(),
        submit: true,
        stage: None,
        contact: None,
        duns: None,
        tender: None,
    }
}

pub fn say(deal: DealId, body: &str) -> MessageSend {
    MessageSend { message: id(), deal, body: body.to_owned(), reply_to: None }
}

pub fn milestone(deal: DealId, title: &str) -> MilestoneAdd {
    MilestoneAdd {
        deal,
        milestone: id(),
        title: title.to_owned(),
        owner_side: entity::OwnerSide::Vendor,
        owner: None,
        due: Some("2027-01-15".parse().unwrap()),
        done_condition: String::new(),
    }
}
