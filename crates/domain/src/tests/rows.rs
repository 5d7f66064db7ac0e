//! Ids, scopes, and what a mutation has read.

use super::world::*;
use crate::entity::{Deal, Member, Milestone, grants_of, members_of};
use crate::id::*;
use crate::refusal::Rule;
use crate::registration::State;
use crate::row::{LookupKey, ReadSet, Row, RowKey, Rows, Table, lookups_of};
use crate::scope::ScopeId;
use proptest::prelude::*;
use uuid::Uuid;

#[test]
fn an_id_has_the_text_and_the_bytes_of_its_uuid() {
    let text = "01900000-0000-7000-8000-00000000002a";
    let deal: DealId = id(0x2A);
    assert_eq!((deal.to_string(), format!("{deal:?}")), (text.to_owned(), format!("DealId({text})")));
    assert_eq!(text.parse(), Ok(deal));
    assert!("no id".parse::<DealId>().is_err());
    let mut bytes = vec![0x50];
    bytes.extend(deal.as_bytes());
    assert_eq!(minicbor::to_vec(deal).unwrap(), bytes);
    assert!(minicbor::decode::<DealId>(&[0x4F; 16]).is_err(), "fifteen bytes are no id");
}

#[test]
fn derived_ids_are_stable_and_differ_by_label_and_parts() {
    let parts: [&[u8]; 2] = [b"ab", b"c"];
    // A stored row is found under this id for ever.
    assert_eq!(derived("claim", &parts).to_string(), DERIVED);
    assert_eq!(derived("claim", &parts).get_version_num(), 8);
    assert_ne!(derived("claim", &parts), derived("grant", &parts));
    assert_ne!(derived("claim", &parts), derived("claim", &[b"a", b"bc"]));
    assert_ne!(derived("claim", &parts), derived("claim", &[b"abc"]));
    assert_ne!(derived("claim", &[]), derived("claim", &[b""]));
}

const DERIVED: &str = "ab3ffb5e-302d-8a4b-b849-f5559041b7d8";

fn some_scope() -> impl Strategy<Value = ScopeId> {
    let ids = || any::<u128>().prop_map(Uuid::from_u128);
    prop_oneof![
        Just(ScopeId::Program),
        ids().prop_map(|id| ScopeId::Organization(id.into())),
        ids().prop_map(|id| ScopeId::Partnership(id.into())),
        ids().prop_map(|id| ScopeId::Deal(id.into())),
        ids().prop_map(|id| ScopeId::Person(id.into())),
        Just(ScopeId::Hub),
    ]
}

proptest! {
    #[test]
    fn scopes_sort_as_their_bytes_and_read_back(one in some_scope(), other in some_scope()) {
        prop_assert_eq!(ScopeId::from_bytes(&one.to_bytes()), Some(one));
        prop_assert_eq!(minicbor::decode::<ScopeId>(&minicbor::to_vec(one).unwrap()).unwrap(), one);
        prop_assert_eq!(one.cmp(&other), one.to_bytes().cmp(&other.to_bytes()));
    }
}

#[test]
fn scopes_have_fixed_bytes() {
    let id = Uuid::from_u128(7);
    let scopes = [
        (ScopeId::Program, 0, "program".to_owned()),
        (ScopeId::Organization(id.into()), 1, format!("organization:{id}")),
        (ScopeId::Partnership(id.into()), 2, format!("partnership:{id}")),
        (ScopeId::Deal(id.into()), 3, format!("deal:{id}")),
        (ScopeId::Person(id.into()), 4, format!("person:{id}")),
        (ScopeId::Hub, 5, "hub".to_owned()),
    ];
    for (scope, tag, name) in scopes {
        let bytes = scope.to_bytes();
        assert_eq!(bytes.first(), Some(&tag));
        assert_eq!(bytes.get(1..).unwrap(), if matches!(tag, 0 | 5) { &[][..] } else { &id.as_bytes()[..] });
        assert_eq!((scope.to_string(), format!("{scope:?}")), (name.clone(), name));
    }
    for wrong in [&[][..], &[6], &[0, 0], &[1], &[3; 16], &[4; 18], &[5, 1]] {
        assert_eq!(ScopeId::from_bytes(wrong), None, "{wrong:?}");
    }
}

