//! Inviting, joining, signing in, and being shown the door.

use crate::support::device::{Device, Identity};
use crate::support::hub::TestHub;
use crate::support::random32;
use crate::support::wire::{Way, Wire};
use crate::support::world::{
    accept, add_partner, deal, found, founding, id, inspect, invitation, invite, join, join_frame, message,
    partner, take_link,
};
use domain::entity::{InvitationKind, Member, Organization, Role};
use domain::mutation::{DeviceRevoke, InvitationRevoke, MemberLeave, ProgramCreate};
use domain::{Mutation, Rule};
use protocol::frame::{FromDevice, Reason};
use protocol::link::{InvitationLink, Token};
use protocol::seal::DeviceKey;

async fn start() -> (TestHub, Device) {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let bob = found(&hub.way(), &link).await;
    (hub, bob)
}

#[tokio::test]
async fn alice_joins_by_a_link_and_sees_her_side_of_the_program() {
    let (hub, mut bob) = start().await;
    let dock = add_partner(&mut bob, "Dockside").await;
    let link = invite(&mut bob, dock, Role::Seller).await;
    let preview = inspect(&hub.way(), &link).await.preview.unwrap();
    assert_eq!(preview.program_name.as_deref(), Some("Polder Partners"));
    assert_eq!(preview.organization_name.as_deref(), Some("Dockside"));
    assert_eq!((preview.kind, preview.role), (Some(InvitationKind::Member), Some(Role::Seller)));

    let me = join(&hub.way(), &link, dock, "Alice Partner").await.unwrap();
    let mut alice = Device::sign_in(&hub.way(), me.clone()).await;
    alice.caught_up(1).await;
    assert_eq!(alice.get::<Organization>(dock).unwrap().name, "Dockside");
    assert_eq!(alice.get::<Member>(bob.me.member).unwrap().name, "Bob Vendor");
    assert_eq!(alice.get::<Member>(me.member).unwrap().name, "Alice Partner");
    bob.until("alice", |bob| bob.get::<Member>(me.member).is_some()).await;
}

#[tokio::test]
async fn a_link_works_once_and_not_after_it_was_revoked_or_for_another_program() {
    let (hub, mut bob) = start().await;
    let dock = add_partner(&mut bob, "Dockside").await;
    let link = invite(&mut bob, dock, Role::Seller).await;
    join(&hub.way(), &link, dock, "Alice Partner").await.unwrap();
    let refusal = join(&hub.way(), &link, dock, "Mallory").await.err().unwrap();
    assert_eq!(refusal.rule, Rule::InvitationUsed);

    let (revoked, create) = invitation(&bob, dock, Role::Seller);
    let (invitation, by_organization) = (create.invitation, create.by_organization);
    bob.run(create).await.unwrap();
    bob.run(InvitationRevoke { invitation, by_organization }).await.unwrap();
    let refusal = join(&hub.way(), &revoked, dock, "Mallory").await.err().unwrap();
    assert_eq!(refusal.rule, Rule::InvitationUsed);

    let other = hub.hub.founding_link(7).await.unwrap();
    let mut carol = found(&hub.way(), &other).await;
    let quay = add_partner(&mut carol, "Quayside").await;
    let mut foreign = invite(&mut carol, quay, Role::Seller).await;
    foreign.program = Some(bob.me.program);
    let refusal = join(&hub.way(), &foreign, quay, "Mallory").await.err().unwrap();
    assert_eq!(refusal.rule, Rule::InvitationUsed);

    let mut wrong = invite(&mut bob, dock, Role::Seller).await;
    wrong.token = Token(random32());
    let refusal = join(&hub.way(), &wrong, dock, "Mallory").await.err().unwrap();
    assert_eq!(refusal.rule, Rule::InvitationUsed);
}

