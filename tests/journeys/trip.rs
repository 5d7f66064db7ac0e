//! What a person has with them when there is no network, and what they are told about it.

use app::dto::{Connection, SyncStatus, Trip, TripProgram};
use journeys::person::{Person, halden_and_northbeam};

const DAY_MS: f64 = 86_400_000.0;

async fn program(person: &Person) -> anyhow::Result<TripProgram> {
    let trip: Trip = person.ask("trip", ()).await?;
    trip.programs.into_iter().next().ok_or_else(|| anyhow::anyhow!("no program"))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_known_what_is_here_and_for_how_long() -> anyhow::Result<()> {
    let (mut hub, bob, alice) = halden_and_northbeam().await?;
    let deal = alice.register("Polder rollout", "polder.example").await?;
    bob.until("the deal", async || Ok(bob.deals().await?.pop())).await?;
    for text in ["One", "Two"] {
        bob.say(&deal, text).await?;
    }
    let all = async || Ok((program(&alice).await?.messages == 2.0).then_some(()));
    alice.until("the messages", all).await?;
    alice.settled().await?;

    let here = program(&alice).await?;
    assert_eq!((here.rooms, here.deals, here.waiting, here.needs_you), (1.0, 1.0, 0, 0));
    assert!(here.bytes > 0.0 && here.synced_at.is_some() && !here.locked);
    assert_eq!(here.lease_days, 30);
    let days = (here.readable_until.unwrap() - here.synced_at.unwrap()) / DAY_MS;
    assert!((29.9..30.1).contains(&days), "{days}");

    hub.kill().await?;
    alice.say(&deal, "Written on the train").await?;
    let without = async || {
        let there = program(&alice).await?;
        Ok((there.connection != Connection::Online && there.waiting == 1).then_some(there))
    };
    let there = alice.until("the line to be down", without).await?;
    assert_eq!(there.messages, 2.0, "what the hub has not placed is no message to take along: it waits");
    assert!(there.readable_until.unwrap() <= here.readable_until.unwrap() + 0.01 * DAY_MS);

    hub.restart().await?;
    alice.ask::<_, SyncStatus>("sync_now", ()).await?;
    let sent = async || {
        let there = program(&alice).await?;
        Ok((there.connection == Connection::Online && there.waiting == 0).then_some(there))
    };
    assert_eq!(alice.until("everything to be sent", sent).await?.messages, 3.0);
    Ok(())
}
