//! What happens to a registration between the first look and its end: questions, conflicts, more time, appeals.

use super::world::*;
use crate::claim::claim_id;
use crate::date::{DAY_MS, Timestamp};
use crate::entity::{Claim, DealField, ExtensionAnswer, LostReason, Role, Stage};
use crate::id::DealId;
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::{Action, State, allowed, leads_to};

fn claim(world: &World) -> Option<Claim> {
    world.get(claim_id("polder.nl", "Gateway", "Benelux"))
}

#[test]
fn the_clock_stands_still_while_the_partner_is_asked() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    assert_eq!(world.deal(1).registration.decision_due, Some(MONDAY.plus_days(3)), "Thursday");
    world.now = Timestamp(MONDAY.0 + DAY_MS);
    world.hub(&people.bob, ask(1)).unwrap();
    assert_eq!(world.deal(1).question.unwrap().days_left, 2);
    // The partner takes a week.
    world.now = MONDAY.plus_days(8);
    world.hub(&people.alice, answer(1)).unwrap();
    let deal = world.deal(1);
    assert_eq!(deal.registration.decision_due, Some(MONDAY.plus_days(10)), "two business days were left");
    let answered = deal.question.unwrap().answer.unwrap();
    assert_eq!((answered.by, answered.at), (people.alice.member, world.now));
}

#[test]
fn an_answer_in_the_last_hour_leaves_a_day_to_read_it() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    world.now = MONDAY.plus_days(4); // Friday, a day late
    world.hub(&people.bob, ask(1)).unwrap();
    world.hub(&people.alice, answer(1)).unwrap();
    assert_eq!(world.deal(1).registration.decision_due, Some(MONDAY.plus_days(7)), "Monday");
}

#[test]
fn a_question_that_is_taken_back_has_not_stopped_the_clock() {
    let (mut world, people) = World::with_deal(1, State::ActionRequired);
    world.now = MONDAY.plus_days(7);
    world.hub(&people.bob, RegistrationReview { deal: id(1) }).unwrap();
    assert_eq!(world.state(1), State::InReview);
    assert_eq!(world.deal(1).registration.decision_due, Some(MONDAY.plus_days(3)));
}

#[test]
fn texts_are_needed_and_have_an_end() {
    for text in ["", " \n", "bell \u{7}", &"x".repeat(2_001)] {
        let text = || text.to_owned();
        let tries: [(State, bool, Mutation); 7] = [
            (State::Submitted, true, RegistrationAsk { deal: id(1), text: text() }.into()),
            (State::ActionRequired, false, RegistrationAnswer { deal: id(1), text: text() }.into()),
            (
                State::Submitted,
                true,
                RegistrationDecide { deal: id(1), decision: Decision::Hold { evidence: text() } }.into(),
            ),
            (
                State::ConflictHold,
                true,
                RegistrationDecide {
                    deal: id(1),
                    decision: Decision::Share { basis_points: 1, evidence: text() },
                }
                .into(),
            ),
            (
                State::Approved,
                false,
                ExtensionRequest { deal: id(1), until: day("2026-06-30"), reason: text() }.into(),
            ),
            (
                State::ExtensionRequested,
                true,
                ExtensionDecide { deal: id(1), granted: false, evidence: text() }.into(),
            ),
            (State::Rejected, false, RegistrationAppeal { deal: id(1), reason: text() }.into()),
        ];
        for (state, vendor, mutation) in tries {
            let (mut world, people) = World::with_deal(1, state);
            let who = if vendor { &people.bob } else { &people.alice };
            let name = mutation.name();
            assert_eq!(refused(world.hub(who, mutation)), Rule::InvalidField, "{name} {:?}", text());
        }
    }
}

