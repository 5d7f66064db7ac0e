//! Rooms in windows of their own: opened by key, alive, closed one by one, and back at the next start.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use fantoccini::wd::WindowHandle;
use journeys::desktop::{self, Launch, Window, eventually};
use journeys::processes::{runs, tree};
use journeys::tray::Tray;
use journeys::world::World;
use serde_json::json;
use tokio::process::Command;
use tokio::sync::Mutex;

/// These tests look for windows on the screen and press keys: one has it at a time.
static SCREEN: Mutex<()> = Mutex::const_new(());

async fn windows(window: &Window, count: usize) -> Result<Vec<WindowHandle>> {
    eventually(&format!("{count} windows"), async || {
        let windows = window.client().windows().await?;
        Ok((windows.len() == count).then_some(windows))
    })
    .await
}

/// Opens the room in the given row of the list of deals; returns its title.
async fn room(window: &Window, row: usize) -> Result<String> {
    window.go("/deals").await?;
    window.find("[data-test=deal-row]").await?;
    let script = "document.querySelectorAll('[data-test=deal-row]')[arguments[0]].click()";
    window.run(script, vec![json!(row)]).await?;
    window.find("[data-test=composer]").await?;
    let title = window.run("return document.querySelector('h1').innerText", Vec::new()).await?;
    Ok(title.as_str().context("no title")?.to_owned())
}

/// Goes to the window with this title; returns that one was on before.
async fn switch_to(window: &Window, title: &str) -> Result<()> {
    eventually(&format!("the window of {title}"), async || {
        for handle in window.client().windows().await? {
            window.client().switch_to_window(handle).await?;
            if window.client().title().await? == title {
                return Ok(Some(()));
            }
        }
        Ok(None)
    })
    .await
}

#[tokio::test]
async fn a_room_in_a_window_of_its_own_is_alive_and_comes_back_at_the_next_start() -> Result<()> {
    let _screen = SCREEN.lock().await;
    let folder = tempfile::tempdir()?;
    let world = World::build(folder.path()).await?;
    let seller = Launch::new("own_window", &world.seller).open().await?;
    let main = seller.client().window().await?;
    let title = room(&seller, 0).await?;
    seller.fill("composer", "Half a sentence").await?;
    seller.press("mod+shift+Enter").await?;
    windows(&seller, 2).await?;
    switch_to(&seller, &title).await?;
    seller.find("[data-test=composer]").await?;
    seller.until("what was being written", &writing("Half a sentence")).await?;
    seller.until("no sidebar", "!document.querySelector('[data-test=nav-today]')").await?;
    seller.until("no way into yet another window", "!document.querySelector('[data-test=pop-out]')").await?;
    ensure!(on_screen(&title).is_ok(), "the frame of the window does not say {title}");

    // Keys work in it, and both windows hear of what either does.
    seller.click("pin").await?;
    seller.find("[data-test=pin][aria-label='Unpin this deal']").await?;
    seller.press("mod+z").await?;
    seller.find("[data-test=pin][aria-label='Pin this deal']").await?;
    seller.client().switch_to_window(main.clone()).await?;
    seller.click("pin").await?;
    switch_to(&seller, &title).await?;
    seller.find("[data-test=pin][aria-label='Unpin this deal']").await?;

    // What is being written goes along, and is not lost with the window.
    seller.client().switch_to_window(main.clone()).await?;
    seller.until("an empty field", &writing("")).await?;
    switch_to(&seller, &title).await?;
    seller.fill("composer", "Half a sentence and more").await?;
    seller.run("document.activeElement.blur()", Vec::new()).await?;
    kept(&seller, "Half a sentence and more").await?;

    // Other places are shown by the main window, and this one stays where it is.
    let here = seller.run("return location.pathname", Vec::new()).await?;
    seller.run("document.querySelector('main').insertAdjacentHTML('beforeend', '<a id=away href=/people>.</a>'); document.getElementById('away').click()", Vec::new()).await?;
    seller.client().switch_to_window(main.clone()).await?;
    seller.until("the other place", "location.pathname === '/people'").await?;
    switch_to(&seller, &title).await?;
    ensure!(seller.run("return location.pathname", Vec::new()).await? == here);
    let refused = seller.wait_for("window.__TAURI_INTERNALS__.invoke('pop_out', {})").await;
    ensure!(refused.is_err(), "a window of a room may open windows");

    // One window a room, which is brought forward.
    seller.client().switch_to_window(main.clone()).await?;
    room(&seller, 0).await?;
    seller.press("mod+shift+Enter").await?;
    let other = room(&seller, 1).await?;
    seller.click("pop-out").await?;
    windows(&seller, 3).await?;
    switch_to(&seller, &other).await?;
    eventually("the new size", async || {
        let _ = xdotool(&["search", "--onlyvisible", "--name", &exactly(&other), "windowsize", "870", "610"]);
        let is = seller.run("return innerWidth === 870 && innerHeight === 610", Vec::new()).await?;
        Ok((is == json!(true)).then_some(()))
    })
    .await?;

    // One that is closed by itself is forgotten, one that goes with the program is not.
    switch_to(&seller, &title).await?;
    // It goes before the driver has let go of the key.
    let _ = seller.press("Escape").await;
    windows(&seller, 2).await?;
    seller.client().switch_to_window(main).await?;
    room(&seller, 0).await?;
    seller.until("what was being written", &writing("Half a sentence and more")).await?;
    seller.quit(&world.seller).await?;

    let seller = Launch::new("own_window", &world.seller).open().await?;
    seller.find("[data-test=today-row]").await?;
    windows(&seller, 2).await?;
    switch_to(&seller, &other).await?;
    seller.find("[data-test=composer]").await?;
    seller.until("the same size", "innerWidth === 870 && innerHeight === 610").await?;
    let _ = seller.press("mod+w").await;
    windows(&seller, 1).await?;
    switch_to(&seller, &seller_main(&seller).await?).await?;
    seller.close().await
}

