//! Fences of the store, full and foreign files, and pages against what they should hold.

use super::*;
use crate::Data;
use domain::codec::Entity;
use domain::entity::{Claim, Grant, Key, claims_of, grants_of};
use domain::{DealId, DeviceId, OrganizationId, ReadSet, Refusal, RowKey, Rule, ScopeId, Table};
use proptest::prelude::*;
use protocol::frame::{Answer, Resume};
use protocol::seal::Chain;
use protocol::sequencer::{Commit, CommitRow, Load, PAGE_BYTES, PAGE_ROWS, PageQuery, Past};
use uuid::Uuid;

mod power;

const EPOCH: u64 = 3;
const NOW: Timestamp = Timestamp(1_000);

fn program(n: u128) -> ProgramId {
    ProgramId(Uuid::from_u128(n))
}

fn deal(n: u128) -> ScopeId {
    ScopeId::Deal(DealId(Uuid::from_u128(n)))
}

fn message(n: u128) -> RowKey {
    RowKey { table: Table::Messages, id: Uuid::from_u128(n) }
}

fn row(key: RowKey, scope: ScopeId, seq: u64, body: Option<&[u8]>) -> CommitRow {
    CommitRow { key, scope, seq, body: body.map(<[u8]>::to_vec) }
}

fn batch(base: u64, head: u64, rows: Vec<CommitRow>) -> Commit {
    Commit { base, head, rows, ..Commit::default() }
}

async fn memory() -> (Storage, ProgramStore) {
    let storage = Storage::open(&Data::Memory).await.unwrap();
    let store = storage.program(program(1));
    (storage, store)
}

fn load_rows(keys: &[RowKey]) -> Load {
    Load { reads: ReadSet { keys: keys.iter().copied().collect(), ..ReadSet::default() }, ..Load::default() }
}

fn conflict(result: Result<(), Error>) -> bool {
    matches!(result, Err(Error::Conflict(_)))
}

#[tokio::test]
async fn a_batch_that_does_not_fit_writes_nothing() {
    let (_storage, store) = memory().await;
    let good = batch(0, 1, vec![row(message(1), deal(1), 1, Some(b"one"))]);
    store.commit(EPOCH, NOW, &good).await.unwrap();
    assert_eq!(store.opened().await.unwrap(), Some(Opened { epoch: EPOCH, head: 1, past: Past::default() }));

    assert!(conflict(store.commit(EPOCH, NOW, &good).await), "the head has moved");
    assert!(conflict(store.commit(EPOCH, NOW, &batch(7, 8, Vec::new())).await), "from nowhere");
    assert!(conflict(store.commit(EPOCH + 1, NOW, &batch(1, 2, Vec::new())).await), "another history");
    let moved = batch(
        1,
        2,
        vec![row(message(2), deal(1), 2, Some(b"new")), row(message(1), deal(2), 2, Some(b"moved"))],
    );
    assert!(conflict(store.commit(EPOCH, NOW, &moved).await), "a row keeps its scope");
    let device = DeviceId(Uuid::from_u128(5));
    let chain = |n| Chain { n, hash: Key([n as u8; 32]) };
    let answer = |n| Answer { n, seq: 2, refusal: None, at: NOW };
    let mut first = batch(1, 2, Vec::new());
    first.chains.insert(device, chain(2));
    first.answers.push((device, answer(2)));
    store.commit(EPOCH, NOW, &first).await.unwrap();
    let mut backwards = batch(2, 3, vec![row(message(3), deal(1), 3, Some(b"new"))]);
    backwards.chains.insert(device, chain(1));
    assert!(conflict(store.commit(EPOCH, NOW, &backwards).await), "a chain only grows");
    let mut twice = batch(2, 3, Vec::new());
    twice.answers.push((device, answer(2)));
    store.commit(EPOCH, NOW, &twice).await.unwrap_err();
    let mut unknown = batch(2, 3, Vec::new());
    unknown.founding = Some(Key([9; 32]));
    assert!(conflict(store.commit(EPOCH, NOW, &unknown).await), "no such invitation");

    let loaded = store.load(load_rows(&[message(1), message(2), message(3)])).await.unwrap();
    assert_eq!(loaded.rows.row(&message(1)).unwrap().unwrap().body, b"one");
    assert_eq!(loaded.rows.row(&message(2)).unwrap(), None);
    assert_eq!(loaded.rows.row(&message(3)).unwrap(), None);
    assert_eq!(store.opened().await.unwrap().unwrap().head, 2);
    store.commit(EPOCH, NOW, &batch(2, 3, Vec::new())).await.unwrap();
}

