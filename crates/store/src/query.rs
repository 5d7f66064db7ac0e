//! Windows of rows for whoever shows them. Each function reads one state of the file, even while
//! changes are being written, and returns decoded entities; how they are worded is up to the caller.
//!
//! Text is matched in lower case: every word has to occur somewhere.

pub mod accounts;
pub mod deals;
pub mod engagement;
mod entity;
pub mod find;
pub mod here;
pub mod history;
pub mod palette;
pub mod people;
pub mod plans;
pub mod room;
pub mod today;

use crate::error::Result;
use crate::meta::{damaged, unsigned};
use crate::tables::folded;
use domain::codec::Entity;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

/// Most rows in a window, whatever is asked for.
pub const WINDOW_MAX: u32 = 200;

/// How far the changes made here to an object have travelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// Number of the last own mutation that wrote it and has no answer; a number the connection has
    /// sent already is on its way, a higher one still queued.
    pub waiting: Option<u64>,
    /// For a deal: a mutation of its lane was refused, or waits for one that was.
    pub needs_you: bool,
}

/// The column for [`Mark::waiting`] of the row `$alias` of table number `$table`.
macro_rules! waiting {
    ($alias:literal, $table:literal) => {
        concat!(
            "(SELECT max(o.n) FROM touched AS t JOIN outbox AS o ON o.n = t.n AND o.state = 0 ",
            "WHERE t.tbl = ",
            $table,
            " AND t.id = ",
            $alias,
            ".id AND t.wrote > 0)"
        )
    };
}
pub(crate) use waiting;

/// Reads what [`waiting!`] selected.
fn read_mark(row: &SqliteRow, at: usize) -> Result<Mark> {
    let waiting: Option<i64> = row.try_get(at)?;
    Ok(Mark { waiting: waiting.map(unsigned), needs_you: false })
}

/// An id from a column.
fn read_id<I: From<Uuid>>(row: &SqliteRow, at: usize) -> Result<I> {
    Uuid::from_slice(row.try_get(at)?).map(I::from).map_err(damaged)
}

/// An entity from a column; `None` when a newer version wrote it in a form this one cannot read.
fn read_entity<E: Entity>(row: &SqliteRow, at: usize) -> Result<Option<E>> {
    Ok(E::from_body(row.try_get(at)?).ok())
}

/// The words of a search text, as they are compared.
fn words(text: &str) -> Vec<String> {
    folded(text).split_whitespace().take(8).map(str::to_owned).collect()
}

/// Ids of rows as a JSON list, for `json_each`.
fn list(rowids: &[i64]) -> String {
    let rowids: Vec<_> = rowids.iter().map(i64::to_string).collect();
    format!("[{}]", rowids.join(","))
}
