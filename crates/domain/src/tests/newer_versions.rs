//! Rows that a newer version wrote, in the hands of this one.

use super::samples::entities;
use super::world::*;
use crate::codec::{Entity, entity};
use crate::entity::*;
use crate::mutation::*;
use crate::registration::State;
use crate::row::{Row, RowKey, Table};
use crate::scope::ScopeId;
use minicbor::{Decoder, Encoder};
use uuid::Uuid;

/// The body with one more field, as a newer version would write it.
fn with_field(body: &[u8], number: u64, value: &[u8]) -> Vec<u8> {
    let mut d = Decoder::new(body);
    let count = d.map().unwrap().unwrap();
    let fields = body.get(d.position()..).unwrap();
    let mut out = Vec::new();
    let mut e = Encoder::new(&mut out);
    e.map(count + 1).unwrap();
    e.writer_mut().extend_from_slice(fields);
    e.u64(number).unwrap();
    e.writer_mut().extend_from_slice(value);
    out
}

/// The highest field number in a body.
fn highest(body: &[u8]) -> u64 {
    let mut d = Decoder::new(body);
    let count = d.map().unwrap().unwrap();
    let mut highest = 0;
    for _ in 0..count {
        highest = highest.max(d.u64().unwrap());
        d.skip().unwrap();
    }
    highest
}

/// Values of every kind that CBOR has, some longer than they need to be.
fn values() -> Vec<Vec<u8>> {
    vec![
        vec![0x01],
        vec![0x38, 0x63],
        vec![0x18, 0x01],
        vec![0x43, 1, 2, 3],
        vec![0x65, b'h', b'e', b'l', b'l', b'o'],
        vec![0x82, 0x01, 0xA1, 0x01, 0xF6],
        vec![0x9F, 0x01, 0x02, 0xFF],
        vec![0xC1, 0x1A, 0, 0, 0, 1],
        vec![0xF5],
        vec![0xFB, 0x40, 0x09, 0x21, 0xFB, 0x54, 0x44, 0x2D, 0x18],
    ]
}

#[test]
fn the_very_next_field_of_a_newer_version_is_kept() {
    let samples = entities();
    for table in Table::ALL {
        let of_table = || samples.iter().filter(|sample| sample.table == table);
        let last = of_table().map(|sample| highest(&sample.body)).max().unwrap();
        for sample in of_table() {
            assert_eq!(sample.last, last, "{}: what lies above counts as newer", sample.name);
            for value in values() {
                let newer = with_field(&sample.body, last + 1, &value);
                assert_eq!(
                    (sample.rewrite)(&newer).as_ref(),
                    Some(&newer),
                    "{} with {value:x?}",
                    sample.name
                );
            }
        }
    }
}

#[test]
fn several_newer_fields_keep_their_order_and_bytes() {
    for sample in entities() {
        let mut newer = sample.body.clone();
        for (number, value) in (sample.last + 1..).zip(values()) {
            newer = with_field(&newer, number * 100, &value);
        }
        assert_eq!((sample.rewrite)(&newer), Some(newer), "{}", sample.name);
    }
}

#[test]
fn a_body_that_ends_early_is_not_read() {
    for sample in entities() {
        let newer = with_field(&sample.body, sample.last + 1, &[0x43, 1, 2, 3]);
        for end in 0..newer.len() {
            assert_eq!((sample.rewrite)(newer.get(..end).unwrap()), None, "{} cut at {end}", sample.name);
        }
    }
}

/// Adds a field of a newer version to a stored row.
fn upgrade<E: Entity>(world: &mut World, id: impl Into<Uuid>) -> RowKey {
    let key = RowKey::of::<E>(id);
    let row = world.rows.get_mut(&key).unwrap();
    row.body = with_field(&row.body, E::LAST + 1, b"\x65newer");
    key
}

