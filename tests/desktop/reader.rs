//! A screen reader finds a name on everything that the keyboard reaches, in every place of the real window.

use anyhow::{Result, ensure};
use journeys::desktop::{Launch, Window, eventually};
use journeys::hub::HubProcess;
use journeys::reader::{Node, PUSH_BUTTON, Reader};
use journeys::world::World;
use serde_json::json;
use std::path::Path;
use tokio::sync::Mutex;

/// What the program calls itself on the accessibility bus.
const PROGRAM: &str = "lockstep";

/// Programs on the bus have one name: one window after the other.
static TURN: Mutex<()> = Mutex::const_new(());

/// A window that a screen reader may look into; the session of the tests forbids it to the others.
async fn open(name: &str, profile: &Path) -> Result<Window> {
    Launch::new(name, profile).environment("NO_AT_BRIDGE", "0").open().await
}

/// What can be reached and has nothing to be read, once `landmark` is read out: the title of a page is, as `Deals · Lockstep`.
async fn nameless(reader: &Reader, landmark: &str) -> Result<Vec<Node>> {
    let nodes = eventually(&format!("{landmark:?} read out"), async || {
        // While the page changes, parts of it are gone before they are read.
        let nodes = reader.read(PROGRAM).await.unwrap_or_default();
        Ok(nodes.iter().any(|node| node.name.contains(landmark)).then_some(nodes))
    })
    .await?;
    let reached: Vec<Node> = nodes.into_iter().filter(|node| node.focusable && node.showing).collect();
    ensure!(reached.len() > 1, "{landmark}: the keyboard reaches only {reached:?}");
    Ok(reached.into_iter().filter(|node| node.name.is_empty()).collect())
}

/// A walk that remembers what had no name.
struct Walk {
    reader: Reader,
    found: Vec<String>,
}

impl Walk {
    async fn begin() -> Result<Self> {
        Ok(Self { reader: Reader::start().await?, found: Vec::new() })
    }

    /// Looks at the place where the window is, which names `landmark`.
    async fn look(&mut self, place: &str, landmark: &str) -> Result<()> {
        let nameless = nameless(&self.reader, landmark).await?;
        self.found.extend(
            nameless.iter().map(|node| format!("{place}: nothing to read out for one of role {}", node.role)),
        );
        Ok(())
    }

    fn end(self) -> Result<()> {
        ensure!(self.found.is_empty(), "{:#?}", self.found);
        Ok(())
    }
}

#[tokio::test]
async fn everything_a_seller_reaches_has_a_name() -> Result<()> {
    let _turn = TURN.lock().await;
    let scratch = tempfile::tempdir()?;
    let world = World::build(scratch.path()).await?;
    let mut walk = Walk::begin().await?;
    let seller = open("reader_seller", &world.seller).await?;
    seller.find("[data-test=today]").await?;
    walk.look("Today", "Today ·").await?;
    seller.press("g d").await?;
    seller.find("[data-test=deal-row]").await?;
    walk.look("Deals", "Deals ·").await?;
    seller.press("c").await?;
    seller.find("[data-test=register-form]").await?;
    walk.look("registering", "Customer").await?;
    seller.press("mod+Enter").await?;
    seller.find("[aria-invalid=true]").await?;
    walk.look("registering with errors", "Customer").await?;
    seller.go("/deals").await?;
    seller.open_room("Polder rollout").await?;
    walk.look("a room", "Polder rollout").await?;
    seller.press("s").await?;
    seller.find("[data-test=edit-deal]").await?;
    walk.look("editing a deal", "Amount").await?;
    seller.press("Escape").await?;
    seller.until("no dialog", "!document.querySelector('[data-test=edit-deal]')").await?;
    seller.press("p").await?;
    seller.press("j").await?;
    seller.press("Enter").await?;
    seller.find("[data-test=milestone-editor]").await?;
    walk.look("editing a milestone", "Done when").await?;
    seller.press("Escape").await?;
    seller.go("/").await?;
    seller.press("mod+k").await?;
    seller.find("[data-test=palette-entry]").await?;
    walk.look("the palette", "Deals").await?;
    seller.press("Escape").await?;
    seller.until("no palette", "!document.querySelector('[data-test=palette]')").await?;
    seller.press("?").await?;
    seller.find("[data-test=key-sheet]").await?;
    walk.look("the sheet of keys", "Keys").await?;
    seller.press("Escape").await?;
    for (path, hook, place) in [
        ("/accounts", "account-row", "Accounts"),
        ("/accounts/import", "import-drop", "Import accounts"),
        ("/people", "member", "People"),
        ("/rules", "rules-terms", "Rules of engagement"),
        ("/search", "search-start", "Search"),
    ] {
        seller.go(path).await?;
        seller.find(&format!("[data-test={hook}]")).await?;
        walk.look(place, &format!("{place} ·")).await?;
    }
    for tab in ["sync", "devices", "security", "appearance", "general", "diagnostics"] {
        seller.go(&format!("/settings?tab={tab}")).await?;
        seller.find(&format!("[data-test=tab-{tab}][aria-selected=true]")).await?;
        walk.look(&format!("the settings' {tab}"), "Settings ·").await?;
    }
    seller.close().await?;
    walk.end()
}

