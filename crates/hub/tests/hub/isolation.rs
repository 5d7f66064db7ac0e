//! Two competitors on one hub: neither receives a byte of the other's.

use crate::support::device::Device;
use crate::support::holds;
use crate::support::hub::TestHub;
use crate::support::world::{accept, deal, found, invitation, message, partner};
use domain::entity::{Customer, Role};
use domain::mutation::{AccountDraft, AccountsPut, DealEdit, RegistrationSubmit, RoomRead};
use domain::{AccountId, Rule};
use protocol::frame::Resume;

const CANARY: &str = "CANARY";

struct World {
    hub: TestHub,
    bob: Device,
    alice: Device,
    mallory: Device,
}

/// Alice's company and Mallory's, who compete, on Bob's program.
async fn start() -> World {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let mut bob = found(&hub.way(), &link).await;
    let alice = partner(&hub.way(), &mut bob, "CANARY-Dockside", "CANARY-Alice").await;
    let mallory = partner(&hub.way(), &mut bob, "Quayside", "Mallory").await;
    World { hub, bob, alice, mallory }
}

fn secret_deal() -> domain::mutation::DealRegister {
    let mut registration = deal("canary-customer.nl");
    registration.title = "CANARY-title".into();
    registration.customer = Customer {
        name: "CANARY-customer".into(),
        domain: "canary-customer.nl".into(),
        country: "NL".into(),
    };
    registration.need = "CANARY-need".into();
    registration
}

#[tokio::test]
async fn a_partners_trace_holds_no_byte_of_another_partners() {
    let World { mut bob, mut alice, mut mallory, .. } = start().await;
    let registration = secret_deal();
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    let account = AccountDraft {
        account: AccountId(uuid::Uuid::now_v7()),
        name: "CANARY-account".into(),
        domain: "canary-account.nl".into(),
        country: "NL".into(),
        industry: "CANARY-industry".into(),
        owner: "CANARY-owner".into(),
        relation: None,
        named: None,
        duns: None,
        active_on: None,
    };
    let organization = alice.me.organization;
    alice.run(AccountsPut { organization, accounts: vec![account] }).await.unwrap();
    for n in 0..20 {
        alice.run(message(room, format!("CANARY-message-{n}"))).await.unwrap();
        if n % 5 == 0 {
            mallory.reconnect().await;
        }
    }
    bob.until("the deal", |bob| bob.room(room).len() == 20).await;
    bob.run(message(room, "CANARY-answer")).await.unwrap();

    let mine = deal("quay-customer.nl");
    let head = mallory.run(mine).await.unwrap();
    mallory.caught_up(head).await;
    // Also from the beginning, in pages.
    let mut fresh = Device::sign_in(&mallory.way.clone(), mallory.me.clone()).await;
    fresh.caught_up(head).await;
    assert!(holds(&bob.whole_trace(), b"CANARY"), "the vendor sees it all");
    assert!(!holds(&alice.whole_trace(), b"Quayside"), "and Alice nothing of Mallory's");
    for trace in [mallory.whole_trace(), fresh.whole_trace()] {
        assert!(!holds(&trace, b"CANARY") && !holds(&trace, b"canary"), "no word");
        for id in [room.0, alice.me.organization.0, alice.me.member.0, alice.me.device.0] {
            assert!(!holds(&trace, id.as_bytes()), "no id");
        }
    }
}

#[tokio::test]
async fn a_change_in_a_scope_one_is_not_in_is_refused_and_tells_nothing() {
    let World { mut bob, mut alice, mut mallory, .. } = start().await;
    let registration = secret_deal();
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    let nowhere = secret_deal().deal;

    for target in [room, nowhere] {
        let refusal = mallory.run(message(target, "Let me in")).await.unwrap_err();
        assert_eq!(refusal.rule, Rule::NotInScope);
        let refusal = mallory.run(RegistrationSubmit { deal: target }).await.unwrap_err();
        assert_eq!(refusal.rule, Rule::NotInScope);
        let edit = DealEdit { deal: target, patch: Vec::new() };
        assert_eq!(mallory.run(edit).await.unwrap_err().rule, Rule::NotInScope);
    }
    // What exists and what does not answers alike, to the byte but for its number.
    let refusals: Vec<String> = mallory
        .answers
        .values()
        .filter_map(|answer| answer.refusal.as_ref())
        .map(|r| format!("{r:?}"))
        .collect();
    assert_eq!(refusals[..3], refusals[3..]);

    // A read mark in the name of another member, an account on another's list.
    let other = alice.me.member;
    let refusal = mallory.run(RoomRead { deal: room, member: other, position: 1 }).await.unwrap_err();
    assert_eq!(refusal.rule, Rule::NotInScope);
    let put = AccountsPut { organization: alice.me.organization, accounts: Vec::new() };
    assert_eq!(mallory.run(put).await.unwrap_err().rule, Rule::NotInScope);
    // An invitation of her own making into Alice's organization.
    let (_, create) = invitation(&mallory, alice.me.organization, Role::Admin);
    assert!(matches!(mallory.run(create).await.unwrap_err().rule, Rule::NotFound | Rule::NotAllowed));

    bob.until("the deal", |bob| bob.deal(room).is_some()).await;
    assert_eq!(bob.room(room), Vec::<String>::new());
    assert!(!holds(&mallory.whole_trace(), b"CANARY"));
}

