//! The life of a registration: every state, every action, everybody who might try it.

use super::world::*;
use crate::date::{DAY_MS, Timestamp};
use crate::entity::{Claim, DealField, RejectionRule, Stage, Status};
use crate::mutation::*;
use crate::refusal::{Refusal, Rule};
use crate::registration::State;

/// The deal of the table.
const DEAL: u128 = 0x1000;

fn actions(world: &World) -> [(&'static str, Mutation); 16] {
    let deal = world.deal(DEAL);
    let edit = |value| DealEdit { deal: id(DEAL), patch: vec![FieldPatch::on(&deal, value)] }.into();
    [
        ("submit", RegistrationSubmit { deal: id(DEAL) }.into()),
        ("review", RegistrationReview { deal: id(DEAL) }.into()),
        ("ask", ask(DEAL).into()),
        ("answer", answer(DEAL).into()),
        ("approve", approve(DEAL).into()),
        ("reject", reject(DEAL).into()),
        ("hold", hold(DEAL).into()),
        ("share", share(DEAL).into()),
        ("withdraw", RegistrationWithdraw { deal: id(DEAL) }.into()),
        ("convert", RegistrationConvert { deal: id(DEAL) }.into()),
        ("extend", extend(world, DEAL).into()),
        ("grant", answer_extension(DEAL, true).into()),
        ("refuse", answer_extension(DEAL, false).into()),
        ("appeal", appeal(DEAL).into()),
        ("edit", edit(DealValue::Title("Polder rollout, phase 2".into()))),
        ("reproduct", edit(DealValue::Product("Archive".into()))),
    ]
}

fn everybody(people: &People) -> [(&'static str, &Actor); 8] {
    let People { hugo, mia, bob, ole, nadia, alice, amir, carol } = people;
    [
        ("alice", alice),
        ("nadia", nadia),
        ("amir", amir),
        ("bob", bob),
        ("mia", mia),
        ("hugo", hugo),
        ("ole", ole),
        ("carol", carol),
    ]
}

/// The state that the action led to, or the rule that refused it.
fn word(outcome: &Result<State, Refusal>) -> String {
    match outcome {
        Ok(state) => format!("{state:?}"),
        Err(refusal) => format!("{:?}", refusal.rule),
    }
}

/// What comes out when somebody does something to a registration that is in some state: the state
/// after it, or the rule that refuses. On every line: the action, then Northbeam's alice (seller),
/// nadia (administrator) and amir (member), Halden's bob (account executive), mia (channel manager),
/// hugo (administrator) and ole (member), and carol of Coastline.
fn table(outcome: impl Fn(&World, &Actor, &Mutation) -> Result<State, Refusal>) -> String {
    let mut table = String::new();
    let mut line = |first: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("{cell:<19}")).collect();
        table += format!("{first:<20}{cells}").trim_end();
        table += "\n";
    };
    for state in State::ALL {
        let (world, people) = World::with_deal(DEAL, state);
        line(&format!("{state:?}"), everybody(&people).map(|(name, _)| name.to_owned()).to_vec());
        for (name, action) in actions(&world) {
            let cells = everybody(&people).map(|(_, actor)| word(&outcome(&world, actor, &action)));
            line(&format!("  {name}"), cells.to_vec());
        }
    }
    table
}

#[test]
fn every_action_in_every_state_by_everybody_at_the_hub() {
    let found = table(|world, actor, action| {
        let mut after = world.clone();
        let outcome = after.hub(actor, action.clone());
        if outcome.is_err() {
            assert_eq!(after.rows, world.rows, "a refusal changes nothing");
        }
        outcome.map(|_| after.state(DEAL))
    });
    insta::assert_snapshot!("every_action_in_every_state_by_everybody", found);
}

#[test]
fn a_device_foresees_what_the_hub_will_say() {
    let found = table(|world, actor, action| {
        let changes = world.device(actor, action.clone())?;
        let mut after = world.clone();
        for change in changes {
            let (key, scope) = (change.key, change.scope);
            let body = change.body.unwrap();
            after.rows.insert(key, crate::row::Row { key, scope, seq: 0, body });
        }
        Ok(after.state(DEAL))
    });
    insta::assert_snapshot!("every_action_in_every_state_by_everybody", found);
}

#[test]
fn sending_gives_number_deadline_and_the_vendor_sight() {
    let (mut world, people) = World::with_deal(1, State::Draft);
    assert!(
        !world.holds(&people.bob, RegistrationSubmit { deal: id(1) }.lane()),
        "a draft is the partner's own"
    );
    world.now = MONDAY.plus_days(3); // a Thursday
    world.hub(&people.alice, RegistrationSubmit { deal: id(1) }).unwrap();
    let deal = world.deal(1);
    assert_eq!(deal.number, Some(2_001));
    assert_eq!(deal.registration.submitted_at, Some(world.now));
    assert_eq!(
        deal.registration.decision_due,
        Some(MONDAY.plus_days(8)),
        "three business days: next Tuesday"
    );
    assert!(world.holds(&people.bob, RegistrationSubmit { deal: id(1) }.lane()));

    let other = DealRegister { product: "Archive".into(), ..sent(2) };
    world.hub(&people.alice, other).unwrap();
    assert_eq!(world.deal(2).number, Some(2_002));
}

