//! The demo world on a real hub, with a profile for a partner seller and one for a vendor.

use crate::desktop;
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A hub with the demo world and two profiles on it. The hub ends when this is dropped.
#[derive(Debug)]
pub struct World {
    /// Profile of the partner's seller.
    pub seller: PathBuf,
    /// Profile of the vendor's channel manager.
    pub vendor: PathBuf,
    _hub: Child,
}

impl World {
    /// Builds it in a folder, with the programs that lie beside the desktop binary under test.
    ///
    /// # Errors
    /// When the hub does not come up or the content is refused.
    pub async fn build(folder: &Path) -> Result<Self> {
        Self::build_with(folder, &[]).await
    }

    /// Builds it with variables in the environment of its programs.
    ///
    /// # Errors
    /// When the hub does not come up or the content is refused.
    pub async fn build_with(folder: &Path, environment: &[(String, String)]) -> Result<Self> {
        let environment = || environment.iter().map(|(name, value)| (name, value));
        let (seller, vendor) = (folder.join("seller"), folder.join("vendor"));
        let mut hub = Command::new(beside("lockstep-hub")?)
            .args(["serve", "--allow-demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("hub"))
            .env("RUST_LOG", "warn")
            .envs(environment())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = hub.stdout.take().context("the hub has no output")?;
        let mut lines = BufReader::new(output).lines();
        let mut invitation = None;
        while let Some(line) = lines.next_line().await? {
            invitation = invitation.or(line.strip_prefix("invitation ").map(str::to_owned));
            if line.starts_with("listening on ") {
                break;
            }
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let seeded = Command::new(beside("lockstep-demo")?)
            .args(["seed", "--invitation", &invitation.context("the hub printed no invitation")?])
            .arg("--seller-profile")
            .arg(&seller)
            .arg("--vendor-profile")
            .arg(&vendor)
            .envs(environment())
            .status()
            .await?;
        ensure!(seeded.success(), "the demo world could not be built");
        Ok(Self { seller, vendor, _hub: hub })
    }
}

/// A program that lies beside the desktop binary.
fn beside(name: &str) -> Result<PathBuf> {
    Ok(desktop::binary()?.with_file_name(name))
}
