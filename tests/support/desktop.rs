//! The real window, driven from outside: `WebKitWebDriver` starts the desktop binary and this is its client.
//!
//! Each window has a driver process of its own, because a WebKit process takes part in one session only.
//! A window that is dropped without [`Window::close`] belongs to a test that failed: it leaves a picture, its
//! page and its log in `test-results/`, and its processes end in any case.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

mod driver;
mod steps;

pub use steps::{room, text};

use driver::Driver;

/// How long a test waits for anything before it gives up. Generous, because nothing waits longer than it must.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often a condition is looked at again.
const PERIOD: Duration = Duration::from_millis(25);

/// A running window.
pub struct Window {
    name: String,
    client: Client,
    driver: Driver,
    log: PathBuf,
    finished: bool,
}

/// How a window is started.
#[derive(Debug, Clone)]
pub struct Launch {
    name: String,
    profile: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Launch {
    /// A window called `name` in reports, with its own data in `profile`.
    pub fn new(name: &str, profile: &Path) -> Self {
        let arguments = vec!["--profile".to_owned(), profile.to_string_lossy().into_owned()];
        // English, whatever the machine that runs the tests speaks.
        let environment = [("LOCKSTEP_LOG", "debug"), ("LANGUAGE", "en")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { name: name.to_owned(), profile: profile.to_owned(), arguments, environment }
    }

    /// Adds one argument of the command line.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets one variable for this window only.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it, and returns once its page can be asked.
    pub async fn open(self) -> Result<Window> {
        let binary = binary()?;
        ensure!(
            std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some(),
            "a test of the real window needs a screen: run it with `tests/desktop/session --own-display`, \
             or run `./dev test`, which does so"
        );
        let driver = Driver::start(&self.environment).await?;
        let options = json!({ "binary": binary, "args": self.arguments });
        let capabilities = [("webkitgtk:browserOptions".to_owned(), options)].into_iter().collect();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.address())
            .await
            .with_context(|| format!("{} did not start under WebDriver", binary.display()))?;
        let session = client.session_id().await?.ok_or_else(|| anyhow!("the session has no id"))?;
        let log = self.profile.join("logs/lockstep.log");
        Ok(Window { name: self.name, client, driver: driver.with_session(session), log, finished: false })
    }
}

impl Window {
    /// Waits until an element is in the page and visible.
    pub async fn find(&self, css: &str) -> Result<Element> {
        eventually(&format!("{css} visible in {}", self.name), async || {
            match self.client.find(Locator::Css(css)).await {
                Ok(element) if element.is_displayed().await.unwrap_or(false) => Ok(Some(element)),
                Ok(_) => Ok(None),
                Err(error) if error.is_no_such_element() => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Waits until a JavaScript expression is true, and names `what` was waited for when it never is.
    pub async fn until(&self, what: &str, expression: &str) -> Result<()> {
        let script = format!("return Boolean({expression})");
        eventually(&format!("{what} in {}", self.name), async || {
            Ok((self.client.execute(&script, Vec::new()).await? == json!(true)).then_some(()))
        })
        .await
    }

    /// Waits until the page shows a text.
    pub async fn see(&self, text: &str) -> Result<()> {
        let expression = format!("document.body.innerText.includes({})", json!(text));
        self.until(&format!("the text {text:?}"), &expression).await
    }

    /// Runs a script in the page and returns what it returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute(script, arguments).await?)
    }

    /// Awaits a JavaScript expression in the page. What it throws becomes the error.
    pub async fn wait_for(&self, expression: &str) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async () => ({expression}))().then(
               (value) => done({{ value: value ?? null }}),
               (error) => done({{ error: error instanceof Error ? String(error) : JSON.stringify(error) }}))"
        );
        let outcome = self.client.execute_async(&script, Vec::new()).await?;
        match outcome.get("error") {
            Some(error) => bail!("{expression}: {error}"),
            None => Ok(outcome.get("value").cloned().unwrap_or(Value::Null)),
        }
    }

    /// Calls a command of the app the way the page does.
    pub async fn rpc(&self, command: &str, arguments: &Value) -> Result<Value> {
        let call = json!({ "cmd": command, "args": arguments });
        self.wait_for(&format!("window.__TAURI_INTERNALS__.invoke('rpc', {call})")).await
    }

    /// Gives this window the keyboard, and waits until the program knows. The only visible one takes part.
    pub async fn look_at(&self) -> Result<()> {
        self.focus(&["search", "--onlyvisible", "--name", "^Lockstep$", "windowfocus"], true).await
    }

    /// Takes the keyboard away from every window, and waits until the program knows.
    pub async fn look_away(&self) -> Result<()> {
        // X calls "whatever is under the pointer" 1, and the pointer is beside the windows.
        self.focus(&["windowfocus", "1"], false).await
    }

    async fn focus(&self, command: &[&str], wanted: bool) -> Result<()> {
        let wanted = format!("focused={wanted}");
        eventually(&format!("{wanted} of {}", self.name), async || {
            let done = Command::new("xdotool").args(command).stderr(Stdio::null()).status();
            let done = done.context("xdotool cannot be started; `./dev test` installs it")?;
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let last = log.lines().rfind(|line| line.contains("focused="));
            Ok((done.success() && last.is_some_and(|line| line.contains(&wanted))).then_some(()))
        })
        .await
    }

    /// What the program has written into the log of its profile.
    pub fn log(&self) -> Result<String> {
        fs::read_to_string(&self.log).with_context(|| format!("reading {}", self.log.display()))
    }

    /// The client itself, for what is not wrapped here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Keeps a picture of the page in `test-results/`.
    pub async fn picture(&self, name: &str) -> Result<PathBuf> {
        let file = results()?.join(format!("{name}.png"));
        fs::write(&file, self.client.screenshot().await?)?;
        Ok(file)
    }

    /// Ends the program and its driver with SIGKILL, in the middle of whatever it does.
    pub fn kill(mut self) {
        self.finished = true;
    }

    /// The end of a test that passed.
    pub async fn close(mut self) -> Result<()> {
        self.finished = true;
        self.client.clone().close().await?;
        Ok(())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // Asked for without the client, whose runtime may be gone while a panic unwinds.
        let kept = results().and_then(|folder| {
            let stem = folder.join(&self.name);
            fs::copy(&self.log, stem.with_extension("log"))?;
            self.driver.keep_evidence(&stem)
        });
        match kept {
            Ok(()) => eprintln!("{}: picture, page and log are in test-results/{}.*", self.name, self.name),
            Err(error) => eprintln!("{}: no picture could be taken: {error:#}", self.name),
        }
    }
}

/// Waits until `condition` answers with something, and fails with `what` when it never does.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await.with_context(|| format!("while waiting for: {what}"))? {
            return Ok(value);
        }
        ensure!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for: {what}");
        tokio::time::sleep(PERIOD).await;
    }
}

/// The desktop binary under test: `LOCKSTEP_BIN`, else the one that was built beside this test.
pub fn binary() -> Result<PathBuf> {
    let binary = match std::env::var_os("LOCKSTEP_BIN") {
        Some(path) => PathBuf::from(path),
        // The test is target/debug/deps/desktop_…, wherever the target folder is.
        None => std::env::current_exe()?.ancestors().nth(2).context("no target folder")?.join("lockstep"),
    };
    ensure!(binary.is_file(), "{} does not exist: `./dev test` builds it", binary.display());
    Ok(binary)
}

/// Where failed tests leave what they saw.
fn results() -> Result<PathBuf> {
    let folder = root().join("test-results");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A port nobody listens on at this moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
