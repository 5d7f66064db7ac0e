//! Our hub and store beside other people's servers, in one run on one machine: `./dev bench sync`.
//!
//! The hub is the program as shipped, in a process of its own; peers are started here on loopback, and in
//! every round ours is followed by the peer. Where a figure is about a person's device, the device is the
//! product's store and link with a file that is encrypted and synced; where it is about load on the hub,
//! devices are bare sockets. What is measured is compiled as it is shipped; `bench/run` says how.

mod chat;
mod first;
mod line;
mod load;
mod offline;
mod peers;
mod person;
mod report;
mod sockets;

use anyhow::{Result, bail};
use bench::{figures, say};
use line::Line;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    /// Rounds, each ours and then the peer.
    pub many: usize,
    /// Size of the data set, of the number of sockets: thousandths.
    pub thousandths: usize,
    /// Whether peers take part.
    pub peers: bool,
}

impl Rounds {
    /// A peer that runs, or nothing after saying why not.
    pub fn peer<P>(&self, name: &str, started: Result<P>) -> Option<P> {
        match started {
            Ok(peer) => self.peers.then_some(peer),
            Err(error) => {
                say(&format!("{name} is not run: {error:#}"));
                None
            }
        }
    }

    /// A number of sockets at the size asked for.
    pub fn scaled(&self, number: usize) -> usize {
        (number * self.thousandths).div_ceil(1_000)
    }
}

/// The workloads, by name.
const WORKLOADS: [&str; 11] = [
    "chat",
    "bytes",
    "offline",
    "throughput",
    "rebase",
    "partner",
    "vendor",
    "fan",
    "idle",
    "column",
    "storm",
];

async fn measure(name: &str, rounds: Rounds) -> Result<Vec<Line>> {
    match name {
        "chat" => chat::one_to_one(rounds).await,
        "bytes" => chat::bytes(rounds).await,
        "offline" => offline::drain(rounds).await,
        "throughput" => load::throughput(rounds).await,
        "rebase" => offline::rebase(rounds).await,
        "partner" => first::partner(rounds).await,
        "vendor" => first::vendor(rounds).await,
        "fan" => chat::one_to_many(rounds).await,
        "idle" => sockets::idle(rounds).await,
        "column" => sockets::column(rounds).await,
        "storm" => sockets::storm(rounds).await,
        other => bail!("there is no workload {other}; there are {}", WORKLOADS.join(", ")),
    }
}

const USAGE: &str = "sync [--rounds N] [--thousandths N] [--no-peers] [--write FILE] [WORKLOAD…]";

#[tokio::main]
async fn main() -> Result<()> {
    let mut rounds = Rounds { many: 5, thousandths: 1_000, peers: true };
    let mut write = None;
    let mut names: Vec<String> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || match arguments.next().map(|number| number.parse::<usize>()) {
            Some(Ok(number @ 1..)) => Ok(number),
            _ => bail!("{argument} needs a number\n{USAGE}"),
        };
        match argument.as_str() {
            "--rounds" => rounds.many = number()?,
            "--thousandths" => rounds.thousandths = number()?,
            "--no-peers" => rounds.peers = false,
            "--write" => write = arguments.next(),
            // Cargo says so to every benchmark.
            "--bench" => {}
            name if WORKLOADS.contains(&name) => names.push(name.to_owned()),
            other => bail!("{other}?\n{USAGE}\nWorkloads: {}", WORKLOADS.join(", ")),
        }
    }
    if names.is_empty() {
        names = WORKLOADS.map(str::to_owned).to_vec();
    }
    let mut report = report::Report::new(rounds);
    for name in &names {
        say(&format!("{name} (load {:.1})", figures::load()));
        match measure(name, rounds).await {
            Ok(lines) => report.add(lines),
            Err(error) => report.failed(name, &error),
        }
    }
    report.finish(write.as_deref())
}