#[test]
fn a_share_is_a_part() {
    for (basis_points, fine) in [(0, false), (1, true), (9_999, true), (10_000, false)] {
        let (mut world, people) = World::with_deal(1, State::ConflictHold);
        let decision = Decision::Share { basis_points, evidence: "Second to register".into() };
        let outcome = world.hub(&people.bob, RegistrationDecide { deal: id(1), decision });
        assert_eq!(outcome.is_ok(), fine, "{basis_points}");
        assert_eq!(world.deal(1).split.is_some(), fine);
    }
}

#[test]
fn a_held_registration_keeps_the_customer() {
    let (mut world, people) = World::with_deal(1, State::ConflictHold);
    assert_eq!(world.deal(1).registration.decided_by, None, "a hold decides nothing");
    assert_eq!(refused(world.hub(&people.carol, sent(2))), Rule::ClaimTaken);
}

#[test]
fn the_customer_is_free_when_the_protection_has_ended() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let last = world.deal(1).registration.protected_until.unwrap();
    assert_eq!(claim(&world).unwrap().until, Some(last));
    world.now = MONDAY.plus_days(90);
    assert_eq!(world.now.date(), last);
    assert_eq!(world.state(1), State::Approved, "its last day counts");
    assert_eq!(refused(world.hub(&people.carol, sent(2))), Rule::ClaimTaken);
    world.now = world.now.plus_days(1);
    world.hub(&people.carol, sent(2)).unwrap();
    assert_eq!(claim(&world).unwrap().organization, people.carol.organization);
    // Who was too late hears what anybody hears.
    assert_eq!(refused(world.hub(&people.alice, RegistrationSubmit { deal: id(1) })), Rule::ClaimTaken);
}

#[test]
fn an_ended_registration_is_sent_again() {
    let (mut world, people) = World::with_deal(1, State::Expired);
    let number = world.deal(1).number;
    world.hub(&people.alice, RegistrationSubmit { deal: id(1) }).unwrap();
    let deal = world.deal(1);
    assert_eq!(deal.number, number, "it keeps its number");
    assert_eq!(deal.registration.protected_until, None);
    assert_eq!(claim(&world).unwrap().until, None, "and its customer, while it is decided");
    world.hub(&people.bob, approve(1)).unwrap();
    assert_eq!(world.deal(1).registration.protected_until, Some(world.now.date().plus_days(90)));
}

#[test]
fn a_request_in_time_keeps_the_protection_until_it_is_answered() {
    let (mut world, people) = World::with_deal(1, State::ExtensionRequested);
    let asked = world.deal(1).extension.unwrap();
    assert_eq!(asked.due, Some(MONDAY.plus_days(3)));
    world.now = MONDAY.plus_days(200);
    assert_eq!(world.state(1), State::ExtensionRequested, "the vendor's slowness costs the partner nothing");
    assert_eq!(refused(world.hub(&people.carol, sent(2))), Rule::ClaimTaken);

    let mut granted = world.clone();
    granted.now = MONDAY.plus_days(5);
    granted.hub(&people.bob, answer_extension(1, true)).unwrap();
    assert_eq!(granted.state(1), State::Approved);
    assert_eq!(granted.deal(1).registration.protected_until, Some(asked.until));
    assert_eq!(claim(&granted).unwrap().until, Some(asked.until));

    world.hub(&people.bob, answer_extension(1, false)).unwrap();
    assert_eq!(world.state(1), State::Expired);
    let answer = world.deal(1).extension.unwrap().answer.unwrap();
    let evidence = "No sign of a decision".to_owned();
    assert_eq!(answer, ExtensionAnswer { granted: false, evidence, by: people.bob.member, at: world.now });
    world.hub(&people.carol, sent(2)).unwrap();
}

#[test]
fn what_a_late_answer_took_is_added() {
    let (mut world, people) = World::with_deal(1, State::ExtensionRequested);
    let asked = world.deal(1).extension.unwrap().until;
    world.now = MONDAY.plus_days(90 + 40);
    world.hub(&people.bob, answer_extension(1, true)).unwrap();
    assert_eq!(world.deal(1).registration.protected_until, Some(asked.plus_days(40)));
    assert_eq!(world.state(1), State::Approved);
}

