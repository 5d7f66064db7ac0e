//! One `WebKitWebDriver` process, and what is asked of it without the WebDriver client.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{eventually, free_port};

/// The driver and the window it started share a process group, which ends with this value.
pub struct Driver {
    process: Child,
    port: u16,
    session: Option<String>,
}

impl Driver {
    /// Starts a driver whose windows may be automated.
    pub async fn start(environment: &[(String, String)]) -> Result<Self> {
        // Between finding a free port and using it somebody else may take it; then the driver ends at once.
        for _ in 0..3 {
            if let Some(driver) = Self::try_start(environment).await? {
                return Ok(driver);
            }
        }
        bail!("WebKitWebDriver ended three times before it listened")
    }

    async fn try_start(environment: &[(String, String)]) -> Result<Option<Self>> {
        let port = free_port()?;
        let process = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // A page drawn without shared buffers, which the shell chooses on machines without a render
            // node, never answers WebDriver's request for a picture. Most people's machines share them.
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "0")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .context(
                "WebKitWebDriver cannot be started; `./dev test` installs it (Debian: webkit2gtk-driver)",
            )?;
        let mut driver = Self { process, port, session: None };
        let listening = eventually("WebKitWebDriver listening", async || {
            if driver.process.try_wait()?.is_some() {
                return Ok(Some(false));
            }
            Ok(TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true))
        })
        .await?;
        Ok(listening.then_some(driver))
    }

    /// Where a client connects.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Remembers the session whose window is looked at after a failure.
    pub fn with_session(mut self, session: String) -> Self {
        self.session = Some(session);
        self
    }

    /// Writes the picture of the window and its page to `stem.png` and `stem.html`.
    pub fn keep_evidence(&self, stem: &Path) -> Result<()> {
        let picture = STANDARD.decode(self.ask("screenshot")?)?;
        fs::write(stem.with_extension("png"), picture)?;
        fs::write(stem.with_extension("html"), self.ask("source")?)?;
        Ok(())
    }

    /// A blocking WebDriver `GET` that answers with a string.
    fn ask(&self, what: &str) -> Result<String> {
        let session = self.session.as_deref().context("no session")?;
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET /session/{session}/{what} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no body")?;
        let body: Value = serde_json::from_str(body)?;
        body.get("value")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| anyhow!("no {what}: {body}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The whole group: a killed driver would leave its window behind.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.process.wait();
    }
}
