//! Refused mutations and what depends on them: nothing leaves the outbox silently.

use crate::error::{Code, CommitError, Result, StoreError};
use crate::journal;
use crate::meta::{damaged, signed, unsigned};
use crate::outbox::{Committed, PARKED, QUEUED, commit_in};
use crate::rows::scope;
use crate::store::Store;
use crate::tx::Tx;
use domain::{Mutate as _, Mutation, Refusal, Rule, ScopeId, Timestamp};
use protocol::frame::Answer;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use std::collections::{BTreeMap, BTreeSet};

/// What the person reads first when a hub accepted a change, lost it, and does not accept it again.
const RESTORED: &str = "The hub was restored from a backup and no longer accepts this. ";

/// A mutation the hub refused, waiting for the person to decide.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedItem {
    /// Its id among the refusals.
    pub id: i64,
    /// The mutation.
    pub item: Item,
    /// Why the hub refused it.
    pub refusal: Refusal,
    /// When, hub time.
    pub refused_at: Timestamp,
    /// What makes no sense without it, in order.
    pub parked: Vec<Item>,
}

/// A mutation that was made here.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its number in the chain of this device.
    pub n: u64,
    /// Its name.
    pub name: String,
    /// Its lane.
    pub lane: ScopeId,
    /// When it was made, this device's time.
    pub at: Timestamp,
    /// The mutation; `None` when another version made it and this one cannot read it.
    pub mutation: Option<Mutation>,
}

/// How much waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Mutations without an answer.
    pub waiting: u64,
    /// Refusals that need a decision.
    pub refused: u64,
}

impl Store {
    /// Refused mutations, oldest first.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn refusals(&self) -> Result<Vec<RefusedItem>> {
        let mut conn = self.reader().await?;
        let mut items: BTreeMap<i64, RefusedItem> = BTreeMap::new();
        let roots = sqlx::query(
            "SELECT n, name, lane, payload, at, id, rule, message, evidence, refused_at FROM refusal ORDER BY id",
        );
        for row in roots.fetch_all(&mut *conn).await? {
            let id: i64 = row.try_get(5)?;
            let rule: i64 = row.try_get(6)?;
            let evidence: Vec<u8> = row.try_get(8)?;
            let refusal = Refusal {
                rule: minicbor::decode(&minicbor::to_vec(rule).unwrap_or_default()).map_err(damaged)?,
                message: row.try_get(7)?,
                evidence: minicbor::decode(&evidence).map_err(damaged)?,
            };
            let refused_at = Timestamp(row.try_get(9)?);
            let item = read_item(&row, 0)?;
            items.insert(id, RefusedItem { id, item, refusal, refused_at, parked: Vec::new() });
        }
        let parked =
            sqlx::query("SELECT n, name, lane, payload, at, refusal_id FROM parked ORDER BY refusal_id, ord");
        for row in parked.fetch_all(&mut *conn).await? {
            if let Some(root) = items.get_mut(&row.try_get(5)?) {
                root.parked.push(read_item(&row, 0)?);
            }
        }
        Ok(items.into_values().collect())
    }

    /// Mutations without an answer, oldest first, at most `limit`.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn waiting(&self, limit: u32) -> Result<Vec<Item>> {
        let mut conn = self.reader().await?;
        let rows =
            sqlx::query("SELECT n, name, lane, payload, at FROM outbox WHERE state = ? ORDER BY n LIMIT ?")
                .bind(QUEUED)
                .bind(limit)
                .fetch_all(&mut *conn)
                .await?;
        rows.iter().map(|row| read_item(row, 0)).collect()
    }

    /// How much waits and how much was refused.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn counts(&self) -> Result<Counts> {
        let mut conn = self.reader().await?;
        let (waiting, refused): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM outbox WHERE state = ?), (SELECT count(*) FROM refusal)",
        )
        .bind(QUEUED)
        .fetch_one(&mut *conn)
        .await?;
        Ok(Counts { waiting: unsigned(waiting), refused: unsigned(refused) })
    }

    /// Commits a refused mutation and what was parked behind it anew, in order, in one transaction.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is no such refusal, and as [`Store::commit`]: it stays then.
    pub async fn retry(&self, refusal: i64, now: Timestamp) -> Result<Vec<Committed>, CommitError> {
        self.again(refusal, None, now).await
    }

    /// Commits `mutation` in place of a refused one, then what was parked behind that.
    ///
    /// # Errors
    /// As [`Store::retry`].
    pub async fn replace(
        &self,
        refusal: i64,
        mutation: impl Into<Mutation>,
        now: Timestamp,
    ) -> Result<Vec<Committed>, CommitError> {
        self.again(refusal, Some(mutation.into()), now).await
    }

    async fn again(
        &self,
        refusal: i64,
        instead: Option<Mutation>,
        now: Timestamp,
    ) -> Result<Vec<Committed>, CommitError> {
        self.unlocked()?;
        let work = self.write(move |tx| {
            Box::pin(async move {
                let mutations = take(tx, refusal, instead).await?;
                commit_in(tx, &mutations, now).await
            })
        });
        let (mut committed, change) = work.await?;
        committed.iter_mut().for_each(|committed| committed.change = change.clone());
        Ok(committed)
    }
}

