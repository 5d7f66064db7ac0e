//! A program in memory. Mutations are decided as the hub and a device decide them: rows are fetched
//! in the rounds that the mutation declares, rows that the member does not hold stay hidden, and
//! every decision is made twice to see that it comes out the same.

use crate::codec::Entity;
use crate::date::{Date, Timestamp};
use crate::entity::{
    Customer, Deal, Grant, InvitationKind, Key, Milestone, OwnerSide, RejectionRule, Role, Side, Stage,
    grant_id,
};
use crate::id::*;
use crate::money::Money;
use crate::mutation::*;
use crate::refusal::{Refusal, Rule};
use crate::registration::{State, state};
use crate::row::{LookupKey, Row, RowChange, RowKey, Rows, lookups_of};
use crate::scope::ScopeId;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Monday 2 March 2026, nine o'clock UTC.
pub const MONDAY: Timestamp = Timestamp(1_772_442_000_000);

/// An id that a test can name by a number.
pub fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | n))
}

/// A day by its text.
pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub const HALDEN: u128 = 0xA1;
pub const NORTHBEAM: u128 = 0xA2;
pub const COASTLINE: u128 = 0xA3;

/// A program with its people.
#[derive(Clone)]
pub struct World {
    pub program: ProgramId,
    pub rows: BTreeMap<RowKey, Row>,
    pub seq: u64,
    pub now: Timestamp,
    people: u128,
}

/// Who is who. Halden: `hugo` (administrator), `mia` (channel manager), `bob` (account executive),
/// `ole` (member). Northbeam: `nadia` (administrator), `alice` (seller), `amir` (member).
/// Coastline: `carol` (administrator).
pub struct People {
    pub hugo: Actor,
    pub mia: Actor,
    pub bob: Actor,
    pub ole: Actor,
    pub nadia: Actor,
    pub alice: Actor,
    pub amir: Actor,
    pub carol: Actor,
}

impl World {
    /// A program that nobody has founded yet.
    pub fn empty() -> Self {
        Self { program: id(0x10), rows: BTreeMap::new(), seq: 0, now: MONDAY, people: 0 }
    }

    /// A program with the people above, each let in by an invitation of their own.
    pub fn founded() -> (Self, People) {
        let mut world = Self::empty();
        let hugo = Actor {
            member: id(0x100),
            organization: id(HALDEN),
            side: Side::Vendor,
            role: Role::Admin,
            device: id(0x200),
        };
        world.decide(Mode::Authoritative, None, &founding(&hugo).into()).unwrap();
        for (company, name) in [(NORTHBEAM, "Northbeam"), (COASTLINE, "Coastline")] {
            world.hub(&hugo, OrganizationAdd { organization: id(company), name: name.into() }).unwrap();
        }
        let people = People {
            mia: world.let_in(&hugo, "Mia Manager", HALDEN, Role::ChannelManager),
            bob: world.let_in(&hugo, "Bob Executive", HALDEN, Role::Seller),
            ole: world.let_in(&hugo, "Ole Member", HALDEN, Role::Member),
            nadia: world.let_in(&hugo, "Nadia Northbeam", NORTHBEAM, Role::Admin),
            alice: world.let_in(&hugo, "Alice Seller", NORTHBEAM, Role::Seller),
            amir: world.let_in(&hugo, "Amir Member", NORTHBEAM, Role::Member),
            carol: world.let_in(&hugo, "Carol Coastline", COASTLINE, Role::Admin),
            hugo,
        };
        (world, people)
    }

    /// Invites somebody and has them accept.
    pub fn let_in(&mut self, by: &Actor, name: &str, company: u128, role: Role) -> Actor {
        self.people += 1;
        let n = self.people;
        let invitation = InvitationCreate {
            invitation: id(0x300 + n),
            kind: InvitationKind::Member,
            organization: id(company),
            role,
            token_hash: Key([u8::try_from(n).unwrap(); 32]),
            days: 7,
            by_organization: by.organization,
        };
        let token_hash = invitation.token_hash;
        self.hub(by, invitation).unwrap();
        let (member, device) = (id(0x100 + n), id(0x200 + n));
        self.join(InvitationAccept {
            token_hash,
            member,
            member_name: name.into(),
            device,
            device_name: format!("Laptop of {name}"),
            device_key: Key([0xEE; 32]),
        })
        .unwrap();
        let side = if company == HALDEN { Side::Vendor } else { Side::Partner };
        Actor { member, organization: id(company), side, role, device }
    }

