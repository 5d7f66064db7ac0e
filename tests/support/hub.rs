//! A real hub process on a free port of this machine.

use anyhow::{Context as _, anyhow, bail};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long a hub may take to answer its first request.
const START: Duration = Duration::from_secs(30);

/// A running hub; dropping it kills the process and removes its data.
#[derive(Debug)]
pub struct HubProcess {
    child: Option<Child>,
    folder: TempDir,
    port: u16,
    /// Founding invitation printed at the first start.
    pub founding: String,
}

impl HubProcess {
    /// Starts `lockstep-hub serve` on a free port with an empty data folder.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut hub = Self { child: None, folder, port, founding: String::new() };
        let founding = hub.run().await?;
        hub.founding = founding.ok_or_else(|| anyhow!("the hub printed no founding invitation"))?;
        Ok(hub)
    }

    /// Address without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.child.is_some()
    }

    /// Kills the process without a word, as a power cut would.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Starts it again on the same port and data.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.kill().await?;
        self.run().await.map(drop)
    }

    /// Copies its folder, as a nightly backup would, and goes on.
    ///
    /// # Errors
    /// When it cannot be copied or does not come up again.
    pub async fn back_up(&mut self) -> anyhow::Result<TempDir> {
        self.kill().await?;
        let copy = tempfile::tempdir()?;
        copy_folder(self.folder.path(), copy.path())?;
        self.restart().await?;
        Ok(copy)
    }

    /// Loses its folder and gets a backup in its place. It does not run afterwards.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub async fn put_back(&mut self, backup: &TempDir) -> anyhow::Result<()> {
        self.kill().await?;
        self.folder = tempfile::tempdir()?;
        copy_folder(backup.path(), self.folder.path())
    }

    /// Runs the process until it listens; returns the invitation it printed on the way.
    async fn run(&mut self) -> anyhow::Result<Option<String>> {
        let mut child = Command::new(program("lockstep-hub")?)
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .args(["--public-url", &self.url()])
            .arg("--data")
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .context("starting lockstep-hub")?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow!("no output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let mut founding = None;
        let up = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(at) = line.find("http://").filter(|_| line.contains("/join#")) {
                    founding = line.get(at..).map(|link| link.trim().to_owned());
                }
                if line.starts_with("listening on ") {
                    return Ok(());
                }
            }
            bail!("the hub ended before it listened")
        };
        tokio::time::timeout(START, up).await.context("the hub does not listen")??;
        // Whatever it prints later must not block it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
        Ok(founding)
    }
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A program of this workspace, built beside the tests.
///
/// # Errors
/// When it is not there, with the command that builds it.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).ok_or_else(|| anyhow!("no target folder"))?;
    let found = folder.join(name);
    if found.exists() {
        return Ok(found);
    }
    bail!("{} is missing: run `cargo build --workspace` first", found.display())
}
