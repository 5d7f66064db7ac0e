//! The product's host for browsers, a process of its own: it serves the page, and takes commands over HTTP.

use anyhow::{Context as _, Result, ensure};
use bench::hub::Process;
use journeys::desktop;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

/// A running host.
pub struct Host {
    process: Process,
    /// Where it listens: host and port.
    pub address: String,
}

impl Host {
    /// Starts it on a profile.
    pub async fn start(profile: &Path) -> Result<Self> {
        let program = desktop::binary()?.with_file_name("devhost");
        let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist");
        ensure!(ui.join("index.html").exists(), "the UI is not built: `./dev ui-build` does it");
        let mut command = Command::new(program);
        command.args(["--system-keychain", "--port", "0", "--profile"]).arg(profile).arg("--ui").arg(ui);
        let mut process = Process::start(&mut command)?;
        let line = process.line().await?;
        let address =
            line.strip_prefix("listening on http://").with_context(|| format!("the host said {line}"))?;
        Ok(Self { process, address: address.to_owned() })
    }

    /// Runs a command of the app.
    pub async fn ask(&self, command: &str, args: &Value) -> Result<Value> {
        let text = request(&self.address, "POST", &format!("/rpc/{command}"), &args.to_string()).await;
        let text = text.with_context(|| command.to_owned())?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Asks until something holds.
    pub async fn until(
        &self,
        what: &str,
        patience: Duration,
        mut holds: impl AsyncFnMut() -> Result<bool>,
    ) -> Result<()> {
        let began = Instant::now();
        while !holds().await? {
            ensure!(began.elapsed() < patience, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// Its number.
    pub fn id(&self) -> Result<u32> {
        self.process.id()
    }

    /// Ends it as its terminal would.
    pub async fn stop(self) -> Result<()> {
        self.process.interrupt().await
    }
}

/// One question over HTTP on this machine, and the body of its answer.
pub async fn request(address: &str, method: &str, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut reader = BufReader::new(stream);
    let (mut status, mut expected) = (String::new(), 0);
    reader.read_line(&mut status).await?;
    loop {
        let mut line = String::new();
        let there = reader.read_line(&mut line).await?;
        ensure!(there > 0, "no answer");
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            expected = value.trim().parse()?;
        }
    }
    let mut body = vec![0; expected];
    reader.read_exact(&mut body).await?;
    let body = String::from_utf8(body)?;
    ensure!(status.split(' ').nth(1) == Some("200"), "{}: {body}", status.trim());
    Ok(body)
}
