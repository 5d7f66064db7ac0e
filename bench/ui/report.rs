//! The table of the bars, and the page that shows it. Rows of parts that were measured in another run are kept,
//! so that one part can be taken again in a quieter moment.

use crate::meter::Surroundings;
use anyhow::{Context as _, Result};
use bench::figures::{percentile, short};
use bench::{page, say};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What each bar is about, for those that were not measured.
const BARS: [&str; 20] = [
    "start until Today",
    "frames that flash",
    "start with a broken portal",
    "memory at Today",
    "memory after a day of work",
    "memory in the tray",
    "key in the composer",
    "from place to place",
    "J held for ten seconds",
    "palette",
    "search while one types",
    "scrolling",
    "own change until it is painted and on disk",
    "from one window to the other",
    "what the page loads",
    "package",
    "processor while idle",
    "pauses between frames in ten tasks",
    "large against small",
    "with network against without",
];

/// What a figure has to be.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// This percentile at most.
    Most(usize, f64),
    /// This percentile at least.
    Least(usize, f64),
}

/// One row: a figure of the window, perhaps beside Chromium's.
#[derive(Debug, Clone)]
pub struct Row {
    bar: u8,
    what: String,
    unit: &'static str,
    ours: Vec<f64>,
    chromium: Vec<f64>,
    limits: Vec<Limit>,
    note: String,
    instead: Option<String>,
}

impl Row {
    /// Of a bar.
    pub fn new(bar: u8, what: impl Into<String>, unit: &'static str, ours: Vec<f64>) -> Self {
        let (what, note) = (what.into(), String::new());
        Self { bar, what, unit, ours, chromium: Vec::new(), limits: Vec::new(), note, instead: None }
    }

    /// Of a bar that was not measured, with the reason.
    pub fn missing(bar: u8, why: impl Into<String>) -> Self {
        let what = BARS.get(usize::from(bar).wrapping_sub(1)).copied().unwrap_or_default();
        Self { instead: Some("not measured".to_owned()), ..Self::new(bar, what, "", Vec::new()).note(why) }
    }

    /// The same in Chromium.
    pub fn chromium(self, chromium: Vec<f64>) -> Self {
        Self { chromium, ..self }
    }

    /// Has to be this, too.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }

    /// Said at the end of the row.
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    fn shown(&self, around: Option<Surroundings>) -> String {
        let Self { bar, what, unit, ours, chromium, limits, note, instead } = self;
        let figures = match (instead, ours.as_slice()) {
            (Some(instead), _) => format!("{instead} | | | "),
            (None, []) => "no samples | | | ".to_owned(),
            (None, [only]) => format!("{} | | | 1", short(*only)),
            (None, many) => format!(
                "{} | {} | {} | {}",
                short(at(many, 50)),
                short(at(many, 95)),
                short(at(many, 100)),
                many.len()
            ),
        };
        let beside = match chromium.as_slice() {
            [] => String::new(),
            [only] => short(*only),
            many => format!("{} / {}", short(at(many, 50)), short(at(many, 95))),
        };
        let bars: Vec<String> = limits.iter().map(|limit| limit.shown(ours.len())).collect();
        let met = match (limits.is_empty() || ours.is_empty(), limits.iter().all(|limit| limit.holds(ours))) {
            (true, _) => "",
            (false, true) => "yes",
            (false, false) => "**no**",
        };
        let around = around.filter(|_| !ours.is_empty()).map(|around| around.shown()).unwrap_or_default();
        let bars = bars.join(", ");
        format!("| {bar} | {what} | {unit} | {figures} | {bars} | {met} | {beside} | {around} | {note} |")
    }
}

impl Limit {
    fn shown(self, samples: usize) -> String {
        let (percent, sign, limit) = match self {
            Self::Most(percent, limit) => (percent, '≤', limit),
            Self::Least(percent, limit) => (percent, '≥', limit),
        };
        let which = match percent {
            _ if samples == 1 => String::new(),
            100 => "max ".to_owned(),
            0 => "min ".to_owned(),
            percent => format!("p{percent} "),
        };
        format!("{which}{sign} {}", plain(limit))
    }

    fn holds(self, ours: &[f64]) -> bool {
        match self {
            Self::Most(percent, limit) => at(ours, percent) <= limit,
            Self::Least(percent, limit) => at(ours, percent) >= limit,
        }
    }
}