/// Reads the five columns of an item: n, name, lane, payload, at.
pub(crate) fn read_item(row: &SqliteRow, first: usize) -> Result<Item> {
    let name: String = row.try_get(first + 1)?;
    let payload: &[u8] = row.try_get(first + 3)?;
    Ok(Item {
        n: unsigned(row.try_get(first)?),
        lane: scope(row.try_get(first + 2)?)?,
        at: Timestamp(row.try_get(first + 4)?),
        mutation: Mutation::from_payload(&name, payload).ok(),
        name,
    })
}

/// The mutations of a refusal, root first, which then is gone.
async fn take(tx: &mut Tx, refusal: i64, instead: Option<Mutation>) -> Result<Vec<Mutation>, CommitError> {
    let rows = sqlx::query(
        "SELECT -1, name, payload FROM refusal WHERE id = ?1
         UNION ALL SELECT ord, name, payload FROM parked WHERE refusal_id = ?1 ORDER BY 1",
    )
    .bind(refusal)
    .fetch_all(tx.conn()?)
    .await?;
    let mut mutations = Vec::with_capacity(rows.len());
    for row in &rows {
        let is_root = mutations.is_empty();
        match &instead {
            Some(instead) if is_root => mutations.push(instead.clone()),
            _ => mutations.push(Mutation::from_payload(row.try_get(1)?, row.try_get(2)?)?),
        }
    }
    remove(tx, refusal).await?;
    Ok(mutations)
}

pub(crate) async fn remove(tx: &mut Tx, refusal: i64) -> Result<()> {
    let removed = sqlx::query("DELETE FROM refusal WHERE id = ?").bind(refusal).execute(tx.conn()?).await?;
    if removed.rows_affected() == 0 {
        return Err(StoreError::new(Code::NotFound, "looking for a refusal"));
    }
    sqlx::query("DELETE FROM parked WHERE refusal_id = ?").bind(refusal).execute(tx.conn()?).await?;
    tx.changing.sync = true;
    Ok(())
}

/// A mutation that another branch of the hub's history had refused stands in this one: there is nothing to
/// decide any more, unless something else waits behind it.
pub(crate) async fn taken_after_all(tx: &mut Tx, n: i64) -> Result<()> {
    for forget in [
        "DELETE FROM parked WHERE n = ?",
        "DELETE FROM refusal WHERE n = ? AND NOT EXISTS (SELECT 1 FROM parked WHERE refusal_id = refusal.id)",
    ] {
        sqlx::query(forget).bind(n).execute(tx.conn()?).await?;
    }
    Ok(())
}

/// Behind which refusal a mutation is parked.
#[derive(Debug, Clone, Copy)]
enum Root {
    /// One of this delta, by its number.
    New(i64),
    /// One that is there already.
    Known(i64),
}