#[tokio::test]
async fn of_many_who_take_a_link_at_once_one_gets_in() {
    let (hub, mut bob) = start().await;
    let dock = add_partner(&mut bob, "Dockside").await;
    let link = invite(&mut bob, dock, Role::Seller).await;
    let way = hub.way();
    let tries = (0..20).map(|n| {
        let (way, link) = (way.clone(), link.clone());
        tokio::spawn(async move { join(&way, &link, dock, &format!("Alice {n}")).await.is_ok() })
    });
    let mut joined = 0;
    for attempt in tries.collect::<Vec<_>>() {
        joined += usize::from(attempt.await.unwrap());
    }
    assert_eq!(joined, 1);
}

/// Takes a link and never reads the answer.
async fn take_and_not_listen(
    way: &Way,
    link: &InvitationLink,
    key: &DeviceKey,
    mutation: &Mutation,
    place: &str,
) -> Wire {
    let mut wire = Wire::connect(way, place).await;
    let challenge = wire.challenge().await;
    let join = join_frame(key, &challenge.nonce, link.token, mutation);
    wire.send(&FromDevice::Join(join)).await;
    wire
}

#[tokio::test]
async fn who_lost_the_answer_asks_again_with_the_same_key_and_is_in() {
    let (hub, mut bob) = start().await;
    let dock = add_partner(&mut bob, "Dockside").await;
    let link = invite(&mut bob, dock, Role::Seller).await;
    let alice = DeviceKey::from_seed(&random32());
    let accepted = accept(&link, &alice, "Alice");
    let place = format!("programs/{}", bob.me.program);
    let cut = take_and_not_listen(&hub.way(), &link, &alice, &accepted.clone().into(), &place).await;
    bob.until("alice", |bob| bob.get::<Member>(accepted.member).is_some()).await;
    drop(cut);

    let hub = hub.restart().await;
    for _ in 0..2 {
        let joined = take_link(&hub.way(), &link, &alice, accepted.clone()).await.unwrap();
        assert_eq!((joined.member, joined.refusal), (Some(accepted.member), None));
    }
    let me = Identity {
        program: bob.me.program,
        organization: dock,
        member: accepted.member,
        device: accepted.device,
        key: alice.clone(),
    };
    let mut signed_in = Device::sign_in(&hub.way(), me.clone()).await;
    signed_in.caught_up(1).await;

    // The link is used up for everybody else, and hers for any other link.
    let mallory = DeviceKey::from_seed(&random32());
    let mut stolen = accept(&link, &mallory, "Mallory");
    for device in [stolen.device, accepted.device] {
        stolen.device = device;
        let joined = take_link(&hub.way(), &link, &mallory, stolen.clone()).await.unwrap();
        assert_eq!(joined.refusal.unwrap().rule, Rule::InvitationUsed);
    }
    signed_in.push(DeviceRevoke { device: me.device, member: me.member }).await;
    assert_eq!(signed_in.until_goodbye().await.unwrap().reason, Reason::Revoked);
    let joined = take_link(&hub.way(), &link, &alice, accepted.clone()).await.unwrap();
    assert_eq!(joined.refusal.unwrap().rule, Rule::InvitationUsed, "not for a device that was signed out");
}

#[tokio::test]
async fn who_founded_a_program_and_lost_the_answer_asks_again() {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(14).await.unwrap();
    let bob = DeviceKey::from_seed(&random32());
    let create = founding(&bob);
    let cut = take_and_not_listen(&hub.way(), &link, &bob, &create.clone().into(), "founding").await;
    let joined = take_link(&hub.way(), &link, &bob, create.clone()).await.unwrap();
    drop(cut);
    assert_eq!((joined.member, joined.refusal), (Some(create.member), None));
    let again = take_link(&hub.way(), &link, &bob, create.clone()).await.unwrap();
    assert_eq!((again.member, again.refusal), (Some(create.member), None));
    let mallory = DeviceKey::from_seed(&random32());
    let stolen = ProgramCreate { device_key: mallory.public(), ..create };
    let refused = take_link(&hub.way(), &link, &mallory, stolen).await.unwrap();
    assert_eq!(refused.refusal.unwrap().rule, Rule::InvitationUsed);
}