#[test]
fn a_guest_does_not_move_the_stage_and_so_not_the_customer() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    world.hub(&people.bob, DealShare { deal: id(1), organization: people.carol.organization }).unwrap();
    let patch = vec![FieldPatch::on(&world.deal(1), DealValue::Stage(Stage::ClosedLost))];
    let lost = DealEdit { deal: id(1), patch };
    assert_eq!(refused(world.hub(&people.carol, lost)), Rule::NotAllowed);
    let patch = vec![FieldPatch::on(&world.deal(1), DealValue::Need("Two sites".into()))];
    world.hub(&people.carol, DealEdit { deal: id(1), patch }).unwrap();
}

#[test]
fn winning_does_not_protect_without_end() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let patch = vec![FieldPatch::on(&world.deal(1), DealValue::Stage(Stage::Launched))];
    world.hub(&people.alice, DealEdit { deal: id(1), patch }).unwrap();
    assert_eq!(claim(&world).unwrap().until, world.deal(1).registration.protected_until);
    let (world, _) = World::with_deal(1, State::Won);
    assert_eq!(claim(&world).unwrap().until, None, "unless the vendor has taken it on");
}

#[test]
fn sent_again_it_begins_anew_and_never_becomes_a_duplicate() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    world.hub(&people.mia, reject(1)).unwrap();
    world.hub(&people.alice, appeal(1)).unwrap();
    world.hub(&people.hugo, approve(1)).unwrap();
    world.now = world.now.plus_days(91);
    let mut other = world.clone();
    world.hub(&people.alice, RegistrationSubmit { deal: id(1) }).unwrap();
    world.hub(&people.mia, reject(1)).unwrap();
    world.hub(&people.alice, appeal(1)).unwrap();
    assert_eq!(world.state(1), State::Appealed, "a new registration has an appeal of its own");

    other.hub(&people.nadia, sent(2)).unwrap();
    assert_eq!(refused(other.hub(&people.alice, RegistrationSubmit { deal: id(1) })), Rule::ClaimTaken);
    assert_eq!(other.state(1), State::Expired, "it goes on as it was");
}

#[test]
fn an_appeal_keeps_others_away_as_long_as_it_may_take() {
    let (mut world, people) = World::with_deal(1, State::Appealed);
    assert_eq!(refused(world.hub(&people.carol, sent(2))), Rule::ClaimTaken);
    world.now = MONDAY.plus_days(4);
    world.hub(&people.carol, sent(2)).unwrap();
}

#[test]
fn longer_protection_is_longer_and_not_endless() {
    let (world, people) = World::with_deal(1, State::Approved);
    let last = world.deal(1).registration.protected_until.unwrap();
    for (days, fine) in [(-1, false), (0, false), (1, true), (90, true), (91, false)] {
        let request = ExtensionRequest { deal: id(1), until: last.plus_days(days), reason: "June".into() };
        assert_eq!(world.clone().hub(&people.alice, request).is_ok(), fine, "{days}");
    }
    // Granted once, it can be asked for again.
    let mut world = world;
    world.hub(&people.alice, extend(&world, 1)).unwrap();
    assert_eq!(refused(world.hub(&people.alice, extend(&world, 1))), Rule::WrongState);
    world.hub(&people.bob, answer_extension(1, true)).unwrap();
    world.hub(&people.alice, extend(&world, 1)).unwrap();
}

#[test]
fn what_the_vendor_took_on_does_not_end() {
    let (mut world, people) = World::with_deal(1, State::Converted);
    assert_eq!(claim(&world).unwrap().until, None);
    world.now = MONDAY.plus_days(1_000);
    assert_eq!(world.state(1), State::Converted);
    assert_eq!(refused(world.hub(&people.carol, sent(2))), Rule::ClaimTaken);
}

