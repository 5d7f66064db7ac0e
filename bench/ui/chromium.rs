//! The same page in Chromium, in a window of its own as Electron would show it, driven by its debugger.

use crate::host::request;
use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

const PATIENCE: Duration = Duration::from_secs(30);

/// A running Chromium with one window.
pub struct Chromium {
    child: Child,
    profile: TempDir,
}

/// The line to its debugger.
pub struct Debugger {
    socket: Mutex<(WebSocketStream<TcpStream>, u64)>,
}

impl Chromium {
    /// Starts it on an address: host and port.
    pub fn start(address: &str) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let child = Command::new("chromium")
            .arg(format!("--app=http://{address}/"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            // Drawn by the processor, as the window is.
            .args(["--disable-gpu", "--no-sandbox", "--window-size=1280,832", "--window-position=0,0"])
            .args(["--no-first-run", "--no-default-browser-check", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--remote-debugging-port=0"])
            .args(["--password-store=basic", "--lang=en-GB", "--test-type"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("chromium cannot be started; `./dev test` installs it")?;
        Ok(Self { child, profile })
    }

    /// Its number; the rest of its processes come from it.
    pub fn id(&self) -> Result<u32> {
        self.child.id().context("chromium has ended")
    }

    /// Opens the line to its debugger.
    pub async fn debugger(&self) -> Result<Debugger> {
        let began = std::time::Instant::now();
        loop {
            match self.connect().await {
                Ok(debugger) => return Ok(debugger),
                Err(error) => ensure!(began.elapsed() < PATIENCE, "{error:#}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn connect(&self) -> Result<Debugger> {
        let port = read(&self.profile.path().join("DevToolsActivePort"))?;
        let port = port.lines().next().context("no port")?.to_owned();
        let address = format!("127.0.0.1:{port}");
        let pages: Value = serde_json::from_str(&request(&address, "GET", "/json", "").await?)?;
        let pages = pages.as_array().context("no pages")?;
        let page = pages.iter().find(|page| page.get("type") == Some(&json!("page"))).context("no page")?;
        let url = page.get("webSocketDebuggerUrl").and_then(Value::as_str).context("no debugger")?;
        let stream = TcpStream::connect(&address).await?;
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await?;
        Ok(Debugger { socket: Mutex::new((socket, 0)) })
    }

    /// Ends it.
    pub async fn stop(mut self) -> Result<()> {
        let id = self.id()?.to_string();
        Command::new("kill").arg(id).status().await?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await.context("chromium does not end")??;
        Ok(())
    }
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("no {}", file.display()))
}

impl Debugger {
    /// Runs the body of an asynchronous function.
    pub async fn run(&self, body: &str, arguments: &Value) -> Result<Value> {
        let expression = format!("(async function () {{ {body} }}).apply(null, {arguments})");
        let ask = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", ask).await?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("the page threw {thrown}");
        }
        Ok(answer.pointer("/result/value").cloned().unwrap_or(Value::Null))
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value> {
        let mut held = self.socket.lock().await;
        let (socket, last) = &mut *held;
        *last += 1;
        let id = *last;
        let text = json!({ "id": id, "method": method, "params": params }).to_string();
        socket.send(Message::Text(text.into())).await?;
        let answered = async {
            while let Some(message) = socket.next().await {
                let Message::Text(text) = message? else { continue };
                let answer: Value = serde_json::from_str(&text)?;
                if answer.get("id") == Some(&json!(id)) {
                    return answer.get("result").cloned().with_context(|| format!("{method}: {answer}"));
                }
            }
            bail!("chromium hung up")
        };
        tokio::time::timeout(PATIENCE, answered).await.with_context(|| format!("{method} takes too long"))?
    }
}
