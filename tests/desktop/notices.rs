//! A message by somebody else becomes a native notification, and a click on it leads to the room.

use anyhow::{Context as _, Result, ensure};
use journeys::desktop::{Launch, Window, eventually};
use journeys::hub::HubProcess;
use journeys::notifications::{Notifications, Shown};
use journeys::person::Person;
use serde_json::{Value, json};

/// A vendor's program on a hub, with a partner company that has not come yet.
async fn bob_and_his_invitation(hub: &HubProcess) -> Result<(Person, String)> {
    let mut bob = Person::new("bob").await?;
    bob.join(&hub.founding).await?;
    let invitation = bob.add_partner("Brightwater").await?;
    Ok((bob, invitation.link))
}

async fn join(alice: &Window, link: &str) -> Result<()> {
    let form = json!({
        "link": link, "your_name": "alice", "device_name": "alice's laptop",
        "program_name": "", "company_name": "",
    });
    alice.rpc("program_join", &form).await.map(drop)
}

/// Alice registers a deal in her window; waits until Bob has it.
async fn deal_of_alice(alice: &Window, bob: &Person, title: &str, domain: &str) -> Result<String> {
    let form = serde_json::to_value(bob.form(title, domain))?;
    let done = alice.rpc("deal_register", &form).await?;
    let deal = done.get("id").and_then(Value::as_str).context("no deal")?.to_owned();
    bob.until("the deal", async || Ok(bob.deals().await?.iter().any(|row| row.id == deal).then_some(())))
        .await?;
    Ok(deal)
}

async fn shown(service: &Notifications, text: &str) -> Result<Shown> {
    eventually(&format!("a notification with {text:?}"), async || {
        Ok(service.shown().into_iter().find(|shown| shown.body.contains(text)))
    })
    .await
}

#[tokio::test]
async fn a_click_on_a_message_opens_its_room_and_buttons_answer_it() -> Result<()> {
    let service = Notifications::start().await?;
    let hub = HubProcess::start().await?;
    let (bob, link) = bob_and_his_invitation(&hub).await?;
    let profile = tempfile::tempdir()?;
    let alice = Launch::new("a_click_on_a_message_opens_its_room", profile.path()).open().await?;
    alice.find("main").await?;
    join(&alice, &link).await?;
    let deal = deal_of_alice(&alice, &bob, "Quay sensors", "quay.example").await?;
    // The page has gone from the welcome to Today, and what the hub decided about the deal has come back.
    alice.find("[data-test=today]").await?;
    alice.find("[data-test=nav-today][aria-current=page]").await?;
    alice.see("#2001").await?;

    alice.look_at().await?;
    bob.say(&deal, "You are reading this as I write").await?;
    alice.see("as I write").await?;
    alice.look_away().await?;

    bob.say(&deal, "See <b>page 3</b> & sign\u{202e}gnp.exe").await?;
    let seen = shown(&service, "page 3").await?;
    ensure!(seen.body == "See &lt;b&gt;page 3&lt;/b&gt; &amp; signgnp.exe", "{seen:?}");
    ensure!(seen.title.contains("bob"), "{seen:?}");
    ensure!(seen.actions == ["default", "reply", "done"], "{seen:?}");
    ensure!(seen.labels == ["Open", "Reply", "Done"], "{seen:?}");
    ensure!(
        service.shown().len() == 1,
        "what she saw in the window was announced too: {:?}",
        service.shown()
    );

    // The shell listens for clicks a moment after it asked to show, so a click may come too early.
    let expression = format!("return location.pathname.includes({})", json!(deal));
    eventually("the room of the deal", async || {
        service.click(seen.id).await?;
        Ok((alice.run(&expression, Vec::new()).await? == json!(true)).then_some(()))
    })
    .await?;
    alice.see("page 3").await?;
    a_room_rings_once(&alice, &bob, &service).await.context("ringing once")?;
    alice.close().await
}

/// Buttons act as the window does, and what a room has more to say waits.
async fn a_room_rings_once(alice: &Window, bob: &Person, service: &Notifications) -> Result<()> {
    let deal = deal_of_alice(alice, bob, "Dry dock", "dock.example").await?;
    let other = deal_of_alice(alice, bob, "Lock gates", "gates.example").await?;
    alice.look_away().await?;

    bob.say(&deal, "First of all").await?;
    let first = shown(service, "First of all").await?;
    bob.say(&deal, "And then").await?;
    bob.say(&other, "Another matter").await?;
    let second = shown(service, "Another matter").await?;
    ensure!(service.shown().len() == 3, "a room rang twice: {:?}", service.shown());

    let done = async |name: &str| -> Result<bool> {
        let today = alice.rpc("today", &json!({ "lens": { "program": null, "counterpart": null } })).await?;
        let rows = today.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let key = format!("reply-{other}");
        Ok(rows.iter().any(|row| row.get("key").and_then(Value::as_str) == Some(key.as_str())))
    };
    ensure!(done("on_you").await?, "there is nothing to put away");
    eventually("the row among what is done", async || {
        service.press(second.id, "done").await?;
        Ok(done("done_today").await?.then_some(()))
    })
    .await?;

    let writes = format!(
        "location.pathname.includes({}) && document.activeElement?.matches('[data-test=composer]')",
        json!(deal)
    );
    eventually("the composer of the room", async || {
        service.press(first.id, "reply").await?;
        Ok((alice.run(&format!("return {writes}"), Vec::new()).await? == json!(true)).then_some(()))
    })
    .await?;
    alice.see("And then").await
}
