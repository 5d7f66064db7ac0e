//! The main job in two real windows: a vendor's and a partner seller's, who talk only through a real hub.

use anyhow::{Context as _, Result, ensure};
use journeys::desktop::{Launch, Window, eventually};
use journeys::hub::HubProcess;
use serde_json::{Value, json};

const ENTER: &str = "\u{e007}";

/// Types into an input, the way a person does after clicking it.
async fn fill(window: &Window, hook: &str, text: &str) -> Result<()> {
    let css = format!("[data-test={hook}]");
    click_on(window, &css).await?;
    Ok(window.find(&css).await?.send_keys(text).await?)
}

/// Clicks an element; one that is replaced while the page changes is looked for again.
async fn click_on(window: &Window, css: &str) -> Result<()> {
    eventually(&format!("a click on {css}"), async || {
        Ok(window.find(css).await?.click().await.is_ok().then_some(()))
    })
    .await
}

/// Goes through the start screen with an invitation.
async fn join(window: &Window, link: &str, fields: &[(&str, &str)]) -> Result<()> {
    fill(window, "join-link", link).await?;
    window.find("[data-test=invitation-preview]").await?;
    for (hook, text) in fields {
        fill(window, hook, text).await?;
    }
    window.click("join-submit").await?;
    window.find("[data-test=nav-deals]").await.map(drop)
}

async fn program(window: &Window) -> Result<String> {
    let state = window.rpc("app_state", &Value::Null).await?;
    let id = state.pointer("/programs/0/id").and_then(Value::as_str);
    Ok(id.context("no program was joined")?.to_owned())
}

#[tokio::test]
async fn a_deal_is_registered_approved_and_talked_about() -> Result<()> {
    let hub = HubProcess::start().await?;
    let (bobs, alices) = (tempfile::tempdir()?, tempfile::tempdir()?);

    let bob = Launch::new("bob", bobs.path()).open().await?;
    join(
        &bob,
        &hub.founding,
        &[
            ("join-your-name", "Bob Byrne"),
            ("join-program-name", "Halden Partner Program"),
            ("join-company-name", "Halden Systems"),
        ],
    )
    .await?;
    let program = program(&bob).await?;
    let invitation = bob.rpc("organization_add", &json!({ "program": program, "name": "Northbeam" })).await?;
    let link = invitation.get("link").and_then(Value::as_str).context("no link")?.to_owned();
    eventually("the invitation at the hub", async || {
        let status = bob.rpc("sync_status", &Value::Null).await?;
        Ok((status.get("waiting") == Some(&json!(0))).then_some(()))
    })
    .await?;

    let alice = Launch::new("alice", alices.path()).open().await?;
    join(&alice, &link, &[("join-your-name", "Alice Nair")]).await?;

    // Alice registers a deal by keyboard.
    alice.click("nav-deals").await?;
    alice.until("the list of deals", "document.querySelector('h1')?.innerText === 'Deals'").await?;
    click_on(&alice, "[data-test=empty] :is(a, button)").await?;
    fill(&alice, "register-customer", "Polder Port Authority").await?;
    fill(&alice, "register-domain", "polderport.example").await?;
    fill(&alice, "register-title", "Polder rollout").await?;
    fill(&alice, "register-amount", "41 500").await?;
    fill(&alice, "register-close", "30 jan").await?;
    alice.click("register-submit").await?;
    alice.see("Polder rollout").await?;

    // Bob sees it come, opens it and approves it.
    bob.click("nav-deals").await?;
    bob.see("Polder rollout").await?;
    bob.click("deal-row").await?;
    bob.click("approve").await?;
    alice.until("the approval", "document.querySelector('[data-test=registration-bar]') === null || document.body.innerText.includes('Approved') || document.body.innerText.includes('Protected')").await?;

    // They talk, and each reads the other in the same moment.
    let room = bob.run("return location.pathname", Vec::new()).await?;
    alice.run("if (location.pathname !== arguments[0]) { history.pushState({}, '', arguments[0]); location.reload(); }", vec![room]).await?;
    fill(&alice, "composer", &format!("Can we hold 18 % until Friday?{ENTER}")).await?;
    bob.see("Can we hold 18 % until Friday?").await?;
    fill(&bob, "composer", &format!("Yes, until Friday noon.{ENTER}")).await?;
    alice.see("Yes, until Friday noon.").await?;
    bob.picture("two-windows-bob").await?;
    alice.picture("two-windows-alice").await?;

    // Alice's window dies; what she wrote is there when it opens again, with the key from the keyring.
    drop(alice);
    let alice = Launch::new("alice again", alices.path()).open().await?;
    eventually("the profile to be free again", async || {
        let script =
            "const retry = document.querySelector('[data-test=vault-retry]'); if (retry) retry.click();
            return document.querySelector('[data-test=nav-deals]') !== null";
        Ok((alice.run(script, Vec::new()).await? == json!(true)).then_some(()))
    })
    .await?;
    alice.click("nav-deals").await?;
    alice.click("deal-row").await?;
    alice.see("Can we hold 18 % until Friday?").await?;
    let texts =
        alice.run("return [...document.querySelectorAll('[data-test=message]')].length", Vec::new()).await?;
    ensure!(texts == json!(2), "the room holds two messages, not {texts}");
    alice.close().await?;
    bob.close().await
}
