//! The hub's disk dies, and what it gets back is the backup of last night.

use app::dto::{Connection, DealRow, Done, RegistrationDecide, RegistrationStatus, SyncStatus, WorkOffline};
use journeys::person::{Person, halden_and_northbeam};

async fn go(person: &Person, offline: bool) -> anyhow::Result<()> {
    person.ask::<_, SyncStatus>("work_offline", WorkOffline { on: offline }).await.map(drop)
}

async fn decide(person: &Person, deal: &str) -> anyhow::Result<()> {
    let approve = RegistrationDecide {
        program: person.program.clone(),
        deal: deal.to_owned(),
        decision: app::dto::DecisionForm::Approve,
    };
    person.ask::<_, Done>("registration_decide", approve).await.map(drop)
}

async fn bodies(person: &Person, deal: &str) -> anyhow::Result<Vec<String>> {
    Ok(person.room(deal).await?.into_iter().map(|message| message.body).collect())
}

/// Waits until a person sees a number of messages in a room.
async fn sees(person: &Person, deal: &str, count: usize) -> anyhow::Result<Vec<String>> {
    person
        .until(&format!("{count} messages"), async || {
            Ok(Some(bodies(person, deal).await.unwrap_or_default()).filter(|seen| seen.len() == count))
        })
        .await
}

async fn deal_of(person: &Person, id: &str) -> anyhow::Result<Option<DealRow>> {
    Ok(person.deals().await?.into_iter().find(|row| row.id == id))
}

/// What one of them said, in the order in which it is in the room.
fn by<'a>(said: &'a [String], whom: &str) -> Vec<&'a str> {
    said.iter().map(String::as_str).filter(|body| body.starts_with(whom)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_returns_brings_back_what_the_backup_lacks() -> anyhow::Result<()> {
    let (mut hub, bob, alice) = halden_and_northbeam().await?;
    let mut phone = Person::new("Alice").await?;
    let link = alice.device_link().await?;
    alice.settled().await?;
    phone.join(&link.link).await?;
    let old = alice.register("Polder rollout", "polder.nl").await?;
    alice.say(&old, "Alice before").await?;
    sees(&bob, &old, 1).await?;
    phone.settled().await?;

    let backup = hub.back_up().await?;
    for person in [&alice, &bob, &phone] {
        person.ask::<_, SyncStatus>("sync_now", ()).await?;
    }
    for n in 1..=5 {
        alice.say(&old, &format!("Alice {n}")).await?;
        bob.say(&old, &format!("Bob {n}")).await?;
    }
    let new = alice.register("Harbour sensors", "harbour.example").await?;
    bob.until("the new deal", async || deal_of(&bob, &new).await).await?;
    decide(&bob, &new).await?;
    bob.say(&new, "Bob welcomes the new deal").await?;
    sees(&alice, &new, 1).await?;
    sees(&phone, &old, 11).await?;
    phone.say(&old, "Phone, never seen again").await?;
    for person in [&alice, &bob, &phone] {
        sees(person, &old, 12).await?;
        person.settled().await?;
    }

    // The phone falls into the water, the hub's disk dies.
    go(&phone, true).await?;
    go(&alice, true).await?;
    hub.put_back(&backup).await?;
    alice.say(&old, "Alice unsent").await?;
    hub.restart().await?;

    // Bob is the first to return: of the new deal the hub knows nothing yet.
    bob.ask::<_, SyncStatus>("sync_now", ()).await?;
    let status = bob
        .until("what the hub lacks", async || {
            let status = bob.sync().await?;
            let online = status.connection == Connection::Online && status.waiting == 0;
            Ok((online && status.needs_you == 1).then_some(status))
        })
        .await?;
    let refused = &status.programs[0].needs_you[0];
    assert!(refused.message.contains("restored from a backup"), "{}", refused.message);
    assert!(refused.text.contains("Bob welcomes the new deal"), "nothing typed is lost");
    assert_eq!(by(&sees(&bob, &old, 6).await?, "Bob").len(), 5);

    // Alice brings the deal, and what Bob did in it goes through by itself.
    go(&alice, false).await?;
    for person in [&alice, &bob] {
        let said = sees(person, &old, 12).await?;
        let expected =
            ["Alice before", "Alice 1", "Alice 2", "Alice 3", "Alice 4", "Alice 5", "Alice unsent"];
        assert_eq!(by(&said, "Alice"), expected);
        assert_eq!(by(&said, "Bob"), ["Bob 1", "Bob 2", "Bob 3", "Bob 4", "Bob 5"]);
        assert_eq!(by(&said, "Phone"), [""; 0], "only its own is lost");
        assert_eq!(sees(person, &new, 1).await?, ["Bob welcomes the new deal"]);
        person
            .until("the approval", async || {
                Ok(deal_of(person, &new).await?.filter(|row| row.status == RegistrationStatus::Approved))
            })
            .await?;
        person.settled().await?;
        assert_eq!(person.sync().await?.needs_you, 0);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_only_started_again_sends_nobody_anything_twice() -> anyhow::Result<()> {
    let (mut hub, bob, alice) = halden_and_northbeam().await?;
    let deal = alice.register("Polder rollout", "polder.nl").await?;
    for n in 1..=3 {
        alice.say(&deal, &format!("Before start {n}")).await?;
        sees(&bob, &deal, n).await?;
        hub.restart().await?;
        for person in [&alice, &bob] {
            person.ask::<_, SyncStatus>("sync_now", ()).await?;
            person.settled().await?;
            assert_eq!(bodies(person, &deal).await?.len(), n, "its rows never went away");
        }
    }
    Ok(())
}