#[tokio::test]
async fn an_invitation_founds_once_and_not_too_late() {
    let (storage, store) = memory().await;
    storage.invite(&Key([1; 32]), Timestamp(NOW.0 + 1)).await.unwrap();
    let founding = |hash| Commit { founding: Some(Key([hash; 32])), ..batch(0, 1, Vec::new()) };
    let late = Timestamp(NOW.0 + 1);
    assert!(conflict(store.commit(EPOCH, late, &founding(1)).await));
    assert_eq!(store.opened().await.unwrap(), None, "nothing of it was written");
    store.commit(EPOCH, NOW, &founding(1)).await.unwrap();
    let other = storage.program(program(2));
    assert!(conflict(other.commit(EPOCH, NOW, &founding(1)).await));
    assert_eq!(other.opened().await.unwrap(), None);
    // Inviting again with the same token does not make it new.
    storage.invite(&Key([1; 32]), Timestamp(i64::MAX)).await.unwrap();
    let found = storage.founding(&[Key([1; 32])]).await.unwrap();
    assert!(found[&Key([1; 32])].used);
}

#[tokio::test]
async fn programs_do_not_see_each_other() {
    let (storage, store) = memory().await;
    store.commit(EPOCH, NOW, &batch(0, 1, vec![row(message(1), deal(1), 1, Some(b"ours"))])).await.unwrap();
    let other = storage.program(program(2));
    let mut theirs = batch(0, 1, vec![row(message(1), deal(1), 1, Some(b"theirs"))]);
    theirs.chains.insert(DeviceId(Uuid::from_u128(5)), Chain { n: 1, hash: Key([1; 32]) });
    other.commit(EPOCH, NOW, &theirs).await.unwrap();
    for (store, body) in [(&store, &b"ours"[..]), (&other, b"theirs")] {
        let loaded = store.load(load_rows(&[message(1)])).await.unwrap();
        assert_eq!(loaded.rows.row(&message(1)).unwrap().unwrap().body, body);
        let from = Resume { head: 1, scope: Some(deal(1)), after: 0 };
        let query = PageQuery { base: 0, old: Vec::new(), new: vec![deal(1)], from, first: true };
        let page = store.page(&query).await.unwrap();
        assert_eq!(page.rows.iter().map(|row| row.body.as_deref().unwrap()).collect::<Vec<_>>(), [body]);
    }
    let device = DeviceId(Uuid::from_u128(5));
    let load = Load { devices: [(device, 0)].into(), ..Load::default() };
    assert!(store.load(load).await.unwrap().devices[&device].chain.is_none());
}

#[tokio::test]
async fn lookups_follow_the_rows() {
    let (_storage, store) = memory().await;
    let to = OrganizationId(Uuid::from_u128(4));
    let grant = |n: u128| {
        let grant = Grant { scope: deal(n), organization: to, extra: Default::default() };
        (RowKey::of::<Grant>(Uuid::from_u128(n)), grant.to_body())
    };
    let home = ScopeId::Organization(to);
    let rows: Vec<CommitRow> = (1..=400).map(|n| row(grant(n).0, home, 1, Some(&grant(n).1))).collect();
    store.commit(EPOCH, NOW, &batch(0, 1, rows)).await.unwrap();
    let load = || Load { reads: ReadSet::default().lookup(grants_of(to)), ..Load::default() };
    let loaded = store.load(load()).await.unwrap();
    assert_eq!(loaded.rows.under(&grants_of(to)).unwrap().len(), 400);
    assert!(loaded.rows.row(&grant(7).0).unwrap().is_some(), "rows that were found are read");

    let gone = (1..=399).map(|n| row(grant(n).0, home, 2, None)).collect();
    store.commit(EPOCH, NOW, &batch(1, 2, gone)).await.unwrap();
    let loaded = store.load(load()).await.unwrap();
    assert_eq!(loaded.rows.under(&grants_of(to)).unwrap(), [grant(400).0]);
}

#[tokio::test]
async fn a_claim_that_changes_hands_is_found_with_its_present_holder() {
    let (_storage, store) = memory().await;
    let [first, second] = [4, 5].map(|n| OrganizationId(Uuid::from_u128(n)));
    let key = RowKey::of::<Claim>(Uuid::from_u128(1));
    let held_by = |organization| Claim {
        deal: DealId(Uuid::from_u128(9)),
        organization,
        since: NOW,
        until: None,
        of: None,
        extra: Default::default(),
    };
    for (seq, holder) in [(1, first), (2, second)] {
        let body = held_by(holder).to_body();
        store
            .commit(EPOCH, NOW, &batch(seq - 1, seq, vec![row(key, ScopeId::Hub, seq, Some(&body))]))
            .await
            .unwrap();
    }
    let reads = ReadSet::default().lookup(claims_of(first)).lookup(claims_of(second));
    let loaded = store.load(Load { reads, ..Load::default() }).await.unwrap();
    assert!(loaded.rows.under(&claims_of(first)).unwrap().is_empty(), "it is not theirs any more");
    assert_eq!(loaded.rows.under(&claims_of(second)).unwrap(), [key]);
}

