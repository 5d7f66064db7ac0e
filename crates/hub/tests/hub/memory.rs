//! Other ways to the same hub: inside another process, without file or listener; with ids shortened.

use crate::rooms::a_deal_is_registered_and_talked_about;
use crate::support::hub::TestHub;
use crate::support::soon;
use crate::support::wire::{Way, Wire};
use crate::support::world::{deal, found, message, partner};
use hub::{Hub, Options};
use protocol::frame::{FRAME_MAX, Reason};

#[tokio::test]
async fn the_journey_works_over_memory_streams() {
    let hub = Hub::open(Options::memory()).await.unwrap();
    let link = hub.founding_link(1).await.unwrap();
    assert_eq!(link.hub, "memory://hub");
    let way = Way::Memory(hub.clone());
    let mut bob = found(&way, &link).await;
    let mut alice = partner(&way, &mut bob, "Dockside", "Alice Partner").await;
    a_deal_is_registered_and_talked_about(&mut alice, &mut bob).await;

    let stopping = tokio::spawn(async move { hub.shutdown().await });
    assert_eq!(bob.until_goodbye().await.unwrap().reason, Reason::ShuttingDown);
    assert_eq!(alice.until_goodbye().await.unwrap().reason, Reason::ShuttingDown);
    drop((alice, bob));
    soon("the end of the hub", stopping).await.unwrap();
}

#[tokio::test]
async fn the_journey_works_with_shortened_ids_for_one_and_plain_ones_for_the_other() {
    let hub = TestHub::start().await;
    let short = Way::Short(hub.address);
    let mut bob = found(&hub.way(), &hub.hub.founding_link(7).await.unwrap()).await;
    let mut alice = partner(&short, &mut bob, "Dockside", "Alice Partner").await;
    a_deal_is_registered_and_talked_about(&mut alice, &mut bob).await;
    // The other way round, and with what was learned on the connection before forgotten.
    alice.reconnect_by(&hub.way()).await;
    bob.reconnect_by(&short).await;
    let mut carol = partner(&Way::Older(hub.address), &mut bob, "Quayworks", "Carol Partner").await;
    assert!(carol.rows.values().any(|row| row.key.id == carol.me.member.0));
    let another = deal("another-port.nl");
    let room = another.deal;
    carol.run(another).await.unwrap();
    carol.run(message(room, "By a desktop of last year")).await.unwrap();
    assert_eq!(carol.room(room), ["By a desktop of last year"]);
}

#[tokio::test]
async fn shortened_ids_that_nobody_sent_end_the_connection() {
    let hub = TestHub::start().await;
    let bomb = [&[0x50; 17][..], &[0xFC, 0].repeat(FRAME_MAX / 17)].concat();
    let long = [&[0x50; 17][..], &[0xFC, 0].repeat(30_000)].concat();
    for (bytes, reason) in
        [(vec![0xFC, 0], Reason::Malformed), (long, Reason::Malformed), (bomb, Reason::TooLarge)]
    {
        let mut mallory = Wire::connect(&Way::Short(hub.address), "founding").await;
        mallory.challenge().await;
        mallory.send_as_is([vec![0], bytes].concat()).await;
        assert_eq!(mallory.goodbye().await.unwrap().reason, reason);
    }
}
