//! The guard against a sequencer that has lost its filters: frames are made by hand, rows are real.

use super::*;
use crate::Data;
use crate::storage::Storage;
use domain::codec::Entity;
use domain::entity::{Device, Grant, Key, Member, Organization, Role, grant_id};
use domain::{DealId, MemberId, OrganizationId, ProgramId, Timestamp};
use protocol::frame::{Delta, DeltaRow, FromHub, Hello, PROTO, Resume, Signature, Welcome};
use protocol::sequencer::CommitRow;
use uuid::Uuid;

const EPOCH: u64 = 5;

/// Somebody in the program.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub organization: OrganizationId,
    pub member: MemberId,
    pub device: DeviceId,
}

/// Alice and Mallory of two partners, and Bob of the vendor, in a store of their own.
pub(crate) struct World {
    pub store: ProgramStore,
    pub head: u64,
    pub bob: Person,
    pub alice: Person,
    pub mallory: Person,
}

impl World {
    pub async fn new() -> Self {
        let storage = Storage::open(&Data::Memory).await.unwrap();
        let person = |n: u128| Person {
            organization: Uuid::from_u128(n * 10).into(),
            member: Uuid::from_u128(n * 10 + 1).into(),
            device: Uuid::from_u128(n * 10 + 2).into(),
        };
        let store = storage.program(ProgramId(Uuid::from_u128(1)));
        let mut world = Self { store, head: 0, bob: person(1), alice: person(2), mallory: person(3) };
        let mut rows = Vec::new();
        for (person, side) in
            [(world.bob, Side::Vendor), (world.alice, Side::Partner), (world.mallory, Side::Partner)]
        {
            let scope = domain::mutation::public_scope(side, person.organization);
            let organization = Organization {
                name: "Company".into(),
                side,
                created_at: Timestamp(1),
                ended_at: None,
                extra: Default::default(),
            };
            rows.push((RowKey::of::<Organization>(person.organization), scope, Some(organization.to_body())));
            let member = member_of(person, None);
            rows.push((RowKey::of::<Member>(person.member), scope, Some(member.to_body())));
            rows.push(device_row(person, None));
        }
        world.commit(rows).await;
        world
    }

    pub fn person(&self) -> [Person; 3] {
        [self.bob, self.alice, self.mallory]
    }

    /// Writes rows behind every sequencer's back; what was written.
    pub async fn commit(&mut self, rows: Vec<(RowKey, ScopeId, Option<Vec<u8>>)>) -> Commit {
        let head = self.head + 1;
        let rows = rows.into_iter().map(|(key, scope, body)| CommitRow { key, scope, seq: head, body });
        let commit = Commit { base: self.head, head, rows: rows.collect(), ..Commit::default() };
        self.store.commit(EPOCH, Timestamp(1), &commit).await.unwrap();
        self.head = head;
        commit
    }

    pub fn guard(&self) -> Egress {
        Egress::new(self.store.clone(), self.head)
    }
}

fn member_of(person: Person, left_at: Option<Timestamp>) -> Member {
    Member {
        name: "Person".into(),
        organization: person.organization,
        role: Role::Seller,
        joined_at: Timestamp(1),
        left_at,
        removed_by: None,
        extra: Default::default(),
    }
}

fn device_row(person: Person, revoked_at: Option<Timestamp>) -> (RowKey, ScopeId, Option<Vec<u8>>) {
    let device = Device {
        member: person.member,
        name: "Laptop".into(),
        key: Key([0; 32]),
        joined_at: Timestamp(1),
        revoked_at,
        extra: Default::default(),
    };
    (RowKey::of::<Device>(person.device), ScopeId::Person(person.member), Some(device.to_body()))
}

fn grant_row(scope: ScopeId, to: OrganizationId, live: bool) -> (RowKey, ScopeId, Option<Vec<u8>>) {
    let grant = Grant { scope, organization: to, extra: Default::default() };
    let body = live.then(|| grant.to_body());
    (RowKey::of::<Grant>(grant_id(scope, to)), ScopeId::Organization(to), body)
}

pub(crate) fn hello(device: DeviceId) -> Vec<u8> {
    frame::encode(&FromDevice::Hello(Hello {
        proto: PROTO,
        capabilities: Vec::new(),
        device,
        signature: Signature([0; 64]),
        epoch: 0,
        cursor: 0,
        resume: None,
        answered: 0,
    }))
}

