//! Bars 1 to 4: the start, as a person does it, without a driver. By the program's own log, by a watch outside,
//! and by a film of the screen, which is the one way that Chromium can be compared.

use crate::Bench;
use crate::chromium::Chromium;
use crate::host::Host;
use crate::report::{Limit, Row};
use crate::subject::{Subject, memory};
use anyhow::{Context as _, Result, ensure};
use journeys::desktop::{binary, eventually};
use journeys::film::{Frame, Screen};
use journeys::processes::{cpu_ms, tree};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// Between two looks at the screen.
const FRAME: Duration = Duration::from_millis(10);
/// The picture has stood still for so long: the start is over.
const STILL: Duration = Duration::from_millis(700);
const PATIENCE: Duration = Duration::from_secs(60);
/// A share of the screen that no text and no button of a calm page covers, in percent. The window covers 39.
const FLASH: usize = 10;
/// What is loaded lazily right after the first screen belongs to the picture of memory.
const SETTLING: Duration = Duration::from_secs(1);

/// A program that runs without a driver.
pub struct Run {
    child: Child,
    log: PathBuf,
    /// How much of the log was there before.
    earlier: usize,
    /// When it was started.
    pub began: Instant,
}

impl Run {
    /// Starts it; `adjust` may change its environment.
    pub fn start(profile: &Path, adjust: impl FnOnce(&mut Command)) -> Result<Self> {
        let log = profile.join("logs/lockstep.log");
        let earlier = fs::read_to_string(&log).unwrap_or_default().len();
        let mut command = Command::new(binary()?);
        command.arg("--profile").arg(profile).env("LOCKSTEP_LOG", "info");
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        adjust(&mut command);
        let began = Instant::now();
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        Ok(Self { child, log, earlier, began })
    }

    /// Its number.
    pub fn id(&self) -> Result<u32> {
        self.child.id().context("the program ended")
    }

    /// A line that it has logged since.
    pub fn logged(&self, words: &str) -> Option<String> {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let new = text.get(self.earlier..).unwrap_or(&text);
        new.lines().find(|line| line.contains(words)).map(str::to_owned)
    }

    /// Waits until the window is shown.
    pub async fn shown(&self) -> Result<Shown> {
        loop {
            if let Some(line) = self.logged("window shown") {
                let by_watch = self.began.elapsed().as_secs_f64() * 1e3;
                let by_log = number_after(&line, "milliseconds")?;
                return Ok(Shown { by_log, by_watch, empty: line.contains("patience") });
            }
            ensure!(self.began.elapsed() < PATIENCE, "the window was not shown");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Ends it as the end of a desktop session does.
    pub async fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.id()?.to_string()).status().await?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await.context("it does not end")??;
        Ok(())
    }
}

/// When a window was shown, milliseconds after its start.
pub struct Shown {
    by_log: f64,
    by_watch: f64,
    /// It showed itself, because it took so long until the page had something to show.
    empty: bool,
}

/// The first number after a word of a log line, whatever stands between them.
fn number_after(line: &str, word: &str) -> Result<f64> {
    let (_, rest) = line.split_once(word).with_context(|| format!("no {word} in {line}"))?;
    let digits: String =
        rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().with_context(|| format!("no number after {word} in {line}"))
}

/// Bars 1, 2 and 4.
pub async fn starts(bench: &Bench) -> Result<Vec<Row>> {
    let profile = bench.worlds.seller();
    dressed(&profile, "light").await?;
    let (mut inside, mut outside, mut work, mut pss, mut empty) = (vec![], vec![], vec![], vec![], 0);
    // The first of all warms the disk.
    for turn in 0..=bench.many(30, 3) {
        let run = Run::start(&profile, |_| {})?;
        let shown = run.shown().await?;
        let used = processor_ms(&[run.id()?])?;
        tokio::time::sleep(SETTLING).await;
        let occupied = memory(&[run.id()?])?;
        run.stop().await?;
        if turn > 0 {
            inside.push(shown.by_log);
            outside.push(shown.by_watch);
            empty += usize::from(shown.empty);
            work.push(used);
            pss.push(occupied);
        }
    }
    let films = bench.many(10, 2);
    let (mut light, mut theirs, mut dark) = (vec![], vec![], vec![]);
    let host = Host::start(&bench.worlds.browser()).await?;
    host.ask("appearance_set", &look("light")).await?;
    for _ in 0..films {
        light.push(filmed(&profile).await?);
        theirs.push(in_chromium(&host).await?);
    }
    host.stop().await?;
    dressed(&profile, "dark").await?;
    for _ in 0..films {
        dark.push(filmed(&profile).await?);
    }
    dressed(&profile, "light").await?;

    let flashes = light.iter().map(|film| film.flashes(|frame| frame.1 > FLASH));
    let flashes =
        flashes.chain(dark.iter().map(|film| film.flashes(|frame| frame.0 > FLASH || frame.1 > FLASH)));
    let flashes: Vec<f64> = flashes.collect();
    let (pixels, browser) = (
        light.iter().filter_map(Film::written).collect::<Vec<f64>>(),
        theirs.iter().filter_map(|start| start.film.written()).collect::<Vec<f64>>(),
    );
    Ok(vec![
        Row::new(1, "exec until Today is shown, by the program's log", "ms", inside)
            .limit(Limit::Most(50, 600.0))
            .limit(Limit::Most(95, 900.0))
            .note(match empty {
                0 => String::new(),
                some => format!("{some} of them were shown before the page had anything"),
            }),
        Row::new(1, "the same by a watch outside", "ms", outside),
        Row::new(1, "exec until the rows of Today are on the screen, by film", "ms", pixels)
            .chromium(browser)
            .note("three fifths of what is written in the end; Chromium's host runs already"),
        Row::new(1, "processor time until then, all processes", "ms", work)
            .limit(Limit::Most(50, 1_000.0))
            .chromium(theirs.iter().map(|start| start.work).collect())
            .note("Chromium: until its picture stands still"),
        Row::new(2, "frames of a film of a start that flash", "frames", flashes)
            .limit(Limit::Most(100, 0.0))
            .note(format!("{films} starts light, {films} dark, a look every 10 ms")),
        Row::new(4, "PSS of all processes at Today", "MB", pss)
            .limit(Limit::Most(50, 235.0))
            .chromium(theirs.iter().map(|start| start.pss).collect())
            .note("Chromium with the host that serves it, which holds the store"),
    ])
}

