//! The table, and the page of the documentation that holds it.

use crate::figures::{HEAD, Line};
use crate::{Rounds, say};
use anyhow::{Context as _, Result, bail};
use std::fmt::Write as _;

/// What is measured by another command.
const ELSEWHERE: [(&str, &str); 1] = [("B11", "taking a room away: `./dev bench revoke`")];

/// Where the table begins and ends in the page; what stands around it is written by hand.
const BEGIN: &str = "<!-- figures: begin -->";
const END: &str = "<!-- figures: end -->";

/// What was measured so far.
pub struct Report {
    rounds: Rounds,
    lines: Vec<Line>,
    failed: Vec<String>,
}

impl Report {
    pub fn new(rounds: Rounds) -> Self {
        Self { rounds, lines: Vec::new(), failed: Vec::new() }
    }

    /// Adds lines, and shows them.
    pub fn add(&mut self, lines: Vec<Line>) {
        for line in &lines {
            say(&line.row());
        }
        self.lines.extend(lines);
    }

    /// Notes that a workload did not run to its end.
    pub fn failed(&mut self, name: &str, error: &anyhow::Error) {
        say(&format!("{name} FAILED: {error:#}"));
        self.failed.push(format!("{name}: {error:#}"));
    }

    /// Writes the page, if one is wanted.
    pub fn finish(mut self, page: Option<&str>) -> Result<()> {
        self.lines.sort_by_key(|line| line.bar.trim_start_matches('B').parse::<u32>().unwrap_or(u32::MAX));
        let mut text = String::new();
        let Rounds { many, thousandths, peers } = self.rounds;
        writeln!(text, "{}", machine()?)?;
        writeln!(
            text,
            "`./dev bench sync`, {many} rounds, each ours and then the peer; W0 and the number of sockets at {} %; peers {}.\n",
            thousandths as f64 / 10.0,
            if peers { "took part" } else { "left out" },
        )?;
        writeln!(text, "{HEAD}")?;
        for line in &self.lines {
            writeln!(text, "{}", line.row())?;
        }
        for (bar, what) in ELSEWHERE {
            if !self.lines.iter().any(|line| line.bar == bar) {
                writeln!(text, "| {bar} | {what} | | not run | | | | | | | |")?;
            }
        }
        for failed in &self.failed {
            writeln!(text, "\nNot finished: {failed}")?;
        }
        if let Some(page) = page {
            let before = std::fs::read_to_string(page).with_context(|| format!("reading {page}"))?;
            let (head, rest) = before.split_once(BEGIN).context("the page has no place for the figures")?;
            let (_, tail) = rest.split_once(END).context("the page has no end of the figures")?;
            std::fs::write(page, format!("{head}{BEGIN}\n{text}{END}{tail}"))?;
        } else {
            say(&format!("\n{text}"));
        }
        if self.failed.is_empty() { Ok(()) } else { bail!("{} workloads did not finish", self.failed.len()) }
    }
}

/// The machine and the day.
fn machine() -> Result<String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let of = |text: &str, name: &str| -> String {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let processor = of(&read("/proc/cpuinfo"), "model name");
    let memory: u64 =
        of(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    let cores = std::thread::available_parallelism()?.get();
    let system = of(&read("/etc/os-release").replace('=', ":"), "PRETTY_NAME").replace('"', "");
    let day = domain::Timestamp(crate::world::now()).date();
    Ok(format!(
        "{day}, {cores} cores of {processor}, {:.0} GiB, {system}; load average beside each figure.",
        memory as f64 / 1_048_576.0
    ))
}
