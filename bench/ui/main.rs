//! The twenty bars of the window: `./dev bench ui` builds what is measured, gives it a screen, a bus and a keyring,
//! and runs this.
//!
//! What is measured is the program as it is shipped, in its real window, on the data set L in the seller's encrypted
//! store, without network unless a row says otherwise. Beside it the same page runs in Chromium as an application of
//! its own, which is what Electron is, on the same data behind the host for browsers. Times are taken inside the
//! page, from the handler of a key to the end of the frame that shows what it did (animation frame, then a message
//! channel); `performance.now` counts whole milliseconds in WebKit. What can be seen from outside only (starts,
//! memory, processor time) is taken without a driver.
//!
//! A figure that is worth little is marked ⚠: while it was taken the machine was loaded and others used it.

mod chromium;
mod find;
mod frames;
mod golden;
mod host;
mod idle;
mod kept;
mod keys;
mod large;
mod memory;
mod meter;
mod report;
mod scroll;
mod sizes;
mod start;
mod subject;
mod travel;

use anyhow::{Context as _, Result, bail};
use bench::say;
use kept::Worlds;
use meter::Meter;
use report::{Report, Row};

/// What a part needs to know.
pub struct Bench {
    /// The data it may change.
    worlds: Worlds,
    quick: bool,
    thousandths: usize,
}

impl Bench {
    /// How often something is done: as often as its figure needs, or as rarely as shows that it works.
    pub fn many(&self, thorough: usize, quick: usize) -> usize {
        if self.quick { quick } else { thorough }
    }

    /// How many deals L has.
    pub fn deals(&self) -> usize {
        50 * self.thousandths
    }

    /// How many messages L has.
    pub fn messages(&self) -> usize {
        1_000 * self.thousandths
    }

    /// How many accounts L has.
    pub fn accounts(&self) -> usize {
        100 * self.thousandths
    }
}

/// The parts, in the order in which they run, and the bars they measure.
const PARTS: [(&str, &[u8]); 11] = [
    ("sizes", &[15, 16]),
    ("start", &[1, 2, 4]),
    ("portal", &[3]),
    ("keys", &[7, 9]),
    ("frames", &[8, 10, 13, 19, 20]),
    ("search", &[11]),
    ("scroll", &[12]),
    ("travel", &[14]),
    ("memory", &[5, 6]),
    ("idle", &[17]),
    // Last, because it registers deals, and so changes which one is the latest.
    ("golden", &[18]),
];

async fn measure(part: &str, bench: &Bench) -> Result<Vec<Row>> {
    match part {
        "sizes" => sizes::measure(bench).await,
        "start" => start::starts(bench).await,
        "portal" => start::portal(bench).await,
        "keys" => keys::measure(bench).await,
        "frames" => frames::measure(bench).await,
        "search" => find::measure(bench).await,
        "scroll" => scroll::measure(bench).await,
        "travel" => travel::measure(bench).await,
        "golden" => golden::measure(bench).await,
        "memory" => Ok([memory::tray(bench).await?, memory::day(bench).await?].concat()),
        "idle" => idle::measure(bench).await,
        other => bail!("there is no part {other}"),
    }
}

const USAGE: &str = "ui [--quick] [--thousandths N] [--write FILE] [PART…]";

#[tokio::main]
async fn main() -> Result<()> {
    let (mut quick, mut thousandths, mut page) = (false, 1_000, None);
    let mut chosen = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--thousandths" => {
                let number =
                    arguments.next().and_then(|number| number.parse().ok()).filter(|number| *number > 0);
                thousandths = number.context(USAGE)?;
            }
            // A path is that of the project: cargo starts this in the folder of the package.
            "--write" => {
                let path = journeys::desktop::root().join(arguments.next().context(USAGE)?);
                page = Some(path.to_string_lossy().into_owned());
            }
            // Cargo says so to every benchmark.
            "--bench" => {}
            part if PARTS.iter().any(|(name, _)| *name == part) => chosen.push(part.to_owned()),
            // Only makes what the others need.
            "data" => return Worlds::copied(thousandths).await.map(drop),
            other => bail!("{other}?\n{USAGE}\nParts: data, {}", PARTS.map(|(name, _)| name).join(", ")),
        }
    }
    if chosen.is_empty() {
        chosen = PARTS.map(|(name, _)| name.to_owned()).to_vec();
    }
    // In whatever order they were asked for.
    chosen.sort_by_key(|part| PARTS.iter().position(|(name, _)| name == part));
    let bench = Bench { worlds: Worlds::copied(thousandths).await?, quick, thousandths };
    let mut report = Report::open(&PARTS, !quick && thousandths == 1_000);
    let mut failed = 0;
    for part in &chosen {
        let meter = Meter::start()?;
        let began = std::time::Instant::now();
        say(&format!("{part} (load {:.1})", bench::figures::load()));
        match measure(part, &bench).await {
            Ok(rows) => report.add(part, rows, meter.read()?)?,
            Err(error) => {
                failed += 1;
                report.failed(part, &error)?;
            }
        }
        say(&format!("{part} took {:.0} s", began.elapsed().as_secs_f64()));
    }
    let size = thousandths as f64 / 10.0;
    let head = format!(
        "`./dev bench ui`, L at {size} %{}. Beside each figure the load average before it, and how much of a processor \
         others used meanwhile; ⚠ where both say that it is worth little.",
        if quick { ", quick: too few samples for a verdict" } else { "" }
    );
    report.finish(&head, page.as_deref())?;
    if failed > 0 { bail!("{failed} parts did not finish") } else { Ok(()) }
}
