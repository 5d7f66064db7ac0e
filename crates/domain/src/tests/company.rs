//! Founding a program, adding partners, and the list of accounts.

use super::world::*;
use crate::entity::{Account, Device, Grant, Member, Organization, Program, Role, Side, grant_id};
use crate::id::{AccountId, OrganizationId};
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;
use crate::scope::ScopeId;

fn hugo() -> Actor {
    World::founded().1.hugo
}

#[test]
fn a_program_starts_with_its_vendor_and_one_administrator() {
    let mut world = World::empty();
    world.join(founding(&hugo())).unwrap();
    let program: Program = world.get(world.program).unwrap();
    assert_eq!((program.name.as_str(), program.vendor), ("Halden Select", id(HALDEN)));
    assert_eq!((program.protection_days, program.decision_days), (90, 3));
    assert_eq!(world.all::<Organization>().first().unwrap().side, Side::Vendor);
    assert_eq!(world.all::<Member>().first().unwrap().role, Role::Admin);
    assert_eq!(world.all::<Device>().len(), 1);
    assert_eq!(refused(world.join(founding(&hugo()))), Rule::AlreadyExists, "only once");
}

#[test]
fn a_program_without_lists_has_one_product_and_one_region() {
    let mut world = World::empty();
    world.join(ProgramCreate { products: vec![], regions: vec![], ..founding(&hugo()) }).unwrap();
    let program: Program = world.get(world.program).unwrap();
    assert_eq!(
        (program.products, program.regions),
        (vec!["Halden".to_owned()], vec!["Worldwide".to_owned()])
    );
}

#[test]
fn a_program_is_founded_with_sane_settings() {
    type Spoil = fn(&mut ProgramCreate);
    let spoils: [(&str, Spoil, Rule); 12] = [
        ("no name", |program| program.name = String::new(), Rule::InvalidField),
        ("no vendor", |program| program.vendor_name = " ".into(), Rule::InvalidField),
        ("no person", |program| program.member_name = String::new(), Rule::InvalidField),
        ("no device", |program| program.device_name = String::new(), Rule::InvalidField),
        ("long name", |program| program.name = "x".repeat(121), Rule::InvalidField),
        ("currency in words", |program| program.currency = "euro".into(), Rule::InvalidField),
        ("lower-case currency", |program| program.currency = "eur".into(), Rule::InvalidField),
        ("too many products", |program| program.products = vec!["x".into(); 201], Rule::InvalidField),
        ("too many regions", |program| program.regions = vec!["x".into(); 201], Rule::InvalidField),
        ("a product without a name", |program| program.products.push(" ".into()), Rule::InvalidField),
        ("a region with an escape", |program| program.regions.push("\u{1b}[2J".into()), Rule::InvalidField),
        ("another program", |program| program.program = id(0x11), Rule::AlreadyExists),
    ];
    for (what, spoil, rule) in spoils {
        let mut program = founding(&hugo());
        spoil(&mut program);
        assert_eq!(refused(World::empty().join(program)), rule, "{what}");
    }
}

#[test]
fn administrators_and_channel_managers_add_partners() {
    let (world, people) = World::founded();
    let add = OrganizationAdd { organization: id(0xA4), name: "Dockside".into() };
    for who in [&people.hugo, &people.mia] {
        let mut world = world.clone();
        world.hub(who, add.clone()).unwrap();
        let scope = ScopeId::Partnership(id(0xA4));
        assert_eq!(world.get::<Organization>(id::<OrganizationId>(0xA4)).unwrap().side, Side::Partner);
        let grant: Grant = world.get(grant_id(scope, id(HALDEN))).unwrap();
        assert_eq!((grant.scope, grant.organization), (scope, id(HALDEN)), "the vendor sees it");
        assert!(!world.holds(&people.carol, scope));
        assert_eq!(refused(world.hub(who, add.clone())), Rule::AlreadyExists);
    }
    for who in [&people.bob, &people.ole, &people.alice, &people.nadia, &people.carol] {
        assert_eq!(refused(world.clone().hub(who, add.clone())), Rule::NotAllowed);
    }
    let nameless = OrganizationAdd { name: "\n".into(), ..add };
    assert_eq!(refused(world.clone().hub(&people.hugo, nameless)), Rule::InvalidField);
}

