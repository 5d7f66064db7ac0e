//! The real program: what it prints, and that being killed loses nothing it acknowledged.

use crate::support::device::Device;
use crate::support::soon;
use crate::support::wire::Way;
use crate::support::world::{bob_alice_and_a_deal, deal, found, id, message, partner};
use domain::DealId;
use protocol::link::InvitationLink;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A running `lockstep-hub serve`.
pub struct Process {
    child: Child,
    address: SocketAddr,
    pub invitation: Option<InvitationLink>,
    _out: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub async fn start(data: &Path) -> Self {
        Self::run(lockstep_hub(&SERVE).arg(data)).await.unwrap()
    }

    /// Starts it so that the system kills it at its `n`th write; `None` when it died before it listened.
    #[cfg(target_os = "linux")]
    async fn start_to_die(data: &Path, n: usize) -> Option<Self> {
        let mut command = Command::new("strace");
        // With -D the hub is our child and strace its grandchild, so that ours to kill is the hub.
        command.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64"]);
        command.args(["-e", &format!("inject=pwrite64:signal=SIGKILL:when={n}")]);
        command.arg(env!("CARGO_BIN_EXE_lockstep-hub")).args(SERVE).arg(data);
        Self::run(command.env_remove("RUST_LOG")).await
    }

    async fn run(command: &mut Command) -> Option<Self> {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut invitation = None;
        loop {
            let line = soon("a line", out.next_line()).await.unwrap()?;
            match line.split_once(' ').unwrap() {
                ("invitation", link) => invitation = Some(link.parse().unwrap()),
                ("listening", rest) => {
                    let address = rest.strip_prefix("on http://").unwrap().parse().unwrap();
                    return Some(Self { child, address, invitation, _out: out });
                }
                _ => panic!("{line}"),
            }
        }
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
    }

    pub fn way(&self) -> Way {
        Way::Socket(self.address)
    }
}

const SERVE: [&str; 4] = ["serve", "--listen", "127.0.0.1:0", "--data"];

fn lockstep_hub(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockstep-hub"));
    command.args(arguments).env_remove("LOCKSTEP_HUB_DATA").env_remove("RUST_LOG");
    command
}

/// Sends messages without end and takes answers in until the hub is gone.
async fn write_until_it_dies(alice: &mut Device, room: DealId, kill_after: usize, process: Process) {
    let mut process = Some(process);
    let heard = alice.answers.len();
    loop {
        let batch: Vec<_> =
            (0..20).map(|n| alice.seal(message(room, format!("{} of {n}", alice.sealed.len())))).collect();
        alice.push_sealed(batch).await;
        let more = soon("an answer or the end", async {
            match alice.wire.next_bytes().await {
                Some(bytes) => {
                    alice.take_bytes(&bytes);
                    true
                }
                None => false,
            }
        })
        .await;
        if !more {
            return;
        }
        if alice.answers.len() >= heard.saturating_add(kill_after)
            && let Some(process) = process.take()
        {
            process.kill().await;
        }
    }
}

#[tokio::test]
async fn a_killed_hub_has_everything_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let (bob, mut alice, room) =
        bob_alice_and_a_deal(&process.way(), process.invitation.as_ref().unwrap()).await;

    let mut process = Some(process);
    for round in 0..6 {
        write_until_it_dies(&mut alice, room, 30 * round, process.take().unwrap()).await;
        process = Some(start_again(folder.path(), &mut alice, &bob, room).await);
    }
    everything_is_there_once(&process.unwrap(), &alice, &bob, room).await;
}

/// As power cuts do it, but by the real system: at a certain write, wherever in a transaction that is.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hub_killed_at_any_write_has_everything_it_acknowledged() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().await.is_err() {
        eprintln!("not run: strace is not installed");
        return;
    }
    let soak = std::env::var("LOCKSTEP_SOAK").is_ok();
    let at: Vec<usize> = if soak { (1..400).step_by(3).collect() } else { vec![1, 2, 7, 26, 61, 148] };
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let (bob, mut alice, room) =
        bob_alice_and_a_deal(&process.way(), process.invitation.as_ref().unwrap()).await;
    process.kill().await;
    let mut died = 0;
    for n in at {
        if let Some(process) = Process::start_to_die(folder.path(), n).await {
            alice.reconnect_by(&process.way()).await;
            write_until_it_dies(&mut alice, room, usize::MAX, process).await;
            died += 1;
        }
        start_again(folder.path(), &mut alice, &bob, room).await.kill().await;
    }
    assert!(died > 2, "nearly every hub died before it listened");
    everything_is_there_once(&Process::start(folder.path()).await, &alice, &bob, room).await;
}