    /// The hub decides a mutation of somebody who is signed in; the sequence number it got.
    pub fn hub(&mut self, by: &Actor, mutation: impl Into<Mutation>) -> Result<u64, Refusal> {
        self.decide(Mode::Authoritative, Some(by), &mutation.into())
    }

    /// The hub lets a new device in.
    pub fn join(&mut self, mutation: impl Into<Mutation>) -> Result<u64, Refusal> {
        self.decide(Mode::Authoritative, None, &mutation.into())
    }

    /// What the member's own device makes of a mutation, from the rows it holds.
    pub fn device(&self, by: &Actor, mutation: impl Into<Mutation>) -> Result<Vec<RowChange>, Refusal> {
        self.outcome(Mode::Optimistic, Some(by), &mutation.into())
    }

    /// How the member's device would take a mutation back.
    pub fn inverse(&self, by: &Actor, mutation: impl Into<Mutation>) -> Undo {
        let mutation = mutation.into();
        let ctx = self.context(Mode::Optimistic, Some(by));
        mutation.inverse(&self.gather(&ctx, &mutation))
    }

    fn decide(&mut self, mode: Mode, by: Option<&Actor>, mutation: &Mutation) -> Result<u64, Refusal> {
        let changes = self.outcome(mode, by, mutation)?;
        if !changes.is_empty() {
            self.seq += 1;
        }
        for RowChange { key, scope, body } in changes {
            match body {
                Some(body) => self.rows.insert(key, Row { key, scope, seq: self.seq, body }),
                None => self.rows.remove(&key),
            };
        }
        Ok(self.seq)
    }

    fn context(&self, mode: Mode, by: Option<&Actor>) -> Context {
        let seq = if mode == Mode::Authoritative { self.seq + 1 } else { 0 };
        Context { mode, program: self.program, actor: by.cloned(), now: self.now, seq }
    }

    /// Decides without changing anything here.
    pub fn outcome(
        &self,
        mode: Mode,
        by: Option<&Actor>,
        mutation: &Mutation,
    ) -> Result<Vec<RowChange>, Refusal> {
        let name = mutation.name();
        let travelled = Mutation::from_payload(name, &mutation.to_payload()).unwrap();
        assert_eq!(&travelled, mutation, "{name} does not survive the journey");
        if let Some(by) = by
            && !mutation.opens_lane()
            && !self.holds(by, mutation.lane())
        {
            return Err(Refusal::new(Rule::NotInScope, "You do not have access to this (any more)."));
        }
        let ctx = self.context(mode, by);
        let rows = self.gather(&ctx, mutation);
        let first = mutation.apply(&ctx, &rows);
        assert_eq!(first, travelled.apply(&ctx, &rows), "{name} decides twice in two ways");
        if let Err(refusal) = &first {
            assert_ne!(
                refusal.rule,
                Rule::UndeclaredRead,
                "{name} reads what it did not declare: {refusal:?}"
            );
        }
        for change in first.iter().flatten() {
            self.check(by, mutation, change);
        }
        first
    }

    /// What the hub checks of every change: rows keep their scope, and nobody writes where they are not.
    fn check(&self, by: Option<&Actor>, mutation: &Mutation, change: &RowChange) {
        let name = mutation.name();
        let before = self.rows.get(&change.key);
        assert!(before.is_none_or(|row| row.scope == change.scope), "{name} moves {:?}", change.key);
        let opened = mutation.opens_lane() && change.scope == mutation.lane() && before.is_none();
        let free = opened || change.scope == ScopeId::Hub || change.key.table == Grant::TABLE;
        let held = by.is_none_or(|by| self.holds(by, change.scope));
        assert!(free || held, "{name} reaches into {}", change.scope);
    }

