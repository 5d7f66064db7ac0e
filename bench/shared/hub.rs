//! The hub that is measured: the program as it is shipped, in a process of its own.

use anyhow::{Context as _, Result, bail, ensure};
use protocol::link::InvitationLink;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Longest wait for a process to say that it is ready.
pub const PATIENCE: Duration = Duration::from_secs(400);

/// A process that is measured.
pub struct Process {
    child: Child,
    /// Kept open: who writes into a closed pipe dies.
    out: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts a program whose standard output is read line by line.
    pub fn start(command: &mut Command) -> Result<Self> {
        let program = command.as_std().get_program().to_owned();
        let command = command.stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let out = child.stdout.take().context("no standard output")?;
        Ok(Self { child, out: BufReader::new(out).lines() })
    }

    /// The next line it prints.
    pub async fn line(&mut self) -> Result<String> {
        let line = tokio::time::timeout(PATIENCE, self.out.next_line()).await;
        line.context("it said nothing in time")??.context("it ended before it was ready")
    }

    /// Its number.
    pub fn id(&self) -> Result<u32> {
        self.child.id().context("it has ended")
    }

    /// Memory it occupies, bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
    }

    /// Processor time it has used, to 10 ms.
    pub fn processor(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()?))?;
        let (_, fields) = stat.rsplit_once(") ").context("an odd stat")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |n: usize| fields.get(n).context("a short stat")?.parse::<u64>().context("an odd stat");
        Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }

    /// `kill -9`.
    pub async fn kill(mut self) -> Result<()> {
        self.child.start_kill()?;
        self.child.wait().await?;
        Ok(())
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(self) -> Result<()> {
        self.ended_by("-TERM").await
    }

    /// The same as from its terminal.
    pub async fn interrupt(self) -> Result<()> {
        self.ended_by("-INT").await
    }

    async fn ended_by(mut self, signal: &str) -> Result<()> {
        let id = self.id()?.to_string();
        ensure!(Command::new("kill").args([signal, &id]).status().await?.success(), "it cannot be stopped");
        tokio::time::timeout(PATIENCE, self.child.wait()).await.context("it does not stop")??;
        Ok(())
    }
}

/// A running hub.
pub struct Hub {
    /// The program.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// Founds a program; on a new folder only.
    pub invitation: Option<InvitationLink>,
    folder: PathBuf,
    demo: bool,
}

impl Hub {
    /// Starts a hub on a folder. `demo`: its program was founded as a demo world, whose history is dated by
    /// the devices.
    pub async fn start(folder: &Path, demo: bool) -> Result<Self> {
        Self::listen(folder, demo, "127.0.0.1:0").await
    }

    /// The same on an address of one's choice.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn listen(folder: &Path, demo: bool, address: &str) -> Result<Self> {
        let program = std::env::var_os("LOCKSTEP_HUB_BIN").context("LOCKSTEP_HUB_BIN names no hub")?;
        let mut command = Command::new(program);
        command.args(["serve", "--listen", address, "--data"]).arg(folder);
        if demo {
            command.arg("--allow-demo");
        }
        command.env_remove("LOCKSTEP_HUB_DATA").env("RUST_LOG", "error");
        let mut process = Process::start(&mut command)?;
        let mut invitation = None;
        loop {
            let line = process.line().await.context("the hub")?;
            match line.split_once(' ') {
                Some(("invitation", link)) => invitation = Some(link.parse()?),
                Some(("listening", rest)) => {
                    let address = rest.strip_prefix("on http://").context("an odd address")?.parse()?;
                    return Ok(Self { process, address, invitation, folder: folder.to_owned(), demo });
                }
                _ => bail!("the hub said {line}"),
            }
        }
    }

    /// Kills it and starts it again on the same folder and address.
    pub async fn killed_and_started(self) -> Result<Self> {
        self.process.kill().await?;
        Self::listen(&self.folder, self.demo, &self.address.to_string()).await
    }

    /// Stops it and starts it again on the same folder and address.
    pub async fn restarted(self) -> Result<Self> {
        self.process.stop().await?;
        Self::listen(&self.folder, self.demo, &self.address.to_string()).await
    }

    /// Base address for links.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}