/// Starts a hub after it was killed: what it had acknowledged is there before anything is sent again.
async fn start_again(data: &Path, alice: &mut Device, bob: &Device, room: DealId) -> Process {
    let started = Process::start(data).await;
    assert!(started.invitation.is_none(), "only the first start invites");
    let mut reader = Device::sign_in(&started.way(), bob.me.clone()).await;
    reader.caught_up(1).await;
    let stored = reader.room(room);
    for n in alice.answers.keys().filter(|n| **n > 1) {
        let body = body_of(&alice.sealed[usize::try_from(*n - 1).unwrap()]);
        assert_eq!(stored.iter().filter(|stored| **stored == body).count(), 1, "number {n}");
    }
    alice.reconnect_by(&started.way()).await;
    alice.way = started.way();
    let last = alice.chain.n;
    alice.answer(last).await.unwrap();
    started
}

async fn everything_is_there_once(process: &Process, alice: &Device, bob: &Device, room: DealId) {
    let mut reader = Device::sign_in(&process.way(), bob.me.clone()).await;
    reader.caught_up(alice.cursor).await;
    let said: Vec<String> = alice.sealed.iter().skip(1).map(body_of).collect();
    assert_eq!(reader.room(room), said);
    assert_eq!(alice.answers.len(), alice.sealed.len());
}

fn body_of(sealed: &protocol::frame::Sealed) -> String {
    match domain::Mutation::from_payload(&sealed.header.name, &sealed.payload).unwrap() {
        domain::Mutation::MessageSend(message) => message.body,
        other => panic!("{other:?} is no message"),
    }
}

#[tokio::test]
async fn the_commands_say_what_scripts_need() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new").join("hub");
    let data_text = data.to_str().unwrap();

    let invite = lockstep_hub(&["invite", "--data", data_text]).output().await.unwrap();
    assert!(!invite.status.success());
    assert!(String::from_utf8_lossy(&invite.stderr).contains("no hub in"));

    let init = lockstep_hub(&["init", "--data", data_text]).output().await.unwrap();
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    assert!(data.join("hub.sqlite").is_file() && data.join("objects").is_dir());

    let process = Process::start(&data).await;
    let first = process.invitation.clone().unwrap();
    assert_eq!(first.hub, format!("http://{}", process.address));
    let invite = lockstep_hub(&["invite", "--days", "3", "--data", data_text]).output().await.unwrap();
    let text = String::from_utf8(invite.stdout).unwrap();
    let second: InvitationLink = text.parse().unwrap();
    assert_eq!(second.hub, first.hub);
    let bob = found(&process.way(), &second).await;
    let carol = found(&process.way(), &first).await;
    assert_ne!(bob.me.program, carol.me.program);

    let again =
        lockstep_hub(&["serve", "--listen", "127.0.0.1:0", "--data", data_text]).output().await.unwrap();
    assert!(String::from_utf8_lossy(&again.stderr).contains("already uses"));
    let other = folder.path().join("other");
    let taken = lockstep_hub(&["serve", "--listen", &process.address.to_string(), "--data"])
        .arg(&other)
        .output()
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&taken.stderr).contains("is taken"));
    process.kill().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_hub_that_is_told_to_stop_says_goodbye_and_logs_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = lockstep_hub(&["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let invitation = soon("a line", out.next_line()).await.unwrap().unwrap();
    let listening = soon("a line", out.next_line()).await.unwrap().unwrap();
    let stderr = child.stderr.take().unwrap();
    let log = tokio::spawn(async move {
        let mut log = Vec::new();
        let mut stderr = BufReader::new(stderr);
        tokio::io::AsyncReadExt::read_to_end(&mut stderr, &mut log).await.unwrap();
        log
    });
    let link: InvitationLink = invitation.strip_prefix("invitation ").unwrap().parse().unwrap();
    let address: SocketAddr = listening.strip_prefix("listening on http://").unwrap().parse().unwrap();
    let way = Way::Socket(address);
    let mut bob = found(&way, &link).await;
    let mut alice = partner(&way, &mut bob, "SECRETCOMPANY", "SECRETNAME").await;
    let mut registration = deal("polder-port.nl");
    registration.deal = id();
    registration.need = "SECRETNEED".into();
    let room = registration.deal;
    alice.run(registration).await.unwrap();
    alice.run(message(room, "SECRETMESSAGE")).await.unwrap();
    let poll = Device::sign_in(&Way::Poll(address), bob.me.clone()).await;
    let session = poll.wire.session().unwrap();

    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    let reason = alice.until_goodbye().await.unwrap().reason;
    assert_eq!(reason, protocol::frame::Reason::ShuttingDown);
    drop((alice, bob, poll));
    assert!(soon("the end", child.wait()).await.unwrap().success());
    let log = String::from_utf8_lossy(&log.await.unwrap()).into_owned();
    let token: String = link.token.0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log says something");
    for secret in ["SECRET", &token, &session] {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
}