#[test]
fn changing_a_row_keeps_what_a_newer_version_wrote_into_it() {
    let (mut world, people) = World::with_deal(1, State::InReview);
    let People { bob, alice, nadia, .. } = &people;
    let account = || AccountDraft {
        account: id(0x700),
        name: "Polder".into(),
        domain: String::new(),
        country: String::new(),
        industry: String::new(),
        owner: String::new(),
        relation: None,
        named: None,
        duns: None,
        active_on: None,
    };
    let put = AccountsPut { organization: id(NORTHBEAM), accounts: vec![account()] };
    let mark = RoomRead { deal: id(1), member: alice.member, position: 1 };
    let link = InvitationCreate {
        invitation: id(0x400),
        kind: InvitationKind::Device,
        organization: id(NORTHBEAM),
        role: Role::Seller,
        token_hash: Key([0x5A; 32]),
        days: 7,
        by_organization: id(NORTHBEAM),
    };
    world.hub(alice, step(1, 0x3000, "Security review")).unwrap();
    world.hub(alice, put.clone()).unwrap();
    world.hub(alice, mark.clone()).unwrap();
    world.hub(alice, link).unwrap();
    world.hub(nadia, DealRegister { product: "Archive".into(), ..draft(2) }).unwrap();

    let deal = upgrade::<Deal>(&mut world, id::<crate::DealId>(1));
    let plan = upgrade::<ActionPlan>(&mut world, id::<crate::DealId>(1));
    let milestone = upgrade::<Milestone>(&mut world, id::<crate::MilestoneId>(0x3000));
    let listed = upgrade::<Account>(&mut world, account().account);
    let read = upgrade::<ReadMark>(&mut world, read_mark_id(id(1), alice.member));
    let invitation = upgrade::<Invitation>(&mut world, id::<crate::InvitationId>(0x400));
    let device = upgrade::<Device>(&mut world, alice.device);
    let member = upgrade::<Member>(&mut world, alice.member);
    let counter = upgrade::<Counter>(&mut world, deal_counter());

    let title = FieldPatch::on(&world.deal(1), DealValue::Title("Polder rollout 2".into()));
    let values =
        [MilestoneValue::Title("Security review 2".into()), MilestoneValue::Owner(OwnerSide::Vendor, None)];
    let patch = values.map(|value| MilestonePatch { value, base: 0 }).into();
    let edit = MilestoneEdit { deal: id(1), milestone: id(0x3000), patch };
    let revoke = InvitationRevoke { invitation: id(0x400), by_organization: id(NORTHBEAM) };
    let changes: Vec<(RowKey, &Actor, Mutation)> = vec![
        (deal, alice, DealEdit { deal: id(1), patch: vec![title] }.into()),
        (deal, bob, approve(1).into()),
        (plan, bob, PlanSchedule { deal: id(1), go_live: Some(day("2026-10-01")) }.into()),
        (milestone, bob, edit.into()),
        (milestone, bob, MilestoneComplete { deal: id(1), milestone: id(0x3000) }.into()),
        (milestone, bob, MilestoneReopen { deal: id(1), milestone: id(0x3000) }.into()),
        (milestone, bob, MilestoneRestore { deal: id(1), milestone: id(0x3000), by: None }.into()),
        (
            listed,
            nadia,
            AccountsPut { accounts: vec![AccountDraft { name: "P".into(), ..account() }], ..put }.into(),
        ),
        (read, alice, RoomRead { position: 2, ..mark }.into()),
        (invitation, alice, revoke.into()),
        (counter, nadia, RegistrationSubmit { deal: id(2) }.into()),
        (device, alice, DeviceRevoke { device: alice.device, member: alice.member }.into()),
        (member, alice, MemberLeave { member: alice.member }.into()),
    ];
    for (key, who, mutation) in changes {
        let before = world.rows.get(&key).unwrap().body.clone();
        world.hub(who, mutation.clone()).unwrap();
        let after = &world.rows.get(&key).unwrap().body;
        assert_ne!(&before, after, "{} changes the row", mutation.name());
        assert!(after.ends_with(b"\x65newer"), "{} lost the newer field", mutation.name());
    }
}