/// Mutations that leave the outbox because of refusals.
#[derive(Debug, Default)]
pub(crate) struct Leaving {
    roots: BTreeMap<i64, Answer>,
    parked: BTreeMap<i64, Root>,
    /// Those the hub has answered; the others stay in the chain and are still sent.
    answered: BTreeMap<i64, Timestamp>,
}

impl Leaving {
    /// Numbers of all whose effect has to go.
    pub(crate) fn ids(&self) -> BTreeSet<i64> {
        self.roots.keys().chain(self.parked.keys()).copied().collect()
    }
}

/// Sorts refused mutations into roots and what hangs on them. A mutation hangs on a refused one when
/// it touched a row that one created, or when the hub later finds that its lane is not there.
pub(crate) async fn leaving(tx: &mut Tx, refused: Vec<Answer>) -> Result<Leaving> {
    let mut leaving = Leaving::default();
    // Refused mutations of this delta after which nothing of their lane can succeed.
    let mut shut: BTreeMap<ScopeId, i64> = BTreeMap::new();
    for answer in refused {
        let n = signed(answer.n);
        let row = sqlx::query("SELECT name, payload, lane FROM outbox WHERE n = ?")
            .bind(n)
            .fetch_one(tx.conn()?)
            .await?;
        leaving.answered.insert(n, answer.at);
        if leaving.parked.contains_key(&n) {
            continue;
        }
        let Some(Refusal { rule, .. }) = answer.refusal else { continue };
        let lane = scope(row.try_get(2)?)?;
        if lane_is_gone(rule) {
            let root = match shut.get(&lane) {
                Some(root) => Some(Root::New(*root)),
                None => known_root(tx, lane).await?.map(Root::Known),
            };
            if let Some(root) = root {
                leaving.parked.insert(n, root);
                continue;
            }
        }
        if lane_is_gone(rule) || opens(row.try_get(0)?, row.try_get(1)?) {
            shut.entry(lane).or_insert(n);
        }
        for dependant in
            dependants(tx, n).await?.into_iter().filter(|_| !domain::planted!(DependantsNotParked))
        {
            leaving.parked.entry(dependant).or_insert(Root::New(n));
        }
        leaving.roots.insert(n, answer);
    }
    Ok(leaving)
}

fn lane_is_gone(rule: Rule) -> bool {
    matches!(rule, Rule::NotFound | Rule::NotInScope)
}

fn opens(name: &str, payload: &[u8]) -> bool {
    Mutation::from_payload(name, payload).is_ok_and(|mutation| mutation.opens_lane())
}

/// The latest refusal after which nothing in `lane` can succeed.
async fn known_root(tx: &mut Tx, lane: ScopeId) -> Result<Option<i64>> {
    let rows = sqlx::query("SELECT id, name, payload, rule FROM refusal WHERE lane = ? ORDER BY id DESC")
        .bind(lane.to_bytes())
        .fetch_all(tx.conn()?)
        .await?;
    for row in rows {
        let rule: i64 = row.try_get(3)?;
        let gone = [Rule::NotFound, Rule::NotInScope].iter().any(|gone| i64::from(*gone as u8) == rule);
        if gone || opens(row.try_get(1)?, row.try_get(2)?) {
            return Ok(Some(row.try_get(0)?));
        }
    }
    Ok(None)
}

/// Unanswered mutations that touched a row that `root`, or one of them, created.
async fn dependants(tx: &mut Tx, root: i64) -> Result<Vec<i64>> {
    let ids = sqlx::query_scalar(
        "WITH RECURSIVE dependant (n) AS (
           SELECT ?1
           UNION
           SELECT later.n FROM dependant
           CROSS JOIN touched AS made ON made.n = dependant.n AND made.wrote = 2
           CROSS JOIN touched AS later ON later.tbl = made.tbl AND later.id = made.id AND later.n > dependant.n
           CROSS JOIN outbox AS o ON o.n = later.n AND o.state = ?2
         ) SELECT n FROM dependant WHERE n <> ?1 ORDER BY n",
    )
    .bind(root)
    .bind(QUEUED)
    .fetch_all(tx.conn()?)
    .await?;
    Ok(ids)
}