fn account(n: u128, name: &str) -> AccountDraft {
    AccountDraft {
        account: id(0x700 + n),
        name: name.into(),
        domain: "polder.nl".into(),
        country: "NL".into(),
        industry: "Logistics".into(),
        owner: "Alice".into(),
        relation: None,
        named: None,
        duns: None,
        active_on: None,
    }
}

#[test]
fn an_account_that_is_listed_again_is_replaced() {
    let (mut world, people) = World::founded();
    let put = |accounts| AccountsPut { organization: id(NORTHBEAM), accounts };
    world.hub(&people.alice, put(vec![account(1, "Polder"), account(2, "Meer")])).unwrap();
    let listed = world.now;
    world.now = world.now.plus_days(1);
    world.hub(&people.nadia, put(vec![account(1, "Polder Logistics")])).unwrap();
    let polder: Account = world.get(id::<AccountId>(0x701)).unwrap();
    assert_eq!((polder.name.as_str(), polder.created_at), ("Polder Logistics", listed));
    assert_eq!(world.all::<Account>().len(), 2);
}

#[test]
fn an_account_list_is_a_companys_own() {
    let (mut world, people) = World::founded();
    let put = |company| AccountsPut { organization: id(company), accounts: vec![account(1, "Polder")] };
    assert_eq!(refused(world.hub(&people.amir, put(NORTHBEAM))), Rule::NotAllowed);
    assert_eq!(refused(world.hub(&people.carol, put(NORTHBEAM))), Rule::NotInScope);
    assert_eq!(refused(world.hub(&people.hugo, put(NORTHBEAM))), Rule::NotInScope, "nor the vendor's");
    world.hub(&people.bob, put(HALDEN)).unwrap();
}

#[test]
fn accounts_are_checked_and_come_in_bounded_lists() {
    let (mut world, people) = World::founded();
    let put = |accounts| AccountsPut { organization: id(NORTHBEAM), accounts };
    for bad in [
        account(1, ""),
        account(1, &"x".repeat(201)),
        AccountDraft { domain: "x".repeat(254), ..account(1, "Polder") },
        AccountDraft { country: "NLD".into(), ..account(1, "Polder") },
        AccountDraft { industry: "a\u{0}".into(), ..account(1, "Polder") },
        AccountDraft { owner: "x".repeat(201), ..account(1, "Polder") },
    ] {
        let outcome = world.hub(&people.alice, put(vec![account(2, "Meer"), bad.clone()]));
        assert_eq!(refused(outcome), Rule::InvalidField, "{bad:?}");
    }
    assert_eq!(world.all::<Account>(), [], "all or none");
    let many = |count| (0..count).map(|n| account(n, "Polder")).collect::<Vec<_>>();
    assert_eq!(refused(world.hub(&people.alice, put(many(501)))), Rule::InvalidField);
    world.hub(&people.alice, put(many(500))).unwrap();
    assert_eq!(world.all::<Account>().len(), ACCOUNTS_PER_MUTATION);
}

#[test]
fn without_signing_in_there_are_two_ways_in_and_no_other() {
    let (world, _) = World::with_deal(1, State::Submitted);
    for (name, mutation) in super::samples::mutations() {
        if matches!(name, "program_create" | "invitation_accept") {
            continue;
        }
        let outcome = world.outcome(Mode::Authoritative, None, &mutation);
        let refusal = outcome.expect_err(name);
        assert!(matches!(refusal.rule, Rule::NotAllowed | Rule::NotFound), "{name}: {refusal:?}");
    }
}
