//! Founding a program with an invitation of the hub itself.

use crate::support::device::Device;
use crate::support::hub::TestHub;
use crate::support::wire::Wire;
use crate::support::world::{found, founding, inspect, join_frame, take_link};
use crate::support::{random32, soon};
use domain::Rule;
use domain::entity::{Key, Program};
use protocol::frame::{FromDevice, FromHub, Reason};
use protocol::link::{InvitationLink, Token};
use protocol::seal::DeviceKey;

#[tokio::test]
async fn bob_founds_a_program_and_finds_it_again_after_a_restart() {
    let hub = TestHub::start().await;
    assert!(hub.hub.is_fresh().await.unwrap());
    let link = hub.hub.founding_link(7).await.unwrap();
    assert!(!hub.hub.is_fresh().await.unwrap());
    assert_eq!(link.hub, format!("http://{}", hub.address));
    let preview = inspect(&hub.way(), &link).await.preview.unwrap();
    assert_eq!((preview.kind, preview.program_name), (None, None));

    let bob = found(&hub.way(), &link).await;
    let program: Program = bob.get(bob.me.program).unwrap();
    assert_eq!(program.name, "Polder Partners");

    let me = bob.me.clone();
    drop(bob);
    let hub = hub.restart().await;
    let mut bob = Device::sign_in(&hub.way(), me).await;
    bob.caught_up(1).await;
    assert_eq!(bob.rows.len(), 4, "program, vendor, member, device");
}

#[tokio::test]
async fn an_invitation_founds_once() {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    found(&hub.way(), &link).await;

    let refusal = inspect(&hub.way(), &link).await.refusal.unwrap();
    assert_eq!(refusal.rule, Rule::InvitationUsed);
    let key = DeviceKey::from_seed(&random32());
    let joined = take_link(&hub.way(), &link, &key, founding(&key)).await.unwrap();
    assert_eq!(joined.refusal.unwrap().rule, Rule::InvitationUsed);
}

#[tokio::test]
async fn two_who_found_at_once_with_one_invitation_are_one_program() {
    let hub = TestHub::start().await;
    for _ in 0..10 {
        let link = hub.hub.founding_link(7).await.unwrap();
        let way = hub.way();
        let try_it = || async {
            let key = DeviceKey::from_seed(&random32());
            take_link(&way, &link, &key, founding(&key)).await
        };
        let (one, two, three) = tokio::join!(try_it(), try_it(), try_it());
        let founded = [one, two, three].into_iter().flatten().filter(|joined| joined.member.is_some());
        assert_eq!(founded.count(), 1);
    }
}

#[tokio::test]
async fn an_unknown_or_foreign_invitation_founds_nothing() {
    let hub = TestHub::start().await;
    let key = DeviceKey::from_seed(&random32());
    let unknown = InvitationLink { hub: "http://hub".into(), program: None, token: Token(random32()) };
    let joined = take_link(&hub.way(), &unknown, &key, founding(&key)).await.unwrap();
    assert_eq!(joined.refusal.unwrap().rule, Rule::InvitationUsed);

    let other = TestHub::start().await;
    let foreign = other.hub.founding_link(7).await.unwrap();
    let joined = take_link(&hub.way(), &foreign, &key, founding(&key)).await.unwrap();
    assert_eq!(joined.refusal.unwrap().rule, Rule::InvitationUsed);
}

#[tokio::test]
async fn an_invitation_for_a_stolen_key_or_another_connection_is_refused() {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let key = DeviceKey::from_seed(&random32());
    let thief = DeviceKey::from_seed(&random32());

    // Somebody who saw the link but does not hold the key named in the request.
    assert_eq!(take_link(&hub.way(), &link, &thief, founding(&key)).await, None);

    // A request recorded on another connection.
    let mut wire = Wire::connect(&hub.way(), "founding").await;
    wire.challenge().await;
    let stale = join_frame(&key, &Key(random32()), link.token, &founding(&key).into());
    wire.send(&FromDevice::Join(stale)).await;
    assert_eq!(wire.goodbye().await.unwrap().reason, Reason::UnknownDevice);

    // Neither used it up.
    found(&hub.way(), &link).await;
}