#[test]
fn a_lost_deal_lets_its_customer_go_and_an_opened_one_takes_it_back() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let stage = |world: &World, stage| DealEdit {
        deal: id(1),
        patch: vec![FieldPatch::on(&world.deal(1), DealValue::Stage(stage))],
    };
    let lost = stage(&world, Stage::ClosedLost);
    world.hub(&people.alice, lost).unwrap();
    assert!(claim(&world).unwrap().is_free(world.now.date()));
    let mut taken = world.clone();
    let open = stage(&world, Stage::Qualified);
    world.hub(&people.alice, open.clone()).unwrap();
    assert_eq!(claim(&world).unwrap().until, world.deal(1).registration.protected_until);

    taken.hub(&people.carol, sent(2)).unwrap();
    assert_eq!(refused(taken.hub(&people.alice, open)), Rule::ClaimTaken, "too late");
    assert_eq!(taken.state(1), State::Lost);
}

#[test]
fn a_draft_changes_customer_and_stage_at_once() {
    let (mut world, people) = World::with_deal(1, State::Draft);
    let customer = crate::entity::Customer { domain: "meer.example".into(), ..world.deal(1).customer };
    let patch = [DealValue::Customer(customer), DealValue::Stage(Stage::Qualified)]
        .map(|value| FieldPatch::on(&world.deal(1), value));
    world.hub(&people.alice, DealEdit { deal: id(1), patch: patch.to_vec() }).unwrap();
    assert_eq!(world.deal(1).customer.domain, "meer.example");
}

#[test]
fn an_appeal_is_decided_by_somebody_else() {
    let (mut world, people) = World::with_deal(1, State::Appealed);
    let deal = world.deal(1);
    assert_eq!(deal.registration.decision_due, Some(MONDAY.plus_days(3)), "with a clock of its own");
    assert_eq!(claim(&world).unwrap().deal, id::<DealId>(1), "meanwhile nobody else gets the customer");
    assert_eq!(refused(world.hub(&people.bob, approve(1))), Rule::NotAllowed, "a seller does not");
    world.hub(&people.mia, reject(1)).unwrap();
    assert_eq!(claim(&world), None);
    assert_eq!(refused(world.hub(&people.alice, appeal(1))), Rule::WrongState, "there is one appeal");

    let (mut world, people) = World::with_deal(1, State::Submitted);
    world.hub(&people.mia, reject(1)).unwrap();
    world.hub(&people.alice, appeal(1)).unwrap();
    assert_eq!(refused(world.hub(&people.mia, approve(1))), Rule::NotAllowed, "nor who rejected it");
    world.hub(&people.hugo, approve(1)).unwrap();
    assert_eq!(world.state(1), State::Approved);
    assert_eq!(claim(&world).unwrap().until, world.deal(1).registration.protected_until);
}

#[test]
fn an_appeal_for_a_customer_who_is_taken_can_only_be_shared() {
    let (mut world, people) = World::with_deal(1, State::Rejected);
    world.hub(&people.carol, sent(2)).unwrap();
    world.hub(&people.alice, appeal(1)).unwrap();
    assert_eq!(claim(&world).unwrap().organization, people.carol.organization);
    assert_eq!(refused(world.hub(&people.mia, approve(1))), Rule::ClaimTaken);
    world.hub(&people.mia, share(1)).unwrap();
    assert_eq!(world.state(1), State::Shared);
    assert_eq!(claim(&world).unwrap().organization, people.carol.organization, "the other keeps it");
}

#[test]
fn a_device_grants_nothing_that_only_the_hub_can() {
    let (world, people) = World::with_deal(1, State::ConflictHold);
    let changes = world.device(&people.bob, share(1)).unwrap();
    let deal: crate::entity::Deal =
        crate::codec::Entity::from_body(changes.last().unwrap().body.as_deref().unwrap()).unwrap();
    assert_eq!((changes.len(), deal.registration.protected_until), (1, None));
    let (world, people) = World::with_deal(1, State::Approved);
    let [change] = world.device(&people.alice, extend(&world, 1)).unwrap().try_into().unwrap();
    let deal: crate::entity::Deal = crate::codec::Entity::from_body(change.body.as_deref().unwrap()).unwrap();
    assert_eq!(deal.extension.unwrap().due, None);
}

