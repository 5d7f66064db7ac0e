//! What the hub refuses ends up in front of the person, with all that hangs on it.

use crate::people::*;
use domain::entity::{Deal, Milestone, Organization};
use domain::mutation::*;
use domain::*;
use store::Code;
use uuid::Uuid;

/// Bob's other partner Dora holds the claim on polder.nl; Alice, offline, registers it too and works
/// on it. Returns her deal and milestone.
async fn a_race_lost(world: &mut World) -> (DealId, MilestoneId) {
    let organization = OrganizationId(Uuid::now_v7());
    let add = OrganizationAdd { organization, name: "Dijk Partners".to_owned() };
    world.bob.store.commit(add, now()).await.unwrap();
    world.sync().await;
    let dora = Person::new(world.hub.program, organization, 9).await;
    invite(&mut world.hub, &world.bob, &dora, entity::Role::Seller, "Dora");
    dora.sync(&mut world.hub).await;
    dora.store.commit(register(DealId(Uuid::now_v7()), "Dora's", "polder.nl"), now()).await.unwrap();
    dora.sync(&mut world.hub).await;

    let (deal, alice) = (DealId(Uuid::now_v7()), &world.alice);
    alice.store.commit(register(deal, "Lock gate", "www.polder.nl"), now()).await.unwrap();
    let add = milestone(deal, "Pen test");
    let id = add.milestone;
    alice.store.commit(add, now()).await.unwrap();
    alice.store.commit(say(deal, "Shall we start?"), now()).await.unwrap();
    alice.store.commit(MilestoneComplete { deal, milestone: id }, now()).await.unwrap();
    (deal, id)
}

#[tokio::test]
async fn a_refused_registration_takes_its_dependants_along() {
    let mut world = World::new().await;
    let other = world.shared_deal("Elsewhere").await;
    let (deal, step) = a_race_lost(&mut world).await;
    let bystander = say(other, "Not concerned");
    world.alice.store.commit(bystander.clone(), now()).await.unwrap();
    // Only the registration has reached the hub when its answer comes.
    world.alice.push(&mut world.hub, 1).await;
    let applied = world.alice.pull(&world.hub, usize::MAX).await;
    assert_eq!(applied.refused.len(), 1);
    let alice = &world.alice;
    assert_eq!(alice.see::<Deal>(deal).await, None);
    assert_eq!(alice.see::<Milestone>(step).await, None);
    assert!(alice.see::<entity::Message>(bystander.message).await.is_some());

    let refused = alice.store.refusals().await.unwrap();
    let [root] = refused.as_slice() else { panic!("one refusal, not {}", refused.len()) };
    assert_eq!((root.id, root.refusal.rule), (applied.refused[0], Rule::ClaimTaken));
    assert!(root.refusal.evidence.contains(&("Customer".to_owned(), "polder.nl".to_owned())));
    assert!(!format!("{root:?}").contains("Dora"), "without naming who was first");
    let parked: Vec<_> = root.parked.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(parked, ["milestone_add", "message_send", "milestone_complete"]);
    let counts = alice.store.counts().await.unwrap();
    assert_eq!((counts.waiting, counts.refused), (1, 1), "what is parked does not wait");

    // The chain has no hole: the parked ones are still sent, refused, and change nothing any more.
    world.sync().await;
    assert_eq!(world.alice.count("outbox").await, 0);
    assert_eq!(world.alice.store.refusals().await.unwrap(), refused);
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn what_was_sent_together_is_refused_together() {
    let mut world = World::new().await;
    a_race_lost(&mut world).await;
    world.alice.sync(&mut world.hub).await;
    let refused = world.alice.store.refusals().await.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].parked.len(), 3);
    assert_eq!(world.alice.count("outbox").await, 0);
}

#[tokio::test]
async fn what_is_refused_later_in_the_same_lane_joins_the_root() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    for body in ["one", "two", "three"] {
        world.alice.store.commit(say(deal, body), now()).await.unwrap();
    }
    for _ in 0..3 {
        world.alice.push(&mut world.hub, 1).await;
        world.alice.pull(&world.hub, usize::MAX).await;
    }
    let refused = world.alice.store.refusals().await.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].refusal.rule, Rule::NotInScope);
    assert_eq!(refused[0].parked.len(), 2);
    assert_eq!(
        refused[0].item.mutation.as_ref().map(Mutation::name),
        Some("message_send"),
        "and can be copied"
    );
}

#[tokio::test]
async fn an_edited_registration_goes_out_again_with_all_that_hung_on_it() {
    let mut world = World::new().await;
    let (deal, step) = a_race_lost(&mut world).await;
    // The answer to the first arrives before the rest is sent; then Alice corrects the product.
    world.alice.push(&mut world.hub, 1).await;
    world.alice.pull(&world.hub, usize::MAX).await;
    let id = world.alice.store.refusals().await.unwrap()[0].id;
    let edited = DealRegister { product: "Valve".to_owned(), ..register(deal, "Lock gate", "polder.nl") };
    let committed = world.alice.store.replace(id, edited, now()).await.unwrap();
    assert_eq!(committed.len(), 4);
    assert!(world.alice.store.refusals().await.unwrap().is_empty());
    assert!(world.alice.see::<Milestone>(step).await.unwrap().done.is_some());

    world.sync().await;
    assert!(world.alice.store.refusals().await.unwrap().is_empty());
    assert_eq!(world.bob.see::<Deal>(deal).await.unwrap().product, "Valve");
    assert!(world.bob.see::<Milestone>(step).await.unwrap().done.is_some());
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    assert_eq!(world.hub.chains[&world.alice.device], world.alice.store.sync_state().await.unwrap().chain);
}

