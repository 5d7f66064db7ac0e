//! Writing a batch: one transaction, and fences that no batch of a sound sequencer ever touches. The
//! head must be where the batch believes it to be, a row stays in its scope, a chain only grows, an
//! answer is given once, a founding invitation founds once.

use super::{ANSWERS_KEPT, ProgramStore, sql, stored};
use crate::Error;
use domain::row::{has_lookups, lookups_of};
use domain::{DeviceId, LookupKey, RowKey, Timestamp};
use protocol::frame::Answer;
use protocol::seal::Chain;
use protocol::sequencer::{Commit, CommitRow};
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, BTreeSet};

/// Old answers of a device are removed whenever its number passes a multiple of this.
const ANSWERS_STEP: u64 = 256;

impl ProgramStore {
    /// Writes durably, all or nothing. The first commit of a program creates it with `epoch`.
    pub async fn commit(&self, epoch: u64, now: Timestamp, commit: &Commit) -> Result<(), Error> {
        let mut writer = self.storage.0.writer.acquire().await.map_err(|error| self.failed(error))?;
        // Begun and ended by hand: after an error SQLite may have rolled back by itself, which sqlx
        // does not learn, and its next transaction on this connection would fail for it.
        if sqlx::query("BEGIN IMMEDIATE").execute(&mut *writer).await.is_err() {
            let _ = sqlx::query("ROLLBACK").execute(&mut *writer).await;
            sqlx::query("BEGIN IMMEDIATE").execute(&mut *writer).await.map_err(|error| self.failed(error))?;
        }
        let written = match self.write(&mut writer, epoch, now, commit).await {
            Ok(()) => {
                let done = sqlx::query("COMMIT").execute(&mut *writer).await;
                done.map(drop).map_err(|error| self.failed(error))
            }
            Err(error) => Err(error),
        };
        if written.is_err() {
            // Fails when SQLite has done so already.
            let _ = sqlx::query("ROLLBACK").execute(&mut *writer).await;
        }
        written
    }

    async fn write(
        &self,
        writer: &mut SqliteConnection,
        epoch: u64,
        now: Timestamp,
        commit: &Commit,
    ) -> Result<(), Error> {
        self.move_head(writer, epoch, now, commit).await?;
        if let Some(hash) = &commit.founding {
            let used = sqlx::query(
                "UPDATE founding SET used_at = ?1 \
                 WHERE token_hash = ?2 AND used_at IS NULL AND expires_at > ?1",
            )
            .bind(stored(now))
            .bind(&hash.0[..])
            .execute(&mut *writer)
            .await
            .map_err(|error| self.failed(error))?;
            if used.rows_affected() != 1 {
                return Err(Error::Conflict("the founding invitation was used already"));
            }
        }
        let before = self.lookups(writer, &commit.rows).await?;
        self.write_rows(writer, now, &commit.rows).await?;
        self.write_lookups(writer, before, &commit.rows).await?;
        self.write_chains(writer, commit).await?;
        self.write_answers(writer, &commit.answers).await
    }

    async fn write_chains(&self, writer: &mut SqliteConnection, commit: &Commit) -> Result<(), Error> {
        let chains = commit.chains.iter().filter(|_| !domain::planted!(ChainRowMissing));
        let chains: Vec<(&DeviceId, &Chain)> = chains.collect();
        for piece in sql::pieces(&chains) {
            let text = sql::repeated(
                "INSERT INTO chain (program, device, n, hash) VALUES ",
                "(?,?,?,?)",
                piece.len(),
                " ON CONFLICT (program, device) DO UPDATE SET n = excluded.n, hash = excluded.hash \
                 WHERE excluded.n > chain.n",
            );
            let mut query = sqlx::query(text);
            for (device, chain) in piece {
                query = query
                    .bind(&self.program.as_bytes()[..])
                    .bind(&device.as_bytes()[..])
                    .bind(sql::signed(chain.n))
                    .bind(&chain.hash.0[..]);
            }
            let moved = query.execute(&mut *writer).await.map_err(|error| self.failed(error))?;
            if moved.rows_affected() != piece.len() as u64 {
                return Err(Error::Conflict("a device's chain moved backwards"));
            }
        }
        Ok(())
    }