#[tokio::test]
async fn another_partners_deal_cannot_be_overwritten_by_its_id() {
    let World { mut bob, mut alice, mut mallory, .. } = start().await;
    let registration = secret_deal();
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    let before = alice.deal(room).unwrap();

    let mut hostile = deal("mallory-customer.nl");
    hostile.deal = room;
    let refusal = mallory.run(hostile).await.unwrap_err();
    assert!(!format!("{refusal:?}").contains(CANARY));
    let mut draft = deal("mallory-customer.nl");
    draft.deal = room;
    draft.submit = false;
    mallory.run(draft).await.unwrap_err();
    let refusal = mallory.run(message(room, "Now let me in")).await.unwrap_err();
    assert_eq!(refusal.rule, Rule::NotInScope);

    let seq = alice.run(message(room, "Ours still")).await.unwrap();
    bob.caught_up(seq).await;
    assert_eq!(alice.deal(room).unwrap(), before);
    assert_eq!(bob.deal(room).unwrap(), before);
    mallory.reconnect().await;
    assert!(mallory.deal(room).is_none());
    assert!(!holds(&mallory.whole_trace(), b"CANARY"));
}

#[tokio::test]
async fn a_catch_up_that_names_another_partners_scope_gets_nothing_of_it() {
    let World { mut alice, mut mallory, .. } = start().await;
    let registration = secret_deal();
    let room = registration.deal;
    let head = alice.run(registration).await.unwrap();
    for scope in [
        domain::ScopeId::Deal(room),
        domain::ScopeId::Organization(alice.me.organization),
        domain::ScopeId::Hub,
    ] {
        mallory.cursor = 0;
        mallory.resume = Some(Resume { head, scope: Some(scope), after: 0 });
        mallory.reconnect().await;
        mallory.until("the tail", |mallory| mallory.resume.is_none()).await;
    }
    assert!(!holds(&mallory.whole_trace(), b"CANARY"));
}

#[tokio::test]
async fn programs_of_one_hub_know_nothing_of_each_other() {
    let World { hub, mut alice, .. } = start().await;
    let registration = secret_deal();
    let room = registration.deal;
    alice.run(registration).await.unwrap();

    let link = hub.hub.founding_link(7).await.unwrap();
    let mut carol = found(&hub.way(), &link).await;
    let mut dave = partner(&hub.way(), &mut carol, "Elsewhere", "Dave").await;
    // Same ids in another program are other things.
    let mut same = deal("canary-customer.nl");
    same.deal = room;
    dave.run(same).await.unwrap();
    carol.until("the deal", |carol| carol.deal(room).is_some()).await;
    assert_eq!(carol.deal(room).unwrap().number, Some(2_001));
    assert!(!holds(&carol.whole_trace(), b"CANARY") && !holds(&dave.whole_trace(), b"CANARY"));

    // A device of one program does not sign in to another.
    let mut stranger = alice.me.clone();
    stranger.program = carol.me.program;
    let stranger = Device::sign_in(&hub.way(), stranger).await;
    assert_eq!(stranger.goodbye.unwrap().reason, protocol::frame::Reason::UnknownDevice);
}

#[tokio::test]
async fn joining_over_the_id_of_another_member_or_device_is_refused() {
    let World { hub, mut bob, mut alice, mallory, .. } = start().await;
    let link = crate::support::world::invite(&mut bob, mallory.me.organization, Role::Admin).await;
    let key = protocol::seal::DeviceKey::from_seed(&crate::support::random32());
    for overwrite in 0..2 {
        let mut hostile = accept(&link, &key, "Mallory again");
        match overwrite {
            0 => hostile.member = alice.me.member,
            _ => hostile.device = alice.me.device,
        }
        let joined = crate::support::world::take_link(&hub.way(), &link, &key, hostile).await.unwrap();
        assert_eq!(joined.refusal.unwrap().rule, Rule::AlreadyExists);
    }
    alice.reconnect().await;
    assert_eq!(alice.goodbye, None);
}
