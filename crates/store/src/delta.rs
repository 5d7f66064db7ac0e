//! Taking in what the hub sends.

use crate::change::Change;
use crate::error::{Code, Result, StoreError};
use crate::meta::{self, signed};
use crate::outbox::{self, ANSWERED, PARKED, VOID};
use crate::rebase::Before;
use crate::rows::{self, Write};
use crate::store::Store;
use crate::tables::row_key;
use crate::tx::Tx;
use crate::{access, bulk, journal, local, rebase, tray};
use domain::codec::Entity as _;
use domain::entity::Grant;
use domain::{RowKey, ScopeId, Table};
use protocol::client::SyncState;
use protocol::frame::{Answer, Delta, DeltaRow};
use sqlx::Row as _;
use std::collections::{BTreeMap, BTreeSet};

/// What taking in a delta came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// What changed.
    pub change: Change,
    /// Ids of the refusals that are new.
    pub refused: Vec<i64>,
    /// Scopes that were taken away and erased.
    pub revoked_scopes: Vec<ScopeId>,
    /// Scopes that were given, or given again.
    pub granted_scopes: BTreeSet<ScopeId>,
}

impl Store {
    /// Takes in rows and answers in one transaction: pending mutations they concern are undone, the
    /// rows are written, settled mutations leave the outbox, refused ones become refusals, and the
    /// rest runs again. Whoever reads sees the state before or after, nothing between.
    ///
    /// # Errors
    /// [`Code::WrongEpoch`] when [`Store::reset_for_epoch`] has to come first, and whatever the disk
    /// has to say.
    pub async fn apply_delta(&self, epoch: u64, delta: Delta) -> Result<Applied> {
        let work = self.write(move |tx| Box::pin(async move { apply(tx, Some(epoch), delta).await }));
        let (applied, change) = work.await?;
        Ok(Applied { change, ..applied })
    }

    /// Takes in answers that come without rows, as a hub gives them when a device signs in.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn apply_answers(&self, answers: Vec<Answer>) -> Result<Applied> {
        if answers.is_empty() {
            return Ok(Applied::default());
        }
        let work = self.write(move |tx| {
            Box::pin(async move {
                let state = state(tx).await?;
                let (to, resume) = (state.cursor, state.resume);
                // It is for the next rows to say that their effect is here.
                let delta = Delta { to, answers, rows: Vec::new(), resume, beyond: Some(to) };
                apply(tx, None, delta).await
            })
        });
        let (applied, change) = work.await?;
        Ok(Applied { change, ..applied })
    }

    /// Notes that the hub goes on under another epoch.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn adopt_epoch(&self, epoch: u64) -> Result<Change> {
        let work = self.write(move |tx| {
            Box::pin(async move {
                let state = SyncState { epoch, ..state(tx).await? };
                meta::write_cursor(tx.conn()?, &state).await
            })
        });
        let ((), change) = work.await?;
        Ok(change)
    }

    /// Forgets all rows and the cursor, because the hub's history is another one now. What waits in
    /// the outbox and what was refused stays; what the hub had answered after `last_n`, and so has lost,
    /// is queued again before it. All of it runs again when everything has been fetched anew.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn reset_for_epoch(&self, epoch: u64, last_n: u64) -> Result<Change> {
        let work = self.write(move |tx| Box::pin(async move { reset(tx, epoch, last_n).await }));
        let ((), change) = work.await?;
        Ok(change)
    }
}

pub(crate) async fn state(tx: &mut Tx) -> Result<SyncState> {
    meta::read(tx.conn()?).await
}

async fn reset(tx: &mut Tx, epoch: u64, last_n: u64) -> Result<()> {
    let mut state = state(tx).await?;
    access::remember_held(tx).await?;
    rows::erase_all(tx).await?;
    for forget in
        ["DELETE FROM undo_image", "DELETE FROM touched", "DELETE FROM newer", "UPDATE meta SET rerun = 1"]
    {
        if !(domain::planted!(RerunForgotten) && forget.contains("rerun")) {
            sqlx::query(forget).execute(tx.conn()?).await?;
        }
    }
    if domain::planted!(OutboxLostOnReset) {
        sqlx::query("DELETE FROM outbox").execute(tx.conn()?).await?;
    }
    bulk::forget(tx).await?;
    journal::put_back(tx, last_n).await?;
    state.answered = state.answered.min(last_n);
    (state.epoch, state.cursor, state.resume) = (epoch, 0, None);
    tx.changing.sync = true;
    meta::write_cursor(tx.conn()?, &state).await
}

