//! What a person does in a window: keys, clicks, ways to places.

use super::{Window, eventually};
use anyhow::{Context as _, Result};
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

impl Window {
    /// Presses keys one after the other: `g d`, `mod+shift+Enter`, `Escape`. As a person does, so that the focus is shown.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let script = "
            const [first] = arguments[0].split(' ');
            const writes = document.activeElement?.matches('input, textarea');
            if (first.length === 1 && writes) document.activeElement.blur();";
        self.run(script, vec![json!(keys)]).await?;
        let mut actions = KeyActions::new("keys".to_owned());
        for stroke in keys.split(' ') {
            let held: Vec<char> = [("mod+", Key::Control), ("shift+", Key::Shift)]
                .into_iter()
                .filter(|(name, _)| stroke.contains(name))
                .map(|(_, key)| key.into())
                .collect();
            let value = match stroke.rsplit('+').next().unwrap_or_default() {
                "Enter" => Key::Enter.into(),
                "Escape" => Key::Escape.into(),
                letter => letter.chars().next().context("no key")?,
            };
            for value in &held {
                actions = actions.then(KeyAction::Down { value: *value });
            }
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
            for value in held.iter().rev() {
                actions = actions.then(KeyAction::Up { value: *value });
            }
        }
        Ok(self.client().perform_actions(actions).await?)
    }

    /// Clicks on what has a hook (`data-test`), once it takes a click.
    pub async fn click(&self, hook: &str) -> Result<()> {
        let css = format!("[data-test={hook}]");
        eventually(&format!("a click on {css}"), async || {
            Ok(self.find(&css).await?.click().await.is_ok().then_some(()))
        })
        .await
    }

    /// Puts a text into a field as if it had been typed.
    pub async fn fill(&self, hook: &str, text: &str) -> Result<()> {
        let css = format!("[data-test={hook}]");
        self.find(&css).await?;
        let script = "
            const found = document.querySelector(arguments[0]);
            const field = found.matches('input, textarea') ? found : found.querySelector('input, textarea');
            field.focus();
            field.value = arguments[1];
            field.dispatchEvent(new InputEvent('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));";
        self.run(script, vec![json!(css), json!(text)]).await.map(drop)
    }

    /// Goes to an address inside the window.
    pub async fn go(&self, path: &str) -> Result<()> {
        let script = "
            const link = document.createElement('a');
            link.href = arguments[0];
            document.body.append(link);
            link.click();
            link.remove();";
        self.run(script, vec![json!(path)]).await?;
        let bare = path.split('?').next().unwrap_or_default();
        self.until("the address", &format!("location.pathname === {}", json!(bare))).await
    }

    /// Opens the room of a deal that the list shows.
    pub async fn open_room(&self, title: &str) -> Result<()> {
        let script = "
            const row = [...document.querySelectorAll('[data-test=deal-row]')]
                .find((row) => row.innerText.includes(arguments[0]));
            if (row) row.click();
            return Boolean(document.querySelector('[data-test=room]'));";
        eventually(&format!("the room of {title}"), async || {
            Ok((self.run(script, vec![json!(title)]).await? == json!(true)).then_some(()))
        })
        .await?;
        self.until("the plan", "document.querySelector('[data-test=plan] h2')").await
    }

    /// Founds the program of the invitation that is shown, as Bob Byrne of Halden Systems.
    pub async fn found_program(&self) -> Result<()> {
        for (hook, text) in [
            ("join-your-name", "Bob Byrne"),
            ("join-program-name", "Halden Partner Program"),
            ("join-company-name", "Halden Systems"),
        ] {
            self.fill(hook, text).await?;
        }
        self.click("join-submit").await?;
        self.find("[data-test=nav-deals]").await.map(drop)
    }

    /// Says something in the room.
    pub async fn say(&self, text: &str) -> Result<()> {
        self.fill("composer", text).await?;
        self.press("Enter").await?;
        self.see(text).await
    }

    /// The first deal with a registration that stands so.
    pub async fn deal(&self, status: &str) -> Result<Value> {
        let query = json!({
            "lens": { "program": null, "counterpart": null }, "text": "", "stage": null, "court": null,
            "status": status, "include_closed": true, "sort": "activity", "offset": 0, "limit": 1,
        });
        let found = self.rpc("deal_list", &query).await?;
        found.pointer("/rows/0").cloned().with_context(|| format!("no deal is {status}"))
    }

    /// Waits until nothing waits here any more.
    pub async fn settled(&self) -> Result<()> {
        eventually("everything sent", async || {
            let status = self.rpc("sync_status", &Value::Null).await?;
            Ok((status.get("waiting") == Some(&json!(0))).then_some(()))
        })
        .await
    }

    /// Approves a registration, at once and without looking at it.
    pub async fn approves(&self, pending: &Value) -> Result<()> {
        let decision = json!({
            "program": text(pending, "program")?, "deal": text(pending, "id")?,
            "decision": { "kind": "approve" },
        });
        self.rpc("registration_decide", &decision).await?;
        self.settled().await
    }

    /// Quits the program, as Ctrl Q does, and waits until it has said in the log of its profile that it is closed.
    pub async fn quit(self, profile: &Path) -> Result<()> {
        let closed = || {
            let log = fs::read_to_string(profile.join("logs/lockstep.log")).unwrap_or_default();
            log.lines().filter(|line| line.ends_with(" closed")).count()
        };
        let before = closed();
        // The page may be gone before it can answer.
        let _ = self.run("window.__TAURI_INTERNALS__.invoke('quit')", Vec::new()).await;
        eventually("the end of the program", async || Ok((closed() > before).then_some(()))).await?;
        self.kill();
        Ok(())
    }
}

/// A text of an answer of the core.
pub fn text<'v>(answer: &'v Value, name: &str) -> Result<&'v str> {
    answer.get(name).and_then(Value::as_str).with_context(|| format!("no {name} in {answer}"))
}

/// Where the room of a deal is.
pub fn room(deal: &Value) -> Result<String> {
    Ok(format!("/deals/{}/{}", text(deal, "program")?, text(deal, "id")?))
}
