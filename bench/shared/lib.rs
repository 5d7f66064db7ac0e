//! What the benchmarks share: a hub that is measured, devices that are bare sockets, worlds, figures, and the
//! page of the documentation that shows them.

pub mod chance;
pub mod figures;
pub mod hub;
pub mod page;
pub mod raw;
pub mod words;
pub mod world;

/// A line for whoever waits.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub fn say(line: &str) {
    println!("{line}");
}