#[tokio::test]
async fn the_last_answers_are_kept() {
    let (_storage, store) = memory().await;
    let device = DeviceId(Uuid::from_u128(5));
    let refusal = Refusal::new(Rule::ClaimTaken, "Taken").because("Region", "Benelux");
    let total = ANSWERS_KEPT + 300;
    for n in (1..=total).step_by(100) {
        let answers = (n..(n + 100).min(total + 1)).map(|n| {
            let refusal = n.is_multiple_of(2).then(|| refusal.clone());
            (device, Answer { n, seq: 0, refusal, at: NOW })
        });
        store
            .commit(EPOCH, NOW, &Commit { answers: answers.collect(), ..batch(0, 0, Vec::new()) })
            .await
            .unwrap();
    }
    let after = |after| Load { devices: [(device, after)].into(), ..Load::default() };
    let loaded = store.load(after(0)).await.unwrap();
    let answers = &loaded.devices[&device].answers;
    assert_eq!(answers.len() as u64, ANSWERS_KEPT);
    assert_eq!((answers[0].n, answers.last().unwrap().n), (301, total));
    assert_eq!(answers[1].refusal, Some(refusal));
    assert_eq!(answers[0].refusal, None);
    assert_eq!(store.load(after(total - 1)).await.unwrap().devices[&device].answers.len(), 1);
    assert!(store.load(after(u64::MAX)).await.unwrap().devices[&device].answers.is_empty());
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(&Data::Folder(folder.path().into())).await.unwrap();
    let store = storage.program(program(1));
    let limit = |pages: u32| {
        let writer = storage.0.writer.clone();
        async move {
            let text = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
            sqlx::query(text).fetch_one(&writer).await.unwrap();
        }
    };
    limit(60).await;
    let body = vec![7; 20_000];
    let big = |n: u64| batch(n - 1, n, vec![row(message(n.into()), deal(1), n, Some(&body))]);
    let mut head = 0;
    let failed = loop {
        match store.commit(EPOCH, NOW, &big(head + 1)).await {
            Ok(()) => head += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(failed, Error::DiskFull), "{failed:?}");
    assert!(failed.for_devices().contains("disk is full"));
    for _ in 0..3 {
        assert!(matches!(store.commit(EPOCH, NOW, &big(head + 1)).await, Err(Error::DiskFull)));
    }
    // Reading goes on.
    assert_eq!(store.opened().await.unwrap().unwrap().head, head);
    let loaded = store.load(load_rows(&[message(1)])).await.unwrap();
    assert_eq!(loaded.rows.row(&message(1)).unwrap().unwrap().body, body);
    // And so does writing, when there is space.
    limit(1_000).await;
    store.commit(EPOCH, NOW, &big(head + 1)).await.unwrap();
    storage.close().await;
}

#[tokio::test]
async fn files_that_are_not_ours_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().into());
    let storage = Storage::open(&data).await.unwrap();
    assert!(matches!(Storage::open(&data).await, Err(Error::InUse(_))));
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', 1, x'00', 0)",
    )
    .execute(&storage.0.writer)
    .await
    .unwrap();
    storage.close().await;
    assert!(matches!(Storage::open(&data).await, Err(Error::NewerSchema(9_999))));

    // A file that lacks a migration is copied before it is changed, and half a copy is none.
    std::fs::write(folder.path().join("hub.before-0001.part"), b"half").unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("hub.sqlite"));
    let older = SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("DELETE FROM _sqlx_migrations").execute(&older).await.unwrap();
    older.close().await;
    assert!(Storage::open(&data).await.is_err(), "the tables are there already");
    let copy = folder.path().join("hub.before-0001.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(copy).read_only(true);
    let copy = SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("SELECT count(*) FROM row").execute(&copy).await.unwrap();
    assert!(!folder.path().join("hub.before-0001.part").exists());
}

