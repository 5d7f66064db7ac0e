//! The index of words says at every moment what a look at every row would say.

use crate::people::*;
use crate::secrecy::{deciphered, holds};
use domain::entity::Deal;
use domain::mutation::*;
use domain::search::show::has_words;
use domain::search::{Document, Kind, document, read};
use domain::*;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sqlx::Row as _;
use std::collections::{BTreeMap, BTreeSet};
use store::query::find::{Found, Search, search, unindexed};
use uuid::Uuid;

const KINDS: [(Table, &str); 6] = [
    (Table::Messages, "messages"),
    (Table::Deals, "deals"),
    (Table::Accounts, "accounts"),
    (Table::Organizations, "organizations"),
    (Table::Members, "members"),
    (Table::Milestones, "milestones"),
];

impl Person {
    pub async fn find_for(&self, typed: &str, partner: Option<OrganizationId>, ranked: bool) -> Found {
        let asked = read(typed, !ranked, now().date());
        let (since, until) = (asked.since, asked.until);
        let at = |day: Date| Timestamp(i64::from(day.days()) * date::DAY_MS);
        let sought = Search {
            asked: &asked,
            partner,
            since: since.map(at),
            until: until.map(|day| at(day.plus_days(1))),
            limit: 500,
            ranked,
        };
        search(&self.store, sought).await.unwrap()
    }

    pub async fn finds(&self, typed: &str) -> BTreeSet<Uuid> {
        self.find_for(typed, None, false).await.hits.iter().map(|hit| hit.id).collect()
    }

    async fn documents(&self) -> BTreeMap<Uuid, Document> {
        let rows = self.rows().await;
        rows.iter()
            .filter_map(|(key, row)| Some((key.id, document(key.table, key.id, row.body.as_ref()?)?)))
            .collect()
    }

    /// Compares the index, word by word, with a look at every row; and some questions with it.
    pub async fn index_is_a_scan(&self, questions: &[&str]) {
        let documents = self.documents().await;
        let mut conn = self.raw().await;
        let mut ids = BTreeMap::new();
        for (_, name) in KINDS {
            let sql = format!("SELECT id, doc FROM {name}");
            for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap() {
                let doc: Option<i64> = row.get(1);
                let before =
                    ids.insert(doc.expect("every row is indexed"), Uuid::from_slice(row.get(0)).unwrap());
                assert_eq!(before, None, "two rows are one document");
            }
        }
        sqlx::query("CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, find, instance)")
            .execute(&mut conn)
            .await
            .unwrap();
        let indexed: Vec<(String, i64)> =
            sqlx::query_as("SELECT DISTINCT term, doc FROM temp.word").fetch_all(&mut conn).await.unwrap();
        let mut here: BTreeSet<(String, Uuid)> = BTreeSet::new();
        for (word, doc) in indexed {
            if word.chars().all(char::is_alphanumeric) {
                here.insert((word, *ids.get(&doc).expect("a document without a row")));
            } else {
                assert!(ids.contains_key(&doc), "a sign without a row");
            }
        }
        let mut there = BTreeSet::new();
        for (id, document) in &documents {
            for word in document.words().into_iter().flatten() {
                there.insert((word.folded, *id));
            }
        }
        assert_eq!(here, there);
        for question in questions {
            let asked = read(question, true, now().date());
            let scan: BTreeSet<Uuid> = documents
                .iter()
                .filter(|(_, document)| !asked.is_empty() && has_words(document, &asked.words))
                .map(|(id, _)| *id)
                .collect();
            assert_eq!(self.finds(question).await, scan, "{question}");
        }
    }
}

const QUESTIONS: [&str; 8] =
    ["pu", "pump sta", "\"pump station\"", "zurich", "東京", "京", "gauge benelux", "nothing"];

#[tokio::test]
async fn what_one_writes_is_found_at_once_and_by_the_other_when_it_has_come() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Pump station Zürich").await;
    let said = say(deal, "The PUMP in 東京都 leaks, see https://polder.example");
    world.alice.store.commit(said.clone(), now()).await.unwrap();
    assert_eq!(world.alice.finds("leak").await, BTreeSet::from([said.message.0]), "offline, while typing");
    assert!(world.bob.finds("leak").await.is_empty());
    world.sync().await;
    assert_eq!(world.bob.finds("zurich").await, BTreeSet::from([deal.0]));
    for typed in ["leaks from:alice", "leaks from:polder", "has:link", "in:zurich kind:message", "東京"] {
        assert_eq!(world.bob.finds(typed).await, BTreeSet::from([said.message.0]), "{typed}");
    }
    for typed in [
        "leaks from:bob",
        "leaks from:nobody",
        "leaks in:elsewhere",
        "has:reply",
        "leaks kind:deal",
        "leaks from:me",
        "",
        "  ",
    ] {
        assert!(world.bob.finds(typed).await.is_empty(), "{typed}");
    }
    assert!(world.alice.finds("leaks from:me").await.contains(&said.message.0));
    let hit = world.bob.find_for("leaks", None, true).await.hits.pop().unwrap();
    assert_eq!(hit.deal.unwrap().0, "Pump station Zürich");
    assert!(hit.position.is_some() && hit.document.author == Some(world.alice.member));
    for person in [&world.alice, &world.bob] {
        person.index_is_a_scan(&QUESTIONS).await;
    }
}