fn welcome() -> Vec<u8> {
    frame::encode(&FromHub::Welcome(Welcome {
        proto: PROTO,
        epoch: EPOCH,
        head: 1,
        last_n: 0,
        chain: Key([0; 32]),
        answers: Vec::new(),
        now: Timestamp(1),
        start_over: false,
        lease_days: Some(30),
        again_after: None,
    }))
}

pub(crate) fn delta(scopes: &[ScopeId]) -> Vec<u8> {
    let row = |scope: &ScopeId| DeltaRow {
        key: RowKey { table: Table::Messages, id: Uuid::from_u128(99) },
        scope: *scope,
        seq: 1,
        body: Some(b"CANARY".to_vec()),
    };
    let resume = Some(Resume { head: 1, scope: None, after: 1 });
    frame::encode(&FromHub::Delta(Delta {
        to: 1,
        answers: Vec::new(),
        rows: scopes.iter().map(row).collect(),
        resume,
        beyond: None,
    }))
}

/// Lets a device in, as far as the guard can tell.
async fn enter(guard: &mut Egress, connection: ConnectionId, person: Person) {
    guard.heard(connection, &hello(person.device));
    assert_eq!(guard.judge(connection, &welcome()).await.unwrap(), Verdict::SignedIn);
}

async fn passes(guard: &mut Egress, connection: ConnectionId, scopes: &[ScopeId]) -> bool {
    match guard.judge(connection, &delta(scopes)).await.unwrap() {
        Verdict::Pass => true,
        Verdict::Breach(_) => false,
        Verdict::SignedIn => panic!("a delta signs nobody in"),
    }
}

#[tokio::test]
async fn a_delta_that_was_not_filtered_is_caught() {
    let world = World::new().await;
    let (bob, alice, mallory) = (world.bob, world.alice, world.mallory);
    let mut guard = world.guard();
    for (connection, person) in (0..).zip(world.person()) {
        enter(&mut guard, connection, person).await;
    }
    let own = |person: Person| [ScopeId::Organization(person.organization), ScopeId::Person(person.member)];
    for (connection, person) in (0..).zip(world.person()) {
        assert!(passes(&mut guard, connection, &[ScopeId::Program]).await);
        assert!(passes(&mut guard, connection, &own(person)).await);
        for other in world.person().into_iter().filter(|other| other.member != person.member) {
            for scope in own(other) {
                assert!(!passes(&mut guard, connection, &[scope]).await, "{scope}");
                // One row among many is enough.
                assert!(!passes(&mut guard, connection, &[ScopeId::Program, scope]).await, "{scope}");
            }
        }
        assert!(!passes(&mut guard, connection, &[ScopeId::Hub]).await);
        assert!(!passes(&mut guard, connection, &[ScopeId::Deal(DealId(Uuid::from_u128(7)))]).await);
    }
    // A partner sees its own partnership; the vendor needs a grant, and nobody else gets one for free.
    let partnership = ScopeId::Partnership(alice.organization);
    assert!(passes(&mut guard, 1, &[partnership]).await);
    assert!(!passes(&mut guard, 0, &[partnership]).await);
    assert!(!passes(&mut guard, 2, &[partnership]).await);
    assert!(!passes(&mut guard, 0, &[ScopeId::Partnership(bob.organization)]).await);
    assert!(!passes(&mut guard, 1, &[ScopeId::Partnership(mallory.organization)]).await);
}

#[tokio::test]
async fn what_was_granted_passes_until_it_is_taken_back() {
    let mut world = World::new().await;
    let deal = ScopeId::Deal(DealId(Uuid::from_u128(7)));
    let mut guard = world.guard();
    enter(&mut guard, 0, world.bob).await;
    enter(&mut guard, 1, world.alice).await;
    assert!(!passes(&mut guard, 0, &[deal]).await);
    let (bob, alice) = (world.bob.organization, world.alice.organization);
    let commit = world.commit(vec![grant_row(deal, bob, true), grant_row(deal, alice, true)]).await;
    guard.committed(&commit);
    assert!(passes(&mut guard, 0, &[deal]).await);
    assert!(passes(&mut guard, 1, &[deal, ScopeId::Program]).await);

    let commit = world.commit(vec![grant_row(deal, bob, false)]).await;
    guard.committed(&commit);
    assert!(!passes(&mut guard, 0, &[deal]).await);
    assert!(passes(&mut guard, 1, &[deal]).await);
}

