//! A real process that is killed by the system at a certain write, wherever in a transaction that is.

use crate::life::{Lived, complaints};
use crate::people::*;
use domain::*;
use protocol::seal::DeviceKey;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use store::query::room;
use store::{Identity, Store};
use uuid::Uuid;

/// Tells the child where to write, and as whom: folder, program, device, member, deal.
const CHILD: &str = "LOCKSTEP_KILL_CHILD";
/// Messages a child writes if it is left alone.
const MESSAGES: usize = 60;

/// The child: says one message after the other in Alice's store, prints the number of each that is
/// committed, and closes and opens the file now and then.
#[tokio::test]
#[ignore = "the child of the test below"]
async fn child() {
    let told = std::env::var(CHILD).unwrap();
    let mut told = told.split(' ');
    let folder = told.next().unwrap().to_owned();
    let ids: Vec<Uuid> = told.map(|id| id.parse().unwrap()).collect();
    let identity = Identity {
        program: ProgramId(ids[0]),
        device: DeviceId(ids[1]),
        member: MemberId(ids[2]),
        device_key: DeviceKey::from_seed(&[2; 32]),
    };
    let mut lived = Lived::open(Path::new(&folder), &identity).await.unwrap();
    for number in 1..=MESSAGES {
        lived.store.commit(say(DealId(ids[3]), &number.to_string()), now()).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "committed {number}").unwrap();
        out.flush().unwrap();
        drop(out);
        if number % 20 == 0 {
            lived.store.close().await.unwrap();
            lived.store = Store::open(&lived.path, &file_key(), identity.clone()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_store_killed_at_any_write_has_all_it_committed() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        println!("not run: strace is not installed");
        return;
    }
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let alice = &world.alice;
    alice.store.close().await.unwrap();
    let sound = std::fs::read(&alice.path).unwrap();
    let Identity { program, device, member, .. } = alice.identity;
    let soak = std::env::var_os("LOCKSTEP_SOAK").is_some();
    let at: Vec<usize> = if soak { (1..900).step_by(2).collect() } else { vec![1, 3, 20, 71, 200, 371] };
    let mut died = 0;
    for n in at {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(Lived::path_in(folder.path()), &sound).unwrap();
        let output = Command::new("strace")
            .args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64"])
            .args(["-e", &format!("inject=pwrite64:signal=SIGKILL:when={n}")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--ignored", "--nocapture"])
            .env(CHILD, format!("{} {program} {device} {member} {deal}", folder.path().display()))
            .output()
            .unwrap();
        died += usize::from(!output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let committed = text.lines().filter(|line| line.contains("committed ")).count();

        let lived = Lived::open(folder.path(), &alice.identity).await.unwrap();
        let room = room::window(&lived.store, deal, None, 100).await.unwrap();
        let said: Vec<&str> = room.messages.iter().map(|line| line.message.body.as_str()).collect();
        assert!((committed..=committed + 1).contains(&said.len()), "write {n}: {committed}, there {said:?}");
        let expected: Vec<String> = (1..=said.len()).map(|number| number.to_string()).collect();
        assert_eq!(said, expected, "write {n}");
        assert_eq!(lived.store.counts().await.unwrap().waiting, said.len() as u64, "write {n}");
        lived.store.commit(say(deal, "Alive"), now()).await.unwrap();
        lived.store.close().await.unwrap();
        assert_eq!(complaints(&lived.path).await, [""; 0], "write {n}");
    }
    assert!(died > 4, "only {died} children were killed");
}