    /// Reads what a mutation declares, in at most three rounds.
    fn gather(&self, ctx: &Context, mutation: &Mutation) -> Rows {
        let mut seen = Rows::default();
        for _ in 0..3 {
            let reads = mutation.reads(ctx, &seen).missing_from(&seen);
            for lookup in reads.lookups {
                let found = self.under(&lookup);
                for key in &found {
                    seen.insert(*key, self.visible(ctx, key));
                }
                seen.insert_lookup(lookup, found);
            }
            for key in reads.keys {
                seen.insert(key, self.visible(ctx, &key));
            }
        }
        let left = mutation.reads(ctx, &seen).missing_from(&seen);
        assert!(left.is_empty(), "{} reads in more than three rounds: {left:?}", mutation.name());
        seen
    }

    /// The rows under a lookup key.
    pub fn under(&self, lookup: &LookupKey) -> Vec<RowKey> {
        let named = |row: &&Row| lookups_of(row.key, &row.body).contains(lookup);
        self.rows.values().filter(named).map(|row| row.key).collect()
    }

    fn visible(&self, ctx: &Context, key: &RowKey) -> Option<Row> {
        let seen = |row: &&Row| match &ctx.actor {
            _ if row.scope == ScopeId::Hub => ctx.is_authoritative(),
            Some(actor) => self.holds(actor, row.scope),
            None => true,
        };
        self.rows.get(key).filter(seen).cloned()
    }

    /// Whether the member may see a scope.
    pub fn holds(&self, actor: &Actor, scope: ScopeId) -> bool {
        let grant = RowKey::of::<Grant>(grant_id(scope, actor.organization));
        actor.own_scopes().contains(&scope) || self.rows.contains_key(&grant)
    }

    /// The entity with this id.
    pub fn get<E: Entity>(&self, id: impl Into<Uuid>) -> Option<E> {
        let row = self.rows.get(&RowKey::of::<E>(id))?;
        Some(E::from_body(&row.body).unwrap())
    }

    /// Every entity of one kind.
    pub fn all<E: Entity>(&self) -> Vec<E> {
        let rows = self.rows.values().filter(|row| row.key.table == E::TABLE);
        rows.map(|row| E::from_body(&row.body).unwrap()).collect()
    }

    pub fn deal(&self, n: u128) -> Deal {
        self.get(id::<DealId>(n)).unwrap()
    }

    pub fn milestone(&self, n: u128) -> Milestone {
        self.get(id::<MilestoneId>(n)).unwrap()
    }

    /// A deal of alice, brought into a state by the people who bring deals there.
    pub fn with_deal(n: u128, wanted: State) -> (Self, People) {
        let (mut world, people) = Self::founded();
        let People { bob, alice, .. } = &people;
        let before = match wanted {
            State::Draft | State::Duplicate => None,
            State::Submitted => Some(State::Draft),
            State::Shared => Some(State::ConflictHold),
            State::ExtensionRequested | State::Expired | State::Converted => Some(State::Approved),
            State::Won | State::Lost => Some(State::Converted),
            State::Appealed => Some(State::Rejected),
            _ => Some(State::Submitted),
        };
        if let Some(before) = before {
            (world, _) = Self::with_deal(n, before);
        }
        let deal = id(n);
        let stage = |world: &Self, stage| {
            let patch = vec![FieldPatch::on(&world.deal(n), DealValue::Stage(stage))];
            DealEdit { deal, patch }
        };
        let done = match wanted {
            State::Draft => world.hub(alice, draft(n)),
            State::Duplicate => {
                world.hub(alice, sent(n + 1)).unwrap();
                world.hub(alice, sent(n))
            }
            State::Submitted => world.hub(alice, RegistrationSubmit { deal }),
            State::InReview => world.hub(bob, RegistrationReview { deal }),
            State::ActionRequired => world.hub(bob, ask(n)),
            State::ConflictHold => world.hub(bob, hold(n)),
            State::Approved => world.hub(bob, approve(n)),
            State::Shared => world.hub(bob, share(n)),
            State::ExtensionRequested => world.hub(alice, extend(&world, n)),
            State::Expired => {
                world.now = world.now.plus_days(91);
                Ok(0)
            }
            State::Converted => world.hub(bob, RegistrationConvert { deal }),
            State::Won => world.hub(bob, stage(&world, Stage::Launched)),
            State::Lost => world.hub(alice, stage(&world, Stage::ClosedLost)),
            State::Rejected => world.hub(bob, reject(n)),
            State::Appealed => world.hub(alice, appeal(n)),
            State::Withdrawn => world.hub(alice, RegistrationWithdraw { deal }),
        };
        done.unwrap();
        assert_eq!(world.state(n), wanted);
        (world, people)
    }