/// Bar 3: a portal that can be started and then says nothing, as on a broken desktop.
pub async fn portal(bench: &Bench) -> Result<Vec<Row>> {
    let data = std::env::var("XDG_DATA_HOME").context("run this in tests/desktop/session")?;
    let folder = Path::new(&data).join("dbus-1/services");
    let service = folder.join("org.freedesktop.portal.Desktop.service");
    fs::create_dir_all(&folder)?;
    fs::write(&service, "[D-BUS Service]\nName=org.freedesktop.portal.Desktop\nExec=/bin/sleep 120\n")?;
    reload_bus().await?;
    let profile = bench.worlds.seller();
    let (mut shown, mut empty) = (Vec::new(), 0);
    for _ in 0..bench.many(3, 1) {
        let run = Run::start(&profile, |command| {
            command.env_remove("GTK_USE_PORTAL");
        })?;
        // It may take so long that the window shows itself before its page has anything.
        let seen = run.shown().await?;
        empty += usize::from(seen.empty);
        shown.push(seen.by_watch);
        run.stop().await?;
    }
    fs::remove_file(&service)?;
    reload_bus().await?;
    Ok(vec![
        Row::new(3, "exec until Today is shown, with a portal that never answers", "ms", shown)
            .limit(Limit::Most(100, 2_000.0))
            .note(format!(
                "the bus can start it, and it says nothing for two minutes; {empty} windows showed themselves empty"
            )),
    ])
}

async fn reload_bus() -> Result<()> {
    let call = [
        "--session",
        "--print-reply",
        "--dest=org.freedesktop.DBus",
        "/",
        "org.freedesktop.DBus.ReloadConfig",
    ];
    let done = Command::new("dbus-send").args(call).stdout(Stdio::null()).status().await?;
    ensure!(done.success(), "the bus does not read its services");
    Ok(())
}

/// Chooses how a profile looks, and waits until the frame around its page knows.
async fn dressed(profile: &Path, theme: &str) -> Result<()> {
    let window = Subject::window("dressing", profile).await?;
    window.ask("appearance_set", look(theme)).await?;
    let look = profile.join("look");
    eventually("the look is kept", async || {
        Ok((fs::read_to_string(&look).unwrap_or_default() == theme).then_some(()))
    })
    .await?;
    window.close().await
}

fn look(theme: &str) -> Value {
    json!({ "theme": theme, "density": "compact", "single_keys": true })
}

/// A start that was filmed.
struct Film {
    frames: Vec<(f64, (usize, usize), Option<usize>)>,
}

impl Film {
    /// Films until the picture has stood still for a while.
    async fn take(began: Instant) -> Result<Self> {
        let screen = Screen::open()?;
        let mut frames = Vec::new();
        let mut last: Option<(Frame, Instant)> = None;
        loop {
            let at = began.elapsed().as_secs_f64() * 1e3;
            let frame = screen.look()?;
            let shares = frame.shares();
            frames.push((at, (shares.light, shares.middle), frame.ink()));
            let same = last.as_ref().is_some_and(|(before, _)| *before == frame);
            match &last {
                // Black is what the screen was before.
                Some((before, since)) if same => {
                    if since.elapsed() > STILL && !before.is_black() {
                        return Ok(Self { frames });
                    }
                }
                _ => last = Some((frame, Instant::now())),
            }
            ensure!(began.elapsed() < PATIENCE, "the picture never stands still");
            tokio::time::sleep(FRAME).await;
        }
    }

    /// When most of what is written in the end was there; of a light window only.
    fn written(&self) -> Option<f64> {
        let end = self.frames.last()?.2?;
        let there = |ink: &Option<usize>| ink.is_some_and(|ink| ink * 5 >= end * 3);
        self.frames.iter().find(|(_, _, ink)| there(ink)).map(|(at, ..)| *at)
    }

    fn flashes(&self, is: impl Fn((usize, usize)) -> bool) -> f64 {
        self.frames.iter().filter(|(_, shares, _)| is(*shares)).count() as f64
    }
}

async fn filmed(profile: &Path) -> Result<Film> {
    let run = Run::start(profile, |_| {})?;
    let film = Film::take(run.began).await?;
    run.stop().await?;
    Ok(film)
}

struct Start {
    film: Film,
    work: f64,
    pss: f64,
}

/// The same page in Chromium, whose host runs already.
async fn in_chromium(host: &Host) -> Result<Start> {
    let began = Instant::now();
    let chromium = Chromium::start(&host.address)?;
    let film = Film::take(began).await?;
    let work = processor_ms(&[chromium.id()?])?;
    tokio::time::sleep(SETTLING).await;
    let pss = memory(&[chromium.id()?, host.id()?])?;
    chromium.stop().await?;
    Ok(Start { film, work, pss })
}

/// Processor time of programs and all that came from them.
pub fn processor_ms(roots: &[u32]) -> Result<f64> {
    let mut sum = 0.0;
    for root in roots {
        sum += tree(*root)?.into_iter().filter_map(cpu_ms).sum::<f64>();
    }
    Ok(sum)
}
