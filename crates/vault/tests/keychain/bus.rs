//! Private homes, private buses, and the daemon on them.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

/// Tells the second process where its stage is; absent in the first.
const STAGE: &str = "LOCKSTEP_VAULT_STAGE";
const PASSWORD: &[u8] = b"alice's login password";

/// What kind of session an act is played in.
#[derive(Debug, Clone, Copy)]
pub enum Bus {
    /// A session bus that can start the keychain daemon on demand, as on a desktop.
    Private,
    /// A session bus that knows no services, as under a bare window manager.
    WithoutServices,
    /// No session bus at all, as over ssh.
    None,
}

/// A private home that outlives the single act.
pub struct Stage {
    home: tempfile::TempDir,
}

impl Stage {
    pub fn new() -> Result<Self> {
        // Short: the path of a socket has little room.
        let home = tempfile::Builder::new().prefix("vault").tempdir_in("/tmp")?;
        for (dir, mode) in [("data", 0o700), ("run", 0o700), ("tmp", 0o700)] {
            use std::os::unix::fs::DirBuilderExt as _;
            std::fs::DirBuilder::new().mode(mode).create(home.path().join(dir))?;
        }
        Ok(Self { home })
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn profile(&self) -> PathBuf {
        self.home().join("profile")
    }

    /// What an act left for its audience.
    pub fn read(&self, name: &str) -> Result<String> {
        std::fs::read_to_string(self.home().join(name)).with_context(|| format!("read {name}"))
    }

    /// Runs one ignored test of the module `act` in another process.
    pub fn play(&self, bus: Bus, act: &str) -> Result<()> {
        let this = std::env::current_exe()?;
        let name = format!("act::{act}");
        let mut args: Vec<OsString> = vec![this.into(), name.into()];
        args.extend(["--exact", "--ignored", "--nocapture"].map(OsString::from));
        let mut runner: Vec<OsString> = Vec::new();
        match bus {
            Bus::Private => runner.extend(["dbus-run-session", "--"].map(OsString::from)),
            Bus::WithoutServices => {
                let config = self.home().join("bus.conf");
                std::fs::write(&config, BARE_BUS)?;
                runner.push("dbus-run-session".into());
                runner.push(format!("--config-file={}", config.display()).into());
                runner.push("--".into());
            }
            Bus::None => {}
        }
        runner.extend(args);
        let (program, arguments) = runner.split_first().context("a program to run")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env(STAGE, self.home())
            .env("HOME", self.home())
            .env("XDG_DATA_HOME", self.home().join("data"))
            .env("XDG_RUNTIME_DIR", self.home().join("run"))
            .env("TMPDIR", self.home().join("tmp"));
        // Nobody's desktop may answer a prompt of ours, and no bus but ours may be found.
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GNOME_KEYRING_CONTROL"] {
            command.env_remove(name);
        }
        let output = command.output().with_context(|| format!("run {}", program.display()))?;
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        ensure!(output.status.success(), "{act} on {bus:?} failed:\n{out}\n{err}");
        // A renamed act would otherwise succeed by matching nothing.
        ensure!(out.contains("1 passed"), "{act} did not run:\n{out}\n{err}");
        Ok(())
    }
}

/// In the second process: its stage, or `None` if somebody merely asked for ignored tests.
pub fn stage_of_this_act() -> Option<PathBuf> {
    std::env::var_os(STAGE).map(PathBuf::from)
}

/// A keychain daemon that ends with its owner.
pub struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts one whose login keyring is unlocked (and made, if there is none yet).
    pub fn unlocked() -> Result<Self> {
        let mut child = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("run gnome-keyring-daemon")?;
        let mut stdin = child.stdin.take().context("its standard input")?;
        stdin.write_all(PASSWORD)?;
        // It reads the password up to the end of its input.
        drop(stdin);
        let daemon = Self { child };
        run("gdbus", &["wait", "--session", "--timeout", "30", "org.freedesktop.secrets"])?;
        Ok(daemon)
    }

    /// Stops it in the middle of whatever it does, as a bug or a swapped-out machine would.
    pub fn freeze(&self) -> Result<()> {
        run("kill", &["-STOP", &self.child.id().to_string()]).map(drop)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Result<()> {
        run("kill", &["-CONT", &self.child.id().to_string()]).map(drop)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Locks every collection.
pub fn lock_keyring() -> Result<()> {
    run(
        "gdbus",
        &[
            "call",
            "--session",
            "--dest=org.freedesktop.secrets",
            "--object-path=/org/freedesktop/secrets",
            "--method=org.freedesktop.Secret.Service.Lock",
            "['/org/freedesktop/secrets/collection/login']",
        ],
    )
    .map(drop)
}

/// The password stored under our entry for `user`, or `None`.
pub fn lookup(service: &str, user: &str) -> Result<Option<String>> {
    let output = secret_tool(&["lookup", "service", service, "username", user])?;
    Ok(output.status.success().then(|| text(&output.stdout)))
}

/// Removes our entry behind our back.
pub fn clear(service: &str, user: &str) -> Result<()> {
    ensure!(secret_tool(&["clear", "service", service, "username", user])?.status.success());
    Ok(())
}

fn secret_tool(args: &[&str]) -> Result<Output> {
    Command::new("secret-tool").args(args).output().context("run secret-tool")
}

fn run(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program).args(args).output().with_context(|| format!("run {program}"))?;
    if !output.status.success() {
        bail!("{program} {args:?}: {}", text(&output.stderr));
    }
    Ok(text(&output.stdout))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Long enough for a busy machine, short enough for a test.
pub const PATIENCE: Duration = Duration::from_secs(30);

const BARE_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;