#[tokio::test]
async fn a_program_cannot_be_founded_over_another() {
    let hub = TestHub::start().await;
    let bob = found(&hub.way(), &hub.hub.founding_link(7).await.unwrap()).await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let key = DeviceKey::from_seed(&random32());
    let mut create = founding(&key);
    create.program = bob.me.program;
    let joined = take_link(&hub.way(), &link, &key, create).await.unwrap();
    assert_eq!(joined.refusal.unwrap().rule, Rule::AlreadyExists);
    // The refused attempt did not cost the invitation.
    found(&hub.way(), &link).await;
}

#[tokio::test]
async fn a_demo_program_needs_a_hub_that_allows_it() {
    let demo = |key: &DeviceKey| {
        let mut create = founding(key);
        create.demo = true;
        create
    };
    let key = DeviceKey::from_seed(&random32());
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let joined = take_link(&hub.way(), &link, &key, demo(&key)).await.unwrap();
    assert_eq!(joined.refusal.unwrap().rule, Rule::NotAllowed);

    let hub = TestHub::start_with(|options| options.allow_demo = true).await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let joined = take_link(&hub.way(), &link, &key, demo(&key)).await.unwrap();
    assert_eq!(joined.refusal, None);
}

#[tokio::test]
async fn an_invitation_left_by_another_process_works_once() {
    let hub = TestHub::start().await;
    assert!(matches!(hub::invite(hub.folder.path(), 0, None), Err(hub::Error::Days)));
    let link = hub::invite(hub.folder.path(), 7, None).unwrap();
    assert_eq!(link.hub, format!("http://{}", hub.address));
    found(&hub.way(), &link).await;
    let refusal = inspect(&hub.way(), &link).await.refusal.unwrap();
    assert_eq!(refusal.rule, Rule::InvitationUsed);

    let link = hub::invite(hub.folder.path(), 7, Some("https://hub.example/")).unwrap();
    assert_eq!(link.hub, "https://hub.example");
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(matches!(hub::invite(elsewhere.path(), 7, None), Err(hub::Error::NoHub(_))));
}

#[tokio::test]
async fn an_expired_invitation_is_refused() {
    let hub = TestHub::start().await;
    // The shortest invitation lives for a day, so this one is left by hand, as expired a moment ago.
    let token = Token(random32());
    let hash = protocol::seal::token_hash(&token);
    std::fs::write(hub.folder.path().join("founding").join(format!("{hash:?}")), "1000").unwrap();
    let link = InvitationLink { hub: "http://hub".into(), program: None, token };
    assert_eq!(inspect(&hub.way(), &link).await.refusal.unwrap().rule, Rule::InvitationExpired);
    let key = DeviceKey::from_seed(&random32());
    let joined = take_link(&hub.way(), &link, &key, founding(&key)).await.unwrap();
    assert_eq!(joined.refusal.unwrap().rule, Rule::InvitationExpired);
}

#[tokio::test]
async fn a_stopping_hub_tells_everybody() {
    let hub = TestHub::start().await;
    let mut bob = found(&hub.way(), &hub.hub.founding_link(7).await.unwrap()).await;
    let mut lobby = Wire::connect(&hub.way(), "founding").await;
    lobby.challenge().await;
    let stopped = hub.hub.clone();
    let stopping = tokio::spawn(async move { stopped.shutdown().await });
    assert_eq!(bob.until_goodbye().await.unwrap().reason, Reason::ShuttingDown);
    assert!(
        matches!(lobby.next().await, Some(FromHub::Goodbye(goodbye)) if goodbye.reason == Reason::ShuttingDown)
    );
    drop((bob, lobby));
    soon("the end of the hub", stopping).await.unwrap();
}
