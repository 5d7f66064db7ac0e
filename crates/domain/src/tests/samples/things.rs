//! One row of every table, with every field set and with none that can be absent.

use crate::codec::{Entity, Extra};
use crate::company::MatchKey;
use crate::date::Timestamp;
use crate::entity::*;
use crate::row::Table;
use crate::scope::ScopeId;
use crate::tests::world::{MONDAY, day, euros, id};
use std::collections::BTreeMap;

/// An entity whose type is forgotten.
pub struct Sample {
    pub name: &'static str,
    pub table: Table,
    /// Its body as this version writes it.
    pub body: Vec<u8>,
    /// The highest field number this version knows.
    pub last: u64,
    /// Reads a body as this kind of entity and writes it again; `None` when it cannot be read.
    pub rewrite: fn(&[u8]) -> Option<Vec<u8>>,
}

fn sample<E: Entity + PartialEq + std::fmt::Debug>(name: &'static str, entity: &E) -> Sample {
    let body = entity.to_body();
    assert_eq!(&E::from_body(&body).unwrap(), entity, "{name} reads back as something else");
    let rewrite = |body: &[u8]| E::from_body(body).ok().map(|entity| entity.to_body());
    Sample { name, table: E::TABLE, body, last: E::LAST, rewrite }
}

fn none() -> Extra {
    Extra::default()
}

/// Every kind of entity: first with all fields, then without those that can be absent.
pub fn entities() -> Vec<Sample> {
    let mut all = company();
    all.extend(deals());
    all.extend(rooms_and_plans());
    all
}

fn company() -> Vec<Sample> {
    let program = Program {
        name: "Halden Select".into(),
        vendor: id(0xA1),
        demo: true,
        products: vec!["Gateway".into(), "Archive".into()],
        regions: vec!["Benelux".into()],
        currency: "EUR".into(),
        protection_days: 90,
        decision_days: 3,
        created_at: MONDAY,
        lease_days: Some(14),
        rules: Some(2),
        extra: none(),
    };
    let organization = Organization {
        name: "Northbeam".into(),
        side: Side::Partner,
        created_at: MONDAY,
        ended_at: Some(MONDAY.plus_days(1)),
        extra: none(),
    };
    let member = Member {
        name: "Alice Seller".into(),
        organization: id(0xA2),
        role: Role::Seller,
        joined_at: MONDAY,
        left_at: Some(MONDAY.plus_days(1)),
        removed_by: Some(id(0x101)),
        extra: none(),
    };
    let device = Device {
        member: id(0x100),
        name: "Alice's laptop".into(),
        key: Key([0xEE; 32]),
        joined_at: MONDAY,
        revoked_at: Some(MONDAY.plus_days(1)),
        extra: none(),
    };
    let invitation = Invitation {
        kind: InvitationKind::Device,
        organization: id(0xA2),
        role: Role::Seller,
        member: Some(id(0x100)),
        token_hash: Key([0x5A; 32]),
        created_by: id(0x100),
        created_at: MONDAY,
        expires_at: MONDAY.plus_days(7),
        accepted_by: Some(id(0x101)),
        accepted_at: Some(MONDAY.plus_days(1)),
        revoked_at: Some(MONDAY.plus_days(2)),
        extra: none(),
    };
    let grant = Grant { scope: ScopeId::Deal(id(1)), organization: id(0xA1), extra: none() };
    let account = Account {
        name: "Polder Logistics".into(),
        domain: "polder.nl".into(),
        country: "NL".into(),
        industry: "Logistics".into(),
        owner: "Alice".into(),
        created_at: MONDAY,
        relation: Some(Relation::OpenOpportunity),
        named: Some(true),
        duns: Some("123456789".into()),
        active_on: Some(day("2026-03-01")),
        extra: none(),
    };
    vec![
        sample("program", &program),
        sample(
            "program, with the usual lease",
            &Program { lease_days: None, rules: None, ..program.clone() },
        ),
        sample("organization", &organization),
        sample("organization, present", &Organization { ended_at: None, ..organization.clone() }),
        sample("member", &member),
        sample("member, present", &Member { left_at: None, removed_by: None, ..member }),
        sample("device", &device),
        sample("device, in use", &Device { revoked_at: None, ..device }),
        sample("invitation", &invitation),
        sample(
            "invitation, open",
            &Invitation {
                kind: InvitationKind::Member,
                member: None,
                accepted_by: None,
                accepted_at: None,
                revoked_at: None,
                ..invitation
            },
        ),
        sample("grant", &grant),
        sample("account", &account),
        sample(
            "account, of a partner",
            &Account { relation: None, named: None, duns: None, active_on: None, ..account.clone() },
        ),
        sample(
            "listed",
            &Listed {
                company: account.company(),
                relation: Relation::Customer,
                named: false,
                active_on: Some(day("2026-03-01")),
                extra: none(),
            },
        ),
        sample(
            "rules",
            &Rules {
                version: 2,
                terms: Terms::founding(),
                note: "Named accounts are held".into(),
                published_by: id(0x102),
                published_at: MONDAY,
                extra: none(),
            },
        ),
    ]
}

