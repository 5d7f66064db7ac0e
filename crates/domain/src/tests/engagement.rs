//! The rules of engagement: what they look for, what follows, and that nobody learns more than they may.

use super::world::*;
use crate::company::MatchKey;
use crate::date::Date;
use crate::entity::*;
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;

/// An account on Halden's list.
fn listed(n: u128, name: &str, domain: &str) -> AccountDraft {
    AccountDraft {
        account: id(n),
        name: name.into(),
        domain: domain.into(),
        country: "NL".into(),
        industry: String::new(),
        owner: "Bob".into(),
        relation: Some(Relation::Customer),
        named: None,
        duns: None,
        active_on: None,
    }
}

fn halden_lists(world: &mut World, people: &People, account: AccountDraft) {
    let put = AccountsPut { organization: id(HALDEN), accounts: vec![account] };
    world.hub(&people.bob, put).unwrap();
}

fn published(world: &mut World, people: &People, change: impl FnOnce(&mut Terms)) {
    let mut terms = Terms::founding();
    change(&mut terms);
    world.hub(&people.mia, RulesPublish { version: 2, terms, note: "Stricter".into() }).unwrap();
}

fn hits(world: &World, n: u128) -> Vec<(Check, Option<MatchKey>, u32)> {
    let finding = world.deal(n).finding.unwrap();
    finding.hits.into_iter().map(|hit| (hit.check, hit.key, hit.score)).collect()
}

#[test]
fn a_customer_of_the_vendor_is_noted_and_the_vendor_decides() {
    let (mut world, people) = World::founded();
    halden_lists(&mut world, &people, listed(0x700, "Polder Logistics", "polder.nl"));
    world.hub(&people.alice, sent(1)).unwrap();
    assert_eq!(world.deal(1).registration.status, Status::Submitted);
    assert_eq!(hits(&world, 1), [(Check::ExistingCustomer, Some(MatchKey::Domain), 10_000)]);
    assert_eq!(world.deal(1).finding.unwrap().rules, 1);
    world.hub(&people.bob, approve(1)).unwrap();
    assert_eq!(world.deal(1).decided_by_rules, Some(1), "the decision cites the rules");
}

#[test]
fn nothing_found_is_said_as_well() {
    let (mut world, people) = World::founded();
    world.hub(&people.alice, sent(1)).unwrap();
    assert_eq!(hits(&world, 1), []);
}

#[test]
fn what_the_rules_reject_is_rejected_at_once_and_can_be_appealed() {
    let (mut world, people) = World::founded();
    halden_lists(&mut world, &people, listed(0x700, "Polder Logistics", "polder.nl"));
    published(&mut world, &people, |terms| terms.existing_customer = Effect::Reject);
    world.hub(&people.alice, sent(1)).unwrap();
    let deal = world.deal(1);
    assert_eq!(deal.registration.status, Status::Rejected);
    assert_eq!(deal.registration.rule, Some(RejectionRule::ExistingCustomer));
    assert_eq!(deal.registration.decided_by, None, "nobody decided: the rules did");
    assert_eq!(deal.finding.unwrap().rules, 2);
    assert!(deal.number.is_some(), "the vendor has it all the same");
    assert_eq!(world.all::<Claim>(), [], "and the customer is free for others");
    world.hub(&people.alice, appeal(1)).unwrap();
    world.hub(&people.mia, approve(1)).unwrap();
    assert_eq!(world.deal(1).registration.status, Status::Approved);
}

#[test]
fn what_the_rules_hold_waits_for_a_person_and_keeps_its_place() {
    let (mut world, people) = World::founded();
    let named = AccountDraft { relation: None, named: Some(true), ..listed(0x700, "Polder", "polder.nl") };
    halden_lists(&mut world, &people, named);
    published(&mut world, &people, |terms| terms.named_account = Effect::Hold);
    world.hub(&people.alice, sent(1)).unwrap();
    assert_eq!(world.deal(1).registration.status, Status::ConflictHold);
    assert!(world.deal(1).registration.decision_due.is_some(), "the clock runs");
    assert_eq!(refused(world.hub(&people.carol, sent(2))), Rule::ClaimTaken);
    world.hub(&people.bob, share(1)).unwrap();
    assert_eq!(world.deal(1).registration.status, Status::Shared);
}

