//! What is done here is here at once, stays, and goes out in order.

use crate::people::*;
use domain::entity::{Deal, Message, Status};
use domain::mutation::*;
use domain::*;
use protocol::seal::{Chain, verify};
use store::{Code, CommitError};
use uuid::Uuid;

#[tokio::test]
async fn a_commit_shows_at_once_and_survives_a_restart() {
    let mut world = World::new().await;
    let deal = DealId(Uuid::now_v7());
    let alice = &mut world.alice;
    let mut changes = alice.store.changes();
    let committed = alice.store.commit(register(deal, "Lock gate", "polder.nl"), now()).await.unwrap();
    let change = changes.recv().await.unwrap();
    assert_eq!(change, committed.change);
    assert!(change.sync && change.keys.contains(&RowKey::of::<Deal>(deal)));
    assert_eq!(change.tables, [Table::Grants, Table::Deals, Table::ActionPlans].into());
    assert_eq!(alice.see::<Deal>(deal).await.unwrap().registration.status, Status::Submitted);

    alice.restart().await;
    assert_eq!(alice.see::<Deal>(deal).await.unwrap().title, "Lock gate");
    assert_eq!(alice.store.counts().await.unwrap().waiting, 1);
    let waiting = alice.store.waiting(10).await.unwrap();
    assert_eq!(waiting[0].n, committed.n);
    assert_eq!(waiting[0].mutation, Some(register(deal, "Lock gate", "polder.nl").into()));
}

#[tokio::test]
async fn a_refusal_by_the_rules_changes_nothing() {
    let world = World::new().await;
    let alice = &world.alice;
    let before = (alice.rows().await, alice.store.sync_state().await.unwrap());
    let mut changes = alice.store.changes();
    let mut empty = register(DealId(Uuid::now_v7()), " ", "polder.nl");
    let error = alice.store.commit(empty.clone(), now()).await.unwrap_err();
    assert!(matches!(error, CommitError::Refused(Refusal { rule: Rule::InvalidField, .. })));

    // One of many that is refused takes the others with it.
    let good = register(DealId(Uuid::now_v7()), "Good", "good.nl");
    empty.title.clear();
    let both = vec![good.into(), empty.into()];
    assert!(matches!(alice.store.commit_all(both, now()).await, Err(CommitError::Refused(_))));
    assert_eq!((alice.rows().await, alice.store.sync_state().await.unwrap()), before);
    assert!(changes.try_recv().is_err(), "nothing is announced");
    assert_eq!((alice.count("outbox").await, alice.count("touched").await), (0, 0));
}

#[tokio::test]
async fn nobody_commits_before_the_own_rows_are_here() {
    let world = World::before_first_sync().await;
    let deal = DealId(Uuid::now_v7());
    let error = world.alice.store.commit(register(deal, "Early", "early.nl"), now()).await.unwrap_err();
    let CommitError::Store(error) = error else { panic!("{error}") };
    assert_eq!(error.code(), Code::NotCaughtUp);
}

#[tokio::test]
async fn the_outbox_is_one_signed_chain_in_order() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let alice = &mut world.alice;
    for number in 0..100 {
        alice.store.commit(say(deal, &format!("message {number}")), now()).await.unwrap();
        if number == 50 {
            alice.restart().await;
        }
    }
    let state = alice.store.sync_state().await.unwrap();
    let after = state.chain.n - 100;
    let sealed = alice.store.outbox_after(after, 1_000, usize::MAX).await.unwrap();
    assert_eq!(sealed.len(), 100);
    let public = alice.identity.device_key.public();
    let mut chain = Chain { n: after, hash: alice.store.chain_hash_at(after).await.unwrap().unwrap() };
    for one in &sealed {
        chain = chain.after(&one.header, &one.payload).unwrap();
        assert!(verify(&public, &chain.hash.0, &one.signature));
        assert_eq!(alice.store.chain_hash_at(chain.n).await.unwrap(), Some(chain.hash));
    }
    assert_eq!(chain, state.chain);
    assert_eq!(alice.store.chain_hash_at(chain.n + 1).await.unwrap(), None);

    // By number, by count and by bytes, without holes and never nothing while something waits.
    assert_eq!(alice.store.outbox_after(after + 30, 20, usize::MAX).await.unwrap(), sealed[30..50]);
    assert_eq!(alice.store.outbox_after(after, 20, 1).await.unwrap(), sealed[..1]);
    let two = sealed[0].payload.len() + sealed[1].payload.len();
    assert_eq!(alice.store.outbox_after(after, 20, two).await.unwrap(), sealed[..2]);
    assert!(alice.store.outbox_after(state.chain.n, 20, 1).await.unwrap().is_empty());

    world.sync().await;
    let error = world.alice.store.outbox_after(0, 20, 1_000).await;
    assert!(error.is_ok_and(|sealed| sealed.is_empty()), "nothing waits");
    world.alice.store.commit(say(deal, "one more"), now()).await.unwrap();
    let error = world.alice.store.outbox_after(0, 20, 1_000).await.unwrap_err();
    assert_eq!(error.code(), Code::HistoryGone, "a hub that lost something is told so");
}

