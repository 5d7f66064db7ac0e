//! What the kernel says of processes, by `/proc`.

use anyhow::Result;
use std::fs;

/// A process and all that came from it.
///
/// # Errors
/// When `/proc` cannot be listed.
pub fn tree(root: u32) -> Result<Vec<u32>> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|process| Some((process, stat(process)?.get(1)?.parse().ok()?)))
        .collect();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        at += 1;
    }
    Ok(found)
}

/// Whether a process runs the program of that name, of which the kernel keeps fifteen letters. One that has
/// ended and of which nobody has been told does not.
pub fn runs(process: u32, name: &str) -> bool {
    let named = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    named.trim_end() == name
        && stat(process).is_some_and(|fields| fields.first().is_some_and(|state| state != "Z"))
}

/// Fields of `/proc/PID/stat` after the name, which may contain spaces.
fn stat(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// Processor time of a process, milliseconds; the kernel counts hundredths of a second.
pub fn cpu_ms(process: u32) -> Option<f64> {
    let fields = stat(process)?;
    let ticks: f64 = fields.get(11..13)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    Some(ticks * 10.0)
}

/// The same with that of children that have ended and of which it was told.
pub fn cpu_with_ended_ms(process: u32) -> Option<f64> {
    let fields = stat(process)?;
    let ticks: f64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    Some(ticks * 10.0)
}

/// How often each thread of a process went to sleep by itself, and so was woken.
pub fn sleeps(process: u32) -> Vec<(u32, f64)> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let of = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("status")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        Some((thread.file_name().to_str()?.parse().ok()?, line.trim().parse().ok()?))
    };
    threads.filter_map(|thread| of(thread.ok()?)).collect()
}

/// The process that runs the program of that name with a word on its command line.
pub fn with_argument(name: &str, word: &str) -> Option<u32> {
    let all = fs::read_dir("/proc").ok()?;
    let mut processes = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    processes.find(|process| {
        let line = fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
        runs(*process, name) && line.split('\0').any(|argument| argument == word)
    })
}

/// Proportional set size of a process, KiB.
pub fn pss_kb(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