    async fn move_head(
        &self,
        writer: &mut SqliteConnection,
        epoch: u64,
        now: Timestamp,
        commit: &Commit,
    ) -> Result<(), Error> {
        let moved = sqlx::query("UPDATE program SET head = ? WHERE id = ? AND head = ? AND epoch = ?")
            .bind(sql::signed(if domain::planted!(HeadNotStored) { commit.base } else { commit.head }))
            .bind(&self.program.as_bytes()[..])
            .bind(sql::signed(commit.base))
            .bind(sql::signed(epoch))
            .execute(&mut *writer)
            .await
            .map_err(|error| self.failed(error))?;
        if moved.rows_affected() == 1 {
            return Ok(());
        }
        if commit.base != 0 {
            return Err(Error::Conflict("the head is not where it was"));
        }
        let created = sqlx::query(
            "INSERT INTO program (id, epoch, head, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&self.program.as_bytes()[..])
        .bind(sql::signed(epoch))
        .bind(sql::signed(commit.head))
        .bind(stored(now))
        .execute(&mut *writer)
        .await
        .map_err(|error| self.failed(error))?;
        if created.rows_affected() == 1 { Ok(()) } else { Err(Error::Conflict("the program exists already")) }
    }

    /// The lookup keys of the rows as they are stored now.
    async fn lookups(
        &self,
        writer: &mut SqliteConnection,
        rows: &[CommitRow],
    ) -> Result<BTreeSet<(LookupKey, RowKey)>, Error> {
        let keys: Vec<RowKey> = rows.iter().map(|row| row.key).filter(|key| has_lookups(key.table)).collect();
        let stored = self.stored(writer, &keys).await?;
        Ok(lookups_in(&stored))
    }

    async fn write_rows(
        &self,
        writer: &mut SqliteConnection,
        now: Timestamp,
        rows: &[CommitRow],
    ) -> Result<(), Error> {
        for piece in sql::pieces(rows) {
            let text = sql::repeated(
                "INSERT INTO row (program, tbl, id, scope, seq, body, deleted_at) VALUES ",
                "(?,?,?,?,?,?,?)",
                piece.len(),
                " ON CONFLICT (program, tbl, id) DO UPDATE \
                 SET seq = excluded.seq, body = excluded.body, deleted_at = excluded.deleted_at \
                 WHERE excluded.scope = row.scope AND excluded.seq > row.seq",
            );
            let mut query = sqlx::query(text);
            for row in piece {
                query = query
                    .bind(&self.program.as_bytes()[..])
                    .bind(i64::from(row.key.table.number()))
                    .bind(&row.key.id.as_bytes()[..])
                    .bind(row.scope.to_bytes())
                    .bind(sql::signed(row.seq))
                    .bind(row.body.as_deref())
                    .bind(row.body.is_none().then_some(stored(now)));
            }
            let done = query.execute(&mut *writer).await.map_err(|error| self.failed(error))?;
            if done.rows_affected() != piece.len() as u64 {
                return Err(Error::Conflict("a row would change its scope or go back in time"));
            }
        }
        Ok(())
    }

    async fn write_lookups(
        &self,
        writer: &mut SqliteConnection,
        before: BTreeSet<(LookupKey, RowKey)>,
        rows: &[CommitRow],
    ) -> Result<(), Error> {
        let after = lookups_in(rows);
        for (lookup, key) in before.difference(&after) {
            sqlx::query("DELETE FROM lookup WHERE program = ? AND key = ? AND tbl = ? AND id = ?")
                .bind(&self.program.as_bytes()[..])
                .bind(lookup.0.as_str())
                .bind(i64::from(key.table.number()))
                .bind(&key.id.as_bytes()[..])
                .execute(&mut *writer)
                .await
                .map_err(|error| self.failed(error))?;
        }
        let new = after.difference(&before).filter(|_| !domain::planted!(LookupRowMissing));
        let new: Vec<&(LookupKey, RowKey)> = new.collect();
        for piece in sql::pieces(&new) {
            let text = sql::repeated(
                "INSERT INTO lookup (program, key, tbl, id) VALUES ",
                "(?,?,?,?)",
                piece.len(),
                " ON CONFLICT DO NOTHING",
            );
            let mut query = sqlx::query(text);
            for (lookup, key) in piece {
                query = query
                    .bind(&self.program.as_bytes()[..])
                    .bind(lookup.0.as_str())
                    .bind(i64::from(key.table.number()))
                    .bind(&key.id.as_bytes()[..]);
            }
            query.execute(&mut *writer).await.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    async fn write_answers(
        &self,
        writer: &mut SqliteConnection,
        answers: &[(DeviceId, Answer)],
    ) -> Result<(), Error> {
        // Of each device the lowest and the highest.
        let mut given: BTreeMap<DeviceId, (u64, u64)> = BTreeMap::new();
        let answers = if domain::planted!(AnswerRowMissing) { &[] } else { answers };
        for piece in sql::pieces(answers) {
            let text = sql::repeated(
                "INSERT INTO answer (program, device, n, seq, refusal, at) VALUES ",
                "(?,?,?,?,?,?)",
                piece.len(),
                "",
            );
            let mut query = sqlx::query(text);
            for (device, answer) in piece {
                let (lowest, highest) = given.entry(*device).or_insert((answer.n, answer.n));
                (*lowest, *highest) = (answer.n.min(*lowest), answer.n.max(*highest));
                query = query
                    .bind(&self.program.as_bytes()[..])
                    .bind(&device.as_bytes()[..])
                    .bind(sql::signed(answer.n))
                    .bind(sql::signed(answer.seq))
                    .bind(answer.refusal.as_ref().map(protocol::frame::encode))
                    .bind(stored(answer.at));
            }
            query.execute(&mut *writer).await.map_err(|error| self.failed(error))?;
        }
        // Not every time: what is removed late costs a little room, and looking for it costs as much as writing.
        let passes = |lowest: u64, highest: u64| lowest.div_ceil(ANSWERS_STEP) <= highest / ANSWERS_STEP;
        let old = given.into_iter().filter(|(_, (lowest, highest))| passes(*lowest, *highest));
        for (device, n) in old.map(|(device, (_, n))| (device, n)).filter(|(_, n)| *n > ANSWERS_KEPT) {
            sqlx::query("DELETE FROM answer WHERE program = ? AND device = ? AND n <= ?")
                .bind(&self.program.as_bytes()[..])
                .bind(&device.as_bytes()[..])
                .bind(sql::signed(n - ANSWERS_KEPT))
                .execute(&mut *writer)
                .await
                .map_err(|error| self.failed(error))?;
        }
        Ok(())
    }
}

/// Lookup keys of live rows, each with its row.
fn lookups_in(rows: &[CommitRow]) -> BTreeSet<(LookupKey, RowKey)> {
    let lookups = rows.iter().flat_map(|row| {
        let lookups = row.body.as_deref().map(|body| lookups_of(row.key, body)).unwrap_or_default();
        lookups.into_iter().map(|lookup| (lookup, row.key))
    });
    lookups.collect()
}
