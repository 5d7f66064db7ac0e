//! How access is given and how it ends.

use super::world::*;
use crate::claim::claim_id;
use crate::entity::{Claim, Grant, Member, Organization, Program, Role, Side, grant_id};
use crate::id::OrganizationId;
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;
use crate::scope::ScopeId;

fn share(n: u128) -> DealShare {
    DealShare { deal: id(n), organization: id(COASTLINE) }
}

fn unshare(n: u128) -> DealUnshare {
    DealUnshare { deal: id(n), organization: id(COASTLINE) }
}

fn removes(who: &Actor) -> MemberRemove {
    MemberRemove { member: who.member, organization: who.organization, side: who.side }
}

#[test]
fn a_guest_works_a_deal_until_it_is_taken_back() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let say = |n: u128| MessageSend {
        message: id(0x2000 + n),
        deal: id(1),
        body: "We install it.".into(),
        reply_to: None,
    };
    assert_eq!(refused(world.hub(&people.carol, say(1))), Rule::NotInScope);

    world.hub(&people.bob, share(1)).unwrap();
    assert!(world.holds(&people.carol, ScopeId::Deal(id(1))));
    assert_eq!(world.deal(1).guests, Some(vec![id(COASTLINE)]));
    world.hub(&people.carol, say(1)).unwrap();
    let before = world.seq;
    world.hub(&people.bob, share(1)).unwrap();
    assert_eq!(world.seq, before, "twice is once");

    world.hub(&people.bob, unshare(1)).unwrap();
    assert!(!world.holds(&people.carol, ScopeId::Deal(id(1))));
    assert_eq!(world.get::<Grant>(grant_id(ScopeId::Deal(id(1)), id(COASTLINE))), None);
    assert_eq!(world.deal(1).guests, None);
    assert_eq!(refused(world.hub(&people.carol, say(2))), Rule::NotInScope);
    let before = world.seq;
    world.hub(&people.bob, unshare(1)).unwrap();
    assert_eq!(world.seq, before, "nothing more to take back");

    world.hub(&people.mia, share(1)).unwrap();
    world.hub(&people.carol, say(2)).unwrap();
}

#[test]
fn who_shares_a_deal_and_takes_it_back() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let shared = {
        let mut world = world.clone();
        world.hub(&people.hugo, share(1)).unwrap();
        world
    };
    for who in [&people.hugo, &people.mia, &people.bob] {
        world.clone().hub(who, share(1)).unwrap();
        shared.clone().hub(who, unshare(1)).unwrap();
    }
    for (who, rule) in [
        (&people.ole, Rule::NotAllowed),
        (&people.nadia, Rule::NotAllowed),
        (&people.alice, Rule::NotAllowed),
        (&people.amir, Rule::NotAllowed),
    ] {
        assert_eq!(refused(world.clone().hub(who, share(1))), rule, "{:?}", who.role);
        assert_eq!(refused(shared.clone().hub(who, unshare(1))), rule, "{:?}", who.role);
    }
    assert_eq!(
        refused(world.hub(&people.carol, share(1))),
        Rule::NotInScope,
        "not into what one does not see"
    );
    assert_eq!(
        refused(shared.clone().hub(&people.carol, unshare(1))),
        Rule::NotAllowed,
        "a guest is no host"
    );

    let vendor = DealShare { deal: id(1), organization: id(HALDEN) };
    assert_eq!(refused(world.hub(&people.bob, vendor)), Rule::WrongState);
    let own = DealUnshare { deal: id(1), organization: id(NORTHBEAM) };
    assert_eq!(refused(world.hub(&people.bob, own)), Rule::WrongState, "the deal is Northbeam's own");
    let stranger = DealShare { deal: id(1), organization: id(0xFF) };
    assert_eq!(refused(world.hub(&people.bob, stranger)), Rule::NotFound);
}

