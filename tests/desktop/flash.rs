//! From the first moment the window can be seen it has the colours of its theme: it is filmed while it opens,
//! from the memory of its screen, which `tests/desktop/session --own-display` keeps in a file.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use journeys::desktop::{Launch, binary, eventually};
use serde_json::json;
use tokio::process::Command;

/// Between two looks at the screen.
const FRAME: Duration = Duration::from_millis(10);
/// How long the film goes on after the window was shown.
const AFTER: Duration = Duration::from_millis(700);
/// Every pixel of every so many-th row and column is looked at.
const STEP: usize = 8;
/// A share of the screen that no text and no button of a calm page covers, in percent. The window covers 39.
const FLASH: usize = 10;

/// How much of the screen is how bright, in percent. The screen around the window is black.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    light: usize,
    middle: usize,
}

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
fn never(film: &[Frame], flash: impl Fn(&Frame) -> bool) -> Result<()> {
    let flashes: Vec<usize> =
        film.iter().enumerate().filter(|(_, frame)| flash(frame)).map(|(number, _)| number).collect();
    ensure!(flashes.is_empty(), "frames {flashes:?} of {}, which ends with {:?}", film.len(), film.last());
    Ok(())
}

/// Starts the window in a theme, the way a person does, and films the screen until it has been shown a while.
async fn film_of(theme: &str) -> Result<Vec<Frame>> {
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
        film.push(screen.look()?);
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

/// The screen's memory: a picture in the format of `xwd`, whose header is numbers of four bytes, most
/// significant first.
struct Screen {
    file: File,
    width: usize,
    height: usize,
    start: usize,
    row: usize,
}

impl Screen {
    fn open() -> Result<Self> {
        let path = std::env::var_os("LOCKSTEP_SCREEN")
            .context("nothing to film: run this with `tests/desktop/session --own-display`")?;
        let file = File::open(path)?;
        let mut header = [0; 100];
        file.read_exact_at(&mut header, 0)?;
        let field = |at: usize| {
            let bytes = header.get(4 * at..4 * at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, |bytes| u32::from_be_bytes(bytes) as usize)
        };
        ensure!(field(11) == 32, "a pixel of this screen has {} bits", field(11));
        // After the header comes a table of colours, twelve bytes each.
        let start = field(0) + 12 * field(19);
        Ok(Self { file, width: field(4), height: field(5), start, row: field(12) })
    }

    fn look(&self) -> Result<Frame> {
        let (mut light, mut middle, mut all) = (0, 0, 0);
        let mut row = vec![0; 4 * self.width];
        for y in (0..self.height).step_by(STEP) {
            self.file.read_exact_at(&mut row, (self.start + y * self.row) as u64)?;
            for pixel in row.chunks_exact(4).step_by(STEP) {
                let [blue, green, red, _] = pixel else { continue };
                all += 1;
                match (u32::from(*red) + u32::from(*green) + u32::from(*blue)) / 3 {
                    0..64 => {}
                    64..200 => middle += 1,
                    _ => light += 1,
                }
            }
        }
        Ok(Frame { light: 100 * light / all, middle: 100 * middle / all })
    }
}
