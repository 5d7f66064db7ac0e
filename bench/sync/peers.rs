//! Other people's servers, started here on loopback: the scripts of `bench/peers` on Node, and NATS.

use anyhow::{Context as _, Result, ensure};
use bench::hub::Process;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

fn node(folder: &Path, script: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.arg(script).args(arguments).current_dir(folder).stdin(Stdio::piped());
    command
}

/// A peer on Node.
pub struct Peer {
    pub server: Process,
    pub url: String,
    folder: PathBuf,
    script: &'static str,
    /// Of its data, and of its clients'.
    data: tempfile::TempDir,
}

impl Peer {
    /// PouchDB behind its own server, on LevelDB.
    pub async fn pouchdb() -> Result<Self> {
        let data = tempfile::tempdir_in(bench::world::data_folder())?;
        let folder = absolute(data.path())?;
        Self::start("", "pouchdb.mjs", &["serve", &folder], data).await
    }

    /// Hocuspocus, in memory.
    pub async fn hocuspocus() -> Result<Self> {
        let data = tempfile::tempdir_in(bench::world::data_folder())?;
        Self::start("", "hocuspocus.mjs", &["serve"], data).await
    }

    /// Zero on PostgreSQL. Its clients hold what they have asked for in memory.
    pub async fn zero() -> Result<Self> {
        let data = tempfile::tempdir_in(bench::world::data_folder())?;
        let folder = absolute(data.path())?;
        Self::start("zero", "zero.mjs", &["serve", &folder], data).await
    }

    async fn start(
        below: &str,
        script: &'static str,
        arguments: &[&str],
        data: tempfile::TempDir,
    ) -> Result<Self> {
        let folder = folder().join(below);
        ensure!(folder.join("node_modules").exists(), "its packages are not installed");
        let mut server = Process::start(node(&folder, script, arguments).stderr(Stdio::null()))?;
        let line = server.line().await?;
        let url = line.strip_prefix("listening ").context("it does not listen")?.to_owned();
        Ok(Self { server, url, folder, script, data })
    }

    /// Runs a client that prints one line of JSON and ends.
    pub async fn measure(&self, what: &str, numbers: &[usize]) -> Result<Value> {
        let data = absolute(self.data.path())?;
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        let mut arguments = vec![what, self.url.as_str()];
        if self.script == "pouchdb.mjs" && what != "bulk" {
            arguments.push(&data);
        }
        arguments.extend(numbers.iter().map(String::as_str));
        let mut command = node(&self.folder, self.script, &arguments);
        let running = command.kill_on_drop(true).output();
        let output =
            tokio::time::timeout(bench::hub::PATIENCE * 3, running).await.context("it does not end")??;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).context("it printed something else")
    }

    /// Starts a client that opens connections and keeps them; returns once they are open.
    pub async fn hold(&self, count: usize) -> Result<Process> {
        let count = count.to_string();
        let mut holding = Process::start(&mut node(&self.folder, self.script, &["idle", &self.url, &count]))?;
        ensure!(holding.line().await? == "open", "they did not open");
        Ok(holding)
    }
}

/// A list of numbers, or one, under a name.
pub fn numbers(value: &Value, name: &str) -> Result<Vec<f64>> {
    let found = value.get(name).with_context(|| format!("no {name} in what a peer printed"))?;
    match found {
        Value::Array(list) => list.iter().map(|n| n.as_f64().context("no number")).collect(),
        one => Ok(vec![one.as_f64().context("no number")?]),
    }
}

fn absolute(path: &Path) -> Result<String> {
    Ok(std::path::absolute(path)?.to_string_lossy().into_owned())
}

/// NATS, which keeps nothing and checks nothing: a floor.
pub struct Nats {
    pub server: Process,
    address: SocketAddr,
}

impl Nats {
    pub async fn start() -> Result<Self> {
        let program = std::env::var_os("NATS_SERVER_BIN").context("there is no nats-server")?;
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let port = free.port().to_string();
        let mut command = Command::new(program);
        command.args(["-a", "127.0.0.1", "-p", &port]).stderr(Stdio::null());
        let server = Process::start(&mut command)?;
        let began = std::time::Instant::now();
        while TcpStream::connect(free).await.is_err() {
            ensure!(began.elapsed() < bench::hub::PATIENCE, "it does not listen");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(Self { server, address: free })
    }

    /// A connection that is signed in; `after` is sent before the last word of it.
    pub async fn connect(&self, after: &str) -> Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::with_capacity(512, stream);
        read_line(&mut stream).await?;
        let hello = format!("CONNECT {{\"verbose\":false}}\r\n{after}PING\r\n");
        stream.write_all(hello.as_bytes()).await?;
        while read_line(&mut stream).await? != "PONG" {}
        Ok(stream)
    }

    /// Milliseconds from publishing to hearing it, of each message.
    pub async fn chat(&self, count: usize) -> Result<Vec<f64>> {
        let mut there = self.connect("SUB room 1\r\n").await?;
        let mut here = self.connect("").await?;
        let body = "x".repeat(100);
        let message = format!("PUB room {}\r\n{body}\r\n", body.len());
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let began = std::time::Instant::now();
            here.write_all(message.as_bytes()).await?;
            while !read_line(&mut there).await?.starts_with("MSG") {}
            read_line(&mut there).await?;
            times.push(bench::figures::ms(began.elapsed()));
        }
        Ok(times)
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    ensure!(stream.read_line(&mut line).await? > 0, "it hung up");
    Ok(line.trim_end().to_owned())
}
