//! A life of Alice's store, written down step by step, so that it can be lived again on a disk that
//! fails: the same steps lead to the same file, row by row.

use crate::people::*;
use domain::entity::Deal;
use domain::mutation::*;
use domain::*;
use protocol::frame::{Answer, Delta};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use store::{CommitError, Identity, Store, StoreError};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// What happens to a store; one transaction each.
#[derive(Debug, Clone)]
pub enum Step {
    Commit(Vec<Mutation>),
    Apply(u64, Delta),
    Answers(Vec<Answer>),
    Reset(u64),
    Retry(i64),
    Discard(i64),
    Reopen,
}

/// The steps, the file they begin with, and what the file holds after each.
pub struct Life {
    pub identity: Identity,
    pub begin: Vec<u8>,
    pub steps: Vec<Step>,
    /// One more than steps: the first is the beginning.
    pub states: Vec<Vec<String>>,
}

/// A store in a folder of its own.
pub struct Lived {
    pub store: Store,
    pub path: PathBuf,
    pub identity: Identity,
}

impl Lived {
    pub fn path_in(folder: &Path) -> PathBuf {
        folder.join("program.db")
    }

    pub async fn open(folder: &Path, identity: &Identity) -> Result<Self, StoreError> {
        let (path, identity) = (Self::path_in(folder), identity.clone());
        let store = Store::open(&path, &file_key(), identity.clone()).await?;
        Ok(Self { store, path, identity })
    }

    pub async fn take(&mut self, step: &Step) -> Result<(), StoreError> {
        let refused = |error| match error {
            CommitError::Store(error) => error,
            CommitError::Refused(refusal) => panic!("{refusal:?}"),
        };
        match step.clone() {
            Step::Commit(mutations) => {
                self.store.commit_all(mutations, now()).await.map(drop).map_err(refused)
            }
            Step::Apply(epoch, delta) => self.store.apply_delta(epoch, delta).await.map(drop),
            Step::Answers(answers) => self.store.apply_answers(answers).await.map(drop),
            Step::Reset(epoch) => {
                self.store.reset_for_epoch(epoch, self.store.sync_state().await?.chain.n).await.map(drop)
            }
            Step::Retry(id) => self.store.retry(id, now()).await.map(drop).map_err(refused),
            Step::Discard(id) => self.store.discard(id, now()).await.map(drop),
            Step::Reopen => {
                // A log that could not be emptied is emptied another time.
                drop(self.store.close().await);
                self.store = Store::open(&self.path, &file_key(), self.identity.clone()).await?;
                Ok(())
            }
        }
    }
}

/// Everything the file says, in an order of its own; not whether bytes wait to be wiped, which the next
/// start may have done.
pub async fn state_of(path: &Path) -> Vec<String> {
    let key = file_key_pragma();
    let options = SqliteConnectOptions::new().filename(path).pragma("key", key).read_only(true);
    let mut conn = options.connect().await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
           AND name NOT LIKE 'find%' ORDER BY name",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut lines = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT group_concat('quote(' || name || ')', '||'',''||') FROM pragma_table_xinfo('{table}') \
             WHERE name <> 'wipe'"
        );
        let columns: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap();
        let sql = format!("SELECT '{table} ' || {columns} AS line FROM {table} ORDER BY line");
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap();
        lines.extend(rows);
    }
    conn.close().await.unwrap();
    lines
}

/// What is wrong with the pages of a closed file.
pub async fn complaints(path: &Path) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(path).pragma("key", file_key_pragma());
    let mut conn = options.connect().await.unwrap();
    let mut wrong: Vec<String> =
        sqlx::query_scalar("PRAGMA cipher_integrity_check").fetch_all(&mut conn).await.unwrap();
    let check: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut conn).await.unwrap();
    wrong.extend(check.into_iter().filter(|line| line != "ok"));
    conn.close().await.unwrap();
    wrong
}

/// Writes steps down while they are taken.
struct Writing {
    world: World,
    life: Life,
}

impl Writing {
    async fn take(&mut self, step: Step) {
        let alice = &mut self.world.alice;
        let (store, path) = (alice.store.clone(), alice.path.clone());
        let mut lived = Lived { store, path, identity: alice.identity.clone() };
        lived.take(&step).await.unwrap();
        alice.store = lived.store;
        self.life.steps.push(step);
        self.life.states.push(state_of(&alice.path).await);
    }

    async fn commit(&mut self, mutation: impl Into<Mutation>) {
        self.take(Step::Commit(vec![mutation.into()])).await;
    }

    async fn push(&mut self, items: usize) {
        let World { alice, hub, .. } = &mut self.world;
        alice.push(hub, items).await;
    }

    /// Takes in pages of about `limit` rows until caught up.
    async fn pull(&mut self, limit: usize) {
        loop {
            let World { alice, hub, .. } = &self.world;
            let state = alice.store.sync_state().await.unwrap();
            let answers = hub.answers_after(alice.device, state.answered);
            let delta = hub.page(alice.device, state.cursor, state.resume.as_ref(), answers, limit);
            let done = delta.resume.is_none();
            let epoch = hub.epoch;
            self.take(Step::Apply(epoch, delta)).await;
            if done {
                return;
            }
        }
    }