async fn apply(tx: &mut Tx, epoch: Option<u64>, delta: Delta) -> Result<Applied> {
    let mut state = state(tx).await?;
    if state.epoch == 0 && state.cursor == 0 {
        // The first history this file meets.
        state.epoch = epoch.unwrap_or_default();
    }
    if epoch.is_some_and(|epoch| epoch != state.epoch) {
        return Err(StoreError::new(Code::WrongEpoch, "taking in a delta"));
    }
    let answered = delta.answers.iter().map(|answer| answer.n).max();
    state.answered = state.answered.max(answered.unwrap_or_default());
    if domain::planted!(AnsweredAhead) {
        state.answered = state.chain.n;
    }
    if delta.resume.is_none() || domain::planted!(CursorBeforePages) {
        state.cursor = state.cursor.max(delta.to + u64::from(domain::planted!(CursorOffByOne)));
    }
    state.resume = delta.resume.clone().filter(|_| !domain::planted!(CursorBeforePages));
    let scopes: BTreeSet<ScopeId> = delta.rows.iter().map(|row| row.scope).collect();

    let mut applied = if rebase::any_pending(tx).await? {
        let source = Source::Delta { overtaken: delta.beyond.is_some() };
        settle(tx, &state, &delta.answers, delta.rows, source).await?
    } else {
        let opened = open_scopes(tx, &delta.rows, &BTreeMap::new()).await?;
        rows::write(tx, delta.rows.into_iter().map(write_of).collect()).await?;
        let Opened { granted, revoked } = opened;
        Applied { revoked_scopes: revoked, granted_scopes: granted, ..Applied::default() }
    };
    if state.resume.is_none() && state.cursor > 0 {
        applied.revoked_scopes.extend(access::lost_meanwhile(tx).await?);
    }
    access::follow(tx, &applied.granted_scopes, &applied.revoked_scopes).await?;
    tray::try_restored(tx, &scopes).await?;
    meta::write_cursor(tx.conn()?, &state).await?;
    Ok(applied)
}

/// Takes in rows of a segment, which come in any order: those of a scope may be here before the grant that
/// opens it, so nothing is erased for a grant. One that is here in an older version is left to the rows that
/// come after all segments, from before it was given anew: they open its scope and bring all of it again.
pub(crate) async fn take_segment(tx: &mut Tx, state: &SyncState, mut rows: Vec<DeltaRow>) -> Result<()> {
    let grants = rows.iter().filter(|row| row.key.table == Table::Grants).map(|row| &row.key);
    let held = rows::read(tx.conn()?, grants).await?;
    rows.retain(|row| held.get(&row.key).is_none_or(|held| held.seq >= row.seq));
    if rebase::any_pending(tx).await? {
        return settle(tx, state, &[], rows, Source::Segment).await.map(drop);
    }
    rows::write(tx, rows.into_iter().map(write_of).collect()).await
}

/// Where rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The hub's changes in their order, or a page of a scope behind the grant that opens it. `overtaken`:
    /// rows that have changed since were left out and follow, see [`Delta::beyond`].
    Delta { overtaken: bool },
    /// See [`take_segment`].
    Segment,
}

/// Takes in answers and rows while mutations are pending.
async fn settle(
    tx: &mut Tx,
    state: &SyncState,
    answers: &[Answer],
    rows: Vec<DeltaRow>,
    source: Source,
) -> Result<Applied> {
    let complete = state.resume.is_none();
    let refetching: bool = sqlx::query_scalar("SELECT rerun FROM meta").fetch_one(tx.conn()?).await?;
    let refused = note_answers(tx, answers).await?;
    let mut settled = if complete { reached(tx, state.cursor).await? } else { BTreeSet::new() };
    let early = domain::planted!(OvertakenSettles) || domain::planted!(EchoRemovedEarly);
    if source == (Source::Delta { overtaken: true }) && !early {
        settled = arrived(tx, settled, &rows).await?;
    }
    let leaving = tray::leaving(tx, refused).await?;

    let mut affected: BTreeSet<i64> = &settled | &leaving.ids();
    let keys = rebase::keys_of(tx, &rows).await?;
    affected.extend(rebase::touching(tx, &keys).await?);
    let opens = source != Source::Segment;
    let opening = if opens { scopes_to_erase(tx, &rows, &BTreeMap::new()).await? } else { Opened::default() };
    affected.extend(rebase::touching_scopes(tx, &opening.all()).await?);
    // What has no effect while rows are fetched anew waits for the last page. (Answers may come first,
    // with nothing but themselves.)
    if (refetching && complete && state.cursor > 0) || (!refetching && acts_differently(tx, &rows).await?) {
        affected.extend(rebase::all_pending(tx).await?);
        sqlx::query("UPDATE meta SET rerun = 0").execute(tx.conn()?).await?;
    }
    rebase::close_over(tx, &mut affected).await?;

    let before = rebase::take_back(tx, &affected).await?;
    let refused = tray::leave(tx, leaving).await?;
    let opened = if opens { open_scopes(tx, &rows, &before).await? } else { Opened::default() };
    write_over(tx, before, &opened, rows).await?;
    drop_settled(tx, &settled).await?;
    let again = &affected & &rebase::all_pending(tx).await?;
    if !domain::planted!(StaleRebase) {
        rebase::run_again(tx, &again).await?;
    }
    let Opened { granted, revoked } = opened;
    Ok(Applied { refused, revoked_scopes: revoked, granted_scopes: granted, ..Applied::default() })
}