#[tokio::test]
async fn a_change_can_be_taken_back() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Lock gate").await;
    let add = milestone(deal, "Pen test");
    let id = add.milestone;
    let alice = &world.alice;
    let added = alice.store.commit(add, now()).await.unwrap();
    assert!(alice.see::<entity::Milestone>(id).await.is_some());
    let Undo::By(undo) = added.undo else { panic!("a milestone can be taken back") };
    alice.store.commit(*undo, now()).await.unwrap();
    assert!(alice.see::<entity::Milestone>(id).await.is_none());
    world.sync().await;
    world.alice.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn whoever_stops_waiting_for_a_commit_does_not_stop_it() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let alice = &world.alice;
    for _ in 0..20 {
        let commit = alice.store.commit(say(deal, "impatient"), now());
        drop(tokio::time::timeout(std::time::Duration::from_micros(50), commit).await);
    }
    alice.store.commit(say(deal, "patient"), now()).await.unwrap();
    let state = alice.store.sync_state().await.unwrap();
    assert_eq!(
        u64::try_from(alice.count("outbox").await).unwrap(),
        alice.store.counts().await.unwrap().waiting
    );
    let rows = alice.rows().await;
    let messages = rows.keys().filter(|key| key.table == Table::Messages).count();
    assert_eq!(messages as i64, alice.count("outbox").await, "each is there in full or not at all");
    world.sync().await;
    assert_eq!(world.alice.store.sync_state().await.unwrap().chain, state.chain);
    world.bob.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn there_is_never_a_second_connection_that_writes() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let alice = &world.alice;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let store = alice.store.clone();
        tasks.spawn(async move {
            store.commit(say(deal, &format!("message {number}")), now()).await.unwrap();
            store::query::room::window(&store, deal, None, 50).await.unwrap();
        });
    }
    let mut most = (0, 0);
    while tasks.try_join_next().is_some() || !tasks.is_empty() {
        let (writing, reading) = connections(&alice.path);
        most = (most.0.max(writing), most.1.max(reading));
        tokio::task::yield_now().await;
    }
    assert_eq!(most.0, 1, "one connection writes");
    assert!((1..=2).contains(&most.1), "one or two read, but there were {}", most.1);
}

/// File descriptors of this process on the database file that may write, and that may only read.
#[cfg(target_os = "linux")]
fn connections(path: &std::path::Path) -> (usize, usize) {
    let mut found = (0, 0);
    for entry in std::fs::read_dir("/proc/self/fd").unwrap().flatten() {
        if std::fs::read_link(entry.path()).is_ok_and(|target| target == path) {
            let info = std::path::Path::new("/proc/self/fdinfo").join(entry.file_name());
            let Ok(info) = std::fs::read_to_string(info) else { continue };
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
            let access = u32::from_str_radix(flags.trim(), 8).unwrap() & 3;
            if access == 0 { found.1 += 1 } else { found.0 += 1 }
        }
    }
    found
}

#[cfg(not(target_os = "linux"))]
fn connections(_: &std::path::Path) -> (usize, usize) {
    (1, 1)
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let alice = &world.alice;
    alice.store.close().await.unwrap();
    alice.store.close().await.unwrap();
    let CommitError::Store(error) = alice.store.commit(say(deal, "too late"), now()).await.unwrap_err()
    else {
        panic!("closed")
    };
    assert_eq!(error.code(), Code::Closed);
    assert_eq!(alice.store.counts().await.unwrap_err().code(), Code::Closed);
    assert!(!alice.path.with_file_name("program.db-wal").exists(), "the log is written back and gone");
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_kept() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    // A body this version cannot read at all: kept byte for byte, shown nowhere, changed by nobody.
    let (scope, id) = (ScopeId::Deal(deal), Uuid::now_v7());
    world.hub.head += 1;
    let body = Some(vec![0xa1, 0x01, 0x63, b'n', b'e', b'w']);
    let row = crate::hub::HubRow { scope, seq: world.hub.head, body };
    world.hub.rows.insert(RowKey { table: Table::Messages, id }, row);
    world.sync().await;
    world.alice.holds_what_the_hub_shows(&world.hub).await;
    assert!(world.alice.see::<Message>(id).await.is_none());
    let room = store::query::room::window(&world.alice.store, deal, None, 50).await.unwrap();
    assert!(room.messages.is_empty());
}