#[tokio::test]
async fn a_retry_is_refused_again_until_the_reason_is_gone() {
    let mut world = World::new().await;
    let (deal, _) = a_race_lost(&mut world).await;
    world.alice.sync(&mut world.hub).await;
    let id = world.alice.store.refusals().await.unwrap()[0].id;
    world.alice.store.retry(id, now()).await.unwrap();
    assert!(world.alice.see::<Deal>(deal).await.is_some());
    world.alice.sync(&mut world.hub).await;
    let again = world.alice.store.refusals().await.unwrap();
    assert_eq!((again.len(), again[0].parked.len()), (1, 3));
    assert_ne!(again[0].id, id);

    // Dora gives up.
    let dora = world.hub.rows.keys().find(|key| {
        key.table == Table::Deals && world.hub.get::<Deal>(key.id).is_some_and(|deal| deal.title == "Dora's")
    });
    let claim = claim::claim_id("polder.nl", "Gauge", "Benelux");
    assert!(dora.is_some());
    world.hub.rows.remove(&RowKey::of::<entity::Claim>(claim));
    world.alice.store.retry(again[0].id, now()).await.unwrap();
    world.sync().await;
    assert!(world.alice.store.refusals().await.unwrap().is_empty());
    assert!(world.bob.see::<Deal>(deal).await.is_some());
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn a_retry_that_the_rules_refuse_here_keeps_the_refusal() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
    world.alice.store.commit(say(deal, "hello"), now()).await.unwrap();
    world.alice.sync(&mut world.hub).await;
    let before = world.alice.store.refusals().await.unwrap();
    let error = world.alice.store.retry(before[0].id, now()).await.unwrap_err();
    assert!(matches!(error, store::CommitError::Refused(Refusal { rule: Rule::NotFound, .. })));
    assert_eq!(world.alice.store.refusals().await.unwrap(), before);
}

#[tokio::test]
async fn only_the_person_discards() {
    let mut world = World::new().await;
    a_race_lost(&mut world).await;
    world.alice.push(&mut world.hub, 1).await;
    world.alice.pull(&world.hub, usize::MAX).await;
    world.alice.restart().await;
    let id = world.alice.store.refusals().await.unwrap()[0].id;
    assert!(world.alice.store.discard(id, now()).await.unwrap().sync);
    assert!(world.alice.store.refusals().await.unwrap().is_empty());
    assert_eq!(world.alice.store.discard(id, now()).await.unwrap_err().code(), Code::NotFound);
    world.sync().await;
    assert!(world.alice.store.refusals().await.unwrap().is_empty());
    assert_eq!(world.alice.count("outbox").await, 0);
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn what_was_discarded_can_be_put_back_for_thirty_days() {
    let mut world = World::new().await;
    a_race_lost(&mut world).await;
    world.alice.push(&mut world.hub, 1).await;
    world.alice.pull(&world.hub, usize::MAX).await;
    let before = world.alice.store.refusals().await.unwrap();
    let id = before[0].id;
    world.alice.store.discard(id, now()).await.unwrap();
    world.sync().await;
    let discarded = world.alice.store.discarded(now()).await.unwrap();
    assert_eq!((discarded[0].id, discarded[0].parked, &discarded[0].item), (id, 3, &before[0].item));
    let later = Timestamp(now().0 + 30 * 86_400_000 + 1);
    assert!(world.alice.store.discarded(later).await.unwrap().is_empty());

    assert!(world.alice.store.put_back(id).await.unwrap().sync);
    assert_eq!(world.alice.store.refusals().await.unwrap(), before, "with all that was behind it");
    assert_eq!(world.alice.store.put_back(id).await.unwrap_err().code(), Code::NotFound);
    let Some(Mutation::DealRegister(mut register)) = before[0].item.mutation.clone() else {
        panic!("{before:?}")
    };
    register.customer.domain = "other.nl".to_owned();
    world.alice.store.replace(id, register, now()).await.unwrap();
    world.sync().await;
    assert_eq!(world.alice.store.counts().await.unwrap().refused, 0);
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn a_dependant_of_another_lane_is_parked_too() {
    let mut world = World::new().await;
    // An organization that exists already: the hub refuses, and with it the invitation into it.
    let organization = OrganizationId(Uuid::now_v7());
    let add = OrganizationAdd { organization, name: "Dijk".to_owned() };
    world.bob.store.commit(add, now()).await.unwrap();
    let invitation = InvitationCreate {
        invitation: InvitationId(Uuid::now_v7()),
        kind: entity::InvitationKind::Member,
        organization,
        role: entity::Role::Admin,
        token_hash: entity::Key([3; 32]),
        days: 7,
        by_organization: world.bob.organization,
    };
    world.bob.store.commit(invitation, now()).await.unwrap();
    let elsewhere = Organization {
        name: "Elsewhere".to_owned(),
        side: entity::Side::Partner,
        created_at: now(),
        ended_at: None,
        extra: Default::default(),
    };
    // Another vendor manager was faster with the same id, in a scope that Bob holds by a grant.
    let scope = ScopeId::Partnership(organization);
    world.hub.put(organization, scope, &elsewhere);
    world.hub.grant(scope, world.bob.organization);
    world.bob.push(&mut world.hub, 1).await;
    world.bob.pull(&world.hub, usize::MAX).await;
    let refused = world.bob.store.refusals().await.unwrap();
    assert_eq!((refused.len(), refused[0].parked.len()), (1, 1));
    // The hub accepts the parked one after all, because the organization is there: it is done then.
    world.sync().await;
    let refused = world.bob.store.refusals().await.unwrap();
    assert_eq!((refused.len(), refused[0].parked.len()), (1, 0));
    world.bob.holds_what_the_hub_shows(&world.hub).await;
}