#[tokio::test]
async fn a_lens_shows_one_partners_deals_only() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Pump station").await;
    world.alice.store.commit(say(deal, "a pump"), now()).await.unwrap();
    world.sync().await;
    let of = |found: Found| found.hits.iter().map(|hit| hit.document.kind).collect::<BTreeSet<_>>();
    let found = of(world.bob.find_for("pump", Some(world.alice.organization), false).await);
    assert_eq!(found, BTreeSet::from([Kind::Message, Kind::Deal]));
    assert!(world.bob.find_for("pump", Some(world.bob.organization), false).await.hits.is_empty());
}

#[tokio::test]
async fn days_narrow_and_newest_come_first() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Pump station").await;
    for (number, back) in [30, 1, 12].into_iter().enumerate() {
        let at = now().plus_days(-back);
        world.alice.store.commit(say(deal, &format!("leak {number}")), at).await.unwrap();
    }
    let found = world.alice.find_for("leak", None, false).await;
    let said: Vec<_> = found.hits.iter().map(|hit| hit.document.text.as_str()).collect();
    assert_eq!(said, ["leak 1", "leak 2", "leak 0"]);
    let day = |back: i64| now().plus_days(-back).date();
    assert_eq!(world.alice.finds(&format!("leak after:{}", day(12))).await.len(), 2);
    assert_eq!(world.alice.finds(&format!("leak before:{}", day(12))).await.len(), 1);
    assert_eq!(world.alice.finds(&format!("leak on:{}", day(12))).await.len(), 1);
    assert_eq!(world.alice.finds("on:yesterday kind:message").await.len(), 1);
}

#[tokio::test]
async fn many_hits_are_counted_up_to_a_limit() {
    let world = World::new().await;
    let deal: DealId = Uuid::now_v7().into();
    world.alice.store.commit(register(deal, "Quay", "quay.nl"), now()).await.unwrap();
    let say: Vec<Mutation> = (0..1_100).map(|n| say(deal, &format!("message {n}")).into()).collect();
    world.alice.store.commit_all(say, now()).await.unwrap();
    let found = world.alice.find_for("mess", None, false).await;
    assert_eq!((found.hits.len(), found.count, found.more), (500, 1_000, true));
    // All of the same minute, more than have numbers in it.
    world.alice.index_is_a_scan(&["message 7", "mess"][..1]).await;
}

#[tokio::test]
async fn what_is_taken_away_leaves_no_word_behind() {
    for many in [5, 400] {
        let mut world = World::new().await;
        let (deal, kept) = (world.shared_deal("qzvdealcanary").await, world.shared_deal("Kept pump").await);
        world.bob.store.commit(say(kept, "a pump stays"), now()).await.unwrap();
        let say: Vec<Mutation> =
            (0..many).map(|n| say(deal, &format!("{n} qzvmessagecanary pump {}", n % 7)).into()).collect();
        world.bob.store.commit_all(say, now()).await.unwrap();
        world.sync().await;
        let held = |path: &std::path::Path| {
            let bytes = deciphered(path);
            ["dealcanary", "messagecanary"].map(|word| holds(&bytes, word))
        };
        assert_eq!(held(&world.alice.path), [true, true]);
        world.hub.revoke(ScopeId::Deal(deal), world.alice.organization);
        world.alice.pull(&world.hub, usize::MAX).await;
        assert_eq!(held(&world.alice.path), [false, false], "neither rows nor index, {many} messages");
        assert!(world.alice.finds("qzv").await.is_empty());
        assert_eq!(world.alice.finds("stays pu").await.len(), 1);
        world.alice.index_is_a_scan(&QUESTIONS).await;
    }
}

#[tokio::test]
async fn segments_are_indexed_afterwards_in_slices() {
    let (mut world, mut bob, _, many) = crate::segments::bobs_new_device().await;
    bob.store.until_unindexed().await;
    bob.take_segments(&world.hub, usize::MAX, 400).await;
    let (left, all) = unindexed(&bob.store).await.unwrap().unwrap();
    assert!(left >= many as u64 && left <= all);
    assert!(bob.finds("message").await.is_empty());
    tokio::time::timeout(std::time::Duration::from_secs(5), bob.store.until_unindexed()).await.unwrap();
    assert!(bob.store.index_some().await.unwrap());
    // What is half done goes on after a restart.
    bob.restart().await;
    bob.store.until_unindexed().await;
    while bob.store.index_some().await.unwrap() {}
    assert_eq!(unindexed(&bob.store).await.unwrap(), None);
    bob.sync(&mut world.hub).await;
    bob.index_is_a_scan(&["message 12", "quay", "bob"]).await;
    assert_eq!(bob.find_for("message", None, false).await.count, 1_000);
}

