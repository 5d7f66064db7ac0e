//! What the rules of engagement are, and what there is here that they look into.

use super::{Mark, list, read_entity, read_id, read_mark, waiting};
use crate::error::Result;
use crate::store::Store;
use domain::company::{Company, name_key};
use domain::entity::{Account, Deal, Rules, Status};
use domain::{AccountId, DealId};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// Most companies of one kind that are looked at for one customer.
const ALIKE_MAX: usize = 500;

/// A published version of the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The rules.
    pub rules: Rules,
    /// How far they have travelled, when they were published here.
    pub mark: Mark,
}

/// Every published version of the rules, the latest first.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn rules(store: &Store) -> Result<Vec<Version>> {
    let mut conn = store.showing().await?;
    let sql = concat!("SELECT r.body, ", waiting!("r", "16"), " FROM rules AS r ORDER BY r.version DESC");
    let rows = sqlx::query(sql).fetch_all(&mut *conn).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let mark = read_mark(row, 1)?;
        all.extend(read_entity(row, 0)?.map(|rules| Version { rules, mark }));
    }
    Ok(all)
}

/// What may be the same company as a customer: found by the keys that the rules know, not scored yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alike {
    /// On the organization's own list.
    pub accounts: Vec<(AccountId, Account)>,
    /// Customers of deals.
    pub deals: Vec<(DealId, Deal)>,
}

/// Reads what may be the same company as each of several, in the same order.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn alike(store: &Store, companies: &[Company]) -> Result<Vec<Alike>> {
    let mut snapshot = store.showing_one().await?;
    let mut all = Vec::with_capacity(companies.len());
    for company in companies {
        all.push(Alike {
            accounts: named(&mut snapshot, "accounts", company).await?,
            deals: named(&mut snapshot, "deals", company).await?,
        });
    }
    Ok(all)
}

async fn named<I, E>(conn: &mut SqliteConnection, table: &str, company: &Company) -> Result<Vec<(I, E)>>
where
    I: From<uuid::Uuid>,
    E: domain::codec::Entity,
{
    let email = company.email.as_deref().unwrap_or_default();
    let duns = company.duns.as_deref().unwrap_or_default();
    let name = name_key(&company.name);
    // What a partial index covers has to be said as the index says it.
    let mut ways =
        vec![("domain", company.domain.as_str()), ("domain", email), ("duns", duns), ("name_key", &name)];
    if table == "deals" {
        ways.extend([("email", company.domain.as_str()), ("email", email)]);
    }
    ways.retain(|(_, text)| !text.is_empty());
    ways.dedup();
    let mut rowids: Vec<i64> = Vec::new();
    for (column, text) in ways {
        let sql =
            format!("SELECT rowid FROM {table} WHERE {column} <> '' AND {column} = ?1 LIMIT {ALIKE_MAX}");
        rowids
            .extend(sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).bind(text).fetch_all(&mut *conn).await?);
    }
    rowids.sort_unstable();
    rowids.dedup();
    let sql =
        format!("SELECT id, body FROM {table} WHERE rowid IN (SELECT value FROM json_each(?1)) ORDER BY id");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(list(&rowids)).fetch_all(&mut *conn).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: I = read_id(row, 0)?;
        found.extend(read_entity::<E>(row, 1)?.map(|entity| (id, entity)));
    }
    Ok(found)
}

/// Registrations that were sent, the latest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sent {
    /// How many there are here.
    pub total: u64,
    /// At most as many as were asked for.
    pub latest: Vec<(DealId, Deal)>,
}

/// Reads the `limit` registrations that were sent last.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn sent(store: &Store, limit: u32) -> Result<Sent> {
    let mut snapshot = store.showing_one().await?;
    // The rules never look at a duplicate.
    let sent = format!("status NOT IN ({}, {})", Status::Draft as u8, Status::Duplicate as u8);
    let count = format!("SELECT count(*) FROM deals WHERE {sent}");
    let total: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut *snapshot).await?;
    let latest = format!("SELECT id, body FROM deals WHERE {sent} ORDER BY created_at DESC LIMIT {limit}");
    let rows = sqlx::query(AssertSqlSafe(latest)).fetch_all(&mut *snapshot).await?;
    let mut all = Sent { total: crate::meta::unsigned(total), latest: Vec::with_capacity(rows.len()) };
    for row in &rows {
        let id = read_id(row, 0)?;
        all.latest.extend(read_entity(row, 1)?.map(|deal| (id, deal)));
    }
    Ok(all)
}