/// Whether the rows may change who acts on this device.
async fn acts_differently(tx: &mut Tx, rows: &[DeltaRow]) -> Result<bool> {
    let people =
        |row: &&DeltaRow| matches!(row.key.table, Table::Devices | Table::Members | Table::Organizations);
    let mut people = rows.iter().filter(people).peekable();
    if people.peek().is_none() {
        return Ok(false);
    }
    let device = tx.identity().device;
    Ok(match local::actor(tx.conn()?, device).await? {
        Some((_, acting)) => people.any(|row| acting.contains(&row.key)),
        None => true,
    })
}

/// Notes accepted mutations, forgets parked ones that were answered, and returns the refused ones.
async fn note_answers(tx: &mut Tx, answers: &[Answer]) -> Result<Vec<Answer>> {
    let numbers: BTreeSet<i64> = answers.iter().map(|answer| signed(answer.n)).collect();
    let states: Vec<(i64, i64)> =
        sqlx::query_as("SELECT o.n, o.state FROM json_each(?) AS a CROSS JOIN outbox AS o ON o.n = a.value")
            .bind(rebase::json(&numbers))
            .fetch_all(tx.conn()?)
            .await?;
    let states: BTreeMap<i64, i64> = states.into_iter().collect();
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for answer in answers {
        let n = signed(answer.n);
        match (states.get(&n), &answer.refusal) {
            // Settled already.
            (None, _) => {}
            (Some(&PARKED), refusal) => {
                if refusal.is_none() || domain::planted!(ParkedForgotten) {
                    // It did not depend on what was refused after all.
                    sqlx::query("DELETE FROM parked WHERE n = ?").bind(n).execute(tx.conn()?).await?;
                }
                match refusal {
                    None => journal::keep(tx, &BTreeSet::from([n]), Some(answer.at)).await?,
                    Some(_) => journal::keep_void(tx, n, answer.at).await?,
                }
            }
            (Some(&VOID), refusal) => {
                journal::keep_void(tx, n, answer.at).await?;
                if refusal.is_none() {
                    tray::taken_after_all(tx, n).await?;
                }
            }
            (Some(_), None) => accepted.push(format!("[{n},{},{}]", signed(answer.seq), answer.at.0)),
            (Some(_), Some(_)) => refused.push(answer.clone()),
        }
    }
    sqlx::query(
        "UPDATE outbox SET state = ?2, seq = json_extract(a.value, '$[1]'),
           answered_at = json_extract(a.value, '$[2]')
         FROM json_each(?1) AS a WHERE outbox.n = json_extract(a.value, '$[0]')",
    )
    .bind(format!("[{}]", accepted.join(",")))
    .bind(ANSWERED)
    .execute(tx.conn()?)
    .await?;
    tx.changing.sync |= !states.is_empty();
    Ok(refused)
}