#[tokio::test]
async fn everything_a_founder_reaches_has_a_name() -> Result<()> {
    let _turn = TURN.lock().await;
    let (hub, profile) = (HubProcess::start().await?, tempfile::tempdir()?);
    let mut walk = Walk::begin().await?;
    let founder = open("reader_founder", profile.path()).await?;
    founder.find("[data-test=join-link]").await?;
    walk.look("the start", "Lockstep").await?;
    founder.fill("join-link", &hub.founding).await?;
    founder.find("[data-test=invitation-preview]").await?;
    walk.look("an invitation", "Your name").await?;
    founder.found_program().await?;
    for (path, place) in
        [("/", "Today"), ("/deals", "Deals"), ("/accounts", "Accounts"), ("/people", "People")]
    {
        founder.go(path).await?;
        founder.until("the place", &format!("document.title.startsWith({})", json!(place))).await?;
        walk.look(&format!("an empty {place}"), &format!("{place} ·")).await?;
    }
    founder.click("add-partner").await?;
    founder.find("[data-test=add-partner-dialog]").await?;
    walk.look("adding a partner", "Add a partner").await?;
    founder.press("Escape").await?;
    founder.until("no dialog", "!document.querySelector('[data-test=add-partner-dialog]')").await?;
    founder.go("/rules").await?;
    founder.find("[data-test=rules-terms]").await?;
    founder.press("e").await?;
    founder.find("[data-test=rules-form]").await?;
    walk.look("changing the rules", "Rules of engagement ·").await?;
    founder.fill("rules-protection_days", "60").await?;
    founder.fill("rules-note", "Sixty days are enough").await?;
    founder.press("mod+Enter").await?;
    founder.find("[data-test=rules-terms]").await?;
    founder.see("Version 2").await?;
    founder.see("Sixty days are enough").await?;
    founder.close().await?;
    walk.end()
}

/// That it is found, so that the others would fail.
#[tokio::test]
async fn a_button_without_a_name_is_found() -> Result<()> {
    let _turn = TURN.lock().await;
    let profile = tempfile::tempdir()?;
    let reader = Reader::start().await?;
    let window = open("reader_nameless", profile.path()).await?;
    window.find("[data-test=join-link]").await?;
    ensure!(nameless(&reader, "Lockstep").await?.is_empty());
    window.run("document.querySelector('main').append(document.createElement('button'))", vec![]).await?;
    eventually("the button found", async || {
        let found = nameless(&reader, "Lockstep").await?;
        Ok(found.iter().any(|node| node.role == PUSH_BUTTON).then_some(()))
    })
    .await?;
    window.close().await
}
