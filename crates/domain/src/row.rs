//! Rows: how entities are stored and travel, and what a mutation reads and changes.

use crate::codec::Entity;
use crate::refusal::{Refusal, Rule};
use crate::scope::ScopeId;
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use uuid::Uuid;

/// The tables of a program. Numbers are part of the protocol and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Table {
    /// [`crate::entity::Program`]
    #[n(0)]
    Programs,
    /// [`crate::entity::Organization`]
    #[n(1)]
    Organizations,
    /// [`crate::entity::Member`]
    #[n(2)]
    Members,
    /// [`crate::entity::Device`]
    #[n(3)]
    Devices,
    /// [`crate::entity::Invitation`]
    #[n(4)]
    Invitations,
    /// [`crate::entity::Grant`]
    #[n(5)]
    Grants,
    /// [`crate::entity::Account`]
    #[n(6)]
    Accounts,
    /// [`crate::entity::Deal`]
    #[n(7)]
    Deals,
    /// [`crate::entity::Claim`], on the hub only
    #[n(8)]
    Claims,
    /// [`crate::entity::Counter`], on the hub only
    #[n(9)]
    Counters,
    /// [`crate::entity::Message`]
    #[n(10)]
    Messages,
    /// [`crate::entity::ReadMark`]
    #[n(11)]
    ReadMarks,
    /// [`crate::entity::ActionPlan`]
    #[n(12)]
    ActionPlans,
    /// [`crate::entity::Milestone`]
    #[n(13)]
    Milestones,
    /// [`crate::entity::FieldHistory`]
    #[n(14)]
    FieldHistory,
    /// [`crate::entity::PutAway`]
    #[n(15)]
    PutAways,
    /// [`crate::entity::Rules`]
    #[n(16)]
    Rules,
    /// [`crate::entity::Listed`], on the hub only
    #[n(17)]
    Listed,
}

impl Table {
    /// Every table, in the order of their numbers.
    pub const ALL: [Self; 18] = [
        Self::Programs,
        Self::Organizations,
        Self::Members,
        Self::Devices,
        Self::Invitations,
        Self::Grants,
        Self::Accounts,
        Self::Deals,
        Self::Claims,
        Self::Counters,
        Self::Messages,
        Self::ReadMarks,
        Self::ActionPlans,
        Self::Milestones,
        Self::FieldHistory,
        Self::PutAways,
        Self::Rules,
        Self::Listed,
    ];

    /// The number used on disk and on the wire.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The table with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// Which row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct RowKey {
    /// Table.
    #[n(0)]
    pub table: Table,
    /// Id within the table.
    #[cbor(n(1), with = "crate::id::uuid_cbor")]
    pub id: Uuid,
}

impl RowKey {
    /// The key of an entity with this id.
    pub fn of<E: Entity>(id: impl Into<Uuid>) -> Self {
        Self { table: E::TABLE, id: id.into() }
    }
}

impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}", self.table, self.id)
    }
}

/// A stored row: key, home scope, the sequence number of its last change, and its body
/// (see [`crate::codec`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which row.
    pub key: RowKey,
    /// Who may see it.
    pub scope: ScopeId,
    /// Sequence number of the mutation that last changed it at the hub; 0 while only local.
    pub seq: u64,
    /// Encoded entity.
    pub body: Vec<u8>,
}

/// What a mutation does to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// Which row.
    pub key: RowKey,
    /// Its home scope; a row never changes its scope.
    pub scope: ScopeId,
    /// The new body, or `None` to delete the row.
    pub body: Option<Vec<u8>>,
}

impl RowChange {
    /// Writes an entity.
    pub fn put<E: Entity>(id: impl Into<Uuid>, scope: ScopeId, entity: &E) -> Self {
        Self { key: RowKey::of::<E>(id), scope, body: Some(entity.to_body()) }
    }

    /// Deletes an entity.
    pub fn delete<E: Entity>(id: impl Into<Uuid>, scope: ScopeId) -> Self {
        Self { key: RowKey::of::<E>(id), scope, body: None }
    }
}

/// A key under which rows can be found besides their id, for example `invitation/<hash>`. Several
/// rows may share one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupKey(pub String);

/// Whether rows of a table can be found under lookup keys.
pub fn has_lookups(table: Table) -> bool {
    matches!(
        table,
        Table::Devices | Table::Invitations | Table::Grants | Table::Members | Table::Claims | Table::Listed
    )
}

/// The lookup keys of a stored row.
pub fn lookups_of(key: RowKey, body: &[u8]) -> Vec<LookupKey> {
    fn keys<E: Entity>(id: Uuid, body: &[u8]) -> Vec<LookupKey> {
        E::from_body(body).map(|entity| entity.lookups(id)).unwrap_or_default()
    }
    match key.table {
        Table::Devices => keys::<crate::entity::Device>(key.id, body),
        Table::Invitations => keys::<crate::entity::Invitation>(key.id, body),
        Table::Grants => keys::<crate::entity::Grant>(key.id, body),
        Table::Members => keys::<crate::entity::Member>(key.id, body),
        Table::Claims => keys::<crate::entity::Claim>(key.id, body),
        Table::Listed => keys::<crate::entity::Listed>(key.id, body),
        _ => Vec::new(),
    }
}

/// What a mutation needs to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// Rows by key.
    pub keys: BTreeSet<RowKey>,
    /// Rows by lookup key; the rows found are read as well.
    pub lookups: BTreeSet<LookupKey>,
}