#[test]
fn what_was_not_read_is_an_error_and_not_an_absence() {
    let mut rows = Rows::default();
    let key = RowKey::of::<Deal>(id::<DealId>(1));
    let lookup = grants_of(id(NORTHBEAM));
    assert_eq!(rows.get::<Deal>(id::<DealId>(1)).unwrap_err().rule, Rule::UndeclaredRead);
    assert_eq!(rows.need::<Deal>(id::<DealId>(1), "deal").unwrap_err().rule, Rule::UndeclaredRead);
    assert_eq!(rows.under(&lookup).unwrap_err().rule, Rule::UndeclaredRead);
    assert!(!rows.knows(&key) && !rows.knows_lookup(&lookup));

    rows.insert(key, None);
    rows.insert_lookup(lookup.clone(), Vec::new());
    assert_eq!(rows.get::<Deal>(id::<DealId>(1)).unwrap(), None);
    let refusal = rows.need::<Deal>(id::<DealId>(1), "deal").unwrap_err();
    assert_eq!((refusal.rule, refusal.message.as_str()), (Rule::NotFound, "This deal is not available."));
    assert!(rows.under(&lookup).unwrap().is_empty());

    let row = Row { key, scope: ScopeId::Deal(id(1)), seq: 1, body: vec![0xFF] };
    rows.insert(key, Some(row.clone()));
    assert_eq!(rows.row(&key).unwrap(), Some(&row));
    assert_eq!(rows.get::<Deal>(id::<DealId>(1)).unwrap_err().rule, Rule::Unreadable);
}

#[test]
fn a_read_set_asks_only_for_what_is_missing() {
    let lookup = |name: &str| LookupKey(name.to_owned());
    let wanted = || {
        ReadSet::default()
            .row::<Deal>(id::<DealId>(1))
            .row::<Deal>(id::<DealId>(2))
            .lookup(lookup("a"))
            .lookup(lookup("b"))
    };
    let mut rows = Rows::default();
    assert_eq!(wanted().missing_from(&rows), wanted());
    rows.insert(RowKey::of::<Deal>(id::<DealId>(1)), None);
    rows.insert_lookup(lookup("a"), Vec::new());
    let left = ReadSet::default().row::<Deal>(id::<DealId>(2)).lookup(lookup("b"));
    assert_eq!(wanted().missing_from(&rows), left);

    let mut more = Rows::default();
    more.insert(RowKey::of::<Deal>(id::<DealId>(2)), None);
    more.insert_lookup(lookup("b"), Vec::new());
    rows.extend(more);
    assert!(wanted().missing_from(&rows).is_empty());
    let mut both = ReadSet::default().row::<Deal>(id::<DealId>(1)).lookup(lookup("a"));
    both.extend(left);
    assert_eq!(both, wanted());
}

#[test]
fn keeping_some_rows_forgets_lookups_that_would_lie() {
    let deal = RowKey::of::<Deal>(id::<DealId>(1));
    let member = RowKey::of::<Member>(id::<MemberId>(1));
    let mut rows = Rows::default();
    rows.insert(deal, None);
    rows.insert(member, None);
    let lookup = |name: &str| LookupKey(name.to_owned());
    for (name, found) in [("kept", vec![member]), ("mixed", vec![member, deal]), ("empty", vec![])] {
        rows.insert_lookup(lookup(name), found);
    }
    let rows = rows.retain(|key| key.table == Table::Members);
    assert_eq!(rows.keys().collect::<Vec<_>>(), [&member]);
    assert!(rows.knows_lookup(&lookup("kept")));
    assert!(!rows.knows_lookup(&lookup("mixed")) && !rows.knows_lookup(&lookup("empty")));
}

#[test]
fn rows_are_found_under_the_keys_they_have() {
    let (world, people) = World::with_deal(1, State::Submitted);
    assert_eq!(world.under(&members_of(id(NORTHBEAM))).len(), 3);
    let deals: Vec<_> = world.under(&grants_of(id(NORTHBEAM)));
    assert_eq!(deals.len(), 1, "one deal was granted to alice's company");
    assert_eq!(world.under(&grants_of(people.carol.organization)), []);
    let unreadable = RowKey::of::<Member>(people.alice.member);
    assert_eq!(lookups_of(unreadable, b"nonsense"), []);
    let without = RowKey::of::<Milestone>(id::<MilestoneId>(1));
    assert_eq!(lookups_of(without, &[0xA0]), []);
}