/// A percentile.
pub fn at(samples: &[f64], percent: usize) -> f64 {
    percentile(&mut samples.to_vec(), percent)
}

/// A limit as it was set, without digits that say nothing.
fn plain(limit: f64) -> String {
    if limit.fract() == 0.0 { format!("{limit:.0}") } else { format!("{limit}") }
}

const HEAD: &str = "| | What | Unit | p50 | p95 | Max | N | Bar | Met | Chromium: p50 / p95 | Load, others | |\n\
    |---|---|---|---:|---:|---:|---:|---|---|---:|---:|---|";

/// What was measured so far.
pub struct Report {
    /// Rows by part, in the order in which they were measured.
    parts: BTreeMap<String, Vec<(u8, String)>>,
    /// Bars that parts say nothing about, when they are not run or fail.
    bars: &'static [(&'static str, &'static [u8])],
    kept: PathBuf,
    keeps: bool,
}

impl Report {
    /// Takes up what was kept. `keeps`: whether this run is worth to be.
    pub fn open(bars: &'static [(&'static str, &'static [u8])], keeps: bool) -> Self {
        let kept = bench::world::data_folder().join("ui-figures.json");
        let read = if keeps { std::fs::read_to_string(&kept).unwrap_or_default() } else { String::new() };
        let parts = serde_json::from_str(&read).ok().and_then(|value| rows(&value)).unwrap_or_default();
        Self { parts, bars, kept, keeps }
    }

    /// Takes the rows of a part, and shows them.
    pub fn add(&mut self, part: &str, rows: Vec<Row>, around: Surroundings) -> Result<()> {
        let shown: Vec<(u8, String)> = rows.iter().map(|row| (row.bar, row.shown(Some(around)))).collect();
        shown.iter().for_each(|(_, row)| say(row));
        self.parts.insert(part.to_owned(), shown);
        self.keep()
    }

    /// A part that did not come to its end.
    pub fn failed(&mut self, part: &str, error: &anyhow::Error) -> Result<()> {
        say(&format!("{part} FAILED: {error:#}"));
        let why = format!("{part} failed: {error:#}").replace(['|', '\n'], " ");
        let rows = self.bars_of(part).iter().map(|bar| (*bar, Row::missing(*bar, &why).shown(None)));
        let rows = rows.collect();
        self.parts.insert(part.to_owned(), rows);
        self.keep()
    }

    fn bars_of(&self, part: &str) -> &'static [u8] {
        self.bars.iter().find(|(name, _)| *name == part).map_or(&[], |(_, bars)| bars)
    }

    fn keep(&self) -> Result<()> {
        if !self.keeps {
            return Ok(());
        }
        let parts: Map<String, Value> =
            self.parts.iter().map(|(part, rows)| (part.clone(), json!(rows))).collect();
        std::fs::write(&self.kept, Value::Object(parts).to_string())
            .with_context(|| format!("keeping figures in {}", self.kept.display()))
    }

    /// The table, and the page if one is wanted.
    pub fn finish(&self, head: &str, page: Option<&str>) -> Result<()> {
        let mut rows: Vec<(u8, String)> = self.parts.values().flatten().cloned().collect();
        for bar in 1..=u8::try_from(BARS.len())? {
            if !rows.iter().any(|(of, _)| *of == bar) {
                let part =
                    self.bars.iter().find(|(_, bars)| bars.contains(&bar)).map_or("", |(part, _)| part);
                rows.push((bar, Row::missing(bar, format!("run `./dev bench ui {part}`")).shown(None)));
            }
        }
        rows.sort_by_key(|(bar, _)| *bar);
        let mut text = format!("{}\n{head}\n\n{HEAD}\n", page::machine()?);
        for (_, row) in rows {
            writeln!(text, "{row}")?;
        }
        say(&format!("\n{text}"));
        match page {
            Some(page) => page::write(page, "window", &text),
            None => Ok(()),
        }
    }
}

fn rows(value: &Value) -> Option<BTreeMap<String, Vec<(u8, String)>>> {
    let of =
        |row: &Value| Some((u8::try_from(row.get(0)?.as_u64()?).ok()?, row.get(1)?.as_str()?.to_owned()));
    let parts = value.as_object()?.iter();
    parts
        .map(|(part, rows)| Some((part.clone(), rows.as_array()?.iter().map(of).collect::<Option<_>>()?)))
        .collect()
}
