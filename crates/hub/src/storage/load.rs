//! Reading what a batch needs. Only the program's own task writes to it, and it reads between its
//! writes, so that several statements see one state without a transaction around them.

use super::{ProgramStore, sql};
use crate::Error;
use domain::entity::Key;
use domain::{DeviceId, LookupKey, Refusal, Row, RowKey, Rows, Table, Timestamp};
use protocol::frame::Answer;
use protocol::seal::Chain;
use protocol::sequencer::{CommitRow, DeviceRecord, Load, Loaded};
use sqlx::{Row as _, SqliteConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

impl ProgramStore {
    /// Reads rows, lookups, device records and founding invitations; what is not there is said to be
    /// absent.
    pub async fn load(&self, load: Load) -> Result<Loaded, Error> {
        let mut rows = Rows::default();
        let mut keys = load.reads.keys;
        if !load.reads.lookups.is_empty() {
            let lookups: Vec<LookupKey> = load.reads.lookups.into_iter().collect();
            for (lookup, found) in self.find(&lookups).await? {
                keys.extend(found.iter().copied());
                rows.insert_lookup(lookup, found);
            }
        }
        let keys: Vec<RowKey> = keys.into_iter().collect();
        for key in &keys {
            rows.insert(*key, None);
        }
        for row in self.rows(&keys).await? {
            rows.insert(row.key, Some(row));
        }
        let founding = self.storage.founding(&load.founding).await?;
        Ok(Loaded { rows, devices: self.devices(&load.devices).await?, founding })
    }

    /// The live rows with these keys.
    pub(super) async fn rows(&self, keys: &[RowKey]) -> Result<Vec<Row>, Error> {
        let mut reader = self.reader().await?;
        let stored = self.stored(&mut reader, keys).await?;
        let live =
            |row: CommitRow| Some(Row { key: row.key, scope: row.scope, seq: row.seq, body: row.body? });
        Ok(stored.into_iter().filter_map(live).collect())
    }

    /// The rows and tombstones with these keys.
    pub(super) async fn stored(
        &self,
        connection: &mut SqliteConnection,
        keys: &[RowKey],
    ) -> Result<Vec<CommitRow>, Error> {
        let mut found = Vec::with_capacity(keys.len());
        for (table, ids) in by_table(keys) {
            for ids in sql::pieces(&ids) {
                let text = sql::repeated(
                    "SELECT id, scope, seq, body FROM row WHERE program = ? AND tbl = ? AND id IN (",
                    "?",
                    ids.len(),
                    ")",
                );
                let mut query =
                    sqlx::query(text).bind(&self.program.as_bytes()[..]).bind(i64::from(table.number()));
                for id in ids {
                    query = query.bind(&id.as_bytes()[..]);
                }
                let rows = query.fetch_all(&mut *connection).await.map_err(|error| self.failed(error))?;
                for row in rows {
                    let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
                    let (id, scope, seq, body): (&[u8], &[u8], i64, Option<Vec<u8>>) =
                        read().map_err(|error| self.failed(error))?;
                    let key = sql::key(i64::from(table.number()), id)?;
                    let scope = sql::scope(scope)?;
                    found.push(CommitRow { key, scope, seq: sql::unsigned(seq), body });
                }
            }
        }
        Ok(found)
    }

    async fn find(&self, lookups: &[LookupKey]) -> Result<BTreeMap<LookupKey, Vec<RowKey>>, Error> {
        let mut found: BTreeMap<LookupKey, Vec<RowKey>> =
            lookups.iter().map(|lookup| (lookup.clone(), Vec::new())).collect();
        for piece in sql::pieces(lookups) {
            let text = sql::repeated(
                "SELECT key, tbl, id FROM lookup WHERE program = ? AND key IN (",
                "?",
                piece.len(),
                ") ORDER BY key, tbl, id",
            );
            let mut query = sqlx::query_as(text).bind(&self.program.as_bytes()[..]);
            for lookup in piece {
                query = query.bind(lookup.0.as_str());
            }
            let rows: Vec<(String, i64, Vec<u8>)> =
                query.fetch_all(self.readers()).await.map_err(|error| self.failed(error))?;
            for (lookup, table, id) in rows {
                let key = sql::key(table, &id)?;
                found.entry(LookupKey(lookup)).or_default().push(key);
            }
        }
        Ok(found)
    }

    async fn devices(
        &self,
        wanted: &BTreeMap<DeviceId, u64>,
    ) -> Result<BTreeMap<DeviceId, DeviceRecord>, Error> {
        let ids: Vec<DeviceId> = wanted.keys().copied().collect();
        let mut records: BTreeMap<DeviceId, DeviceRecord> =
            ids.iter().map(|device| (*device, DeviceRecord::default())).collect();
        for piece in sql::pieces(&ids) {
            let text = sql::repeated(
                "SELECT device, n, hash FROM chain WHERE program = ? AND device IN (",
                "?",
                piece.len(),
                ")",
            );
            let mut query = sqlx::query_as(text).bind(&self.program.as_bytes()[..]);
            for device in piece {
                query = query.bind(&device.as_bytes()[..]);
            }
            let rows: Vec<(Vec<u8>, i64, Vec<u8>)> =
                query.fetch_all(self.readers()).await.map_err(|error| self.failed(error))?;
            for (device, n, hash) in rows {
                let device = Uuid::from_slice(&device).map_err(|_| sql::unreadable("device"))?;
                let hash = <[u8; 32]>::try_from(hash).map_err(|_| sql::unreadable("chain"))?;
                let record = records.entry(DeviceId(device)).or_default();
                record.chain = Some(Chain { n: sql::unsigned(n), hash: Key(hash) });
            }
        }
        for (device, after) in wanted.iter().filter(|(_, after)| **after < u64::MAX) {
            if let Some(record) = records.get_mut(device) {
                record.answers = self.answers(*device, *after).await?;
            }
        }
        Ok(records)
    }

    async fn answers(&self, device: DeviceId, after: u64) -> Result<Vec<Answer>, Error> {
        let sql = "SELECT n, seq, refusal, at FROM answer \
                   WHERE program = ? AND device = ? AND n > ? ORDER BY n";
        let rows: Vec<(i64, i64, Option<Vec<u8>>, i64)> = sqlx::query_as(sql)
            .bind(&self.program.as_bytes()[..])
            .bind(&device.as_bytes()[..])
            .bind(sql::signed(after))
            .fetch_all(self.readers())
            .await
            .map_err(|error| self.failed(error))?;
        let read = |(n, seq, refusal, at): (i64, i64, Option<Vec<u8>>, i64)| {
            let refusal = match refusal {
                None => None,
                Some(bytes) => {
                    Some(minicbor::decode::<Refusal>(&bytes).map_err(|_| sql::unreadable("refusal"))?)
                }
            };
            Ok(Answer { n: sql::unsigned(n), seq: sql::unsigned(seq), refusal, at: Timestamp(at) })
        };
        rows.into_iter().map(read).collect()
    }
}

/// Ids by table, so that a list of them can use the primary key.
fn by_table(keys: &[RowKey]) -> BTreeMap<Table, Vec<Uuid>> {
    let mut tables: BTreeMap<Table, Vec<Uuid>> = BTreeMap::new();
    for key in keys {
        tables.entry(key.table).or_default().push(key.id);
    }
    tables
}