#[test]
fn only_an_open_deal_is_shared_and_any_is_taken_back() {
    for (state, open) in [
        (State::Submitted, true),
        (State::InReview, true),
        (State::Approved, true),
        (State::Rejected, false),
        (State::Withdrawn, false),
        (State::Duplicate, false),
    ] {
        let (mut world, people) = World::with_deal(1, state);
        assert_eq!(world.hub(&people.bob, share(1)).is_ok(), open, "{state:?}");
    }
    let (mut world, people) = World::with_deal(1, State::InReview);
    world.hub(&people.bob, share(1)).unwrap();
    world.hub(&people.bob, reject(1)).unwrap();
    world.hub(&people.bob, unshare(1)).unwrap();
    assert!(!world.holds(&people.carol, ScopeId::Deal(id(1))));
}

#[test]
fn sharing_and_taking_back_undo_each_other() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    assert_eq!(world.inverse(&people.bob, share(1)), Undo::By(Box::new(unshare(1).into())));
    assert!(matches!(world.inverse(&people.bob, unshare(1)), Undo::No(_)), "nothing to take back");
    world.hub(&people.bob, share(1)).unwrap();
    assert_eq!(world.inverse(&people.bob, unshare(1)), Undo::By(Box::new(share(1).into())));
    assert!(matches!(world.inverse(&people.bob, share(1)), Undo::No(_)));
}

#[test]
fn a_device_leaves_grants_to_the_hub() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    assert_eq!(world.device(&people.bob, share(1)).unwrap().len(), 1, "the deal alone");
    world.hub(&people.bob, share(1)).unwrap();
    assert_eq!(world.device(&people.bob, unshare(1)).unwrap().len(), 1);
}

#[test]
fn who_removes_whom() {
    let (world, people) = World::founded();
    let People { hugo, mia, bob, ole, nadia, alice, amir, carol } = &people;
    for (who, whom) in
        [(hugo, bob), (hugo, mia), (hugo, nadia), (hugo, alice), (mia, nadia), (mia, carol), (nadia, alice)]
    {
        let mut world = world.clone();
        world.hub(who, removes(whom)).unwrap();
        let member: Member = world.get(whom.member).unwrap();
        assert_eq!((member.left_at, member.removed_by), (Some(world.now), Some(who.member)));
        let before = world.seq;
        world.hub(who, removes(whom)).unwrap();
        assert_eq!(world.seq, before, "once is enough");
    }
    for (who, whom, rule) in [
        (mia, bob, Rule::NotAllowed),
        (bob, ole, Rule::NotAllowed),
        (bob, alice, Rule::NotAllowed),
        (alice, amir, Rule::NotAllowed),
        (nadia, bob, Rule::NotAllowed),
        (nadia, carol, Rule::NotInScope),
        (carol, alice, Rule::NotInScope),
        (hugo, hugo, Rule::WrongState),
        (nadia, nadia, Rule::WrongState),
    ] {
        assert_eq!(refused(world.clone().hub(who, removes(whom))), rule, "{:?}", who.role);
    }
    let disguised = MemberRemove { organization: id(HALDEN), side: Side::Vendor, ..removes(alice) };
    assert_eq!(refused(world.clone().hub(hugo, disguised)), Rule::NotFound);
}

#[test]
fn a_removed_member_has_no_way_back() {
    let (mut world, people) = World::founded();
    let invites = |n: u8, kind| InvitationCreate {
        invitation: id(0x400 + u128::from(n)),
        kind,
        organization: id(NORTHBEAM),
        role: Role::Seller,
        token_hash: crate::entity::Key([n; 32]),
        days: 7,
        by_organization: id(NORTHBEAM),
    };
    let accepts = |n: u8| InvitationAccept {
        token_hash: crate::entity::Key([n; 32]),
        member: id(0x500 + u128::from(n)),
        member_name: "Nadia Again".into(),
        device: id(0x600 + u128::from(n)),
        device_name: "Another laptop".into(),
        device_key: crate::entity::Key([0xDD; 32]),
    };
    use crate::entity::InvitationKind::{Device, Member as Person};
    for (n, kind) in [(0x51, Person), (0x52, Device), (0x53, Person)] {
        world.hub(&people.nadia, invites(n, kind)).unwrap();
    }
    let mut left = world.clone();
    left.hub(&people.nadia, MemberLeave { member: people.nadia.member }).unwrap();
    left.join(accepts(0x51)).unwrap();

    world.join(accepts(0x53)).unwrap();
    world.hub(&people.hugo, removes(&people.nadia)).unwrap();
    for n in [0x51, 0x52] {
        assert_eq!(refused(world.join(accepts(n))), Rule::InvitationUsed);
    }
}