#[test]
fn amount_and_stage_stay_strict_once_it_is_shared_or_taken_on() {
    for state in [State::Shared, State::Converted] {
        let (mut world, people) = World::with_deal(1, state);
        let amount = |euro| DealEdit {
            deal: id(1),
            patch: vec![FieldPatch { value: DealValue::Amount(euros(euro)), base: 0 }],
        };
        world.hub(&people.alice, amount(90_000)).unwrap();
        assert_ne!(world.deal(1).field_seq.get(&(DealField::Amount as u8)), None);
        assert_eq!(refused(world.hub(&people.bob, amount(80_000))), Rule::StaleField, "{state:?}");
    }
}

#[test]
fn what_is_offered_is_what_is_taken() {
    for state in State::ALL {
        let (world, people) = World::with_deal(1, state);
        for actor in [&people.alice, &people.bob, &people.mia, &people.amir, &people.carol] {
            for action in allowed(actor, &world.deal(1), world.now.date()) {
                assert!(leads_to(state, action).is_some(), "{action:?} in {state:?}");
                assert_eq!(action.side(), actor.side);
                assert_ne!(actor.role, Role::Member);
            }
        }
        let ends = Action::ALL.into_iter().all(|action| leads_to(state, action).is_none());
        let last = [State::Duplicate, State::Withdrawn, State::Converted, State::Won, State::Lost];
        assert_eq!(ends, last.contains(&state), "{state:?}");
    }
}

#[test]
fn a_lost_deal_says_why_and_forgets_it_when_it_is_opened_again() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let lose = |world: &World| DealEdit {
        deal: id(1),
        patch: [DealValue::Stage(Stage::ClosedLost), DealValue::LostReason(Some(LostReason::Price))]
            .map(|value| FieldPatch::on(&world.deal(1), value))
            .to_vec(),
    };
    let edit = lose(&world);
    world.hub(&people.alice, edit).unwrap();
    assert_eq!(world.deal(1).lost_reason, Some(LostReason::Price));
    let patch = vec![FieldPatch::on(&world.deal(1), DealValue::Stage(Stage::Qualified))];
    world.hub(&people.bob, DealEdit { deal: id(1), patch }).unwrap();
    assert_eq!(world.deal(1).lost_reason, None);
    // A reason without a loss says nothing.
    let patch = vec![FieldPatch::on(&world.deal(1), DealValue::LostReason(Some(LostReason::Other)))];
    world.hub(&people.alice, DealEdit { deal: id(1), patch }).unwrap();
    assert_eq!(world.deal(1).lost_reason, None);
}

#[test]
fn a_guest_says_nothing_of_why_a_deal_was_lost() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    world.hub(&people.bob, DealShare { deal: id(1), organization: id(COASTLINE) }).unwrap();
    let patch = vec![FieldPatch::on(&world.deal(1), DealValue::LostReason(Some(LostReason::Price)))];
    assert_eq!(refused(world.hub(&people.carol, DealEdit { deal: id(1), patch })), Rule::NotAllowed);
}

#[test]
fn what_the_rules_hold_is_asked_about() {
    let (mut world, people) = World::founded();
    world.hub(&people.alice, sent(1)).unwrap();
    world.hub(&people.bob, hold(1)).unwrap();
    world.hub(&people.bob, ask(1)).unwrap();
    world.hub(&people.alice, answer(1)).unwrap();
    assert_eq!(crate::registration::state(&world.deal(1), MONDAY.date()), State::InReview);
    world.hub(&people.bob, hold(1)).unwrap();
}