#[tokio::test]
async fn a_damaged_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().into());
    let storage = Storage::open(&data).await.unwrap();
    let store = storage.program(program(1));
    let rows = (1..200).map(|n| row(message(n), deal(1), 1, Some(&[1; 500]))).collect();
    store.commit(EPOCH, NOW, &batch(0, 1, rows)).await.unwrap();
    storage.close().await;
    drop((storage, store));
    let file = folder.path().join("hub.sqlite");
    let sound = std::fs::read(&file).unwrap();
    for at in (0..sound.len()).step_by(4_096) {
        let mut bytes = sound.clone();
        bytes[at..at + 4_096].fill(0xee);
        std::fs::write(&file, bytes).unwrap();
        let damaged = Storage::open(&data).await.unwrap_err();
        assert!(matches!(damaged, Error::Damaged(_)), "byte {at}: {damaged:?}");
    }
    std::fs::write(&file, &sound[..sound.len() / 2]).unwrap();
    assert!(matches!(Storage::open(&data).await, Err(Error::Damaged(_))), "cut short");
}

/// What a device gets over all pages, and that every page keeps the rules.
async fn walk(store: &ProgramStore, query: &PageQuery) -> Vec<CommitRow> {
    let mut rows: Vec<CommitRow> = Vec::new();
    let mut query = query.clone();
    for _ in 0..10_000 {
        let page = store.page(&query).await.unwrap();
        let bytes: usize = page.rows.iter().map(|row| row.body.as_ref().map_or(0, Vec::len)).sum();
        let groups = page.rows.chunk_by(|a, b| a.seq == b.seq).count();
        let grants = page.rows.iter().any(|row| row.key.table == Table::Grants);
        let within = page.rows.len() <= PAGE_ROWS && bytes <= PAGE_BYTES;
        assert!(within || groups <= 1 || grants, "{} rows, {bytes} bytes, {groups} groups", page.rows.len());
        rows.extend(page.rows);
        let Some(resume) = page.resume else { return rows };
        assert_ne!(resume, query.from, "every page is a step");
        query.first = resume.after == 0 && resume.scope == query.new.first().copied();
        assert!(!query.first, "only one page is the first");
        query.from = resume;
    }
    panic!("the pages never end");
}

/// The same, straight from all rows.
fn expected(all: &[CommitRow], query: &PageQuery) -> Vec<CommitRow> {
    let head = query.from.head;
    let changed =
        |row: &&CommitRow| query.old.contains(&row.scope) && row.seq > query.base && row.seq <= head;
    let is_grant = |row: &&CommitRow| row.key.table == Table::Grants;
    let mut sorted: Vec<&CommitRow> = all.iter().collect();
    sorted.sort_by_key(|row| (row.seq, row.key));
    let mut rows: Vec<CommitRow> = sorted.iter().copied().filter(changed).filter(is_grant).cloned().collect();
    for scope in &query.new {
        let live = |row: &&CommitRow| row.scope == *scope && row.body.is_some() && row.seq <= head;
        rows.extend(sorted.iter().copied().filter(live).cloned());
    }
    rows.extend(sorted.iter().copied().filter(changed).filter(|row| !is_grant(row)).cloned());
    rows
}

/// A row of a random history: which scope, which table, how long, how many of one mutation.
#[derive(Debug, Clone)]
struct Step {
    scope: u8,
    grant: bool,
    length: u32,
    tombstone: bool,
    same: bool,
}

fn steps(scopes: u8, length: u32, count: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (0..scopes, any::<u8>(), 0..length, any::<u8>());
    let step = step.prop_map(|(scope, kind, length, more)| Step {
        scope,
        grant: kind.is_multiple_of(8),
        length,
        tombstone: kind.is_multiple_of(5),
        same: more.is_multiple_of(3),
    });
    prop::collection::vec(step, 1..count)
}

/// A scope: of an organization, where its grants live, or a deal.
fn place(n: u8) -> ScopeId {
    if n.is_multiple_of(2) { ScopeId::Organization(Uuid::from_u128(n.into()).into()) } else { deal(n.into()) }
}

fn history(steps: &[Step]) -> Vec<CommitRow> {
    let mut seq = 1;
    let rows = steps.iter().zip(1_u128..).map(|(step, n)| {
        seq += u64::from(!step.same);
        let scope = place(step.scope);
        let grants = step.grant && matches!(scope, ScopeId::Organization(_));
        let table = if grants { Table::Grants } else { Table::Messages };
        let key = RowKey { table, id: Uuid::from_u128(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) };
        let body = (!step.tombstone).then(|| vec![step.scope; step.length as usize]);
        CommitRow { key, scope, seq, body }
    });
    rows.collect()
}

