//! What a commit changed, for whoever shows or sends it.

use domain::{RowKey, Table};
use std::collections::BTreeSet;

/// Most keys a [`Change`] names.
pub const KEYS_MAX: usize = 64;

/// What a commit changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Tables with changed rows.
    pub tables: BTreeSet<Table>,
    /// The changed rows, at most [`KEYS_MAX`]. Empty while `tables` is not: many.
    pub keys: Vec<RowKey>,
    /// Whether the outbox or the refusals changed.
    pub sync: bool,
    /// Whether something was taken away from this device, or the person was told of it.
    pub access: bool,
}

impl Change {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && !self.sync && !self.access
    }
}

/// Collects changed keys while a transaction runs.
#[derive(Debug, Default)]
pub(crate) struct Changing {
    tables: BTreeSet<Table>,
    keys: BTreeSet<RowKey>,
    many: bool,
    pub(crate) sync: bool,
    pub(crate) access: bool,
}

impl Changing {
    pub(crate) fn row(&mut self, key: RowKey) {
        self.tables.insert(key.table);
        if !self.many {
            self.keys.insert(key);
            if self.keys.len() > KEYS_MAX {
                self.many = true;
                self.keys.clear();
            }
        }
    }

    pub(crate) fn table(&mut self, table: Table) {
        self.tables.insert(table);
        self.many = true;
        self.keys.clear();
    }

    pub(crate) fn finish(self) -> Change {
        let keys = self.keys.into_iter().collect();
        Change { tables: self.tables, keys, sync: self.sync, access: self.access }
    }
}
