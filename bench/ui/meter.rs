//! What else the machine did while something was measured: its load average, which counts ourselves too, and how
//! much processor time went to processes that are not ours.

use anyhow::Result;
use bench::figures::load;
use journeys::processes::{cpu_with_ended_ms, tree};
use std::time::Instant;

/// From this load average on the reference asks for another try.
const LOADED: f64 = 1.0;
/// And from this much of a processor, used by others, a figure is marked.
const DISTURBED: f64 = 0.15;

/// Running since something began.
pub struct Meter {
    busy: f64,
    ours: f64,
    load: f64,
    at: Instant,
}

/// What it says at the end.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings {
    /// Load average before it began.
    pub load: f64,
    /// Processors that others used meanwhile.
    pub others: f64,
}

impl Meter {
    /// Begins.
    pub fn start() -> Result<Self> {
        Ok(Self { busy: busy_ms()?, ours: ours_ms()?, load: load(), at: Instant::now() })
    }

    /// Since the beginning.
    pub fn read(&self) -> Result<Surroundings> {
        let others = (busy_ms()? - self.busy) - (ours_ms()? - self.ours);
        let took = self.at.elapsed().as_secs_f64() * 1e3;
        Ok(Surroundings { load: self.load, others: (others / took.max(1.0)).max(0.0) })
    }
}

impl Surroundings {
    /// As it stands in the table.
    pub fn shown(&self) -> String {
        let mark = if self.disturbed() { " ⚠" } else { "" };
        format!("{:.1}, {:.2}{mark}", self.load, self.others)
    }

    /// Whether figures taken in them say less than they should. A load that is our own does not count.
    pub fn disturbed(&self) -> bool {
        self.others > DISTURBED && self.load >= LOADED
    }
}

/// What all processors have done, milliseconds.
fn busy_ms() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let fields: Vec<f64> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // All but idling and waiting for the disk; what guests do is counted among the first.
    let busy = fields.iter().take(8).enumerate().filter(|(n, _)| *n != 3 && *n != 4).map(|(_, ticks)| ticks);
    Ok(busy.sum::<f64>() * 10.0)
}

/// What we have, the screen and the bus included.
fn ours_ms() -> Result<f64> {
    let root = std::env::var("LOCKSTEP_BENCH_ROOT").ok().and_then(|root| root.parse().ok());
    let processes = tree(root.unwrap_or_else(std::process::id))?;
    Ok(processes.into_iter().filter_map(cpu_with_ended_ms).sum())
}