async fn check_pages(rows: &[CommitRow], scopes: u8, base: u64, late: u64) {
    let (_storage, store) = memory().await;
    let last = rows.last().map_or(0, |row| row.seq);
    store.commit(EPOCH, NOW, &batch(0, last, rows.to_vec())).await.unwrap();
    let base = base % (last + 1);
    // Pages may lead to a head that is behind by now.
    let head = last - late % (last - base + 1);
    for new in [scopes, 0, scopes / 3] {
        let base = if new == scopes { 0 } else { base };
        let mut new: Vec<ScopeId> = (0..new).map(place).collect();
        new.sort_unstable();
        let old: Vec<ScopeId> = (0..scopes).map(place).filter(|scope| !new.contains(scope)).collect();
        // One scope in seven is none of the device's.
        let old: Vec<ScopeId> =
            old.into_iter().enumerate().filter(|(n, _)| n % 7 != 6).map(|(_, s)| s).collect();
        let from = Resume { head, scope: new.first().copied(), after: 0 };
        let query = PageQuery { base, old, new, from, first: true };
        assert_eq!(walk(&store, &query).await, expected(rows, &query));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_a_few_scopes_hold_what_they_should(
        steps in steps(9, 40_000, 120), base in any::<u64>(), late in any::<u64>(),
    ) {
        runtime().block_on(check_pages(&history(&steps), 9, base, late));
    }

    #[test]
    fn pages_of_many_scopes_hold_what_they_should(
        steps in steps(120, 20_000, 200), base in any::<u64>(), late in any::<u64>(),
    ) {
        runtime().block_on(check_pages(&history(&steps), 120, base, late));
    }
}

#[tokio::test]
async fn pages_of_many_short_rows_are_cut_by_their_number() {
    let rows: Vec<CommitRow> = (1..=7_000_u64)
        .map(|n| row(message(n.into()), place(u8::try_from(n % 3).unwrap()), n / 5 + 1, Some(b"x")))
        .collect();
    check_pages(&rows, 3, 100, 0).await;
    check_pages(&rows, 3, 1, 50).await;
}

/// The last changes are kept in memory, where a row that changes again stands twice.
#[tokio::test]
async fn what_has_changed_again_comes_once_and_under_its_last_number() {
    let (_storage, store) = memory().await;
    let at = |n: u64| place(u8::try_from(n % 40).unwrap());
    let first: Vec<CommitRow> =
        (1..=40_u64).map(|n| row(message(n.into()), at(n), n, Some(b"first"))).collect();
    store.commit(EPOCH, NOW, &batch(0, 40, first)).await.unwrap();
    let old: Vec<ScopeId> = (0..40).map(place).collect();
    let query = |base, head| {
        let from = Resume { head, scope: None, after: base };
        PageQuery { base, old: old.clone(), new: Vec::new(), from, first: true }
    };
    let numbers = |rows: Vec<CommitRow>| rows.iter().map(|row| row.seq).collect::<Vec<_>>();
    assert_eq!(numbers(walk(&store, &query(10, 40)).await), (11..=40).collect::<Vec<_>>());
    // Every other one, in the opposite order; then nothing, for longer than is kept.
    let again: Vec<CommitRow> = (1..=20_u64)
        .map(|n| row(message((42 - 2 * n).into()), at(42 - 2 * n), 40 + n, Some(b"again")))
        .collect();
    store.commit(EPOCH, NOW, &batch(40, 60, again)).await.unwrap();
    let odd = |from: u64| (from..=40).filter(|n| n % 2 == 1);
    for base in [10, 0, 30] {
        let wanted: Vec<u64> = odd(base + 1).chain(41..=60).collect();
        assert_eq!(numbers(walk(&store, &query(base, 60)).await), wanted, "after {base}");
    }
    assert_eq!(numbers(walk(&store, &query(0, 40)).await), odd(1).collect::<Vec<_>>(), "to a head behind");
    let far = 60 + 20_000;
    let late = vec![row(message(99), at(9), far, Some(b"late"))];
    store.commit(EPOCH, NOW, &batch(60, far, late)).await.unwrap();
    assert_eq!(numbers(walk(&store, &query(far - 5, far)).await), [far]);
    assert_eq!(numbers(walk(&store, &query(58, far)).await), [59, 60, far], "from the file");
}

#[tokio::test]
async fn one_mutation_that_is_longer_than_a_page_stays_whole() {
    let mut rows: Vec<CommitRow> =
        (1..=4_000_u64).map(|n| row(message(n.into()), deal(0), 2, Some(b"x"))).collect();
    rows.push(row(message(5_000), deal(0), 1, Some(b"before")));
    rows.push(row(message(5_001), deal(0), 3, Some(b"after")));
    rows.push(row(message(5_002), deal(1), 3, Some(&vec![1; PAGE_BYTES + 1])));
    check_pages(&rows, 2, 0, 0).await;
}
