//! Finding what was written, by the same door as the window: what alice writes on a train she finds at
//! once, bob when it has come, and nobody any more once it was taken back.
use app::dto::{
    Connection, DealAccess, Done, Lens, SearchAnswer, SearchKind, SearchQuery, SyncStatus, WorkOffline,
};
use journeys::person::{Person, halden_and_northbeam};

/// A word that nobody else uses.
const CANARY: &str = "xkanarienvogelx";

async fn search(person: &Person, text: &str, ranked: bool) -> anyhow::Result<SearchAnswer> {
    let lens = Lens { program: None, counterpart: None };
    person.ask("search", SearchQuery { text: text.to_owned(), lens, ranked, limit: 50 }).await
}

async fn kinds(person: &Person, text: &str) -> anyhow::Result<Vec<SearchKind>> {
    Ok(search(person, text, false).await?.hits.iter().map(|hit| hit.kind).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_offline_is_found_at_once_by_the_other_later_and_gone_when_taken_back()
-> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let invitation = bob.add_partner("Kestrel").await?;
    bob.settled().await?;
    let mut carol = Person::new("Carol").await?;
    carol.join(&invitation.link).await?;
    let deal = alice.register("Zürich rollout", "zurich.example").await?;
    alice.settled().await?;

    alice.ask::<_, SyncStatus>("work_offline", WorkOffline { on: true }).await?;
    alice
        .until("the line to end", async || {
            Ok((alice.sync().await?.connection == Connection::Offline).then_some(()))
        })
        .await?;
    alice.say(&deal, &format!("The {CANARY} sings in 東京都, see https://polder.example")).await?;
    let found = search(&alice, CANARY.get(..6).unwrap(), false).await?;
    assert_eq!((found.hits.len(), found.count, found.more), (1, 1, false));
    let hit = &found.hits[0];
    assert_eq!((hit.deal.as_deref(), hit.deal_title.as_str()), (Some(deal.as_str()), "Zürich rollout"));
    let (from, to) = hit.text.marks[0];
    assert_eq!(hit.text.text.get(from as usize..to as usize), Some(CANARY));
    assert!(search(&bob, CANARY, false).await?.hits.is_empty());

    alice.ask::<_, SyncStatus>("work_offline", WorkOffline { on: false }).await?;
    bob.until("the message to be found", async || {
        Ok((kinds(&bob, CANARY).await? == [SearchKind::Message]).then_some(()))
    })
    .await?;
    for text in ["sings from:alice", "sings from:northbeam in:zurich", "has:link on:today", "東京"] {
        assert_eq!(kinds(&bob, text).await?, [SearchKind::Message], "{text}");
    }
    for text in ["sings from:bob", "sings before:yesterday", "\" AND (", "sings kind:deal"] {
        assert_eq!(kinds(&bob, text).await?, [], "{text}");
    }
    let best = search(&bob, "zurich", true).await?;
    assert_eq!(best.hits[0].kind, SearchKind::Deal);
    let filters = search(&bob, "sing after:yesterday has:wings", false).await?.filters;
    assert_eq!(filters.iter().map(|filter| filter.understood).collect::<Vec<_>>(), [true, false]);

    // Carol sees it as a guest, and then no more.
    assert!(search(&carol, CANARY, false).await?.hits.is_empty());
    let organization = bob.counterpart("Kestrel").await?;
    let access = DealAccess { program: bob.program.clone(), deal, organization };
    bob.ask::<_, Done>("deal_share", &access).await?;
    carol
        .until("the guest to find it", async || {
            Ok((kinds(&carol, CANARY).await? == [SearchKind::Message]).then_some(()))
        })
        .await?;
    bob.ask::<_, Done>("deal_unshare", &access).await?;
    carol.until("the end of her access", async || Ok(carol.deals().await?.is_empty().then_some(()))).await?;
    assert_eq!(kinds(&carol, CANARY).await?, []);
    assert_eq!(kinds(&carol, "zurich").await?, []);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_for_is_kept_until_it_is_forgotten() -> anyhow::Result<()> {
    let (_hub, bob, _alice) = halden_and_northbeam().await?;
    for number in 0..10 {
        bob.ask::<_, Done>("search_remember", serde_json::json!({ "text": format!(" pump {number} ") }))
            .await?;
    }
    bob.ask::<_, Done>("search_remember", serde_json::json!({ "text": "PUMP 5" })).await?;
    let recents: Vec<String> = bob.ask("search_recents", ()).await?;
    assert_eq!((recents.len(), recents[0].as_str(), recents[1].as_str()), (8, "PUMP 5", "pump 9"));
    bob.ask::<_, Done>("search_forget", ()).await?;
    assert_eq!(bob.ask::<_, Vec<String>>("search_recents", ()).await?, Vec::<String>::new());
    Ok(())
}