#[test]
fn an_opportunity_that_nobody_worked_for_long_is_not_open() {
    for (active_on, found) in [("2026-03-01", true), ("2025-12-02", true), ("2025-12-01", false)] {
        let (mut world, people) = World::founded();
        let active_on: Option<Date> = Some(day(active_on));
        let relation = Some(Relation::OpenOpportunity);
        let account = AccountDraft { relation, active_on, ..listed(0x700, "Polder", "polder.nl") };
        halden_lists(&mut world, &people, account);
        world.hub(&people.alice, sent(1)).unwrap();
        assert_eq!(!hits(&world, 1).is_empty(), found, "{active_on:?}");
    }
}

#[test]
fn a_public_tender_says_so_itself() {
    let (mut world, people) = World::founded();
    world.hub(&people.alice, DealRegister { tender: Some(true), ..sent(1) }).unwrap();
    assert_eq!(hits(&world, 1), [(Check::PublicTender, None, 10_000)]);
}

#[test]
fn a_check_that_is_off_finds_nothing() {
    let (mut world, people) = World::founded();
    halden_lists(&mut world, &people, listed(0x700, "Polder Logistics", "polder.nl"));
    published(&mut world, &people, |terms| terms.existing_customer = Effect::Off);
    world.hub(&people.alice, sent(1)).unwrap();
    assert_eq!(hits(&world, 1), []);
}

#[test]
fn the_same_customer_under_another_domain_is_held_for_the_second() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let mut second = sent(2);
    second.customer.name = "POLDER LOGISTICS B.V.".into();
    second.customer.domain = "polder-logistics.com".into();
    world.hub(&people.carol, second).unwrap();
    let deal = world.deal(2);
    assert_eq!(deal.registration.status, Status::ConflictHold);
    assert_eq!(hits(&world, 2), [(Check::OtherRegistration, Some(MatchKey::Name), 8_500)]);
    let told = format!("{deal:?}");
    assert!(!told.contains(&format!("{:?}", people.alice.organization)), "nothing of whose it is");
    // By number, and by the address of a contact.
    let duns = Some("123456789".to_owned());
    for (n, by) in [(3, MatchKey::Duns), (5, MatchKey::Email)] {
        let (mut world, people) = World::founded();
        let first = DealRegister { duns: duns.clone(), ..sent(n) };
        world.hub(&people.alice, first).unwrap();
        let mut other = DealRegister { duns: duns.clone(), ..sent(n + 1) };
        other.customer.name = "Haven".into();
        other.customer.domain = "haven.nl".into();
        if by == MatchKey::Email {
            other.duns = None;
            other.contact = Some("ana@polder.nl".into());
        }
        world.hub(&people.carol, other).unwrap();
        assert_eq!(hits(&world, n + 1).first().unwrap().1, Some(by));
    }
}

#[test]
fn what_is_not_protected_any_more_is_in_nobodys_way() {
    let mut second = sent(2);
    second.customer.domain = "polder-logistics.com".into();
    for state in [State::Rejected, State::Withdrawn, State::Lost, State::Draft] {
        let (mut world, people) = World::with_deal(1, state);
        world.hub(&people.carol, second.clone()).unwrap();
        assert_eq!(hits(&world, 2), [], "{state:?}");
    }
    let (mut world, people) = World::with_deal(1, State::Approved);
    world.now = MONDAY.plus_days(100);
    world.hub(&people.carol, second).unwrap();
    assert_eq!(hits(&world, 2), [], "it has expired");
}

#[test]
fn another_product_or_region_is_another_registration() {
    for (product, region) in [("Archive", "Benelux"), ("Gateway", "Nordics")] {
        let (mut world, people) = World::with_deal(1, State::Submitted);
        let mut second = DealRegister { product: product.into(), region: region.into(), ..sent(2) };
        second.customer.domain = "polder-logistics.com".into();
        world.hub(&people.carol, second).unwrap();
        assert_eq!(hits(&world, 2), [], "{product} {region}");
    }
}

#[test]
fn ones_own_second_registration_is_no_conflict() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let mut second = sent(2);
    second.customer.domain = "polder-logistics.com".into();
    world.hub(&people.nadia, second).unwrap();
    assert_eq!(hits(&world, 2), []);
}

