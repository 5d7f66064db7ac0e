//! Who protects a customer: the first valid registration in the order of the hub.

use super::world::*;
use crate::claim::claim_id;
use crate::entity::{Claim, Counter, Customer, Status};
use crate::id::{DealId, OrganizationId};
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;

fn registers(n: u128, domain: &str, product: &str, region: &str) -> DealRegister {
    let customer = Customer { name: "Polder Logistics".into(), domain: domain.into(), country: "NL".into() };
    DealRegister { customer, product: product.into(), region: region.into(), ..sent(n) }
}

#[test]
fn the_first_in_the_order_of_the_hub_holds_the_claim() {
    let (mut world, people) = World::founded();
    world.hub(&people.carol, draft(2)).unwrap();
    world.hub(&people.alice, sent(1)).unwrap();
    let late = world.hub(&people.carol, RegistrationSubmit { deal: id(2) });
    assert_eq!(refused(late), Rule::ClaimTaken, "carol wrote first, alice sent first");
    assert_eq!(world.deal(2).registration.status, Status::Draft, "carol keeps her draft");
    let claim: Claim = world.get(claim_id("polder.nl", "Gateway", "Benelux")).unwrap();
    assert_eq!((claim.deal, claim.organization), (id::<DealId>(1), id::<OrganizationId>(NORTHBEAM)));
}

#[test]
fn a_registration_that_is_refused_takes_nothing() {
    let (mut world, people) = World::founded();
    let invalid = DealRegister { title: String::new(), ..sent(2) };
    assert_eq!(refused(world.hub(&people.carol, invalid)), Rule::InvalidField);
    world.hub(&people.alice, sent(1)).unwrap();
    assert_eq!(world.deal(1).registration.status, Status::Submitted, "the first valid one wins");

    let before = world.rows.clone();
    assert_eq!(refused(world.hub(&people.carol, sent(3))), Rule::ClaimTaken);
    assert_eq!(world.rows, before, "no number, no grant, no deal");
    assert_eq!(world.all::<Counter>().first().unwrap().value, 2_001);
}

#[test]
fn a_refusal_tells_nothing_of_the_winner() {
    let (mut world, people) = World::founded();
    let secret = DealRegister {
        title: "Operation Windmill".into(),
        need: "They leave their present supplier".into(),
        amount: euros(987_654),
        customer: Customer {
            name: "Polder Logistics Holding".into(),
            domain: "www.polder.nl".into(),
            country: "BE".into(),
        },
        ..sent(1)
    };
    world.hub(&people.alice, secret).unwrap();
    let refusal = world.hub(&people.carol, sent(2)).unwrap_err();
    assert_eq!(refusal.rule, Rule::ClaimTaken);
    let told = minicbor::to_vec(&refusal).unwrap();
    let text = format!("{refusal:?} {refusal}").to_lowercase();

    let winner = [
        people.alice.member.0,
        people.alice.organization.0,
        people.alice.device.0,
        id(1),
        claim_id("polder.nl", "Gateway", "Benelux"),
    ];
    for id in winner {
        assert!(!told.windows(16).any(|window| window == id.as_bytes()), "an id of the winner");
        assert!(!text.contains(&id.to_string()), "an id of the winner");
    }
    for word in ["alice", "northbeam", "windmill", "holding", "supplier", "987654", "98765400", "2001", "be"]
    {
        let found = text.split(|c: char| !c.is_alphanumeric()).any(|said| said == word);
        assert!(!found, "{word:?} in {text}");
    }
    assert_eq!(
        refusal.evidence,
        [("Customer", "polder.nl"), ("Product", "Gateway"), ("Region", "Benelux")]
            .map(|(label, value)| (label.to_owned(), value.to_owned())),
        "what carol typed herself"
    );
}

#[test]
fn the_same_company_finds_its_own_registration() {
    let (mut world, people) = World::founded();
    world.hub(&people.alice, sent(1)).unwrap();
    world.hub(&people.nadia, sent(2)).unwrap();
    let registration = world.deal(2).registration;
    assert_eq!(registration.status, Status::Duplicate);
    assert_eq!(registration.duplicate_of, Some(id(1)));
    let claim: Claim = world.get(claim_id("polder.nl", "Gateway", "Benelux")).unwrap();
    assert_eq!(claim.deal, id::<DealId>(1), "the first keeps it");
    assert_eq!(refused(world.hub(&people.nadia, RegistrationWithdraw { deal: id(2) })), Rule::WrongState);
}

