//! What surrounds the page: a second start, deep links, where the window stands, and the tray.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use journeys::desktop::{self, Launch, Window, eventually};
use journeys::processes::{runs, tree};
use journeys::tray::Tray;
use journeys::world::World;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// These tests look for windows on the screen and press keys: one has it at a time.
static SCREEN: Mutex<()> = Mutex::const_new(());

/// Starts the program as a person does, beside whatever runs.
fn start(profile: &Path, arguments: &[&str]) -> Result<Child> {
    let mut command = Command::new(desktop::binary()?);
    command.arg("--profile").arg(profile).args(arguments).env("LOCKSTEP_LOG", "debug");
    Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?)
}

/// A start that finds a window there: it ends by itself.
async fn start_again(profile: &Path, link: &str) -> Result<()> {
    let mut child = start(profile, &[link])?;
    let ended = tokio::time::timeout(desktop::PATIENCE, child.wait()).await;
    let status = ended.context("the second start opened a window of its own")??;
    ensure!(status.success(), "the second start ended with {status}");
    Ok(())
}

async fn speaks(window: &Window, tag: &str) -> Result<()> {
    window.until(tag, &format!("window.__LOCKSTEP_LANGUAGE__ === {}", json!(tag))).await
}

#[tokio::test]
async fn the_page_is_told_its_language_each_time_it_is_loaded() -> Result<()> {
    let _screen = SCREEN.lock().await;
    let profile = tempfile::tempdir()?;
    let launch = || Launch::new("language", profile.path()).environment("LANGUAGE", "nl:pt_PT");
    let alice = launch().open().await?;
    speaks(&alice, "pt-BR").await?;
    let choose = "
        const args = { theme: 'system', density: 'compact', single_keys: true, language: arguments[0] };
        window.__TAURI_INTERNALS__.invoke('rpc', { cmd: 'appearance_set', args })
            .then(() => location.reload());";
    alice.run(choose, vec![json!("ar")]).await?;
    speaks(&alice, "ar").await?;
    alice.until("from right to left", "document.documentElement.dir === 'rtl'").await?;
    eventually("the choice to be kept", async || {
        Ok((fs::read_to_string(profile.path().join("language")).unwrap_or_default() == "ar").then_some(()))
    })
    .await?;
    alice.close().await?;

    let alice = launch().open().await?;
    speaks(&alice, "ar").await?;
    alice.run(choose, vec![json!(null)]).await?;
    speaks(&alice, "pt-BR").await?;
    alice.close().await
}

async fn is_at(window: &Window, path: &str) -> Result<()> {
    window.until(path, &format!("location.pathname === {}", json!(path))).await
}

#[tokio::test]
async fn a_second_start_follows_its_link_in_the_window_that_is_there() -> Result<()> {
    let _screen = SCREEN.lock().await;
    let folder = tempfile::tempdir()?;
    let world = World::build(folder.path()).await?;
    let seller = Launch::new("a_second_start", &world.seller).open().await?;
    seller.find("[data-test=today-row]").await?;
    start_again(&world.seller, "lockstep://deals").await?;
    is_at(&seller, "/deals").await?;

    seller.find("[data-test=deal-row]").await?.click().await?;
    seller.find("[data-test=composer]").await?;
    let room = seller.run("return location.pathname", Vec::new()).await?;
    let room = room.as_str().context("no address")?.to_owned();
    let link = room.replacen("/deals/", "lockstep://deal/", 1);
    start_again(&world.seller, "lockstep://today").await?;
    is_at(&seller, "/").await?;
    start_again(&world.seller, &link).await?;
    is_at(&seller, &room).await?;

    // A link can name a place and do nothing else.
    start_again(&world.seller, "lockstep://start").await?;
    start_again(&world.seller, &format!("{link}?decide=approve")).await?;
    start_again(&world.seller, "lockstep://deal/1/..").await?;
    is_at(&seller, &room).await?;
    let absent = link.replace(|digit: char| digit.is_ascii_digit(), "0");
    start_again(&world.seller, &absent).await?;
    seller.see("Not on this device").await?;
    seller.close().await
}

#[tokio::test]
async fn the_window_is_where_it_was() -> Result<()> {
    let _screen = SCREEN.lock().await;
    let profile = tempfile::tempdir()?;
    let alice = Launch::new("the_window_is_where_it_was", profile.path()).open().await?;
    alice.find("main").await?;
    // The page is there a moment before its window.
    let wanted = ["windowmove", "140", "60", "windowsize", "1010", "640"];
    eventually("the new size", async || {
        let _ = xdotool(&[&["search", "--onlyvisible", "--name", "^Lockstep$"][..], &wanted].concat());
        let is = alice.run("return innerWidth === 1010 && innerHeight === 640", Vec::new()).await?;
        Ok((is == json!(true)).then_some(()))
    })
    .await?;
    alice.quit(profile.path()).await?;

    let alice = Launch::new("the_window_is_where_it_was", profile.path()).open().await?;
    alice.find("main").await?;
    alice.until("the same size", "innerWidth === 1010 && innerHeight === 640").await?;
    alice.until("the same place", "screenX === 140 && screenY === 60").await?;
    alice.quit(profile.path()).await?;

    // The screen it was on is not there any more.
    fs::write(profile.path().join("window"), "9000 9000 1010 640 normal\n")?;
    let alice = Launch::new("the_window_is_where_it_was", profile.path()).open().await?;
    alice.find("main").await?;
    alice.until("the same size", "innerWidth === 1010 && innerHeight === 640").await?;
    alice.until("a place one can see", "screenX < 2000 && screenY < 900").await?;
    alice.close().await
}

