//! From the first moment the window can be seen it has the colours of its theme: it is filmed while it opens,
//! from the memory of its screen.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use journeys::desktop::{Launch, binary, eventually};
use journeys::film::{Screen, Shares};
use serde_json::json;
use tokio::process::Command;

/// Between two looks at the screen.
const FRAME: Duration = Duration::from_millis(10);
/// How long the film goes on after the window was shown.
const AFTER: Duration = Duration::from_millis(700);
/// A share of the screen that no text and no button of a calm page covers, in percent. The window covers 39.
const FLASH: usize = 10;

// One test, because there is one screen.
#[tokio::test]
async fn the_window_never_flashes() -> Result<()> {
    let dark = film_of("dark").await?;
    never(&dark, |frame| frame.light > FLASH || frame.middle > FLASH).context("dark")?;
    let light = film_of("light").await?;
    never(&light, |frame| frame.middle > FLASH).context("light")?;
    // The film saw the window at all.
    ensure!(light.last().is_some_and(|last| last.light > 2 * FLASH), "light: {:?}", light.last());
    Ok(())
}

/// No frame of the film is like this.
fn never(film: &[Shares], flash: impl Fn(&Shares) -> bool) -> Result<()> {
    let flashes: Vec<usize> =
        film.iter().enumerate().filter(|(_, frame)| flash(frame)).map(|(number, _)| number).collect();
    ensure!(flashes.is_empty(), "frames {flashes:?} of {}, which ends with {:?}", film.len(), film.last());
    Ok(())
}

/// Starts the window in a theme, the way a person does, and films the screen until it has been shown a while.
async fn film_of(theme: &str) -> Result<Vec<Shares>> {
    let profile = tempfile::tempdir()?;
    let window = Launch::new(&format!("flash_{theme}"), profile.path()).open().await?;
    window.find("main").await?;
    window
        .rpc("appearance_set", &json!({ "theme": theme, "density": "compact", "single_keys": true }))
        .await?;
    // The frame around the page follows a moment later.
    let look = profile.path().join("look");
    eventually("the look is kept", async || Ok((text_of(&look) == theme).then_some(()))).await?;
    window.close().await?;

    let screen = Screen::open()?;
    let log = profile.path().join("logs/lockstep.log");
    let earlier = text_of(&log).len();
    let mut child = Command::new(binary()?)
        .arg("--profile")
        .arg(profile.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let began = Instant::now();
    let (mut film, mut shown) = (Vec::new(), None);
    while shown.is_none_or(|shown: Instant| shown.elapsed() < AFTER) {
        film.push(screen.look()?.shares());
        if shown.is_none() && text_of(&log).get(earlier..).is_some_and(|new| new.contains("window shown")) {
            shown = Some(Instant::now());
        }
        ensure!(began.elapsed() < Duration::from_secs(20), "the window was not shown");
        tokio::time::sleep(FRAME).await;
    }
    child.kill().await?;
    Ok(film)
}

fn text_of(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}