#[test]
fn a_device_gives_no_number_no_deadline_and_no_claim() {
    let (world, people) = World::with_deal(1, State::Draft);
    let changes = world.device(&people.alice, RegistrationSubmit { deal: id(1) }).unwrap();
    let [change] = changes.as_slice() else { panic!("only the deal changes: {changes:?}") };
    let deal: crate::entity::Deal = crate::codec::Entity::from_body(change.body.as_deref().unwrap()).unwrap();
    assert_eq!(deal.registration.status, Status::Submitted);
    assert_eq!(
        (deal.number, deal.registration.submitted_at, deal.registration.decision_due),
        (None, None, None)
    );
}

#[test]
fn an_approval_protects_for_ninety_days() {
    let (mut world, people) = World::with_deal(1, State::InReview);
    world.now = Timestamp(MONDAY.0 + 5 * DAY_MS);
    world.hub(&people.bob, approve(1)).unwrap();
    let registration = world.deal(1).registration;
    assert_eq!(registration.protected_until, Some(day("2026-06-05")));
    assert_eq!(
        (registration.decided_by, registration.decided_at),
        (Some(people.bob.member), Some(world.now))
    );

    let (world, people) = World::with_deal(1, State::InReview);
    let changes = world.device(&people.bob, approve(1)).unwrap();
    let deal: crate::entity::Deal =
        crate::codec::Entity::from_body(changes.last().unwrap().body.as_deref().unwrap()).unwrap();
    assert_eq!(deal.registration.protected_until, None, "only the hub protects");
}

#[test]
fn a_rejection_cites_rule_and_evidence() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    for evidence in ["", "  \n", "bell \u{7}", &"x".repeat(2_001)] {
        let decision = Decision::Reject { rule: RejectionRule::NotQualified, evidence: evidence.to_owned() };
        let outcome = world.hub(&people.bob, RegistrationDecide { deal: id(1), decision });
        assert_eq!(refused(outcome), Rule::InvalidField, "{evidence:?}");
    }
    world.hub(&people.bob, reject(1)).unwrap();
    let registration = world.deal(1).registration;
    assert_eq!(registration.rule, Some(RejectionRule::ExistingCustomer));
    assert_eq!(registration.evidence.as_deref(), Some("Order 4711 of last year"));
}

#[test]
fn only_partners_who_sell_register() {
    let (mut world, people) = World::founded();
    for nobody in [&people.bob, &people.mia, &people.hugo, &people.ole, &people.amir] {
        assert_eq!(refused(world.hub(nobody, draft(1))), Rule::NotAllowed);
    }
    world.hub(&people.alice, draft(1)).unwrap();
    assert_eq!(refused(world.hub(&people.alice, draft(1))), Rule::AlreadyExists);
}

#[test]
fn a_registration_is_checked_field_by_field() {
    type Spoil = fn(&mut DealRegister);
    let spoils: [(&str, Spoil); 16] = [
        ("no title", |deal| deal.title = " ".into()),
        ("long title", |deal| deal.title = "x".repeat(161)),
        ("title with an escape", |deal| deal.title = "Polder\u{1b}[2J".into()),
        ("no customer", |deal| deal.customer.name = String::new()),
        ("long customer", |deal| deal.customer.name = "x".repeat(201)),
        ("no domain", |deal| deal.customer.domain = String::new()),
        ("a suffix for a domain", |deal| deal.customer.domain = "co.uk".into()),
        ("lower-case country", |deal| deal.customer.country = "nl".into()),
        ("long country", |deal| deal.customer.country = "NLD".into()),
        ("unknown product", |deal| deal.product = "gateway".into()),
        ("unknown region", |deal| deal.region = "Mars".into()),
        ("long need", |deal| deal.need = "x".repeat(4_001)),
        ("negative amount", |deal| deal.amount.minor = -1),
        ("amount beyond exact numbers", |deal| deal.amount.minor = 1 << 53),
        ("lower-case currency", |deal| deal.amount.currency = "eur".into()),
        ("long currency", |deal| deal.amount.currency = "EURO".into()),
    ];
    let (mut world, people) = World::founded();
    for (what, spoil) in spoils {
        let mut deal = sent(1);
        spoil(&mut deal);
        assert_eq!(refused(world.hub(&people.alice, deal.clone())), Rule::InvalidField, "{what}");
        assert_eq!(refused(world.device(&people.alice, deal)), Rule::InvalidField, "{what}, on the device");
    }
    let edges = DealRegister {
        title: format!(" {} ", "x".repeat(158)),
        need: String::new(),
        stage: Some(Stage::Qualified),
        amount: crate::Money { minor: 0, currency: "SEK".into() },
        ..sent(1)
    };
    world.hub(&people.alice, edges).unwrap();
    let deal = world.deal(1);
    assert_eq!((deal.title.len(), deal.stage), (158, Stage::Qualified), "the title is trimmed");
    assert_eq!(deal.field_seq.get(&(DealField::Title as u8)), None, "nobody has patched it yet");
    assert_eq!(world.all::<Claim>().len(), 1);
}
