//! A page that is measured: in the program's own window, driven through WebDriver, or in Chromium. Both take the
//! same scripts, and the same real keys through the X server.

use crate::chromium::{Chromium, Debugger};
use crate::host::Host;
use anyhow::{Context as _, Result, anyhow, ensure};
use journeys::desktop::{Launch, Window, eventually};
use journeys::processes::{pss_kb, tree, with_argument};
use serde_json::{Value, json};
use std::path::Path;
use tokio::process::Command;

const PROBE: &str = include_str!("probe.js");

/// See the module documentation.
pub struct Subject {
    page: Page,
    /// Its window on the screen.
    window: String,
    /// Where all of its processes come from.
    roots: Vec<u32>,
}

enum Page {
    Window(Box<Window>),
    Chromium(Box<Chromium>, Box<Debugger>, Box<Host>),
}

impl Subject {
    /// Opens the program's window on a profile. Drawn as on a machine without a graphics card; the driver's
    /// way of taking pictures, of which none is wanted here, would draw each frame several times slower.
    pub async fn window(name: &str, profile: &Path) -> Result<Self> {
        let before = windows().await?;
        let launch = Launch::new(name, profile).environment("LOCKSTEP_LOG", "info");
        let window = launch.environment("WEBKIT_DISABLE_DMABUF_RENDERER", "1").open().await?;
        let path = profile.to_string_lossy();
        let root = with_argument("lockstep", &path).context("the program is not among the processes")?;
        Self::new(Page::Window(Box::new(window)), &before, vec![root]).await
    }

    /// Opens the page in Chromium, on a profile.
    pub async fn chromium(profile: &Path) -> Result<Self> {
        let before = windows().await?;
        let host = Host::start(profile).await?;
        let chromium = Chromium::start(&host.address)?;
        let debugger = chromium.debugger().await?;
        let roots = vec![chromium.id()?, host.id()?];
        Self::new(Page::Chromium(Box::new(chromium), Box::new(debugger), Box::new(host)), &before, roots)
            .await
    }

    async fn new(page: Page, before: &[String], roots: Vec<u32>) -> Result<Self> {
        let window = eventually("the window on the screen", async || {
            Ok(windows().await?.into_iter().find(|window| !before.contains(window)))
        })
        .await?;
        let subject = Self { page, window, roots };
        eventually("the first screen", async || {
            let there = subject
                .run("return Boolean(document.querySelector('main nav, main [data-test], nav'))", json!([]));
            Ok((there.await? == json!(true)).then_some(()))
        })
        .await?;
        subject.run(PROBE, json!([])).await?;
        subject.front().await?;
        Ok(subject)
    }

    /// Runs the body of an asynchronous function in the page.
    pub async fn run(&self, body: &str, arguments: Value) -> Result<Value> {
        match &self.page {
            Page::Chromium(_, debugger, _) => debugger.run(body, &arguments).await,
            Page::Window(window) => {
                let script = format!(
                    "const done = arguments[arguments.length - 1];
                     (async function () {{ {body} }}).apply(null, arguments[0]).then(
                       (value) => done({{ value: value ?? null }}),
                       (error) => done({{ error: error instanceof Error ? String(error) : JSON.stringify(error) }}))"
                );
                let outcome = window.client().execute_async(&script, vec![arguments]).await?;
                match outcome.get("error") {
                    Some(error) => Err(anyhow!("the page threw {error}")),
                    None => Ok(outcome.get("value").cloned().unwrap_or(Value::Null)),
                }
            }
        }
    }

    /// The same, and the number it comes to.
    pub async fn number(&self, body: &str, arguments: Value) -> Result<f64> {
        let value = self.run(body, arguments).await?;
        value.as_f64().with_context(|| format!("the page answered {value}"))
    }

    /// The same, and the numbers.
    pub async fn numbers(&self, body: &str, arguments: Value) -> Result<Vec<f64>> {
        let value = self.run(body, arguments).await?;
        numbers(&value)
    }

    /// Runs a command of the app as the page does.
    pub async fn ask(&self, command: &str, arguments: Value) -> Result<Value> {
        self.run("return await bench.rpc(...arguments)", json!([command, arguments])).await
    }

    /// Brings it before all others and gives it the keyboard: without, frames may stall for seconds.
    pub async fn front(&self) -> Result<()> {
        eventually("the focus", async || {
            xdotool(&["windowraise", &self.window, "windowfocus", &self.window]).await?;
            Ok((self.run("return document.hasFocus()", json!([])).await? == json!(true)).then_some(()))
        })
        .await
    }

    /// Goes off the network or back on it, and waits until all is sent.
    pub async fn work_offline(&self, offline: bool) -> Result<()> {
        self.ask("work_offline", json!({ "on": offline })).await?;
        let wanted = if offline { "offline" } else { "online" };
        eventually(wanted, async || {
            let status = self.ask("sync_status", Value::Null).await?;
            let sent = offline || status.get("waiting") == Some(&json!(0));
            Ok((sent && status.get("connection") == Some(&json!(wanted))).then_some(()))
        })
        .await
    }

    /// Memory of all of its processes, MB.
    pub fn pss(&self) -> Result<f64> {
        memory(&self.roots)
    }

    /// Ends it.
    pub async fn close(self) -> Result<()> {
        match self.page {
            Page::Window(window) => window.close().await,
            Page::Chromium(chromium, _, host) => {
                chromium.stop().await?;
                host.stop().await
            }
        }
    }
}

/// Memory of processes and all that came from them, MB.
pub fn memory(roots: &[u32]) -> Result<f64> {
    let mut sum = 0.0;
    for root in roots {
        sum += tree(*root)?.iter().filter_map(|process| pss_kb(*process)).sum::<f64>();
    }
    Ok(sum / 1024.0)
}

/// Numbers of a list.
pub fn numbers(value: &Value) -> Result<Vec<f64>> {
    let list = value.as_array().with_context(|| format!("the page answered {value}"))?;
    list.iter().map(|number| number.as_f64().context("not a number")).collect()
}

/// Works the keyboard and the windows of the screen.
pub async fn xdotool(arguments: &[&str]) -> Result<()> {
    let status = Command::new("xdotool").args(arguments).stderr(std::process::Stdio::null()).status().await;
    let status = status.context("xdotool cannot be started; `./dev test` installs it")?;
    ensure!(status.success(), "xdotool {:?} failed", arguments.first());
    Ok(())
}

/// Windows of ours that can be seen.
pub async fn windows() -> Result<Vec<String>> {
    let found =
        Command::new("xdotool").args(["search", "--onlyvisible", "--name", "Lockstep"]).output().await?;
    Ok(String::from_utf8(found.stdout)?.lines().map(str::to_owned).collect())
}