#[tokio::test]
async fn a_closed_window_goes_on_in_the_tray() -> Result<()> {
    let _screen = SCREEN.lock().await;
    let folder = tempfile::tempdir()?;
    let world = World::build(folder.path()).await?;
    let tray = Tray::start().await?;
    // A window manager, for its way to close a window.
    let _manager = Command::new("openbox")
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("openbox cannot be started; `./dev test` installs it")?;
    let seller = Launch::new("a_closed_window", &world.seller).open().await?;
    seller.find("[data-test=today-row]").await?;
    ensure!(tray.items().is_empty(), "an icon that nobody asked for");
    let both = json!({ "keep_in_tray": true, "start_with_system": true });
    seller.rpc("background_set", &both).await?;
    let item = eventually("the icon", async || Ok(tray.items().first().cloned())).await?;
    let on_you = says_how_much_is_on(&seller, &tray, &item).await?;
    let entry = autostart();
    eventually("the entry among what starts with the system", async || {
        let text = fs::read_to_string(&entry).unwrap_or_default();
        Ok((text.contains("--background") && text.contains("--profile")).then_some(()))
    })
    .await?;
    seller.rpc("background_set", &json!({ "keep_in_tray": true, "start_with_system": false })).await?;
    eventually("no entry any more", async || Ok((!entry.exists()).then_some(()))).await?;
    seller.quit(&world.seller).await?;

    // Started by hand, because closing the page is what a driver cannot survive.
    let before = tray.items().len();
    let program = start(&world.seller, &[])?;
    let item = eventually("the icon", async || Ok(tray.items().get(before).cloned())).await?;
    eventually("how much is on her", async || Ok((tray.title(&item).await? == on_you).then_some(()))).await?;
    let shown = || xdotool(&["search", "--onlyvisible", "--name", "^Lockstep$", "windowfocus"]);
    eventually("the window", async || Ok(shown().ok())).await?;
    eventually("the window closed to the tray", async || {
        let _ = shown();
        let _ = xdotool(&["key", "alt+F4"]);
        let log = fs::read_to_string(world.seller.join("logs/lockstep.log"))?;
        Ok(log.contains("the window went to the tray").then_some(()))
    })
    .await?;
    eventually("no window", async || Ok(shown().is_err().then_some(()))).await?;
    let pages = || pages_of(program.id());
    eventually("no process of a page", async || Ok((pages()? == 0).then_some(()))).await?;

    tray.click(&item).await?;
    eventually("the window again", async || Ok(shown().ok())).await?;
    ensure!(pages()? > 0, "a window without a page");

    // Without a tray nobody would find it.
    eventually("in the tray once more", async || {
        let _ = shown();
        let _ = xdotool(&["key", "alt+F4"]);
        Ok((pages()? == 0).then_some(()))
    })
    .await?;
    tray.stop().await?;
    eventually("the window back", async || Ok(shown().ok())).await?;
    drop(program);
    Ok(())
}

/// The icon counts what Today has on a person, and follows when something is done. Returns what it says.
async fn says_how_much_is_on(window: &Window, tray: &Tray, item: &str) -> Result<String> {
    let everything = json!({ "lens": { "program": null, "counterpart": null } });
    let today = window.rpc("today", &everything).await?;
    let rows = today.get("on_you").and_then(Value::as_array).context("no rows")?;
    let mine: Vec<_> = rows.iter().filter(|row| row.get("colleagues") == Some(&json!(false))).collect();
    let says = async |count: usize| -> Result<String> {
        let words = format!("Lockstep: {count} on you");
        eventually(&words, async || Ok((tray.title(item).await? == words).then_some(()))).await?;
        Ok(words)
    };
    let words = says(mine.len()).await?;
    let row = mine.first().context("nothing is on her")?;
    let part = |name: &str| row.get(name).cloned().unwrap_or_default();
    let done = json!({
        "program": part("program"), "kind": part("kind"), "deal": part("deal"), "milestone": part("milestone"),
        "seen": part("seen"), "put": "done", "until": null,
    });
    let done = window.rpc("today_put", &done).await?;
    says(mine.len() - 1).await?;
    window.rpc("undo", &json!({ "token": done.get("undo") })).await?;
    says(mine.len()).await?;
    Ok(words)
}

/// Where XDG keeps what starts with the system; the home of this session is its own.
fn autostart() -> std::path::PathBuf {
    let config = std::env::var_os("XDG_CONFIG_HOME").unwrap_or_default();
    Path::new(&config).join("autostart/Lockstep.desktop")
}

fn xdotool(arguments: &[&str]) -> Result<()> {
    let mut command = std::process::Command::new("xdotool");
    command.args(arguments).stderr(Stdio::null()).stdout(Stdio::null());
    let status = command.status().context("xdotool cannot be started; `./dev test` installs it")?;
    ensure!(status.success(), "xdotool {arguments:?} failed");
    Ok(())
}

/// How many processes show pages for a program.
fn pages_of(program: Option<u32>) -> Result<usize> {
    let program = program.context("the program ended")?;
    Ok(tree(program)?.into_iter().filter(|process| runs(*process, "WebKitWebProces")).count())
}
