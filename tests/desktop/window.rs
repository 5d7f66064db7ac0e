//! The real window opens on the real page, and the page talks to Rust through the door meant for it.

use anyhow::{Result, ensure};
use journeys::desktop::{Launch, Window, eventually};
use serde_json::json;

async fn alice(test: &str) -> Result<(Window, tempfile::TempDir)> {
    let profile = tempfile::tempdir()?;
    Ok((Launch::new(test, profile.path()).open().await?, profile))
}

#[tokio::test]
async fn it_opens_on_the_page() -> Result<()> {
    let (window, _profile) = alice("it_opens_on_the_page").await?;
    window.find("main").await?;
    let heading = window.find("h1, h2, [role=heading]").await?;
    ensure!(!heading.text().await?.trim().is_empty(), "the first heading is empty");
    ensure!(window.client().title().await?.contains("Lockstep"));
    window.close().await
}

/// A policy that blocks `ipc:` does not break the window: Tauri then falls back to another way, which turns
/// uploads into lists of numbers. So it has to be looked for.
#[tokio::test]
async fn the_page_reaches_rust_without_a_fallback() -> Result<()> {
    let (window, _profile) = alice("the_page_reaches_rust_without_a_fallback").await?;
    window.find("main").await?;
    let requests = window
        .wait_for(
            "(async () => {
               const seen = [];
               const original = window.fetch;
               window.fetch = async (...given) => {
                 const address = String(given[0]);
                 try { const answer = await original(...given); seen.push([address, answer.status]); return answer; }
                 catch (error) { seen.push([address, String(error)]); throw error; }
               };
               try { await window.__TAURI_INTERNALS__.invoke('rpc', { cmd: 'app_state', args: null }); }
               finally { window.fetch = original; }
               return seen.filter(([address]) => address.endsWith('/rpc'));
             })()",
        )
        .await?;
    ensure!(requests == json!([["ipc://localhost/rpc", 200]]), "{requests}");
    window.close().await
}

#[tokio::test]
async fn nothing_but_our_commands_answers() -> Result<()> {
    let (window, _profile) = alice("nothing_but_our_commands_answers").await?;
    window.find("main").await?;
    for command in
        ["plugin:window|close", "plugin:event|emit", "plugin:app|version", "plugin:webview|print", "greet"]
    {
        let refused = window.wait_for(&format!("window.__TAURI_INTERNALS__.invoke('{command}', {{}})")).await;
        ensure!(refused.is_err(), "{command} answered {refused:?}");
    }
    let unknown = window.rpc("no_such_command", &json!(null)).await;
    ensure!(
        unknown.is_err_and(|error| error.to_string().contains("code")),
        "an unknown command must be refused by code"
    );
    window.close().await
}

#[tokio::test]
async fn the_page_cannot_leave_or_load_anything_else() -> Result<()> {
    let (window, _profile) = alice("the_page_cannot_leave_or_load_anything_else").await?;
    window.find("main").await?;
    let here = window.run("return location.href", vec![]).await?;
    window.run("location.href = 'https://example.com/'; window.open('https://example.com/')", vec![]).await?;
    let blocked =
        window.wait_for("fetch('https://example.com/').then(() => 'loaded', (error) => error.name)").await?;
    ensure!(blocked == json!("TypeError"), "a foreign address answered {blocked}");
    let evaluated = window
        .wait_for(
            "new Promise((done) => {
               const script = document.createElement('script');
               script.textContent = 'window.injected = true';
               document.head.append(script);
               done(Boolean(window.injected));
             })",
        )
        .await?;
    ensure!(evaluated == json!(false), "an injected script ran");
    ensure!(window.run("return location.href", vec![]).await? == here, "the page went away");
    ensure!(window.client().windows().await?.len() == 1, "a second window opened");
    window.close().await
}

#[tokio::test]
async fn the_log_stays_private_and_says_when_the_window_was_seen() -> Result<()> {
    let (window, profile) = alice("the_log_stays_private").await?;
    window.find("main").await?;
    let log = profile.path().join("logs/lockstep.log");
    eventually("the log says that the window was shown", async || {
        Ok(std::fs::read_to_string(&log).unwrap_or_default().contains("window shown").then_some(()))
    })
    .await?;
    window.close().await
}
