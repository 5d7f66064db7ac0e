//! How people come into a program: by links, over the wire.

use super::device::{Device, Identity};
use super::random32;
use super::wire::{Way, Wire};
use domain::entity::{Customer, InvitationKind, Key, Role};
use domain::mutation::{
    DealRegister, InvitationAccept, InvitationCreate, MessageSend, OrganizationAdd, ProgramCreate,
};
use domain::{DealId, DeviceId, InvitationId, MemberId, MessageId, Money, Mutation, OrganizationId, Refusal};
use protocol::frame::{FromDevice, FromHub, Inspect, Inspected, Join, Joined};
use protocol::link::{InvitationLink, Token};
use protocol::seal::{self, DeviceKey};
use uuid::Uuid;

pub const PRODUCT: &str = "Harbor Suite";
pub const REGION: &str = "Benelux";

pub fn id<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}

/// What `bob` founds a program with.
pub fn founding(key: &DeviceKey) -> ProgramCreate {
    ProgramCreate {
        program: id(),
        name: "Polder Partners".into(),
        vendor: id(),
        vendor_name: "Polder Systems".into(),
        member: id(),
        member_name: "Bob Vendor".into(),
        device: id(),
        device_name: "Bob's laptop".into(),
        device_key: key.public(),
        demo: false,
        products: vec![PRODUCT.into()],
        regions: vec![REGION.into()],
        currency: "EUR".into(),
    }
}

/// A join frame for the challenge of a connection.
pub fn join_frame(key: &DeviceKey, nonce: &Key, token: Token, mutation: &Mutation) -> Join {
    let payload = mutation.to_payload();
    let signature = key.sign(&seal::join_bytes(nonce, &token, &payload));
    Join { token, name: mutation.name().into(), payload, signature }
}

/// Connects for a link and takes it.
pub async fn take_link(
    way: &Way,
    link: &InvitationLink,
    key: &DeviceKey,
    mutation: impl Into<Mutation>,
) -> Option<Joined> {
    let mut wire = Wire::connect(way, &place(link)).await;
    let challenge = wire.challenge().await;
    let join = join_frame(key, &challenge.nonce, link.token, &mutation.into());
    wire.send(&FromDevice::Join(join)).await;
    match wire.next().await {
        Some(FromHub::Joined(joined)) => Some(joined),
        Some(FromHub::Goodbye(_)) | None => None,
        other => panic!("{other:?} instead of an answer to joining"),
    }
}

pub async fn inspect(way: &Way, link: &InvitationLink) -> Inspected {
    let mut wire = Wire::connect(way, &place(link)).await;
    wire.challenge().await;
    wire.send(&FromDevice::Inspect(Inspect { token: link.token })).await;
    match wire.next().await {
        Some(FromHub::Inspected(inspected)) => inspected,
        other => panic!("{other:?} instead of a preview"),
    }
}

fn place(link: &InvitationLink) -> String {
    link.program.map_or("founding".into(), |program| format!("programs/{program}"))
}

/// Bob of the vendor founds a program and signs in.
pub async fn found(way: &Way, link: &InvitationLink) -> Device {
    let key = DeviceKey::from_seed(&random32());
    let create = founding(&key);
    let me = Identity {
        program: create.program,
        organization: create.vendor,
        member: create.member,
        device: create.device,
        key: key.clone(),
    };
    let joined = take_link(way, link, &key, create).await.unwrap();
    assert_eq!(joined.refusal, None);
    assert_eq!((joined.program, joined.member), (me.program, Some(me.member)));
    let mut bob = Device::sign_in(way, me).await;
    bob.caught_up(1).await;
    bob
}

/// Bob adds a partner organization.
pub async fn add_partner(bob: &mut Device, name: &str) -> OrganizationId {
    let organization = id();
    bob.run(OrganizationAdd { organization, name: name.into() }).await.unwrap();
    organization
}

/// A link into an organization.
pub async fn invite(by: &mut Device, organization: OrganizationId, role: Role) -> InvitationLink {
    let (link, create) = invitation(by, organization, role);
    by.run(create).await.unwrap();
    link
}

pub fn invitation(
    by: &Device,
    organization: OrganizationId,
    role: Role,
) -> (InvitationLink, InvitationCreate) {
    let token = Token(random32());
    let create = InvitationCreate {
        invitation: InvitationId(Uuid::now_v7()),
        kind: InvitationKind::Member,
        organization,
        role,
        token_hash: seal::token_hash(&token),
        days: 7,
        by_organization: by.me.organization,
    };
    (InvitationLink { hub: "http://hub".into(), program: Some(by.me.program), token }, create)
}

pub fn accept(link: &InvitationLink, key: &DeviceKey, name: &str) -> InvitationAccept {
    InvitationAccept {
        token_hash: seal::token_hash(&link.token),
        member: MemberId(Uuid::now_v7()),
        member_name: name.into(),
        device: DeviceId(Uuid::now_v7()),
        device_name: format!("{name}'s laptop"),
        device_key: key.public(),
    }
}

/// Takes a link into an organization, without signing in.
pub async fn join(
    way: &Way,
    link: &InvitationLink,
    organization: OrganizationId,
    name: &str,
) -> Result<Identity, Refusal> {
    let key = DeviceKey::from_seed(&random32());
    let accept = accept(link, &key, name);
    let device = accept.device;
    let joined = take_link(way, link, &key, accept).await.unwrap();
    match (joined.member, joined.refusal) {
        (Some(member), None) => Ok(Identity { program: joined.program, organization, member, device, key }),
        (None, Some(refusal)) => Err(refusal),
        other => panic!("neither joined nor refused: {other:?}"),
    }
}

/// A new partner with one person in it, signed in.
pub async fn partner(way: &Way, bob: &mut Device, company: &str, name: &str) -> Device {
    let organization = add_partner(bob, company).await;
    let link = invite(bob, organization, Role::Admin).await;
    let me = join(way, &link, organization, name).await.unwrap();
    let mut device = Device::sign_in(way, me).await;
    device.caught_up(1).await;
    device
}

/// Bob's program, his partner Alice, and a deal that she has registered in it.
pub async fn bob_alice_and_a_deal(way: &Way, link: &InvitationLink) -> (Device, Device, DealId) {
    let mut bob = found(way, link).await;
    let mut alice = partner(way, &mut bob, "Dockside", "Alice Partner").await;
    let registration = deal("polder-port.nl");
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    (bob, alice, room)
}

/// A registration that is sent at once.
pub fn deal(domain: &str) -> DealRegister {
    DealRegister {
        deal: DealId(Uuid::now_v7()),
        title: format!("Rollout at {domain}"),
        customer: Customer {
            name: format!("Customer {domain}"),
            domain: domain.into(),
            country: "NL".into(),
        },
        product: PRODUCT.into(),
        region: REGION.into(),
        need: "Two hundred berths".into(),
        amount: Money { minor: 4_200_000, currency: "EUR".into() },
        close_date: "2027-03-31".parse().unwrap(),
        submit: true,
        stage: None,
        contact: None,
        duns: None,
        tender: None,
    }
}

pub fn message(deal: DealId, body: impl Into<String>) -> MessageSend {
    MessageSend { message: MessageId(Uuid::now_v7()), deal, body: body.into(), reply_to: None }
}