#[tokio::test]
async fn a_file_from_before_the_index_is_indexed_once_it_is_open() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Pump station").await;
    world.alice.store.commit(say(deal, "a pump"), now()).await.unwrap();
    world.alice.store.close().await.unwrap();
    // As after the migration, or with rules of another version.
    {
        use sqlx::{ConnectOptions, Connection};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&world.alice.path);
        let mut conn = options.pragma("key", file_key_pragma()).foreign_keys(false).connect().await.unwrap();
        sqlx::query("UPDATE find_state SET version = 0").execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }
    world.alice.store =
        store::Store::open(&world.alice.path, &file_key(), world.alice.identity.clone()).await.unwrap();
    assert!(world.alice.finds("pump").await.is_empty());
    assert!(unindexed(&world.alice.store).await.unwrap().is_some());
    // What changes meanwhile is indexed with it.
    world.alice.store.commit(say(deal, "another pump"), now()).await.unwrap();
    assert_eq!(world.alice.finds("pump").await.len(), 1);
    while world.alice.store.index_some().await.unwrap() {}
    world.alice.index_is_a_scan(&QUESTIONS).await;
}

#[derive(Debug, Clone)]
enum Step {
    Say(bool, usize, usize),
    Edit(bool, usize, usize),
    Plan(bool, usize),
    Drop(usize),
    Undo,
    Sync,
    Revoke(usize),
    Grant(usize),
    Reset,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), 0..2_usize, 0..6_usize).prop_map(|(who, deal, text)| Step::Say(who, deal, text)),
        3 => (any::<bool>(), 0..2_usize, 0..6_usize).prop_map(|(who, deal, text)| Step::Edit(who, deal, text)),
        2 => (any::<bool>(), 0..2_usize).prop_map(|(who, deal)| Step::Plan(who, deal)),
        1 => (0..2_usize).prop_map(Step::Drop),
        2 => Just(Step::Undo),
        3 => Just(Step::Sync),
        1 => (0..2_usize).prop_map(Step::Revoke),
        1 => (0..2_usize).prop_map(Step::Grant),
        1 => Just(Step::Reset),
        1 => Just(Step::Restart),
    ]
}

const TEXTS: [&str; 6] =
    ["the pump station", "Pump, Stationen", "ZÜRICH zurich", "東京都と京都", "AND OR NOT \"x\" *", "pu\0mp"];

#[test]
fn whatever_happens_the_index_is_a_scan() {
    let config = ProptestConfig { cases: 12, max_shrink_iters: 60, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    TestRunner::new(config)
        .run(&proptest::collection::vec(step(), 4..24), |steps| {
            runtime.block_on(happens(steps));
            Ok(())
        })
        .unwrap();
}

async fn happens(steps: Vec<Step>) {
    let mut world = World::new().await;
    let deals = [world.approved_deal("Pump station").await, world.approved_deal("Zürich").await];
    let mut undo: Option<Undo> = None;
    for step in steps {
        match step {
            // What the rules refuse leaves the index alone, too.
            Step::Say(who, deal, text) => {
                drop(person(&world, who).store.commit(say(deals[deal], TEXTS[text]), now()).await)
            }
            Step::Edit(who, deal, text) => {
                let who = person(&world, who);
                if let Some(seen) = who.see::<Deal>(deals[deal]).await {
                    let patch = vec![FieldPatch::on(&seen, DealValue::Need(TEXTS[text].replace('\0', " ")))];
                    let edit = DealEdit { deal: deals[deal], patch };
                    undo = who.store.commit(edit, now()).await.ok().map(|done| done.undo);
                }
            }
            Step::Plan(who, deal) => {
                drop(person(&world, who).store.commit(milestone(deals[deal], "Pump pilot"), now()).await)
            }
            Step::Drop(deal) => {
                let rows = world.alice.rows().await;
                let step = rows.iter().find(|(key, row)| {
                    key.table == Table::Milestones && row.scope == ScopeId::Deal(deals[deal])
                });
                if let Some((key, _)) = step {
                    let remove = MilestoneRemove { deal: deals[deal], milestone: key.id.into() };
                    undo = world.alice.store.commit(remove, now()).await.ok().map(|done| done.undo);
                }
            }
            Step::Undo => {
                if let Some(Undo::By(undo)) = undo.take() {
                    drop(world.alice.store.commit(*undo, now()).await);
                }
            }
            Step::Sync => world.sync().await,
            Step::Revoke(deal) => world.hub.revoke(ScopeId::Deal(deals[deal]), world.alice.organization),
            Step::Grant(deal) => {
                world.hub.revoke(ScopeId::Deal(deals[deal]), world.alice.organization);
                world.hub.grant(ScopeId::Deal(deals[deal]), world.alice.organization);
            }
            Step::Reset => {
                drop(world.alice.store.reset_for_epoch(world.hub.epoch, u64::MAX >> 1).await.unwrap())
            }
            Step::Restart => world.alice.restart().await,
        }
        world.alice.index_is_a_scan(&QUESTIONS).await;
    }
    world.sync().await;
    for person in [&world.alice, &world.bob] {
        person.index_is_a_scan(&QUESTIONS).await;
    }
}

fn person(world: &World, alice: bool) -> &Person {
    if alice { &world.alice } else { &world.bob }
}