#[test]
fn a_partnership_ends_with_its_claims() {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let end = PartnershipEnd { organization: id(NORTHBEAM) };
    for who in [&people.mia, &people.bob, &people.ole, &people.nadia, &people.alice] {
        assert_eq!(refused(world.clone().hub(who, end.clone())), Rule::NotAllowed, "{:?}", who.role);
    }
    assert_eq!(refused(world.clone().hub(&people.carol, end.clone())), Rule::NotInScope);
    let key = claim_id("polder.nl", "Gateway", "Benelux");
    assert!(world.get::<Claim>(key).is_some());

    world.hub(&people.hugo, end.clone()).unwrap();
    let ended: Organization = world.get(id::<OrganizationId>(NORTHBEAM)).unwrap();
    assert_eq!(ended.ended_at, Some(world.now));
    assert_eq!(world.get::<Claim>(key), None, "others may register the customer");
    world.hub(&people.carol, sent(2)).unwrap();
    let before = world.seq;
    world.hub(&people.hugo, end).unwrap();
    assert_eq!(world.seq, before);

    let invite = InvitationCreate {
        invitation: id(0x400),
        kind: crate::entity::InvitationKind::Member,
        organization: id(NORTHBEAM),
        role: Role::Seller,
        token_hash: crate::entity::Key([0x51; 32]),
        days: 7,
        by_organization: id(HALDEN),
    };
    assert_eq!(refused(world.hub(&people.hugo, invite)), Rule::WrongState);
    let to_guest = DealShare { deal: id(2), organization: id(NORTHBEAM) };
    assert_eq!(refused(world.hub(&people.bob, to_guest)), Rule::WrongState);
    assert_eq!(world.device(&people.hugo, PartnershipEnd { organization: id(COASTLINE) }).unwrap().len(), 1);
}

#[test]
fn an_invitation_into_an_ended_partnership_leads_nowhere() {
    let (mut world, people) = World::founded();
    let token_hash = crate::entity::Key([0x51; 32]);
    let invite = InvitationCreate {
        invitation: id(0x400),
        kind: crate::entity::InvitationKind::Member,
        organization: id(NORTHBEAM),
        role: Role::Seller,
        token_hash,
        days: 7,
        by_organization: id(HALDEN),
    };
    world.hub(&people.hugo, invite).unwrap();
    world.hub(&people.hugo, PartnershipEnd { organization: id(NORTHBEAM) }).unwrap();
    let accepts = InvitationAccept {
        token_hash,
        member: id(0x500),
        member_name: "Dora New".into(),
        device: id(0x600),
        device_name: "Dora's laptop".into(),
        device_key: crate::entity::Key([0xDD; 32]),
    };
    assert_eq!(refused(world.join(accepts)), Rule::InvitationUsed);
}

#[test]
fn the_vendors_administrator_sets_the_lease() {
    let (mut world, people) = World::founded();
    let lease = |world: &World| world.get::<Program>(world.program).unwrap().lease_days();
    assert_eq!(lease(&world), LEASE_DAYS_DEFAULT);
    for who in [&people.mia, &people.bob, &people.ole, &people.nadia, &people.carol] {
        assert_eq!(refused(world.hub(who, LeaseSet { days: 7 })), Rule::NotAllowed, "{:?}", who.role);
    }
    for days in [0, 91, u32::MAX] {
        assert_eq!(refused(world.hub(&people.hugo, LeaseSet { days })), Rule::InvalidField);
    }
    for days in [1, 90, 7] {
        world.hub(&people.hugo, LeaseSet { days }).unwrap();
        assert_eq!(lease(&world), days);
    }
    let back = world.inverse(&people.hugo, LeaseSet { days: 30 });
    assert_eq!(back, Undo::By(Box::new(LeaseSet { days: 7 }.into())));
}
