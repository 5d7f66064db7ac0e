//! What a person is told of while they look elsewhere, and what they do with it.

use app::Notice;
use app::dto::{Done, Lens, NoticeChoice, NoticesFor, Through, Today, Weekday};
use journeys::person::{PATIENCE, Person, halden_and_northbeam};
use tokio::sync::broadcast::Receiver;

async fn next(notices: &mut Receiver<Notice>) -> anyhow::Result<Notice> {
    Ok(tokio::time::timeout(PATIENCE, notices.recv()).await??)
}

async fn today(person: &Person) -> anyhow::Result<Today> {
    person.ask("today", Through { lens: Lens::default() }).await
}

async fn arrived(person: &Person, deal: &str, messages: usize) -> anyhow::Result<()> {
    let here = async || Ok((person.room(deal).await?.len() == messages).then_some(()));
    person.until("the messages", here).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_quiet_hours_is_told_of_afterwards_and_done_puts_it_away() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = alice.register("Polder rollout", "polder.example").await?;
    bob.until("the deal", async || Ok(bob.deals().await?.pop())).await?;
    alice.settled().await?;
    let mut notices = alice.app.notices();
    let always = NoticeChoice {
        which: NoticesFor::OnMe,
        quiet: true,
        quiet_from: 0,
        quiet_until: 0,
        quiet_days: Weekday::ALL.to_vec(),
    };
    alice.ask::<_, Done>("notices_set", always.clone()).await?;

    for text in ["Legal wants the DPA", "in its third version", "by Friday"] {
        bob.say(&deal, text).await?;
    }
    arrived(&alice, &deal, 3).await?;
    alice.ask::<_, Done>("notices_set", NoticeChoice { quiet: false, ..always }).await?;

    let notice = next(&mut notices).await?;
    assert_eq!(notice.title, "3 messages from Bob · Polder rollout");
    assert_eq!(notice.body, "by Friday");
    assert_eq!(notice.reply, Some(format!("/deals/{}/{deal}?focus=composer", alice.program)));

    let key = format!("reply-{deal}");
    assert!(today(&alice).await?.on_you.iter().any(|item| item.key == key));
    alice.app.put_away(&notice).await.unwrap();
    let after = today(&alice).await?;
    assert!(after.on_you.iter().all(|item| item.key != key));
    assert!(after.done_today.iter().any(|item| item.key == key), "it can be brought back");

    bob.say(&deal, "Or Monday, if that is easier").await?;
    let back = async || Ok(today(&alice).await?.on_you.into_iter().find(|item| item.key == key));
    let item = alice.until("what is new", back).await?;
    assert!(item.why.contains("Or Monday"), "{}", item.why);
    Ok(())
}
