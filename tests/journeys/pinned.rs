//! What a person keeps at hand: it stays over a restart, in its order, and goes with what it names.

use anyhow::Context as _;
use app::dto::{
    Court, DealAccess, DealSort, DealView, Done, InProgram, Lens, Passphrase, PinMove, PinOf, PinnedItem,
    Undo, ViewRename, ViewSave, ViewUpdate,
};
use journeys::person::{Person, halden_and_northbeam};

const WORDS: &str = "correct horse battery staple polder 4711";

fn view(lens: Lens) -> DealView {
    DealView {
        lens,
        text: "polder".to_owned(),
        stage: None,
        court: Some(Court::Us),
        status: None,
        include_closed: true,
        sort: DealSort::Amount,
    }
}

async fn pinned(person: &Person) -> anyhow::Result<Vec<PinnedItem>> {
    person.ask("pinned", ()).await
}

async fn names(person: &Person) -> anyhow::Result<Vec<String>> {
    let name = |item| match item {
        PinnedItem::Deal { title, .. } => title,
        PinnedItem::View { name, .. } => name,
    };
    Ok(pinned(person).await?.into_iter().map(name).collect())
}

fn id_of(done: Done) -> anyhow::Result<String> {
    done.id.context("the pin has no id")
}

async fn save(person: &Person, name: &str, lens: Lens) -> anyhow::Result<String> {
    let asked = ViewSave { name: name.to_owned(), view: view(lens) };
    id_of(person.ask("view_save", asked).await?)
}

async fn pin(person: &Person, deal: &str) -> anyhow::Result<String> {
    id_of(person.ask("deal_pin", person.one(deal)).await?)
}

async fn take_back(person: &Person, done: Done) -> anyhow::Result<Done> {
    person.ask("undo", Undo { token: done.undo.context("it cannot be taken back")? }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pins_stay_in_their_order_over_a_restart_and_every_step_is_taken_back() -> anyhow::Result<()> {
    let (_hub, bob, mut alice) = halden_and_northbeam().await?;
    alice
        .ask::<_, app::dto::Security>("key_to_passphrase", Passphrase { passphrase: WORDS.to_owned() })
        .await?;
    let deal = alice.register("Polder rollout", "polder.example").await?;
    let saved = save(&alice, "Closing soon", Lens::default()).await?;
    let pin_of_deal = pin(&alice, &deal).await?;
    assert_eq!(pin(&alice, &deal).await?, pin_of_deal, "a deal is pinned once");
    let another = save(&alice, "Large ones", Lens::default()).await?;
    assert_eq!(names(&alice).await?, ["Closing soon", "Polder rollout", "Large ones"]);

    let taken = ViewSave { name: "closing SOON".to_owned(), view: view(Lens::default()) };
    let refused = alice.ask::<_, Done>("view_save", taken).await.unwrap_err().to_string();
    assert!(refused.contains("There is a view called"), "{refused}");

    let to_front = PinMove { id: another.clone(), before: Some(saved.clone()) };
    let moved: Done = alice.ask("pin_move", to_front).await?;
    assert_eq!(names(&alice).await?, ["Large ones", "Closing soon", "Polder rollout"]);
    let again = take_back(&alice, moved).await?;
    assert_eq!(names(&alice).await?, ["Closing soon", "Polder rollout", "Large ones"]);
    take_back(&alice, again).await?;

    let renamed = ViewRename { id: saved.clone(), name: "This month".to_owned() };
    alice.ask::<_, Done>("view_rename", renamed).await?;
    let changed =
        ViewUpdate { id: saved.clone(), view: DealView { text: String::new(), ..view(Lens::default()) } };
    let updated: Done = alice.ask("view_update", changed).await?;
    take_back(&alice, updated).await?;
    let removed: Done = alice.ask("pin_remove", PinOf { id: another }).await?;
    assert_eq!(names(&alice).await?, ["This month", "Polder rollout"]);
    take_back(&alice, removed).await?;

    // What others do shows at once.
    bob.until("the deal", async || Ok(bob.deals().await?.pop())).await?;
    bob.say(&deal, "Are you there?").await?;
    alice
        .until("the unread message beside the pin", async || {
            let unread =
                |item: &PinnedItem| matches!(item, PinnedItem::Deal { unread: 1, court: Court::Them, .. });
            Ok(pinned(&alice).await?.iter().any(unread).then_some(()))
        })
        .await?;

    alice.app.close().await;
    alice.reopen(WORDS).await?;
    assert_eq!(names(&alice).await?, ["Large ones", "This month", "Polder rollout"]);
    let kept = pinned(&alice).await?.into_iter().find_map(|item| match item {
        PinnedItem::View { id, view, .. } if id == saved => Some(view),
        _ => None,
    });
    assert_eq!(kept, Some(view(Lens::default())));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_shows_nothing_of_what_was_taken_away_and_goes_with_its_program() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let invitation = bob.add_partner("Kestrel").await?;
    bob.settled().await?;
    let mut carol = Person::new("Carol").await?;
    carol.join(&invitation.link).await?;
    let deal = alice.register("Polder rollout", "polder.example").await?;
    alice.settled().await?;
    bob.until("the deal", async || Ok(bob.deals().await?.pop())).await?;
    let kestrel = bob.counterpart("Kestrel").await?;
    let access = DealAccess { program: bob.program.clone(), deal: deal.clone(), organization: kestrel };
    bob.ask::<_, Done>("deal_share", &access).await?;
    carol.until("the shared deal", async || Ok(carol.deals().await?.pop())).await?;
    pin(&carol, &deal).await?;
    let halden = Lens {
        program: Some(carol.program.clone()),
        counterpart: Some(carol.counterpart("Halden Systems").await?),
    };
    save(&carol, "With Halden", halden).await?;
    save(&carol, "Everything", Lens::default()).await?;
    assert_eq!(names(&carol).await?, ["Polder rollout", "With Halden", "Everything"]);

    bob.ask::<_, Done>("deal_unshare", &access).await?;
    carol
        .until("the pin to go with the deal", async || {
            Ok((names(&carol).await? == ["With Halden", "Everything"]).then_some(()))
        })
        .await?;
    assert!(
        carol.ask::<_, Done>("deal_pin", carol.one(&deal)).await.is_err(),
        "what is not here is not pinned"
    );

    let everything = pinned(&carol).await?.pop();
    let Some(PinnedItem::View { id, .. }) = everything else { anyhow::bail!("the last one is a view") };
    carol.ask::<_, Done>("program_leave", InProgram { program: carol.program.clone() }).await?;
    assert_eq!(names(&carol).await?, ["Everything"], "what no program is needed for stays");
    carol.ask::<_, Done>("pin_remove", PinOf { id }).await?;
    assert!(pinned(&carol).await?.is_empty());
    Ok(())
}
