//! The table, and the page of the documentation that holds it.

use crate::Rounds;
use crate::line::{HEAD, Line};
use anyhow::{Result, bail};
use bench::{page, say};
use std::fmt::Write as _;

/// What is measured by another command.
const ELSEWHERE: [(&str, &str); 1] = [("B11", "taking a room away: `./dev bench revoke`")];

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
        writeln!(text, "{}", page::machine()?)?;
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
            page::write(page, "figures", &text)?;
        } else {
            say(&format!("\n{text}"));
        }
        if self.failed.is_empty() { Ok(()) } else { bail!("{} workloads did not finish", self.failed.len()) }
    }
}
