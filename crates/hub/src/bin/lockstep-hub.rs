//! `lockstep-hub`: runs a hub.

use anyhow::Context;
use clap::{Parser, Subcommand};
use hub::{DEFAULT_ADDRESS, Hub, Options};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// Days a founding invitation lives unless told otherwise.
const DAYS: u32 = 14;

#[derive(Parser)]
#[command(name = "lockstep-hub", version, about = "The hub of a Lockstep partner program")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the hub
    Serve {
        /// Address to listen on
        #[arg(long, default_value_t = DEFAULT_ADDRESS)]
        listen: SocketAddr,
        /// Folder of its data; one in your data folder when left out
        #[arg(long, env = "LOCKSTEP_HUB_DATA")]
        data: Option<PathBuf>,
        /// Address under which people reach it, such as https://hub.example
        #[arg(long, env = "LOCKSTEP_HUB_PUBLIC_URL")]
        public_url: Option<String>,
        /// Address of a reverse proxy on another machine, whose x-forwarded-for is believed
        #[arg(long, env = "LOCKSTEP_HUB_PROXY")]
        proxy: Option<IpAddr>,
        /// Allow demo programs, whose history is dated by the devices
        #[arg(long)]
        allow_demo: bool,
        /// The folder was put back to an earlier state while the hub ran, as a snapshot of a whole machine
        /// does; a backup that is put in place before the start needs nothing
        #[arg(long)]
        restored: bool,
    },
    /// Prepare a data folder
    Init {
        /// Folder of its data
        #[arg(long, env = "LOCKSTEP_HUB_DATA")]
        data: PathBuf,
    },
    /// Print one more invitation to found a program, while the hub runs or not
    Invite {
        /// Folder of its data; the one `serve` uses when left out
        #[arg(long, env = "LOCKSTEP_HUB_DATA")]
        data: Option<PathBuf>,
        /// Days it works
        #[arg(long, default_value_t = DAYS)]
        days: u32,
        /// Address under which people reach the hub; the one it last used when left out
        #[arg(long, env = "LOCKSTEP_HUB_PUBLIC_URL")]
        public_url: Option<String>,
    },
}

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Runtime::new().context("the runtime did not start")?;
    match Arguments::parse().command {
        Command::Serve { listen, data, public_url, proxy, allow_demo, restored } => {
            let folder = Options::folder(data_folder(data)?);
            let options = Options { allow_demo, public_url, proxy, restored, ..folder };
            runtime.block_on(serve(listen, options))
        }
        Command::Init { data } => runtime.block_on(async {
            Hub::open(Options::folder(&data)).await?.shutdown().await;
            say(&format!("ready in {}", data.display()))
        }),
        Command::Invite { data, days, public_url } => {
            let link = hub::invite(&data_folder(data)?, days, public_url.as_deref())?;
            say(&link.to_string())
        }
    }
}

async fn serve(listen: SocketAddr, options: Options) -> anyhow::Result<()> {
    let hub = Hub::open(options).await?;
    let listener = hub.listen(listen).await?;
    let address = listener.local_addr().context("the address is unknown")?;
    if hub.is_fresh().await? {
        say(&format!("invitation {}", hub.founding_link(DAYS).await?))?;
    }
    say(&format!("listening on http://{address}"))?;
    hub.serve(listener, told_to_stop()).await?;
    Ok(())
}

/// Ctrl-C, or what a service supervisor sends.
async fn told_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

fn data_folder(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = given {
        return Ok(folder);
    }
    let folders = directories::ProjectDirs::from("", "", "lockstep-hub")
        .context("you have no data folder; name one with --data")?;
    Ok(folders.data_local_dir().to_owned())
}

/// A line on standard output, where scripts read. Everything else goes to standard error.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
