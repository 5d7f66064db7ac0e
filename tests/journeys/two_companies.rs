//! Two companies work one deal through a real hub, each on a device of their own.

mod registrations;
mod rules;

use app::dto::{Code, Court, RegistrationDecide, RegistrationStatus, SyncMark};
use journeys::hub::HubProcess;
use journeys::person::{Person, halden_and_northbeam};

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_travels_to_the_vendor_and_its_approval_back() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = alice.register("Polder rollout", "https://www.polder.nl/contact").await?;

    let row = bob.until("Alice's registration", async || Ok(bob.deals().await?.pop())).await?;
    assert_eq!(row.title, "Polder rollout");
    assert_eq!(row.number, Some(2001));
    assert_eq!((row.status, row.court), (RegistrationStatus::Submitted, Court::Us));
    assert_eq!(row.counterpart, "Northbeam");

    let approve = RegistrationDecide {
        program: bob.program.clone(),
        deal: deal.clone(),
        decision: app::dto::DecisionForm::Approve,
    };
    let done: app::dto::Done = bob.ask("registration_decide", approve).await?;
    assert!(done.undo.is_none() && done.stays.is_some_and(|why| why.contains("Write in the room")));
    let row = alice
        .until("the approval", async || {
            Ok(alice.deals().await?.into_iter().find(|row| row.status == RegistrationStatus::Approved))
        })
        .await?;
    assert_eq!(row.mark, SyncMark::Synced);
    let detail: app::dto::DealDetail = alice.ask("deal_get", alice.one(&deal)).await?;
    assert!(detail.registration.protected_until.is_some(), "the hub says until when it is protected");
    assert_eq!(detail.registration.decided_by.unwrap().name, "Bob");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_arrive_once_and_in_order_even_when_written_without_a_hub() -> anyhow::Result<()> {
    let (mut hub, bob, alice) = halden_and_northbeam().await?;
    let deal = alice.register("Brightwater renewal", "brightwater.example").await?;
    bob.until("the deal", async || Ok(bob.deals().await?.pop())).await?;
    alice.say(&deal, "Are you there?").await?;
    bob.until("the question", async || Ok(bob.room(&deal).await?.pop())).await?;

    hub.kill().await?;
    for number in 1..=20 {
        alice.say(&deal, &format!("Offline message {number}")).await?;
    }
    let here = alice.room(&deal).await?;
    assert_eq!(here.len(), 21, "everything is on the screen at once");
    assert!(
        here.iter().skip(1).all(|message| message.position.is_none() && message.mark == SyncMark::Queued)
    );

    hub.restart().await?;
    alice.ask::<_, app::dto::SyncStatus>("sync_now", ()).await?;
    bob.ask::<_, app::dto::SyncStatus>("sync_now", ()).await?;
    let there = bob
        .until("all messages", async || {
            let messages = bob.room(&deal).await?;
            Ok((messages.len() >= 21).then_some(messages))
        })
        .await?;
    alice.settled().await?;
    let bodies: Vec<_> = there.iter().map(|message| message.body.clone()).collect();
    let expected: Vec<_> = std::iter::once("Are you there?".to_owned())
        .chain((1..=20).map(|number| format!("Offline message {number}")))
        .collect();
    assert_eq!(bodies, expected);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_claim_is_refused_and_what_hangs_on_it_is_kept() -> anyhow::Result<()> {
    let (mut hub, bob, alice) = halden_and_northbeam().await?;
    let invitation = bob.add_partner("Kestrel").await?;
    bob.settled().await?;
    let mut carol = Person::new("Carol").await?;
    carol.join(&invitation.link).await?;
    alice.register("Harbour sensors", "harbour.example").await?;
    alice.settled().await?;

    hub.kill().await?;
    let hers = carol.register("Harbour gateway", "www.harbour.example").await?;
    carol.say(&hers, "First thoughts on the gateway").await?;
    assert_eq!(carol.deals().await?.len(), 1, "offline she sees her own registration");
    hub.restart().await?;
    carol.ask::<_, app::dto::SyncStatus>("sync_now", ()).await?;

    let status = carol
        .until("the refusal", async || {
            let status = carol.sync().await?;
            Ok((status.needs_you == 1 && status.waiting == 0).then_some(status))
        })
        .await?;
    let refused = &status.programs[0].needs_you[0];
    assert_eq!(refused.rule, "claim_taken");
    assert_eq!(refused.edit, Some(app::dto::RefusedForm::Registration));
    assert_eq!(refused.parked.len(), 1, "the message waits behind the registration");
    let told = serde_json::to_string(&status)?;
    assert!(!told.contains("Northbeam") && !told.contains("Alice"), "who holds the claim is not told");
    assert!(refused.text.contains("First thoughts on the gateway"), "nothing typed is lost");
    assert!(carol.deals().await?.is_empty());

    // She edits it into something else; the parked message follows.
    let mut form: app::dto::DealForm = carol.ask("deal_form", carol.one(&hers)).await?;
    assert_eq!(form.title, "Harbour gateway");
    form.domain = "harbour-gateway.example".to_owned();
    carol.ask::<_, app::dto::Done>("deal_register", form).await?;
    carol.settled().await?;
    assert_eq!(carol.sync().await?.needs_you, 0);
    let there = bob
        .until("Carol's message", async || {
            Ok(bob.room(&hers).await?.pop().filter(|message| message.position.is_some()))
        })
        .await?;
    assert_eq!(there.body, "First thoughts on the gateway");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_works_once_and_for_its_own_hub_only() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let other = HubProcess::start().await?;
    let invitation = bob.add_partner("Kestrel").await?;
    bob.settled().await?;

    let mut carol = Person::new("Carol").await?;
    let foreign = invitation.link.replace(&bob_hub(&invitation.link), &other.url());
    let refused = carol.join(&foreign).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("{:?}", Code::InvitationForeign)), "{refused}");
    carol.join(&invitation.link).await?;

    let mut dave = Person::new("Dave").await?;
    let refused = dave.join(&invitation.link).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("{:?}", Code::InvitationUsed)), "{refused}");
    let refused = dave.join("https://polder.example/join").await.unwrap_err().to_string();
    assert!(refused.contains(&format!("{:?}", Code::InvitationMalformed)), "{refused}");

    // Alice takes a second device; what she did on the first is there.
    let deal = alice.register("Polder rollout", "polder.nl").await?;
    let link = alice.device_link().await?;
    alice.settled().await?;
    let mut phone = Person::new("Alice").await?;
    phone.join(&link.link).await?;
    let row = phone.until("her deal", async || Ok(phone.deals().await?.pop())).await?;
    assert_eq!(row.id, deal);
    assert_eq!(phone.summary().await?.me.id, alice.summary().await?.me.id);
    Ok(())
}

fn bob_hub(link: &str) -> String {
    link.split("/join#").next().unwrap_or_default().to_owned()
}
