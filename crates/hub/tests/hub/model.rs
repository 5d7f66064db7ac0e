//! A store in memory, as plain as can be: what the sequencer's effects mean.

use domain::codec::Entity;
use domain::entity::{Device, Grant, Key, Member, Organization, Side};
use domain::row::lookups_of;
use domain::{DeviceId, LookupKey, Row, RowKey, Rows, ScopeId, Table};
use protocol::frame::{Answer, Resume};
use protocol::seal::Chain;
use protocol::sequencer::{Commit, CommitRow, DeviceRecord, Founding, Load, Loaded, Page, PageQuery};
use std::collections::{BTreeMap, BTreeSet};

/// Pages so short that everything is cut.
const PAGE: usize = 3;

#[derive(Default)]
pub struct Model {
    pub head: u64,
    pub rows: BTreeMap<RowKey, CommitRow>,
    pub chains: BTreeMap<DeviceId, Chain>,
    pub answers: BTreeMap<(DeviceId, u64), Answer>,
    pub founding: BTreeMap<Key, Founding>,
}

impl Model {
    pub fn load(&self, load: &Load) -> Loaded {
        let mut rows = Rows::default();
        let mut keys = load.reads.keys.clone();
        for lookup in &load.reads.lookups {
            let found: Vec<RowKey> = self.find(lookup);
            keys.extend(found.iter().copied());
            rows.insert_lookup(lookup.clone(), found);
        }
        for key in keys {
            rows.insert(key, self.row(&key));
        }
        let devices = load.devices.iter().map(|(device, after)| {
            let answers = self.answers.range((*device, after.saturating_add(1))..=(*device, u64::MAX));
            let answers =
                if *after == u64::MAX { Vec::new() } else { answers.map(|(_, a)| a.clone()).collect() };
            (*device, DeviceRecord { chain: self.chains.get(device).copied(), answers })
        });
        let founding = load.founding.iter().filter_map(|hash| Some((*hash, *self.founding.get(hash)?)));
        Loaded { rows, devices: devices.collect(), founding: founding.collect() }
    }

    fn row(&self, key: &RowKey) -> Option<Row> {
        let row = self.rows.get(key)?;
        Some(Row { key: *key, scope: row.scope, seq: row.seq, body: row.body.clone()? })
    }

    fn find(&self, lookup: &LookupKey) -> Vec<RowKey> {
        let has = |row: &&CommitRow| {
            row.body.as_ref().is_some_and(|body| lookups_of(row.key, body).contains(lookup))
        };
        self.rows.values().filter(has).map(|row| row.key).collect()
    }

    pub fn commit(&mut self, commit: Commit) {
        assert_eq!(commit.base, self.head, "every batch builds on the last");
        assert!(commit.head >= commit.base);
        let numbers: BTreeSet<u64> = commit.rows.iter().map(|row| row.seq).collect();
        assert!(numbers.iter().all(|seq| (commit.base + 1..=commit.head).contains(seq)));
        self.head = commit.head;
        for row in commit.rows {
            let before = self.rows.insert(row.key, row.clone());
            assert!(before.is_none_or(|before| before.scope == row.scope), "a row keeps its scope");
        }
        for (device, chain) in commit.chains {
            let before = self.chains.insert(device, chain);
            assert!(before.is_none_or(|before| before.n < chain.n), "a chain only grows");
        }
        for (device, answer) in commit.answers {
            let before = self.answers.insert((device, answer.n), answer);
            assert!(before.is_none(), "an answer is given once");
        }
        if let Some(hash) = commit.founding {
            let founding = self.founding.get_mut(&hash).unwrap();
            assert!(!std::mem::replace(&mut founding.used, true), "an invitation founds once");
        }
    }

    pub fn page(&self, query: &PageQuery) -> Page {
        let head = query.from.head;
        let old =
            |row: &&CommitRow| query.old.contains(&row.scope) && row.seq > query.base && row.seq <= head;
        let is_grant = |row: &&CommitRow| row.key.table == Table::Grants;
        let mut rows: Vec<CommitRow> = Vec::new();
        if query.first {
            rows.extend(self.rows.values().filter(old).filter(is_grant).cloned());
        }
        // Everything else, each row with the place at which the page could go on after it.
        let mut rest: Vec<(Resume, CommitRow)> = Vec::new();
        for scope in &query.new {
            let of_scope = |row: &&CommitRow| row.scope == *scope && row.body.is_some() && row.seq <= head;
            for row in self.rows.values().filter(of_scope) {
                rest.push((Resume { head, scope: Some(*scope), after: row.seq }, row.clone()));
            }
        }
        for row in self.rows.values().filter(old).filter(|row| !is_grant(row)) {
            rest.push((Resume { head, scope: None, after: row.seq }, row.clone()));
        }
        // Scopes in their order, the tail last, within each by number.
        let place = |at: &Resume| (at.scope.is_none(), at.scope, at.after);
        rest.sort_by_key(|(at, row)| (place(at), row.key));
        let start = match query.from.scope {
            Some(_) => place(&query.from),
            None => (true, None, query.from.after.max(query.base)),
        };
        rest.retain(|(at, _)| place(at) > start);
        let mut resume = None;
        let mut last: Option<Resume> = None;
        for (taken, (at, row)) in rest.into_iter().enumerate() {
            if taken >= PAGE && last.as_ref().is_some_and(|last| *last != at) {
                resume = last.clone();
                break;
            }
            last = Some(at);
            rows.push(row);
        }
        Page { head, rows, resume }
    }

    /// What a device has to end up with: the live rows of its member's scopes. `None` when it is out.
    pub fn view(&self, device: DeviceId) -> Option<BTreeMap<RowKey, (u64, Vec<u8>)>> {
        let device: Device = self.get(device)?;
        let member: Member = self.get(device.member)?;
        if device.revoked_at.is_some() || member.left_at.is_some() {
            return None;
        }
        let organization: Organization = self.get(member.organization)?;
        if organization.ended_at.is_some() {
            return None;
        }
        let mut scopes = BTreeSet::from([
            ScopeId::Program,
            ScopeId::Organization(member.organization),
            ScopeId::Person(device.member),
        ]);
        if organization.side == Side::Partner {
            scopes.insert(ScopeId::Partnership(member.organization));
        }
        let live = || self.rows.values().filter_map(|row| Some((row, row.body.as_ref()?)));
        for (_, body) in live().filter(|(row, _)| row.key.table == Table::Grants) {
            let grant = Grant::from_body(body).unwrap();
            if grant.organization == member.organization {
                scopes.insert(grant.scope);
            }
        }
        let seen = live().filter(|(row, _)| scopes.contains(&row.scope));
        Some(seen.map(|(row, body)| (row.key, (row.seq, body.clone()))).collect())
    }

    fn get<E: Entity>(&self, id: impl Into<uuid::Uuid>) -> Option<E> {
        let row = self.rows.get(&RowKey::of::<E>(id))?;
        row.body.as_ref().map(|body| E::from_body(body).unwrap())
    }
}
