//! Invitations, members and devices.

use super::world::*;
use crate::entity::{Device, Invitation, InvitationKind, Key, Member, Role, Side};
use crate::id::{DeviceId, InvitationId, MemberId};
use crate::mutation::*;
use crate::refusal::Rule;
use crate::scope::ScopeId;

const TOKEN: Key = Key([0x5A; 32]);

fn invites(by: &Actor, company: u128, role: Role) -> InvitationCreate {
    InvitationCreate {
        invitation: id(0x400),
        kind: InvitationKind::Member,
        organization: id(company),
        role,
        token_hash: TOKEN,
        days: 7,
        by_organization: by.organization,
    }
}

fn links(by: &Actor) -> InvitationCreate {
    InvitationCreate { kind: InvitationKind::Device, ..invites(by, 0, by.role) }.at(by)
}

impl InvitationCreate {
    fn at(self, by: &Actor) -> Self {
        Self { organization: by.organization, ..self }
    }
}

/// Dora takes the invitation.
fn accepts() -> InvitationAccept {
    InvitationAccept {
        token_hash: TOKEN,
        member: id(0x500),
        member_name: "Dora New".into(),
        device: id(0x600),
        device_name: "Dora's laptop".into(),
        device_key: Key([0xDD; 32]),
    }
}

fn revokes(by: &Actor) -> InvitationRevoke {
    InvitationRevoke { invitation: id(0x400), by_organization: by.organization }
}

fn invitation(world: &World) -> Invitation {
    world.get(id::<InvitationId>(0x400)).unwrap()
}

#[test]
fn an_invited_person_becomes_a_member_with_a_device() {
    let (mut world, people) = World::founded();
    world.hub(&people.nadia, invites(&people.nadia, NORTHBEAM, Role::Seller)).unwrap();
    world.now = world.now.plus_days(6);
    world.join(accepts()).unwrap();
    let dora: Member = world.get(id::<MemberId>(0x500)).unwrap();
    assert_eq!((dora.name.as_str(), dora.organization, dora.role), ("Dora New", id(NORTHBEAM), Role::Seller));
    assert_eq!((dora.joined_at, dora.left_at), (world.now, None));
    let laptop: Device = world.get(id::<DeviceId>(0x600)).unwrap();
    assert_eq!((laptop.member, laptop.key, laptop.revoked_at), (id(0x500), Key([0xDD; 32]), None));
    let taken = invitation(&world);
    assert_eq!((taken.accepted_by, taken.accepted_at), (Some(id(0x500)), Some(world.now)));
}

#[test]
fn a_device_link_gives_its_maker_one_more_device() {
    let (mut world, people) = World::founded();
    for who in [&people.alice, &people.amir, &people.ole] {
        let mut world = world.clone();
        world.hub(who, links(who)).unwrap();
        let members = world.all::<Member>();
        world.join(accepts()).unwrap();
        assert_eq!(
            world.all::<Member>(),
            members,
            "no new member, whatever the joining device called itself"
        );
        assert_eq!(world.get::<Device>(id::<DeviceId>(0x600)).unwrap().member, who.member);
    }

    world.hub(&people.alice, InvitationCreate { role: Role::Admin, ..links(&people.alice) }).unwrap();
    assert_eq!(invitation(&world).role, Role::Seller, "a link does not promote");
    let home = world.rows.values().find(|row| row.key.id == id::<uuid::Uuid>(0x400)).unwrap().scope;
    assert_eq!(home, ScopeId::Person(people.alice.member), "a device link is nobody else's business");
}

#[test]
fn who_invites_whom_to_what() {
    let (world, people) = World::founded();
    let People { hugo, mia, bob, ole, nadia, alice, amir, carol } = &people;
    let allowed: [(&Actor, u128, Role); 9] = [
        (hugo, HALDEN, Role::Admin),
        (hugo, HALDEN, Role::ChannelManager),
        (hugo, NORTHBEAM, Role::Admin),
        (mia, HALDEN, Role::Seller),
        (mia, HALDEN, Role::ChannelManager),
        (mia, NORTHBEAM, Role::Admin),
        (mia, COASTLINE, Role::Member),
        (nadia, NORTHBEAM, Role::Admin),
        (nadia, NORTHBEAM, Role::Member),
    ];
    for (who, company, role) in allowed {
        world.clone().hub(who, invites(who, company, role)).unwrap();
    }
    let refusals: [(&Actor, u128, Role, Rule); 13] = [
        (bob, HALDEN, Role::Member, Rule::NotAllowed),
        (ole, HALDEN, Role::Member, Rule::NotAllowed),
        (bob, NORTHBEAM, Role::Seller, Rule::NotAllowed),
        (ole, NORTHBEAM, Role::Seller, Rule::NotAllowed),
        (alice, NORTHBEAM, Role::Member, Rule::NotAllowed),
        (amir, NORTHBEAM, Role::Member, Rule::NotAllowed),
        (nadia, HALDEN, Role::Admin, Rule::NotAllowed),
        (carol, HALDEN, Role::Member, Rule::NotAllowed),
        (carol, NORTHBEAM, Role::Member, Rule::NotFound), // carol does not even know of Northbeam
        (nadia, COASTLINE, Role::Seller, Rule::NotFound),
        (nadia, NORTHBEAM, Role::ChannelManager, Rule::InvalidField),
        (hugo, NORTHBEAM, Role::ChannelManager, Rule::InvalidField),
        (hugo, 0xFF, Role::Seller, Rule::NotFound),
    ];
    for (who, company, role, rule) in refusals {
        let outcome = world.clone().hub(who, invites(who, company, role));
        assert_eq!(refused(outcome), rule, "{:?} {role:?} into {company:#x}", who.role);
    }
}