/// Accepted mutations whose effect is among the rows up to `cursor`.
async fn reached(tx: &mut Tx, cursor: u64) -> Result<BTreeSet<i64>> {
    let ids: Vec<i64> = sqlx::query_scalar("SELECT n FROM outbox WHERE state = ? AND seq <= ?")
        .bind(ANSWERED)
        .bind(if domain::planted!(EchoRemovedEarly) { i64::MAX } else { signed(cursor) })
        .fetch_all(tx.conn()?)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Of accepted mutations those whose rows are all here, or among `rows`, as they left them or later. The
/// others wait: the hub has left out rows that have changed since, and what a person has made must not
/// vanish from the screen until they come.
async fn arrived(tx: &mut Tx, mut settled: BTreeSet<i64>, rows: &[DeltaRow]) -> Result<BTreeSet<i64>> {
    if settled.is_empty() {
        return Ok(settled);
    }
    // Below what is pending, the hub's version is in the image of the first one that wrote the row.
    let wrote = sqlx::query(
        "SELECT o.n, o.seq, t.tbl, t.id, coalesce(i.seq, 0)
         FROM json_each(?) AS a
         CROSS JOIN outbox AS o ON o.n = a.value
         LEFT JOIN touched AS t ON t.n = o.n AND t.wrote > 0 AND t.tbl <> 255
         LEFT JOIN undo_image AS i ON i.tbl = t.tbl AND i.id = t.id AND i.n = (
           SELECT min(w.n) FROM touched AS w WHERE w.tbl = t.tbl AND w.id = t.id AND w.wrote > 0)",
    )
    .bind(rebase::json(&settled))
    .fetch_all(tx.conn()?)
    .await?;
    let arriving: BTreeMap<RowKey, u64> = rows.iter().map(|row| (row.key, row.seq)).collect();
    for row in wrote {
        let (n, seq): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let here = match row.try_get::<Option<i64>, _>(2)? {
            // What had no effect here may have had one at the hub.
            None => false,
            Some(table) => {
                let key = row_key(table, row.try_get(3)?)?;
                let base: i64 = row.try_get(4)?;
                base >= seq || arriving.get(&key).is_some_and(|arriving| signed(*arriving) >= seq)
            }
        };
        if !here {
            settled.remove(&n);
        }
    }
    Ok(settled)
}

async fn drop_settled(tx: &mut Tx, settled: &BTreeSet<i64>) -> Result<()> {
    if settled.is_empty() {
        return Ok(());
    }
    journal::keep(tx, settled, None).await?;
    outbox::prune_chain(tx.conn()?).await
}

/// Scopes whose rows have to go before a delta is written.
#[derive(Debug, Default)]
struct Opened {
    /// Granted anew: the delta carries all of it again.
    granted: BTreeSet<ScopeId>,
    /// Taken away.
    revoked: Vec<ScopeId>,
}

impl Opened {
    fn all(&self) -> BTreeSet<ScopeId> {
        self.granted.iter().chain(&self.revoked).copied().collect()
    }
}

/// Finds scopes that were taken away or granted anew. A grant that is already here in the same
/// version is neither: the hub may name it again when a catch-up goes on. Grants come before the rows
/// of their scope, so that nothing is erased that this catch-up has brought.
async fn scopes_to_erase(
    tx: &mut Tx,
    rows: &[DeltaRow],
    before: &BTreeMap<RowKey, Before>,
) -> Result<Opened> {
    let grants: Vec<&DeltaRow> = rows.iter().filter(|row| row.key.table == Table::Grants).collect();
    let mut opened = Opened::default();
    if grants.is_empty() {
        return Ok(opened);
    }
    let stored = rows::read(tx.conn()?, grants.iter().map(|row| &row.key)).await?;
    for row in grants {
        let base = match before.get(&row.key) {
            Some(before) => before.row.as_ref(),
            None => stored.get(&row.key),
        };
        if base.is_some_and(|base| base.seq >= row.seq) {
            continue;
        }
        match &row.body {
            Some(body) => opened.granted.extend(Grant::from_body(body).map(|grant| grant.scope)),
            None => {
                let base = base.and_then(|base| Grant::from_body(&base.body).ok());
                opened.revoked.extend(base.map(|grant| grant.scope));
            }
        }
    }
    Ok(opened)
}

async fn open_scopes(tx: &mut Tx, rows: &[DeltaRow], before: &BTreeMap<RowKey, Before>) -> Result<Opened> {
    let opened = scopes_to_erase(tx, rows, before).await?;
    rows::erase_scopes(tx, &opened.all()).await?;
    Ok(opened)
}

fn write_of(row: DeltaRow) -> Write {
    Write { key: row.key, scope: row.scope, seq: row.seq, body: row.body }
}

/// Writes the hub's rows over what was there before pending mutations.
async fn write_over(
    tx: &mut Tx,
    before: BTreeMap<RowKey, Before>,
    opened: &Opened,
    rows: Vec<DeltaRow>,
) -> Result<()> {
    let erased = opened.all();
    let known = |row: &DeltaRow| match before.get(&row.key).and_then(|before| before.row.as_ref()) {
        Some(base) => base.seq > row.seq && !erased.contains(&base.scope),
        None => false,
    };
    let dropped = |row: &DeltaRow| {
        domain::planted!(OtherDeltaRowsDropped) && !before.is_empty() && !before.contains_key(&row.key)
    };
    let newer = rows.into_iter().filter(|row| !known(row) && !dropped(row)).map(write_of);
    let newer: Vec<Write> = newer.collect();
    let mut writes = rebase::restored(before, &erased);
    writes.extend(newer);
    rows::write(tx, writes).await
}