fn deals() -> Vec<Sample> {
    let registration = Registration {
        status: Status::Rejected,
        submitted_at: Some(MONDAY),
        decision_due: Some(MONDAY.plus_days(3)),
        decided_by: Some(id(0x102)),
        decided_at: Some(MONDAY.plus_days(1)),
        protected_until: Some(day("2026-06-01")),
        rule: Some(RejectionRule::ExistingCustomer),
        evidence: Some("Order 4711".into()),
        duplicate_of: Some(id(2)),
    };
    let deal = Deal {
        number: Some(2_001),
        title: "Polder rollout".into(),
        partner: id(0xA2),
        registered_by: id(0x100),
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
        stage: Stage::Qualified,
        registration: registration.clone(),
        created_at: MONDAY,
        field_seq: BTreeMap::from([(0, 12), (1, 4_000)]),
        field_by: BTreeMap::from([(0, id(0x100)), (1, id(0x102))]),
        guests: Some(vec![id(0xA3)]),
        question: None,
        hold: None,
        split: None,
        extension: None,
        appeal: None,
        converted_at: None,
        contact: None,
        duns: None,
        tender: None,
        finding: None,
        decided_by_rules: None,
        lost_reason: None,
        extra: none(),
    };
    let told = Deal {
        question: Some(Question {
            text: "Which of their sites?".into(),
            by: id(0x102),
            at: MONDAY,
            days_left: 2,
            answer: Some(Answer { text: "Rotterdam and Breda.".into(), by: id(0x101), at: MONDAY }),
        }),
        hold: Some(Hold { evidence: "A tender names the same site".into(), by: id(0x102), at: MONDAY }),
        split: Some(Split { basis_points: 4_000, evidence: "Second to register".into() }),
        extension: Some(Extension {
            until: day("2026-07-01"),
            reason: "Their board meets in June".into(),
            by: id(0x101),
            at: MONDAY,
            due: Some(MONDAY.plus_days(3)),
            answer: Some(ExtensionAnswer {
                granted: true,
                evidence: String::new(),
                by: id(0x102),
                at: MONDAY,
            }),
        }),
        appeal: Some(Appeal { reason: "It was for another company".into(), by: id(0x101), at: MONDAY }),
        converted_at: Some(MONDAY),
        contact: Some("ana@polder.nl".into()),
        duns: Some("123456789".into()),
        tender: Some(true),
        finding: Some(Finding {
            rules: 2,
            at: MONDAY,
            hits: vec![
                Hit {
                    check: Check::ExistingCustomer,
                    key: Some(MatchKey::Duns),
                    score: 9_800,
                    effect: Effect::Note,
                },
                Hit { check: Check::PublicTender, key: None, score: 10_000, effect: Effect::Hold },
            ],
        }),
        decided_by_rules: Some(2),
        lost_reason: Some(LostReason::Price),
        ..deal.clone()
    };
    let bare = Registration::draft();
    let draft = Deal {
        number: None,
        registration: bare,
        field_seq: BTreeMap::new(),
        field_by: BTreeMap::new(),
        guests: None,
        ..deal.clone()
    };
    let claim = Claim {
        deal: id(1),
        organization: id(0xA2),
        since: MONDAY,
        until: Some(day("2026-05-31")),
        of: Some(Claimed { company: deal.company(), product: "Gateway".into(), region: "Benelux".into() }),
        extra: none(),
    };
    let history = FieldHistory {
        deal: id(1),
        field: DealField::Amount as u8,
        value: vec![0, 1, 2, 0xFF],
        by: id(0x102),
        at: MONDAY,
        milestone: Some(id(0x3000)),
        now: Some(vec![3, 4].into()),
        was_by: Some(id(0x101)),
        was_seq: Some(76),
        unseen: Some(true),
        extra: none(),
    };
    let plain = FieldHistory {
        milestone: None,
        now: None,
        was_by: None,
        was_seq: None,
        unseen: None,
        ..history.clone()
    };
    vec![
        sample("deal", &deal),
        sample("deal, draft", &draft),
        sample("deal, asked, held, shared, extended, appealed, converted", &told),
        sample("claim", &claim),
        sample("counter", &Counter { value: 2_001, extra: none() }),
        sample("field history", &history),
        sample("field history, of a deal", &plain),
    ]
}

fn rooms_and_plans() -> Vec<Sample> {
    let message = Message {
        deal: id(1),
        author: id(0x100),
        body: "When do you decide? 🚢".into(),
        reply_to: Some(id(0x2000)),
        position: Some(77),
        at: Timestamp(-1),
        extra: none(),
    };
    let milestone = Milestone {
        deal: id(1),
        title: "Security review".into(),
        owner_side: OwnerSide::Customer,
        owner: Some(id(0x100)),
        due: Some(day("1969-12-31")),
        done_condition: "Signed by the CISO".into(),
        done: Some(DoneMark { by: id(0x102), at: MONDAY }),
        field_seq: BTreeMap::from([(2, 12)]),
        field_by: BTreeMap::from([(2, id(0x102))]),
        was_done: Some(DoneMark { by: id(0x100), at: MONDAY }),
        extra: none(),
    };
    vec![
        sample("message", &message),
        sample("message, local", &Message { reply_to: None, position: None, ..message }),
        sample("put away", &put_away(RowOf::Reply(id(1)), Put::UntilNews)),
        sample("put away, a step", &put_away(RowOf::Milestone(id(1), id(0x3000)), Put::Until(MONDAY))),
        sample("put away, done", &put_away(RowOf::Rejected(id(1)), Put::Done)),
        sample("read mark", &ReadMark { deal: id(1), position: u64::MAX, extra: none() }),
        sample("action plan", &ActionPlan { go_live: Some(day("2026-10-01")), extra: none() }),
        sample("action plan, open", &ActionPlan { go_live: None, extra: none() }),
        sample("milestone", &milestone),
        sample(
            "milestone, open",
            &Milestone {
                owner: None,
                due: None,
                done: None,
                field_seq: BTreeMap::new(),
                field_by: BTreeMap::new(),
                was_done: None,
                ..milestone
            },
        ),
    ]
}

fn put_away(row: RowOf, put: Put) -> PutAway {
    PutAway { row, put, seen: 77, at: MONDAY, extra: none() }
}
