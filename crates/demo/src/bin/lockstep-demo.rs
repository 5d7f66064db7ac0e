//! Builds the demo world on a running hub and prepares two profiles for it.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use protocol::link::InvitationLink;
use std::path::PathBuf;
use std::time::Instant;

/// The demo world.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Founds the demo program on a hub and joins it with two profiles.
    Seed {
        /// Founding invitation of a hub that allows demo programs.
        #[arg(long)]
        invitation: InvitationLink,
        /// Profile folder of the partner seller.
        #[arg(long)]
        seller_profile: PathBuf,
        /// Profile folder of the vendor account executive.
        #[arg(long)]
        vendor_profile: PathBuf,
    },
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a command line tells what it did")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let Command::Seed { invitation, seller_profile, vendor_profile } = Args::parse().command;
    let dial = sync::Dial::network(None)?;
    let began = Instant::now();
    let world = demo::world::build(&dial, &invitation, demo::now()).await.context("building the world")?;
    println!("{} mutations in {:.1} s", world.mutations, began.elapsed().as_secs_f32());
    demo::enrol(&seller_profile, &world.seller).await.context("joining as the seller")?;
    demo::enrol(&vendor_profile, &world.executive).await.context("joining as the account executive")?;
    println!("profiles joined after {:.1} s", began.elapsed().as_secs_f32());
    println!("program {}", world.program);
    Ok(())
}