    /// Where a deal stands today.
    pub fn state(&self, n: u128) -> State {
        state(&self.deal(n), self.now.date())
    }
}

/// How hugo founds the program.
pub fn founding(hugo: &Actor) -> ProgramCreate {
    ProgramCreate {
        program: id(0x10),
        name: "Halden Select".into(),
        vendor: hugo.organization,
        vendor_name: "Halden".into(),
        member: hugo.member,
        member_name: "Hugo Halden".into(),
        device: hugo.device,
        device_name: "Hugo's desktop".into(),
        device_key: Key([0xAA; 32]),
        demo: false,
        products: vec!["Gateway".into(), "Archive".into()],
        regions: vec!["Benelux".into(), "Nordics".into()],
        currency: "EUR".into(),
    }
}

/// A registration that stays a draft.
pub fn draft(n: u128) -> DealRegister {
    DealRegister {
        deal: id(n),
        title: "Polder rollout".into(),
        customer: Customer {
            name: "Polder Logistics".into(),
            domain: "polder.nl".into(),
            country: "NL".into(),
        },
        product: "Gateway".into(),
        region: "Benelux".into(),
        need: "Replace the aging gateways".into(),
        amount: euros(120_000),
        close_date: day("2026-09-30"),
        submit: false,
        stage: None,
        contact: None,
        duns: None,
        tender: None,
    }
}

/// The same registration, sent at once.
pub fn sent(n: u128) -> DealRegister {
    DealRegister { submit: true, ..draft(n) }
}

pub fn euros(whole: i64) -> Money {
    Money { minor: whole * 100, currency: "EUR".into() }
}

pub fn approve(n: u128) -> RegistrationDecide {
    RegistrationDecide { deal: id(n), decision: Decision::Approve }
}

pub fn reject(n: u128) -> RegistrationDecide {
    let evidence = "Order 4711 of last year".to_owned();
    RegistrationDecide {
        deal: id(n),
        decision: Decision::Reject { rule: RejectionRule::ExistingCustomer, evidence },
    }
}

pub fn ask(n: u128) -> RegistrationAsk {
    RegistrationAsk { deal: id(n), text: "Which of their sites?".into() }
}

pub fn answer(n: u128) -> RegistrationAnswer {
    RegistrationAnswer { deal: id(n), text: "Rotterdam and Breda.".into() }
}

pub fn hold(n: u128) -> RegistrationDecide {
    let evidence = "A tender of the port names the same site".to_owned();
    RegistrationDecide { deal: id(n), decision: Decision::Hold { evidence } }
}

pub fn share(n: u128) -> RegistrationDecide {
    let decision = Decision::Share { basis_points: 4_000, evidence: "Second to register".into() };
    RegistrationDecide { deal: id(n), decision }
}

/// Thirty more days.
pub fn extend(world: &World, n: u128) -> ExtensionRequest {
    let until = world.deal(n).registration.protected_until.unwrap_or(day("2026-12-31"));
    ExtensionRequest { deal: id(n), until: until.plus_days(30), reason: "Their board meets in June".into() }
}

pub fn answer_extension(n: u128, granted: bool) -> ExtensionDecide {
    ExtensionDecide { deal: id(n), granted, evidence: "No sign of a decision".into() }
}

pub fn appeal(n: u128) -> RegistrationAppeal {
    RegistrationAppeal { deal: id(n), reason: "Order 4711 was for another company".into() }
}

/// A milestone without a due date.
pub fn step(deal: u128, n: u128, title: &str) -> MilestoneAdd {
    MilestoneAdd {
        deal: id(deal),
        milestone: id(n),
        title: title.into(),
        owner_side: OwnerSide::Partner,
        owner: None,
        due: None,
        done_condition: String::new(),
    }
}

/// Which rule refused.
pub fn refused<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Rule {
    outcome.unwrap_err().rule
}