#[test]
fn nobody_hands_out_more_than_they_have() {
    let (mut world, people) = World::founded();
    let outcome = world.hub(&people.mia, invites(&people.mia, HALDEN, Role::Admin));
    assert_eq!(refused(outcome), Rule::NotAllowed, "a channel manager makes no administrator of the vendor");
}

#[test]
fn an_invitation_is_made_in_the_name_of_ones_own_company() {
    let (mut world, people) = World::founded();
    let invite = invites(&people.hugo, NORTHBEAM, Role::Seller);
    let as_northbeam = InvitationCreate { by_organization: id(NORTHBEAM), ..invite };
    assert_eq!(refused(world.hub(&people.hugo, as_northbeam)), Rule::NotInScope);
    let elsewhere = InvitationCreate { organization: id(NORTHBEAM), ..links(&people.bob) };
    assert_eq!(refused(world.hub(&people.bob, elsewhere)), Rule::NotAllowed, "a device link is one's own");
}

#[test]
fn an_invitation_lives_for_one_to_thirty_days() {
    let (mut world, people) = World::founded();
    for days in [0, 31, u32::MAX] {
        let invite = InvitationCreate { days, ..invites(&people.nadia, NORTHBEAM, Role::Seller) };
        assert_eq!(refused(world.hub(&people.nadia, invite)), Rule::InvalidField);
    }
    for days in [1, 30] {
        let mut world = world.clone();
        let invite = InvitationCreate { days, ..invites(&people.nadia, NORTHBEAM, Role::Seller) };
        world.hub(&people.nadia, invite).unwrap();
        assert_eq!(invitation(&world).expires_at, MONDAY.plus_days(i64::from(days)));
    }
}

#[test]
fn an_expired_invitation_lets_nobody_in() {
    let (mut world, people) = World::founded();
    world.hub(&people.nadia, invites(&people.nadia, NORTHBEAM, Role::Seller)).unwrap();
    world.now = MONDAY.plus_days(7);
    assert_eq!(refused(world.join(accepts())), Rule::InvitationExpired);
    world.now = crate::Timestamp(world.now.0 - 1);
    world.join(accepts()).unwrap();
}

#[test]
fn a_used_revoked_or_unknown_invitation_lets_nobody_in() {
    let (mut world, people) = World::founded();
    let stranger = InvitationAccept { member: id(0x501), device: id(0x601), ..accepts() };
    assert_eq!(refused(world.join(stranger.clone())), Rule::InvitationUsed, "unknown");

    world.hub(&people.nadia, invites(&people.nadia, NORTHBEAM, Role::Seller)).unwrap();
    let mut revoked = world.clone();
    revoked.hub(&people.nadia, revokes(&people.nadia)).unwrap();
    assert_eq!(refused(revoked.join(accepts())), Rule::InvitationUsed, "revoked");

    world.join(accepts()).unwrap();
    let before = world.rows.clone();
    assert_eq!(refused(world.join(stranger)), Rule::InvitationUsed, "used");
    assert_eq!(world.rows, before);
}

#[test]
fn joining_takes_nobodys_place() {
    let (mut world, people) = World::founded();
    world.hub(&people.nadia, invites(&people.nadia, NORTHBEAM, Role::Seller)).unwrap();
    let as_bob = InvitationAccept { member: people.bob.member, ..accepts() };
    assert_eq!(refused(world.join(as_bob)), Rule::AlreadyExists);
    let on_bobs_device = InvitationAccept { device: people.bob.device, ..accepts() };
    assert_eq!(refused(world.join(on_bobs_device)), Rule::AlreadyExists);
    for nameless in [
        InvitationAccept { member_name: " ".into(), ..accepts() },
        InvitationAccept { device_name: String::new(), ..accepts() },
        InvitationAccept { member_name: "x".repeat(121), ..accepts() },
    ] {
        assert_eq!(refused(world.join(nameless)), Rule::InvalidField);
    }
    assert_eq!(invitation(&world).accepted_by, None, "a failed attempt does not use it up");
    world.join(accepts()).unwrap();
}

