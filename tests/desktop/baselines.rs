//! Key screens of the real window look as they did before, on a machine whose clock stands still and whose fonts
//! are known. tests/ui/pictures.js compares them with tests/baselines/, as it does what Chromium draws.

use anyhow::{Context as _, Result, ensure};
use journeys::desktop::{Launch, Window, room, root, text};
use journeys::world::World;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[tokio::test]
async fn key_screens_look_as_they_did() -> Result<()> {
    let machine = machine()?;
    stands_still(&machine)?;
    let _pointer = Pointer::here()?;
    let scratch = tempfile::tempdir()?;
    let world = World::build_with(scratch.path(), &machine).await?;
    let album = Album { folder: scratch.path().join("pictures") };
    fs::create_dir(&album.folder)?;
    let seller = open("baselines_seller", &world.seller, &machine).await?;
    let engine = format!("webkitgtk-{}", engine(&seller)?);
    album.of_a_seller(&seller).await?;
    let vendor = open("baselines_vendor", &world.vendor, &machine).await?;
    album.of_a_vendor(&vendor).await?;
    album.of_what_was_refused(&seller, &vendor).await?;
    seller.close().await?;
    vendor.close().await?;
    let judged =
        Command::new("node").arg(root().join("tests/ui/pictures.js")).arg(engine).arg(&album.folder).status();
    ensure!(judged.context("node cannot be started")?.success(), "screens have changed; see above");
    Ok(())
}

/// What the programs are told about the machine.
fn machine() -> Result<Vec<(String, String)>> {
    let folder = root().join("tests/baselines/machine").canonicalize()?;
    let values: BTreeMap<String, String> =
        serde_json::from_slice(&fs::read(folder.join("environment.json"))?)?;
    let here = folder.to_string_lossy();
    Ok(values.into_iter().map(|(name, value)| (name, value.replace("{here}", &here))).collect())
}

/// A library that cannot be loaded is no error to the loader.
fn stands_still(machine: &[(String, String)]) -> Result<()> {
    let wanted = machine.iter().find(|(name, _)| name == "FAKETIME").context("no time is given")?;
    let date = Command::new("date").arg("+%F %T").envs(machine.iter().cloned()).output()?;
    ensure!(
        String::from_utf8_lossy(&date.stdout).trim() == wanted.1,
        "the clock cannot be made to stand still: `./dev test` installs what it takes (Debian: libfaketime)"
    );
    Ok(())
}

async fn open(name: &str, profile: &Path, machine: &[(String, String)]) -> Result<Window> {
    let launch = Launch::new(name, profile);
    let launch = machine.iter().fold(launch, |launch, (name, value)| launch.environment(name, value));
    let window = launch.open().await?;
    window.find("[data-test=today]").await?;
    window.client().set_window_size(1280, 800).await?;
    Ok(window)
}

/// The version of what draws the window, which the program notes when it starts.
fn engine(window: &Window) -> Result<String> {
    let log = window.log()?;
    let (_, noted) = log.rsplit_once(" engine=\"").context("the log names no engine")?;
    Ok(noted.split('"').next().unwrap_or_default().to_owned())
}

/// Where the pointer was: the tests that come after have the screen as it was.
struct Pointer(Vec<String>);

impl Pointer {
    fn here() -> Result<Self> {
        let told = Command::new("xdotool").args(["getmouselocation", "--shell"]).output()?;
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let place = told.lines().filter_map(|line| line.split_once('=')).take(2);
        Ok(Self(place.map(|(_, value)| value.to_owned()).collect()))
    }
}

impl Drop for Pointer {
    fn drop(&mut self) {
        // Without it the next test says what it lacks.
        let _ = Command::new("xdotool").arg("mousemove").args(&self.0).status();
    }
}

/// Where the pictures go.
struct Album {
    folder: PathBuf,
}

impl Album {
    /// Takes the window as it is, light and dark, once nothing moves in it any more.
    async fn take(&self, window: &Window, name: &str) -> Result<()> {
        // The window under the pointer has the focus, and shows where: nothing is under it here but the window.
        ensure!(Command::new("xdotool").args(["mousemove", "4", "500"]).status()?.success(), "no pointer");
        for theme in ["light", "dark"] {
            let dress = "
                document.documentElement.dataset.theme = arguments[0];
                document.documentElement.style.caretColor = 'transparent';";
            window.run(dress, vec![json!(theme)]).await?;
            window.wait_for("document.fonts.ready.then(() => null)").await?;
            let picture = still(window).await.with_context(|| name.to_owned())?;
            fs::write(self.folder.join(format!("{name}-{theme}.png")), picture)?;
        }
        Ok(())
    }

    async fn of_a_seller(&self, seller: &Window) -> Result<()> {
        self.take(seller, "today").await?;
        seller.press("mod+k").await?;
        seller.find("[data-test=palette-entry]").await?;
        self.take(seller, "palette").await?;
        seller.press("Escape").await?;
        seller.until("no palette", "!document.querySelector('[data-test=palette]')").await?;
        seller.press("g d").await?;
        seller.find("[data-test=deal-row]").await?;
        self.take(seller, "deals").await?;
        seller.press("c").await?;
        seller.find("[data-test=register-form]").await?;
        self.take(seller, "register").await?;
        seller.press("mod+Enter").await?;
        seller.find("[aria-invalid=true]").await?;
        self.take(seller, "register-with-mistakes").await?;
        seller.go("/deals").await?;
        let count = "(document.querySelector('[data-test=nav-today]')?.innerText ?? '')";
        let unread = seller.run(&format!("return {count}"), vec![]).await?;
        seller.open_room("Polder rollout").await?;
        // Whoever looks into a room has read it, and Today has one thing less.
        seller.until("what was read", &format!("{count} !== {unread}")).await?;
        self.take(seller, "room").await
    }

    async fn of_a_vendor(&self, vendor: &Window) -> Result<()> {
        let open = vendor.deal("in_review").await?;
        vendor.go(&room(&open)?).await?;
        vendor.find("[data-test=approve]").await?;
        self.take(vendor, "deciding").await
    }

    /// What a seller takes back while the vendor decides it.
    async fn of_what_was_refused(&self, seller: &Window, vendor: &Window) -> Result<()> {
        let pending = seller.deal("submitted").await?;
        seller.rpc("work_offline", &json!({ "on": true })).await?;
        let of = json!({ "program": text(&pending, "program")?, "id": text(&pending, "id")? });
        seller.rpc("registration_withdraw", &of).await?;
        vendor.approves(&pending).await?;
        seller.rpc("work_offline", &json!({ "on": false })).await?;
        seller.go("/settings?tab=sync").await?;
        seller.find("[data-test=refusal]").await?;
        seller.settled().await?;
        self.take(seller, "needs-you").await
    }
}

/// The picture of a window that looks the same twice.
async fn still(window: &Window) -> Result<Vec<u8>> {
    // A frame to be laid out in, and one to be drawn in.
    let drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))";
    let (mut before, began) = (Vec::new(), Instant::now());
    while began.elapsed() < Duration::from_secs(10) {
        window.wait_for(drawn).await?;
        let now = window.client().screenshot().await?;
        if now == before {
            return Ok(now);
        }
        before = now;
    }
    anyhow::bail!("it does not come to rest")
}
