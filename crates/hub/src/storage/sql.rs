//! Between our types and SQLite's.

use crate::Error;
use domain::{RowKey, ScopeId, Table};
use sqlx::AssertSqlSafe;
use std::path::Path;
use uuid::Uuid;

/// Lengths of the lists that statements are made for: few, so that each is prepared once.
const LENGTHS: [usize; 4] = [256, 32, 4, 1];

/// Cuts a list into pieces of a few fixed lengths, none of them empty.
pub(super) fn pieces<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = LENGTHS.into_iter().find(|length| *length <= items.len())?;
        let (piece, rest) = items.split_at_checked(length)?;
        items = rest;
        Some(piece)
    })
}

/// `before`, then `group` as many times as asked for with commas between, then `after`. All three are
/// constants of this module's neighbours; values are only ever bound.
pub(super) fn repeated(
    before: &'static str,
    group: &'static str,
    times: usize,
    after: &'static str,
) -> AssertSqlSafe<String> {
    let mut text = String::with_capacity(before.len() + times * (group.len() + 1) + after.len());
    text.push_str(before);
    for n in 0..times {
        if n > 0 {
            text.push(',');
        }
        text.push_str(group);
    }
    text.push_str(after);
    AssertSqlSafe(text)
}

/// Numbers are stored as SQLite has them; ours never come near the limit.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// See [`signed`].
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A stored key.
pub(super) fn key(table: i64, id: &[u8]) -> Result<RowKey, Error> {
    let table = u8::try_from(table).ok().and_then(Table::from_number);
    let (Some(table), Ok(id)) = (table, Uuid::from_slice(id)) else { return Err(unreadable("row key")) };
    Ok(RowKey { table, id })
}

/// A stored scope.
pub(super) fn scope(bytes: &[u8]) -> Result<ScopeId, Error> {
    ScopeId::from_bytes(bytes).ok_or_else(|| unreadable("scope"))
}

/// What is stored has a form that nothing of this version writes.
pub(super) fn unreadable(what: &'static str) -> Error {
    Error::Database(format!("a stored {what} cannot be read").into())
}

/// Tells the errors of SQLite apart.
pub(super) fn classify(error: sqlx::Error, folder: Option<&Path>) -> Error {
    let code = match &error {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<u32>().ok()),
        sqlx::Error::PoolClosed => return Error::Closed,
        _ => None,
    };
    // Primary result codes, and the extended one for shared memory that could not grow.
    const FULL: u32 = 13;
    const CORRUPT: u32 = 11;
    const NOT_A_DATABASE: u32 = 26;
    const SHM_SIZE: u32 = 4_874;
    const READ_ONLY: u32 = 8;
    const INPUT_OUTPUT: u32 = 10;
    match code {
        Some(SHM_SIZE) => Error::DiskFull,
        Some(code) if code & 0xff == FULL => Error::DiskFull,
        Some(code) if matches!(code & 0xff, READ_ONLY | INPUT_OUTPUT) => Error::Disk(Box::new(error)),
        Some(code) if matches!(code & 0xff, CORRUPT | NOT_A_DATABASE) => {
            Error::Damaged(folder.map(|folder| folder.join(super::open::FILE)).unwrap_or_default())
        }
        _ => Error::Database(Box::new(error)),
    }
}
