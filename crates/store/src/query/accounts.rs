//! The organization's own list of customer accounts.

use super::{Mark, WINDOW_MAX, list, read_entity, read_id, read_mark, waiting, words};
use crate::error::Result;
use crate::meta::unsigned;
use crate::store::Store;
use crate::tables::folded;
use domain::AccountId;
use domain::entity::Account;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::{BTreeMap, HashMap};

/// A window of the account list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// Accounts that match, in the window or not.
    pub total: u64,
    /// Accounts in all.
    pub all: u64,
    /// The window, by name.
    pub rows: Vec<AccountLine>,
}

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountLine {
    /// Id.
    pub id: AccountId,
    /// The account.
    pub account: Account,
    /// Deals here with a customer of the same domain.
    pub deals: u64,
    /// How far the latest change to it has travelled.
    pub mark: Mark,
}

/// Reads a window of `limit` accounts (at most [`WINDOW_MAX`]) whose name or domain contains every
/// word of `text`.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn window(store: &Store, text: &str, offset: u32, limit: u32) -> Result<Window> {
    let mut snapshot = store.showing_one().await?;
    let words = words(text);
    let condition = vec!["instr(search, ?) > 0"; words.len()].join(" AND ");
    let condition = if words.is_empty() { "1" } else { condition.as_str() };
    let all: i64 = sqlx::query_scalar("SELECT count(*) FROM accounts").fetch_one(&mut *snapshot).await?;
    let mut window = Window { all: unsigned(all), total: unsigned(all), rows: Vec::new() };
    if !words.is_empty() {
        let sql = format!("SELECT count(*) FROM accounts WHERE {condition}");
        let count = words.iter().fold(sqlx::query_scalar(AssertSqlSafe(sql)), sqlx::query::QueryScalar::bind);
        window.total = unsigned(count.fetch_one(&mut *snapshot).await?);
    }
    let sql = format!(
        "SELECT rowid FROM accounts WHERE {condition} ORDER BY search, rowid LIMIT {} OFFSET {offset}",
        limit.min(WINDOW_MAX)
    );
    let page = words.iter().fold(sqlx::query_scalar(AssertSqlSafe(sql)), sqlx::query::QueryScalar::bind);
    let rowids: Vec<i64> = page.fetch_all(&mut *snapshot).await?;
    let rows = sqlx::query(concat!(
        "SELECT a.rowid, a.id, a.body,
           (SELECT count(*) FROM deals AS d WHERE d.domain <> '' AND d.domain = a.domain), ",
        waiting!("a", "6"),
        " FROM accounts AS a WHERE a.rowid IN (SELECT value FROM json_each(?))"
    ))
    .bind(list(&rowids))
    .fetch_all(&mut *snapshot)
    .await?;
    let mut found = BTreeMap::new();
    for row in &rows {
        let Some(account) = read_entity(row, 2)? else { continue };
        let mark = read_mark(row, 4)?;
        let deals = unsigned(row.try_get(3)?);
        let line = AccountLine { id: read_id(row, 1)?, account, deals, mark };
        found.insert(row.try_get::<i64, _>(0)?, line);
    }
    window.rows = rowids.iter().filter_map(|rowid| found.remove(rowid)).collect();
    Ok(window)
}

/// What accounts on file are called, to recognise them in an import.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Existing {
    /// By registrable domain.
    pub by_domain: HashMap<String, AccountId>,
    /// By name in lower case.
    pub by_name: HashMap<String, AccountId>,
}

impl Existing {
    /// The account on file with this domain, else the one with this name.
    pub fn find(&self, domain: &str, name: &str) -> Option<AccountId> {
        let by_domain = self.by_domain.get(domain).filter(|_| !domain.is_empty());
        by_domain.or_else(|| self.by_name.get(&folded(name.trim()))).copied()
    }
}

/// Reads what all accounts on file are called.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn existing(store: &Store) -> Result<Existing> {
    let mut conn = store.showing().await?;
    let rows = sqlx::query("SELECT id, domain, name FROM accounts").fetch_all(&mut *conn).await?;
    let mut existing = Existing::default();
    for row in &rows {
        let id: AccountId = read_id(row, 0)?;
        let (domain, name): (String, &str) = (row.try_get(1)?, row.try_get(2)?);
        if !domain.is_empty() {
            existing.by_domain.entry(domain).or_insert(id);
        }
        existing.by_name.entry(folded(name.trim())).or_insert(id);
    }
    Ok(existing)
}