#[tokio::test]
async fn a_grant_whose_row_says_something_else_grants_nothing() {
    let mut world = World::new().await;
    let (deal, other) =
        (ScopeId::Deal(DealId(Uuid::from_u128(7))), ScopeId::Deal(DealId(Uuid::from_u128(8))));
    let (mallory, alice) = (world.mallory.organization, world.alice.organization);
    // Rows at the right ids, for another scope and for another organization.
    let (key, scope, _) = grant_row(deal, mallory, true);
    let (_, _, wrong_scope) = grant_row(other, mallory, true);
    let (other_key, _, _) = grant_row(other, mallory, true);
    let (_, _, wrong_organization) = grant_row(other, alice, true);
    world.commit(vec![(key, scope, wrong_scope), (other_key, scope, wrong_organization)]).await;
    let mut guard = world.guard();
    enter(&mut guard, 0, world.mallory).await;
    assert!(!passes(&mut guard, 0, &[deal]).await);
}

#[tokio::test]
async fn who_is_out_gets_nothing_more() {
    let mut world = World::new().await;
    let mut guard = world.guard();
    enter(&mut guard, 1, world.alice).await;
    enter(&mut guard, 2, world.mallory).await;
    assert!(passes(&mut guard, 1, &[ScopeId::Program]).await);
    let commit = world.commit(vec![device_row(world.alice, Some(Timestamp(2)))]).await;
    guard.committed(&commit);
    assert!(!passes(&mut guard, 1, &[ScopeId::Program]).await);
    assert!(!passes(&mut guard, 1, &[]).await, "not even an empty delta");
    assert!(passes(&mut guard, 2, &[ScopeId::Program]).await);

    let left = member_of(world.mallory, Some(Timestamp(2)));
    let scope = ScopeId::Partnership(world.mallory.organization);
    let row = (RowKey::of::<Member>(world.mallory.member), scope, Some(left.to_body()));
    let commit = world.commit(vec![row]).await;
    guard.committed(&commit);
    assert!(!passes(&mut guard, 2, &[ScopeId::Program]).await);
}

#[tokio::test]
async fn a_partner_whose_partnership_has_ended_gets_nothing_more() {
    let mut world = World::new().await;
    let mut guard = world.guard();
    enter(&mut guard, 1, world.alice).await;
    enter(&mut guard, 2, world.mallory).await;
    assert!(passes(&mut guard, 1, &[ScopeId::Program]).await);
    let ended = Organization {
        name: "Company".into(),
        side: Side::Partner,
        created_at: Timestamp(1),
        ended_at: Some(Timestamp(2)),
        extra: Default::default(),
    };
    let organization = world.alice.organization;
    let row =
        (RowKey::of::<Organization>(organization), ScopeId::Partnership(organization), Some(ended.to_body()));
    let commit = world.commit(vec![row]).await;
    guard.committed(&commit);
    assert!(!passes(&mut guard, 1, &[ScopeId::Program]).await);
    assert!(!passes(&mut guard, 1, &[]).await, "not even an empty delta");
    assert!(passes(&mut guard, 2, &[ScopeId::Program]).await);
}

#[tokio::test]
async fn nothing_goes_to_a_connection_that_nobody_signed_in_on() {
    let world = World::new().await;
    let mut guard = world.guard();
    assert!(!passes(&mut guard, 0, &[ScopeId::Program]).await, "never heard of");
    guard.heard(1, &hello(world.alice.device));
    assert!(!passes(&mut guard, 1, &[ScopeId::Program]).await, "not welcomed");
    assert_eq!(guard.judge(2, &welcome()).await.unwrap(), Verdict::SignedIn);
    assert!(!passes(&mut guard, 2, &[ScopeId::Program]).await, "never said who it is");
    enter(&mut guard, 3, world.alice).await;
    // Who was let in does not become somebody else.
    guard.heard(3, &hello(world.bob.device));
    assert!(!passes(&mut guard, 3, &[ScopeId::Organization(world.bob.organization)]).await);
    guard.closed(3);
    assert!(!passes(&mut guard, 3, &[ScopeId::Program]).await, "gone");
}

#[tokio::test]
async fn what_cannot_be_read_does_not_pass() {
    let world = World::new().await;
    let mut guard = world.guard();
    enter(&mut guard, 0, world.alice).await;
    let whole = delta(&[ScopeId::Program]);
    for cut in [0, 1, 2, 3, whole.len() / 2, whole.len() - 12] {
        let verdict = guard.judge(0, &whole[..cut]).await.unwrap();
        assert!(matches!(verdict, Verdict::Breach(_)), "cut at {cut}");
    }
    // A number that is written at more length than needed is the same number.
    let mut long = vec![whole[0], 0x18, 0x02];
    long.extend_from_slice(&whole[2..]);
    assert_eq!(guard.judge(0, &long).await.unwrap(), Verdict::Pass);
}