#[test]
fn a_claim_is_given_back_by_rejection_and_withdrawal() {
    for state in [State::Submitted, State::InReview, State::ActionRequired, State::ConflictHold] {
        let (world, people) = World::with_deal(1, state);
        let ends: [(&Actor, Mutation); 2] =
            [(&people.bob, reject(1).into()), (&people.alice, RegistrationWithdraw { deal: id(1) }.into())];
        for (who, end) in ends {
            let mut world = world.clone();
            assert_eq!(refused(world.hub(&people.carol, sent(2))), Rule::ClaimTaken);
            world.hub(who, end).unwrap();
            assert_eq!(world.all::<Claim>(), []);
            world.hub(&people.carol, sent(2)).unwrap();
            assert_eq!(world.deal(2).registration.status, Status::Submitted);
        }
    }
}

#[test]
fn an_approval_keeps_the_claim() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    assert_eq!(refused(world.hub(&people.carol, sent(2))), Rule::ClaimTaken);
}

#[test]
fn withdrawing_a_draft_gives_back_nothing_of_others() {
    let (mut world, people) = World::founded();
    world.hub(&people.alice, sent(1)).unwrap();
    world.hub(&people.alice, draft(2)).unwrap();
    world.hub(&people.carol, draft(3)).unwrap();
    world.hub(&people.alice, RegistrationWithdraw { deal: id(2) }).unwrap();
    world.hub(&people.carol, RegistrationWithdraw { deal: id(3) }).unwrap();
    let claim: Claim = world.get(claim_id("polder.nl", "Gateway", "Benelux")).unwrap();
    assert_eq!(claim.deal, id::<DealId>(1));
}

#[test]
fn a_draft_claims_what_it_says_when_it_is_sent() {
    let (mut world, people) = World::with_deal(1, State::Draft);
    let customer =
        Customer { name: "Meer".into(), domain: "https://meer.example/over".into(), country: String::new() };
    let patch = [DealValue::Customer(customer), DealValue::Product("Archive".into())]
        .map(|value| FieldPatch::on(&world.deal(1), value));
    world.hub(&people.alice, DealEdit { deal: id(1), patch: patch.to_vec() }).unwrap();
    world.hub(&people.alice, RegistrationSubmit { deal: id(1) }).unwrap();
    assert!(world.get::<Claim>(claim_id("meer.example", "Archive", "Benelux")).is_some());
    assert_eq!(world.all::<Claim>().len(), 1);
    world.hub(&people.carol, sent(2)).unwrap();
}

#[test]
fn the_same_customer_in_other_words_is_the_same_customer() {
    for same in
        ["polder.nl", "WWW.Polder.NL", "https://shop.polder.nl:8443/a?b#c", "info@polder.nl", "polder.nl."]
    {
        let (mut world, people) = World::with_deal(1, State::Submitted);
        let outcome = world.hub(&people.carol, registers(2, same, "Gateway", "Benelux"));
        assert_eq!(refused(outcome), Rule::ClaimTaken, "{same}");
    }
}

#[test]
fn another_customer_product_or_region_is_free() {
    let others = [("polder.nl", "Archive", "Benelux"), ("polder.nl", "Gateway", "Nordics")];
    for (domain, product, region) in others {
        let (mut world, people) = World::with_deal(1, State::Submitted);
        world.hub(&people.carol, registers(2, domain, product, region)).unwrap();
        assert_eq!(world.deal(2).registration.status, Status::Submitted, "{domain} {product} {region}");
    }
}

#[test]
fn devices_never_see_a_claim_and_never_write_one() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    world.hub(&people.carol, draft(2)).unwrap();
    let changes = world.device(&people.carol, RegistrationSubmit { deal: id(2) }).unwrap();
    assert_eq!(changes.len(), 1, "on carol's device the deal just says that it was sent");
    let changes = world.device(&people.alice, RegistrationWithdraw { deal: id(1) }).unwrap();
    assert_eq!(changes.len(), 1, "the claim is given back by the hub alone");
}