/// Moves mutations out of the outbox. Returns the ids of the new refusals.
pub(crate) async fn leave(tx: &mut Tx, leaving: Leaving) -> Result<Vec<i64>> {
    let mut refusals = BTreeMap::new();
    for (n, answer) in leaving.roots {
        if domain::planted!(RefusalDropped) {
            journal::keep_void(tx, n, answer.at).await?;
            continue;
        }
        let Some(refusal) = answer.refusal else { continue };
        let evidence = minicbor::to_vec(&refusal.evidence).unwrap_or_default();
        let moved = sqlx::query(
            "INSERT INTO refusal (n, name, lane, payload, at, rule, message, evidence, refused_at, restored)
             SELECT n, name, lane, payload, at, ?, iif(restored, ?, '') || ?, ?, ?, restored
             FROM outbox WHERE n = ?",
        )
        .bind(i64::from(refusal.rule as u8))
        .bind(RESTORED)
        .bind(refusal.message)
        .bind(evidence)
        .bind(answer.at.0)
        .bind(n)
        .execute(tx.conn()?)
        .await?;
        refusals.insert(n, moved.last_insert_rowid());
        journal::keep_void(tx, n, answer.at).await?;
    }
    for (n, root) in leaving.parked {
        let refusal = match root {
            Root::Known(refusal) => refusal,
            Root::New(root) => refusals.get(&root).copied().unwrap_or_default(),
        };
        sqlx::query(
            "INSERT INTO parked (refusal_id, ord, n, name, lane, payload, at)
             SELECT ?1, (SELECT coalesce(max(ord) + 1, 0) FROM parked WHERE refusal_id = ?1),
                    n, name, lane, payload, at
             FROM outbox WHERE n = ?2",
        )
        .bind(refusal)
        .bind(n)
        .execute(tx.conn()?)
        .await?;
        if domain::planted!(ParkedLeavesChain) {
            sqlx::query("DELETE FROM outbox WHERE n = ?").bind(n).execute(tx.conn()?).await?;
        } else if let Some(at) = leaving.answered.get(&n) {
            journal::keep_void(tx, n, *at).await?;
        } else {
            sqlx::query("UPDATE outbox SET state = ? WHERE n = ?")
                .bind(PARKED)
                .bind(n)
                .execute(tx.conn()?)
                .await?;
        }
        tx.changing.sync = true;
    }
    Ok(refusals.into_values().collect())
}

/// Makes again what a restored hub refused because it lacked what another device had still to bring
/// back, now that rows of `scopes` have come: each once, and only what makes sense here.
pub(crate) async fn try_restored(tx: &mut Tx, scopes: &BTreeSet<ScopeId>) -> Result<()> {
    let waiting: Vec<(i64, Vec<u8>, i64, i64)> =
        sqlx::query_as("SELECT id, lane, at, rule FROM refusal WHERE restored = 1 ORDER BY id")
            .fetch_all(tx.conn()?)
            .await?;
    for (id, lane, at, rule) in waiting {
        let gone = [Rule::NotFound, Rule::NotInScope].iter().any(|gone| i64::from(*gone as u8) == rule);
        if !gone || !scopes.contains(&scope(&lane)?) {
            continue;
        }
        sqlx::query("SAVEPOINT restored").execute(tx.conn()?).await?;
        let made = async {
            let mutations = take(tx, id, None).await?;
            commit_in(tx, &mutations, Timestamp(at)).await
        };
        let end = match made.await {
            Ok(made) => {
                let numbers = made.iter().map(|made| made.outbox_id).collect();
                sqlx::query("UPDATE outbox SET restored = 2 WHERE n IN (SELECT value FROM json_each(?))")
                    .bind(crate::rebase::json(&numbers))
                    .execute(tx.conn()?)
                    .await?;
                "RELEASE restored"
            }
            Err(CommitError::Refused(_)) => "ROLLBACK TO restored; RELEASE restored",
            Err(CommitError::Store(error)) => return Err(error),
        };
        sqlx::raw_sql(end).execute(tx.conn()?).await?;
    }
    Ok(())
}