#[test]
fn a_row_that_cannot_be_read_refuses_and_stays() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let key = RowKey::of::<Deal>(id::<crate::DealId>(1));
    let row = world.rows.get(&key).unwrap().clone();
    world.rows.insert(key, Row { body: vec![0xA1, 0x01, 0x60], ..row });
    let before = world.rows.clone();
    let mutations: [(&Actor, Mutation); 4] = [
        (&people.bob, approve(1).into()),
        (&people.alice, RegistrationWithdraw { deal: id(1) }.into()),
        (&people.alice, step(1, 0x3000, "Pilot").into()),
        (&people.alice, sent(1).into()),
    ];
    for (who, mutation) in mutations {
        assert_eq!(refused(world.hub(who, mutation)), crate::Rule::Unreadable);
    }
    assert_eq!(world.rows, before);
}

/// A list that has grown, and the same list before.
#[derive(Debug, Clone, Copy, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
enum Later {
    #[n(250)]
    Added,
}

#[test]
fn a_value_of_a_newer_list_is_never_taken_for_nothing() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let key = RowKey::of::<Deal>(id::<crate::DealId>(1));
    let row = world.rows.get(&key).unwrap().clone();
    let mut deal = world.deal(1);
    deal.registration.rule = Some(RejectionRule::NamedAccount);
    let known = deal.to_body();
    let mut newer = known.clone();
    let at = registration_rule_at(&known);
    newer.splice(at..=at, minicbor::to_vec(Later::Added).unwrap());
    assert!(Deal::from_body(&known).is_ok());
    assert!(Deal::from_body(&newer).is_err(), "else an edit would write `None` over it");
    world.rows.insert(key, Row { body: newer, ..row });
    assert_eq!(refused(world.hub(&people.bob, approve(1))), crate::Rule::Unreadable);

    let register = DealRegister { stage: Some(Stage::Prospect), ..draft(2) };
    let known = minicbor::to_vec(&register).unwrap();
    let mut newer = known.clone();
    newer.pop();
    newer.extend(minicbor::to_vec(Later::Added).unwrap());
    assert!(Mutation::from_payload("deal_register", &known).is_ok());
    assert_eq!(
        refused(Mutation::from_payload("deal_register", &newer)),
        crate::Rule::Unreadable,
        "the hub must not register something else than was meant"
    );
}

/// Where the last field of the registration that is set, its rule, has its value.
fn registration_rule_at(body: &[u8]) -> usize {
    let mut d = Decoder::new(body);
    let fields = d.map().unwrap().unwrap();
    for _ in 0..fields {
        let _ = d.u64().unwrap();
        let start = d.position();
        if let Ok(Some(inner)) = d.map() {
            for _ in 0..inner {
                let Ok(number) = d.u64() else { break };
                if number == 7 && d.datatype().is_ok_and(|kind| kind == minicbor::data::Type::U8) {
                    return d.position();
                }
                d.skip().unwrap();
            }
        }
        d.set_position(start);
        d.skip().unwrap();
    }
    panic!("no rule in {body:x?}")
}

entity! {
    /// A row of an earlier version.
    Before in Milestones;
    /// A title.
    1 title: String,
    /// Where it is.
    2 scope: ScopeId,
}

entity! {
    /// The same row with a field that was added later.
    After in Milestones;
    /// A title.
    1 title: String,
    /// Where it is.
    2 scope: ScopeId,
    /// Added later.
    3 note: Option<String>,
}

#[test]
fn adding_an_optional_field_changes_no_stored_byte() {
    let old = Before { title: "Pilot".into(), scope: ScopeId::Program, extra: Default::default() };
    let new = After::from_body(&old.to_body()).unwrap();
    assert_eq!(new.note, None);
    assert_eq!(new.to_body(), old.to_body());
    assert_eq!((Before::LAST, After::LAST), (2, 3));

    let noted = After { note: Some("Ask Bob".into()), ..new };
    let mut seen = Before::from_body(&noted.to_body()).unwrap();
    assert!(!seen.extra.is_empty());
    seen.title = "Pilot 2".into();
    let back = After::from_body(&seen.to_body()).unwrap();
    assert_eq!((back.title.as_str(), back.note.as_deref()), ("Pilot 2", Some("Ask Bob")));
}