    async fn bob(&mut self, mutation: impl Into<Mutation>) {
        let World { bob, hub, .. } = &mut self.world;
        bob.sync(hub).await;
        bob.store.commit(mutation, now()).await.unwrap();
        bob.sync(hub).await;
    }
}

impl Writing {
    /// Dora, of another partner, registers a customer.
    async fn dora_is_first(&mut self, domain: &str) {
        let organization = OrganizationId(Uuid::now_v7());
        self.bob(OrganizationAdd { organization, name: "Dijk Partners".to_owned() }).await;
        let World { bob, hub, .. } = &mut self.world;
        let dora = Person::new(hub.program, organization, 9).await;
        invite(hub, bob, &dora, entity::Role::Seller, "Dora");
        dora.sync(hub).await;
        dora.store.commit(register(DealId(Uuid::now_v7()), "Dora's", domain), now()).await.unwrap();
        dora.sync(hub).await;
    }
}

/// Every kind of work a store does, once or twice. All tests live the same life.
pub async fn a_life() -> &'static Life {
    static LIFE: OnceCell<Life> = OnceCell::const_new();
    LIFE.get_or_init(a_new_life).await
}

async fn a_new_life() -> Life {
    let mut world = World::before_first_sync().await;
    let World { bob, hub, .. } = &mut world;
    bob.sync(hub).await;
    world.alice.store.close().await.unwrap();
    let begin = std::fs::read(&world.alice.path).unwrap();
    let identity = world.alice.identity.clone();
    let states = vec![state_of(&world.alice.path).await];
    world.alice.store = Store::open(&world.alice.path, &file_key(), identity.clone()).await.unwrap();
    let mut it = Writing { world, life: Life { identity, begin, steps: Vec::new(), states } };

    // Joined: the first rows, page by page.
    it.pull(3).await;
    // A deal and what is said about it, before the hub hears of any.
    let deal = DealId(Uuid::now_v7());
    it.commit(register(deal, "Lock gate", "lock-gate.nl")).await;
    let words = (0..6).map(|n| say(deal, &format!("{n} {}", "word ".repeat(300))).into()).collect();
    it.take(Step::Commit(words)).await;
    it.push(3).await;
    it.pull(usize::MAX).await;
    it.push(usize::MAX).await;
    it.pull(usize::MAX).await;
    // Bob decides and edits under her hands: her change runs again on top of his.
    it.bob(RegistrationDecide { deal, decision: Decision::Approve }).await;
    it.bob(say(deal, "Approved")).await;
    let plan = milestone(deal, "Pen test");
    let step = plan.milestone;
    it.commit(plan).await;
    let seen: Deal = it.world.alice.see(deal).await.unwrap();
    let patch = vec![FieldPatch::on(&seen, DealValue::Need("More pressure".to_owned()))];
    it.commit(DealEdit { deal, patch }).await;
    it.pull(2).await;
    it.push(usize::MAX).await;
    // Only the answers arrive, then their rows.
    let state = it.world.alice.store.sync_state().await.unwrap();
    let answers = it.world.hub.answers_after(it.world.alice.device, state.answered);
    it.take(Step::Answers(answers)).await;
    it.pull(usize::MAX).await;
    it.take(Step::Reopen).await;
    it.commit(MilestoneComplete { deal, milestone: step }).await;
    // A race that is lost: refused, its dependants parked, tried again, given up.
    let taken = DealId(Uuid::now_v7());
    it.dora_is_first("polder.nl").await;
    it.commit(register(taken, "Pump station", "polder.nl")).await;
    it.commit(say(taken, "Shall we start?")).await;
    it.push(usize::MAX).await;
    it.pull(usize::MAX).await;
    let refused = it.world.alice.store.refusals().await.unwrap();
    assert_eq!((refused.len(), refused[0].parked.len()), (1, 1), "the race was lost");
    it.take(Step::Retry(refused[0].id)).await;
    it.push(usize::MAX).await;
    it.pull(usize::MAX).await;
    let refused = it.world.alice.store.refusals().await.unwrap();
    it.take(Step::Discard(refused[0].id)).await;
    // The room is taken away, with its bytes, and given back.
    it.commit(say(deal, "Still mine")).await;
    it.world.hub.revoke(ScopeId::Deal(deal), it.world.alice.organization);
    it.pull(usize::MAX).await;
    it.world.hub.grant(ScopeId::Deal(deal), it.world.alice.organization);
    it.pull(usize::MAX).await;
    it.push(usize::MAX).await;
    it.pull(usize::MAX).await;
    // The hub's history becomes another one.
    it.world.hub.epoch += 1;
    it.take(Step::Reset(it.world.hub.epoch)).await;
    it.pull(4).await;
    it.commit(say(deal, "Good again")).await;
    it.world.alice.store.close().await.unwrap();
    it.life
}
