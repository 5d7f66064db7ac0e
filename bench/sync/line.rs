//! The lines of the table.

use bench::figures::{load, median, short};

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Less,
    More,
}

/// One line: a figure of ours, perhaps beside a peer's.
#[derive(Debug, Clone)]
pub struct Line {
    pub bar: &'static str,
    pub what: String,
    pub unit: &'static str,
    pub better: Better,
    /// One for each round.
    pub ours: Vec<f64>,
    /// Name and a figure for each round.
    pub peer: Option<(String, Vec<f64>)>,
    /// What it has to be at least, or at most.
    pub limit: Option<f64>,
    /// How many times better than the peer.
    pub times: Option<f64>,
    /// One minute load average while it was measured.
    pub load: f64,
    pub note: String,
}

impl Line {
    pub fn new(bar: &'static str, what: impl Into<String>, unit: &'static str, better: Better) -> Self {
        Self {
            bar,
            what: what.into(),
            unit,
            better,
            ours: Vec::new(),
            peer: None,
            limit: None,
            times: None,
            load: load(),
            note: String::new(),
        }
    }

    pub fn limit(self, limit: f64) -> Self {
        Self { limit: Some(limit), ..self }
    }

    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    pub fn ours(self, ours: Vec<f64>) -> Self {
        Self { ours, ..self }
    }

    pub fn peer(self, name: impl Into<String>, figures: Vec<f64>) -> Self {
        let peer = (!figures.is_empty()).then(|| (name.into(), figures));
        Self { peer, ..self }
    }

    /// Has to be so many times better than the peer.
    pub fn times(self, times: f64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// How many times better than the peer; `None` without one.
    pub fn ratio(&self) -> Option<f64> {
        let theirs = median(&self.peer.as_ref()?.1);
        let ours = median(&self.ours);
        Some(match self.better {
            Better::Less => theirs / ours,
            Better::More => ours / theirs,
        })
    }

    /// Whether it is what it has to be; `None` when nothing was measured or nothing is asked.
    pub fn met(&self) -> Option<bool> {
        if self.ours.is_empty() {
            return None;
        }
        let ours = median(&self.ours);
        let limit = self.limit.map(|limit| match self.better {
            Better::Less => ours <= limit,
            Better::More => ours >= limit,
        });
        let times = match (self.times, self.ratio()) {
            (Some(times), Some(ratio)) => Some(ratio >= times),
            _ => None,
        };
        match (limit, times) {
            (None, None) => None,
            (limit, times) => Some(limit.unwrap_or(true) && times.unwrap_or(true)),
        }
    }

    /// As a row of a Markdown table.
    pub fn row(&self) -> String {
        let Self { bar, what, unit, note, .. } = self;
        let ours = shown(&self.ours);
        let (peer, theirs) = match &self.peer {
            Some((name, figures)) => (name.as_str(), shown(figures)),
            None => ("", String::new()),
        };
        let ratio = self.ratio().map(|ratio| format!("{}×", short(ratio))).unwrap_or_default();
        let sign = if self.better == Better::Less { "≤" } else { "≥" };
        let mut bars: Vec<String> =
            self.limit.iter().map(|limit| format!("{sign} {}", short(*limit))).collect();
        bars.extend(self.times.map(|times| format!("≥ {}× peer", short(times))));
        let met = match self.met() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        let load = if self.ours.is_empty() { String::new() } else { format!("{:.1}", self.load) };
        let bars = bars.join(", ");
        format!(
            "| {bar} | {what} | {unit} | {ours} | {peer} | {theirs} | {ratio} | {bars} | {met} | {load} | {note} |"
        )
    }
}

/// Head of the table that [`Line::row`] continues.
pub const HEAD: &str = "| | What | Unit | Ours: median (worst) | Peer | Peer: median (worst) | Ratio | Bar | Met | Load | |\n\
    |---|---|---|---:|---|---:|---:|---|---|---:|---|";

fn shown(samples: &[f64]) -> String {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.as_slice() {
        [] => "not run".to_owned(),
        [only] => short(*only),
        // Of a few rounds the worst is the last or the first; both ends are shown when they differ.
        [first, .., last] => format!("{} ({} … {})", short(median(samples)), short(*first), short(*last)),
    }
}