/// A condition: this is in the field for a message.
fn writing(text: &str) -> String {
    format!("document.querySelector('[data-test=composer]')?.value === {}", json!(text))
}

/// Waits until the core has what is being written in the room that is shown.
async fn kept(window: &Window, text: &str) -> Result<()> {
    let path = window.run("return location.pathname.split('/')", Vec::new()).await?;
    let asked = json!({ "program": path.get(2), "id": path.get(3) });
    eventually("the draft to be kept", async || {
        let draft = window.rpc("draft_of", &asked).await?;
        Ok((draft.get("text") == Some(&json!(text))).then_some(()))
    })
    .await
}

/// Title of the page of the one window that is left.
async fn seller_main(window: &Window) -> Result<String> {
    let left = window.client().windows().await?;
    window.client().switch_to_window(left.into_iter().next().context("no window is left")?).await?;
    window.find("[data-test=nav-today]").await?;
    Ok(window.client().title().await?)
}

#[tokio::test]
async fn they_go_to_the_tray_with_the_main_window_and_come_back_with_it() -> Result<()> {
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
    let seller = Launch::new("own_window_in_tray", &world.seller).open().await?;
    seller.rpc("background_set", &json!({ "keep_in_tray": true, "start_with_system": false })).await?;
    let title = room(&seller, 0).await?;
    seller.press("mod+shift+Enter").await?;
    windows(&seller, 2).await?;
    seller.quit(&world.seller).await?;

    // Started by hand, because closing the page is what a driver cannot survive.
    let before = tray.items().len();
    let mut command = Command::new(desktop::binary()?);
    command.arg("--profile").arg(&world.seller).env("LOCKSTEP_LOG", "debug");
    let program = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
    let item = eventually("the icon", async || Ok(tray.items().get(before).cloned())).await?;
    let both = async || -> Result<()> {
        eventually("the main window", async || Ok(on_screen("Lockstep").ok())).await?;
        eventually("the window of the room", async || Ok(on_screen(&title).ok())).await
    };
    both().await?;
    let pages = || -> Result<usize> {
        let all = tree(program.id().context("the program ended")?)?;
        Ok(all.into_iter().filter(|process| runs(*process, "WebKitWebProces")).count())
    };
    eventually("everything in the tray", async || {
        close("Lockstep");
        Ok((pages()? == 0).then_some(()))
    })
    .await?;
    eventually("no window", async || Ok((on_screen(&title).is_err()).then_some(()))).await?;
    tray.click(&item).await?;
    both().await?;

    // Closed by the window manager it is forgotten, and the main window stays.
    eventually("the room closed", async || {
        close(&title);
        Ok(on_screen(&title).is_err().then_some(()))
    })
    .await?;
    // While another window goes, a look at all of them may fail.
    eventually("the main window, which stays", async || Ok(on_screen("Lockstep").ok())).await?;
    drop(program);
    Ok(())
}

/// Presses what closes a window, once it is the one that hears keys.
fn close(title: &str) {
    let _ = xdotool(&["search", "--onlyvisible", "--name", &exactly(title), "windowactivate"]);
    let active = std::process::Command::new("xdotool").args(["getactivewindow", "getwindowname"]).output();
    if active.is_ok_and(|active| String::from_utf8_lossy(&active.stdout).trim_end() == title) {
        let _ = xdotool(&["key", "alt+F4"]);
    }
}

fn on_screen(title: &str) -> Result<()> {
    xdotool(&["search", "--onlyvisible", "--name", &exactly(title)])
}

/// A title as an expression that matches it and nothing else.
fn exactly(title: &str) -> String {
    let escaped: String =
        title.chars().map(|c| if c.is_alphanumeric() || c == ' ' { c } else { '.' }).collect();
    format!("^{escaped}$")
}

fn xdotool(arguments: &[&str]) -> Result<()> {
    let mut command = std::process::Command::new("xdotool");
    command.args(arguments).stderr(Stdio::null()).stdout(Stdio::null());
    let status = command.status().context("xdotool cannot be started; `./dev test` installs it")?;
    ensure!(status.success(), "xdotool {arguments:?} failed");
    Ok(())
}