#[tokio::test]
async fn a_link_is_worth_nothing_with_a_key_one_does_not_hold() {
    let (hub, mut bob) = start().await;
    let dock = add_partner(&mut bob, "Dockside").await;
    let link = invite(&mut bob, dock, Role::Seller).await;
    let alice = DeviceKey::from_seed(&random32());
    let mallory = DeviceKey::from_seed(&random32());
    assert_eq!(take_link(&hub.way(), &link, &mallory, accept(&link, &alice, "Alice")).await, None);
    join(&hub.way(), &link, dock, "Alice Partner").await.unwrap();
}

#[tokio::test]
async fn only_the_device_itself_signs_in() {
    let (hub, bob) = start().await;
    let thief = Identity { key: DeviceKey::from_seed(&random32()), ..bob.me.clone() };
    let thief = Device::sign_in(&hub.way(), thief).await;
    assert_eq!(thief.goodbye.unwrap().reason, Reason::UnknownDevice);

    let stranger = Identity { device: id(), ..bob.me.clone() };
    let stranger = Device::sign_in(&hub.way(), stranger).await;
    assert_eq!(stranger.goodbye.unwrap().reason, Reason::UnknownDevice);
}

#[tokio::test]
async fn a_program_that_does_not_exist_says_so() {
    let (hub, bob) = start().await;
    let mut wire = Wire::connect(&hub.way(), &format!("programs/{}", uuid::Uuid::now_v7())).await;
    assert_eq!(wire.goodbye().await.unwrap().reason, Reason::UnknownProgram);
    drop(bob);
}

#[tokio::test]
async fn a_revoked_device_is_hung_up_on_and_stays_out() {
    let (hub, mut bob) = start().await;
    let mut alice = partner(&hub.way(), &mut bob, "Dockside", "Alice Partner").await;

    // Alice links a second device and loses it.
    let (link, mut create) = invitation(&alice, alice.me.organization, Role::Seller);
    create.kind = InvitationKind::Device;
    alice.run(create).await.unwrap();
    let lost = join(&hub.way(), &link, alice.me.organization, "ignored").await.unwrap();
    assert_eq!(lost.member, alice.me.member);
    let mut lost = Device::sign_in(&hub.way(), lost).await;
    lost.caught_up(1).await;

    let registration = deal("polder-port.nl");
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    lost.until("the deal", |lost| lost.deal(room).is_some()).await;
    alice.run(DeviceRevoke { device: lost.me.device, member: alice.me.member }).await.unwrap();
    alice.run(message(room, "CANARY-AFTER-REVOCATION")).await.unwrap();
    assert_eq!(lost.until_goodbye().await.unwrap().reason, Reason::Revoked);
    assert!(!crate::support::holds(&lost.whole_trace(), b"CANARY-AFTER-REVOCATION"));

    lost.reconnect().await;
    assert_eq!(lost.goodbye.unwrap().reason, Reason::Revoked);
    // The device that is still hers goes on.
    alice.run(message(room, "Still here")).await.unwrap();
}

#[tokio::test]
async fn whoever_leaves_is_out_with_all_devices() {
    let (hub, mut bob) = start().await;
    let mut alice = partner(&hub.way(), &mut bob, "Dockside", "Alice Partner").await;
    let member = alice.me.member;
    alice.push(MemberLeave { member }).await;
    assert_eq!(alice.until_goodbye().await.unwrap().reason, Reason::Revoked);
    alice.reconnect().await;
    assert_eq!(alice.goodbye.clone().unwrap().reason, Reason::Revoked);
    bob.until("her leaving", |bob| bob.get::<Member>(member).is_some_and(|member| member.left_at.is_some()))
        .await;
}

#[tokio::test]
async fn a_device_that_connects_twice_keeps_the_newer_connection() {
    let (hub, mut bob) = start().await;
    let again = Device::sign_in(&hub.way(), bob.me.clone()).await;
    assert_eq!(again.goodbye, None);
    assert_eq!(bob.until_goodbye().await.unwrap().reason, Reason::Busy);
}
