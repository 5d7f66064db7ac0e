//! The data set L as it is kept between runs: the hub's folder and the profiles of the seller and of the
//! vendor, both on it and caught up. Profiles are made by the product's own host for browsers: it joins by a
//! link, fetches the segments and indexes the words, as the window does. What their keys are sealed with lies
//! beside them, because every run has a keyring of its own; it protects words that were made up.

use crate::host::Host;
use crate::large::{Large, VERSION};
use anyhow::{Context as _, Result, ensure};
use bench::hub::Hub;
use bench::say;
use bench::world::data_folder;
use protocol::link::InvitationLink;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Devices remember where their hub is, so it has to be there in every run. Below what is given out by itself.
const ADDRESS: &str = "127.0.0.1:23471";
/// What the vault calls its entries.
const SERVICE: &str = "app.lockstep.desktop";
/// A million rows take their time, more so in a build for development.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Copies that may be changed. They go with this value.
pub struct Worlds {
    folder: tempfile::TempDir,
}

impl Worlds {
    /// Makes L if it is not there, and copies of it.
    pub async fn copied(thousandths: usize) -> Result<Self> {
        let kept = kept(thousandths).await?;
        let folder = tempfile::tempdir_in(data_folder())?;
        for name in ["hub", "seller", "vendor"] {
            copy(&kept.join(name), &folder.path().join(name)).await?;
        }
        // The same person's files for a browser: two programs cannot share a profile.
        copy(&kept.join("seller"), &folder.path().join("browser")).await?;
        for name in ["seller", "vendor"] {
            let secret = std::fs::read_to_string(kept.join(name).with_extension("key"))?;
            remember(&user(&kept.join(name))?, &secret).await?;
        }
        // What is measured next should not wait for what is written here.
        ensure!(Command::new("sync").status().await?.success(), "the copies could not be written");
        Ok(Self { folder })
    }

    /// Profile of the partner's seller.
    pub fn seller(&self) -> PathBuf {
        self.folder.path().join("seller")
    }

    /// Profile of the vendor's administrator.
    pub fn vendor(&self) -> PathBuf {
        self.folder.path().join("vendor")
    }

    /// The seller's profile again, for a browser.
    pub fn browser(&self) -> PathBuf {
        self.folder.path().join("browser")
    }

    /// Starts the hub.
    pub async fn hub(&self) -> Result<Hub> {
        Hub::listen(&self.folder.path().join("hub"), true, ADDRESS).await
    }
}

async fn kept(thousandths: usize) -> Result<PathBuf> {
    let folder = data_folder().join(format!("l-{VERSION}-{thousandths}"));
    if folder.join("whole").exists() {
        return Ok(std::path::absolute(folder)?);
    }
    if folder.exists() {
        tokio::fs::remove_dir_all(&folder).await?;
    }
    tokio::fs::create_dir_all(folder.join("hub")).await?;
    say(&format!("making the data set L in {}", folder.display()));
    let began = Instant::now();
    let hub = Hub::listen(&folder.join("hub"), true, ADDRESS).await?;
    let doors = Large::new(thousandths).make(&hub).await?;
    say(&format!("the hub has it after {:.0} s", began.elapsed().as_secs_f64()));
    for (name, link) in [("seller", &doors.seller), ("vendor", &doors.vendor)] {
        enrol(&folder.join(name), link).await.with_context(|| format!("the {name}'s device"))?;
        say(&format!("the {name}'s device has it after {:.0} s", began.elapsed().as_secs_f64()));
    }
    hub.process.stop().await?;
    tokio::fs::write(folder.join("whole"), "").await?;
    Ok(std::path::absolute(folder)?)
}

/// Joins with a new profile and waits until all is there and can be found.
async fn enrol(profile: &Path, link: &InvitationLink) -> Result<()> {
    let host = Host::start(profile).await?;
    let join = json!({
        "link": link.to_string(), "your_name": "", "device_name": "Laptop", "program_name": "", "company_name": "",
    });
    if let Err(error) = host.ask("program_join", &join).await {
        // The hub answers once it has put its first segments together.
        ensure!(format!("{error:#}").contains("hub_unreachable"), "{error:#}");
    }
    host.until("all rows", PATIENCE, async || {
        let status = host.ask("sync_status", &Value::Null).await?;
        let catching_up = status.pointer("/programs/0/first").is_some_and(|first| !first.is_null());
        let synced = status.pointer("/programs/0/synced_at").is_some_and(|at| !at.is_null());
        Ok(status.get("connection") == Some(&json!("online")) && synced && !catching_up)
    })
    .await?;
    host.until("the index of words", PATIENCE, async || {
        let search = json!({ "text": "port", "lens": { "program": null, "counterpart": null }, "ranked": false, "limit": 1 });
        Ok(host.ask("search", &search).await?.get("indexing") == Some(&Value::Null))
    })
    .await?;
    host.ask("work_offline", &json!({ "on": true })).await?;
    host.stop().await?;
    let secret = secret(&user(profile)?).await?;
    std::fs::write(profile.with_extension("key"), secret)?;
    Ok(())
}

/// What a profile is called in a keyring.
fn user(profile: &Path) -> Result<String> {
    let text = std::fs::read_to_string(profile.join("profile.json"))?;
    let profile: Value = serde_json::from_str(&text)?;
    Ok(profile.get("id").and_then(Value::as_str).context("a profile without an id")?.to_owned())
}

async fn secret(user: &str) -> Result<String> {
    let found = Command::new("secret-tool").args(["lookup", "service", SERVICE, "username", user]).output();
    let found = found.await.context("secret-tool cannot be started; `./dev test` installs it")?;
    ensure!(found.status.success(), "the keyring has no key of this profile");
    Ok(String::from_utf8(found.stdout)?)
}

async fn remember(user: &str, secret: &str) -> Result<()> {
    let arguments = ["store", "--label", "Lockstep", "service", SERVICE, "username", user];
    let mut child = Command::new("secret-tool").args(arguments).stdin(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("no standard input")?;
    input.write_all(secret.as_bytes()).await?;
    drop(input);
    ensure!(child.wait().await?.success(), "the keyring does not take the key of the profile");
    Ok(())
}

async fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to).status().await?;
    ensure!(copied.success(), "{} could not be copied", from.display());
    Ok(())
}