impl ReadSet {
    /// Adds the row of an entity.
    pub fn row<E: Entity>(mut self, id: impl Into<Uuid>) -> Self {
        self.keys.insert(RowKey::of::<E>(id));
        self
    }

    /// Adds the rows under a lookup key.
    pub fn lookup(mut self, key: LookupKey) -> Self {
        self.lookups.insert(key);
        self
    }

    /// What of this set `rows` does not hold yet.
    pub fn missing_from(self, rows: &Rows) -> Self {
        Self {
            keys: self.keys.into_iter().filter(|key| !rows.rows.contains_key(key)).collect(),
            lookups: self.lookups.into_iter().filter(|key| !rows.found.contains_key(key)).collect(),
        }
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.lookups.is_empty()
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.lookups.extend(other.lookups);
    }
}

/// The rows that were read for a mutation: present, or known to be absent.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    rows: BTreeMap<RowKey, Option<Row>>,
    found: BTreeMap<LookupKey, Vec<RowKey>>,
}

impl Rows {
    /// Records that `key` holds `row`, or nothing.
    pub fn insert(&mut self, key: RowKey, row: Option<Row>) {
        self.rows.insert(key, row);
    }

    /// Records what a lookup found; the rows themselves are inserted separately.
    pub fn insert_lookup(&mut self, key: LookupKey, mut found: Vec<RowKey>) {
        // Usually it is sorted already. Kept so, because one lookup may find a hundred thousand rows.
        found.sort_unstable();
        self.found.insert(key, found);
    }

    /// Puts a row under a lookup key, or takes it away from there, if that lookup was made.
    pub fn relink(&mut self, lookup: &LookupKey, key: RowKey, here: bool) {
        let Some(found) = self.found.get_mut(lookup) else { return };
        match (found.binary_search(&key), here) {
            (Err(at), true) => found.insert(at, key),
            (Ok(at), false) => drop(found.remove(at)),
            _ => {}
        }
    }

    /// Forgets a row.
    pub fn forget(&mut self, key: &RowKey) {
        self.rows.remove(key);
    }

    /// Forgets a lookup unless it found something and only rows whose key passes.
    pub fn forget_lookup(&mut self, lookup: &LookupKey, keep: impl Fn(&RowKey) -> bool) {
        if self.found.get(lookup).is_some_and(|found| found.is_empty() || !found.iter().all(keep)) {
            self.found.remove(lookup);
        }
    }

    /// Number of rows that were read, present or not.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the row was read, present or not.
    pub fn knows(&self, key: &RowKey) -> bool {
        self.rows.contains_key(key)
    }

    /// Whether the lookup was made.
    pub fn knows_lookup(&self, key: &LookupKey) -> bool {
        self.found.contains_key(key)
    }

    /// The stored row.
    ///
    /// # Errors
    /// [`Rule::UndeclaredRead`] when it was never read.
    pub fn row(&self, key: &RowKey) -> Result<Option<&Row>, Refusal> {
        match self.rows.get(key) {
            Some(row) => Ok(row.as_ref()),
            None => Err(undeclared(key)),
        }
    }

    /// The entity with this id, if there is one.
    ///
    /// # Errors
    /// [`Rule::UndeclaredRead`] when it was never read, [`Rule::Unreadable`] when a newer version
    /// wrote it in a form this one cannot read.
    pub fn get<E: Entity>(&self, id: impl Into<Uuid>) -> Result<Option<E>, Refusal> {
        match self.row(&RowKey::of::<E>(id))? {
            None => Ok(None),
            Some(row) => E::from_body(&row.body).map(Some).map_err(|_| unreadable(&row.key)),
        }
    }

    /// The entity with this id.
    ///
    /// # Errors
    /// As [`Rows::get`], and [`Rule::NotFound`] with `what` in the message.
    pub fn need<E: Entity>(&self, id: impl Into<Uuid>, what: &str) -> Result<E, Refusal> {
        self.get(id)?.ok_or_else(|| Refusal::new(Rule::NotFound, format!("This {what} is not available.")))
    }

    /// Keys of the rows found under a lookup key.
    ///
    /// # Errors
    /// [`Rule::UndeclaredRead`] when the lookup was never made.
    pub fn under(&self, key: &LookupKey) -> Result<&[RowKey], Refusal> {
        self.found.get(key).map(Vec::as_slice).ok_or_else(|| undeclared(key))
    }

    /// Keeps only rows whose key passes, and the lookups that found nothing else.
    pub fn retain(mut self, keep: impl Fn(&RowKey) -> bool) -> Self {
        self.rows.retain(|key, _| keep(key));
        self.found.retain(|_, found| !found.is_empty() && found.iter().all(&keep));
        self
    }

    /// Every key that was read, for conflict detection.
    pub fn keys(&self) -> impl Iterator<Item = &RowKey> {
        self.rows.keys()
    }

    /// Every lookup that was made.
    pub fn lookups(&self) -> impl Iterator<Item = &LookupKey> {
        self.found.keys()
    }

    /// Takes over all that `other` knows.
    pub fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.found.extend(other.found);
    }
}

fn undeclared(key: &impl fmt::Debug) -> Refusal {
    Refusal::new(Rule::UndeclaredRead, "This change cannot be decided here.")
        .because("row", format!("{key:?}"))
}

fn unreadable(key: &RowKey) -> Refusal {
    Refusal::new(Rule::Unreadable, "A newer version of Lockstep wrote this. Update to change it.")
        .because("row", format!("{key:?}"))
}