#[test]
fn the_vendors_list_stays_at_the_hub() {
    let (mut world, people) = World::founded();
    halden_lists(&mut world, &people, listed(0x700, "Polder Logistics", "polder.nl"));
    assert_eq!(world.all::<Listed>().len(), 1);
    let put = |relation| AccountsPut {
        organization: id(HALDEN),
        accounts: vec![AccountDraft { relation, ..listed(0x700, "Polder Logistics", "polder.nl") }],
    };
    let changes = world.device(&people.bob, put(Some(Relation::Customer))).unwrap();
    assert_eq!(changes.len(), 1, "a device writes the account alone");
    world.hub(&people.bob, put(None)).unwrap();
    assert_eq!(world.all::<Listed>(), [], "what nobody looks for is not kept");
    // A partner's list is nobody's business.
    let own =
        AccountsPut { organization: id(NORTHBEAM), accounts: vec![listed(0x701, "Meer", "meer.example")] };
    world.hub(&people.alice, own).unwrap();
    assert_eq!(world.all::<Listed>(), []);
}

#[test]
fn an_account_that_changes_is_found_by_what_it_is_now() {
    let (mut world, people) = World::founded();
    halden_lists(&mut world, &people, listed(0x700, "Polder Logistics", "polder.nl"));
    halden_lists(&mut world, &people, listed(0x700, "Zand en Grind", "zand.nl"));
    world.hub(&people.alice, sent(1)).unwrap();
    assert_eq!(hits(&world, 1), []);
}

#[test]
fn the_rules_are_published_by_those_who_run_the_program() {
    let publish = |version| RulesPublish { version, terms: Terms::founding(), note: "As before".into() };
    let (mut world, people) = World::founded();
    for nobody in [&people.bob, &people.ole, &people.nadia, &people.carol] {
        assert_eq!(refused(world.hub(nobody, publish(2))), Rule::NotAllowed);
    }
    world.hub(&people.hugo, publish(2)).unwrap();
    assert_eq!(refused(world.hub(&people.mia, publish(2))), Rule::StaleField, "hugo was first");
    world.hub(&people.mia, publish(3)).unwrap();
    let versions: Vec<u32> = world.all::<Rules>().iter().map(|rules| rules.version).collect();
    assert_eq!(versions.len(), 2, "old versions stay: decisions cite them");
}

#[test]
fn days_of_the_rules_count_for_what_comes_after() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    published(&mut world, &people, |terms| (terms.protection_days, terms.decision_days) = (30, 1));
    world.hub(&people.bob, approve(1)).unwrap();
    assert_eq!(world.deal(1).registration.protected_until, Some(MONDAY.date().plus_days(30)));
    assert_eq!(world.deal(1).decided_by_rules, Some(2));
    world.hub(&people.alice, DealRegister { product: "Archive".into(), ..sent(2) }).unwrap();
    let due = world.deal(2).registration.decision_due.unwrap();
    assert_eq!(due, MONDAY.plus_business_days(1));
}

#[test]
fn rules_out_of_range_are_not_published() {
    let changes: [fn(&mut Terms); 8] = [
        |terms| terms.other_registration = Effect::Reject,
        |terms| terms.protection_days = 0,
        |terms| terms.decision_days = 61,
        |terms| terms.activity_days = 731,
        |terms| terms.same_from = 4_999,
        |terms| terms.same_from = 10_001,
        |terms| terms.second_share = 10_000,
        |terms| terms.weights.name = 10_001,
    ];
    for change in changes {
        let (mut world, people) = World::founded();
        let mut terms = Terms::founding();
        change(&mut terms);
        let publish = RulesPublish { version: 2, terms: terms.clone(), note: "Odd".into() };
        assert_eq!(refused(world.hub(&people.mia, publish)), Rule::InvalidField, "{terms:?}");
    }
}

#[test]
fn contact_and_number_of_the_customer_are_checked() {
    let wrong = [
        DealRegister { contact: Some("ana".into()), ..sent(1) },
        DealRegister { contact: Some("an a@polder.nl".into()), ..sent(1) },
        DealRegister { duns: Some("1234".into()), ..sent(1) },
    ];
    for register in wrong {
        let (mut world, people) = World::founded();
        assert_eq!(refused(world.hub(&people.alice, register)), Rule::InvalidField);
    }
    let (mut world, people) = World::founded();
    let right = DealRegister {
        contact: Some(" ana@polder.nl ".into()),
        duns: Some("12-345-6789".into()),
        tender: Some(false),
        ..draft(1)
    };
    world.hub(&people.alice, right).unwrap();
    let deal = world.deal(1);
    assert_eq!(
        (deal.contact.as_deref(), deal.duns.as_deref(), deal.tender),
        (Some("ana@polder.nl"), Some("123456789"), None)
    );
}
