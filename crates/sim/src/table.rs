//! The table of planted bugs in docs/simulation.md: for each a world that finds it.

use domain::planted::Bug;

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The bug.
    pub bug: Bug,
    /// The promise that its world breaks.
    pub law: String,
    /// The seed of that world, with [`crate::STEPS`] actions.
    pub seed: u64,
}

const HEAD: &str = "| Bug | What it does | Found by | Seed |\n|---|---|---|---:|\n";

/// The lines in a text; those that name no bug are left out.
pub fn read(text: &str) -> Vec<Found> {
    let Some((_, table)) = text.split_once(HEAD) else { return Vec::new() };
    table.lines().take_while(|line| line.starts_with('|')).filter_map(read_line).collect()
}

fn read_line(line: &str) -> Option<Found> {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    let name = cells.next()?.trim_matches('`');
    let bug = Bug::ALL.iter().copied().find(|bug| bug.name() == name)?;
    let (_, law, seed) = (cells.next()?, cells.next()?, cells.next()?);
    Some(Found { bug, law: law.to_owned(), seed: seed.parse().ok()? })
}

/// The text with these lines in place of its own; `None` when it has no such table.
pub fn replace(text: &str, lines: &[Found]) -> Option<String> {
    let (before, table) = text.split_once(HEAD)?;
    let old: usize = table.lines().take_while(|line| line.starts_with('|')).map(|line| line.len() + 1).sum();
    let after = table.get(old.min(table.len())..)?;
    let line = |found: &Found| {
        format!("| `{}` | {} | {} | {} |\n", found.bug.name(), found.bug.what(), found.law, found.seed)
    };
    Some(format!("{before}{HEAD}{}{after}", lines.iter().map(line).collect::<String>()))
}
