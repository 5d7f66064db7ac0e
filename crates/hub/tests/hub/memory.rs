//! The hub inside another process: no file, no listener.

use crate::rooms::a_deal_is_registered_and_talked_about;
use crate::support::soon;
use crate::support::wire::Way;
use crate::support::world::{found, partner};
use hub::{Hub, Options};
use protocol::frame::Reason;

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