#[test]
fn an_invitation_is_made_once_and_its_token_is_used_once() {
    let (mut world, people) = World::founded();
    let first = invites(&people.nadia, NORTHBEAM, Role::Seller);
    world.hub(&people.nadia, first.clone()).unwrap();
    assert_eq!(refused(world.hub(&people.nadia, first.clone())), Rule::AlreadyExists);
    let same_token = InvitationCreate { invitation: id(0x401), ..first };
    assert_eq!(refused(world.hub(&people.nadia, same_token)), Rule::AlreadyExists);
}

#[test]
fn who_revokes_an_invitation() {
    let (mut world, people) = World::founded();
    world.hub(&people.mia, invites(&people.mia, NORTHBEAM, Role::Seller)).unwrap();
    for (who, rule) in [
        (&people.bob, Rule::NotAllowed),
        (&people.ole, Rule::NotAllowed),
        (&people.nadia, Rule::NotFound), // made by Halden, so not on Northbeam's list
        (&people.carol, Rule::NotFound),
    ] {
        assert_eq!(refused(world.clone().hub(who, revokes(who))), rule, "{:?}", who.role);
    }
    for who in [&people.mia, &people.hugo] {
        let mut world = world.clone();
        world.hub(who, revokes(who)).unwrap();
        let revoked = invitation(&world).revoked_at;
        assert_eq!(revoked, Some(world.now));
        world.now = world.now.plus_days(1);
        world.hub(who, revokes(who)).unwrap();
        assert_eq!(invitation(&world).revoked_at, revoked, "once is enough");
    }
    world.join(accepts()).unwrap();
    assert_eq!(refused(world.hub(&people.mia, revokes(&people.mia))), Rule::WrongState, "too late");
}

#[test]
fn a_member_who_left_gets_no_more_devices() {
    let (mut world, people) = World::founded();
    world.hub(&people.alice, links(&people.alice)).unwrap();
    world.hub(&people.alice, MemberLeave { member: people.alice.member }).unwrap();
    assert_eq!(refused(world.join(accepts())), Rule::InvitationUsed);
    let alice: Member = world.get(people.alice.member).unwrap();
    assert_eq!((alice.name.as_str(), alice.left_at), ("Alice Seller", Some(world.now)), "her name stays");
}

#[test]
fn everybody_leaves_for_themselves() {
    let (mut world, people) = World::founded();
    let leave = MemberLeave { member: people.alice.member };
    for who in [&people.nadia, &people.bob, &people.hugo, &people.carol] {
        assert_eq!(refused(world.hub(who, leave.clone())), Rule::NotInScope);
    }
    let vendor = MemberLeave { member: people.bob.member };
    world.hub(&people.bob, vendor).unwrap();
    assert!(world.get::<Member>(people.bob.member).unwrap().left_at.is_some());
}

#[test]
fn a_device_is_signed_out_by_its_owner() {
    let (mut world, people) = World::founded();
    let revoke = |of: &Actor| DeviceRevoke { device: of.device, member: of.member };
    assert_eq!(refused(world.hub(&people.nadia, revoke(&people.alice))), Rule::NotInScope);
    let disguised = DeviceRevoke { device: people.alice.device, member: people.nadia.member };
    assert_eq!(refused(world.hub(&people.nadia, disguised)), Rule::NotFound);

    world.hub(&people.alice, revoke(&people.alice)).unwrap();
    let first = world.now;
    world.now = world.now.plus_days(1);
    world.hub(&people.alice, revoke(&people.alice)).unwrap();
    let device: Device = world.get(people.alice.device).unwrap();
    assert_eq!((device.revoked_at, device.name.as_str()), (Some(first), "Laptop of Alice Seller"));
}

#[test]
fn partners_and_vendor_are_seen_in_their_own_scopes() {
    assert_eq!(public_scope(Side::Vendor, id(HALDEN)), ScopeId::Program);
    assert_eq!(public_scope(Side::Partner, id(NORTHBEAM)), ScopeId::Partnership(id(NORTHBEAM)));
    let (world, people) = World::founded();
    for who in [&people.bob, &people.alice, &people.carol] {
        let home = world.rows.values().find(|row| row.key.id == who.member.0).unwrap().scope;
        assert_eq!(home, who.public_scope());
        assert!(who.own_scopes().contains(&home), "everybody sees themselves");
    }
}
