//! The page of the documentation that holds the tables. What stands around them is written by hand.

use anyhow::{Context as _, Result};

/// Puts a text between the marks `<!-- NAME: begin -->` and `<!-- NAME: end -->` of a page.
///
/// # Errors
/// When the page cannot be read or has no such marks.
pub fn write(page: &str, name: &str, text: &str) -> Result<()> {
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let before = std::fs::read_to_string(page).with_context(|| format!("reading {page}"))?;
    let (head, rest) = before.split_once(&begin).with_context(|| format!("{page} has no {begin}"))?;
    let (_, tail) = rest.split_once(&end).with_context(|| format!("{page} has no {end}"))?;
    std::fs::write(page, format!("{head}{begin}\n{text}{end}{tail}"))?;
    Ok(())
}

/// The machine and the day.
///
/// # Errors
/// When the system does not say how many processors it has.
pub fn machine() -> Result<String> {
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
