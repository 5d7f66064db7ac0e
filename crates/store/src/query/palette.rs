//! Finding things by name.

use super::{read_id, words};
use crate::error::Result;
use crate::store::Store;
use domain::{AccountId, DealId, MemberId, OrganizationId};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

/// Something found by name: id, first line, second line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<I> {
    /// Id.
    pub id: I,
    /// Title or name.
    pub title: String,
    /// Customer, domain or organization; may be empty.
    pub detail: String,
}

/// What was found, each kind best first: names that begin with the text, then those that contain it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Deals by title, customer or number.
    pub deals: Vec<Hit<DealId>>,
    /// Accounts by name or domain.
    pub accounts: Vec<Hit<AccountId>>,
    /// Members by name.
    pub members: Vec<Hit<MemberId>>,
    /// Organizations by name.
    pub organizations: Vec<Hit<OrganizationId>>,
}

/// Finds deals (only of `partner` when one is given), accounts, members and organizations whose
/// names contain every word of `text`, at most `each` of a kind. Nothing for an empty text.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn search(store: &Store, text: &str, partner: Option<OrganizationId>, each: u32) -> Result<Hits> {
    let words = words(text);
    let mut hits = Hits::default();
    if words.is_empty() {
        return Ok(hits);
    }
    let mut snapshot = store.showing_one().await?;
    let conn = &mut *snapshot;
    let partner = partner.map(|partner| partner.as_bytes().to_vec());
    let deals = "SELECT f.id, f.title, f.customer FROM deals AS f WHERE (?2 IS NULL OR f.partner = ?2)";
    hits.deals = found(conn, deals, &words, partner.as_deref(), each).await?;
    let accounts = "SELECT f.id, f.name, f.domain FROM accounts AS f WHERE ?2 IS NULL";
    hits.accounts = found(conn, accounts, &words, None, each).await?;
    let members = "SELECT f.id, f.name, coalesce(o.name, '') FROM members AS f
                   LEFT JOIN organizations AS o ON o.id = f.organization WHERE ?2 IS NULL";
    hits.members = found(conn, members, &words, None, each).await?;
    let organizations = "SELECT f.id, f.name, '' FROM organizations AS f WHERE ?2 IS NULL";
    hits.organizations = found(conn, organizations, &words, None, each).await?;
    Ok(hits)
}

/// Runs `select`, which ends in a condition on `?2`, for rows `f` that contain all words: first those
/// that begin with the first one, which the index of `search` finds at once, then the others in its
/// order, until there are enough.
async fn found<I: From<uuid::Uuid>>(
    conn: &mut SqliteConnection,
    select: &str,
    words: &[String],
    partner: Option<&[u8]>,
    each: u32,
) -> Result<Vec<Hit<I>>> {
    let mut hits = Vec::new();
    let begins = " AND f.search >= ?1 AND f.search < ?1 || char(1114111)";
    for first in [begins, " AND instr(f.search, ?1) > 1"] {
        let mut sql = select.to_owned();
        sql.push_str(first);
        for number in 4..words.len() + 3 {
            sql.push_str(&format!(" AND instr(f.search, ?{number}) > 0"));
        }
        sql.push_str(" ORDER BY f.search LIMIT ?3");
        let mut words = words.iter();
        let left = i64::from(each).saturating_sub_unsigned(hits.len() as u64);
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(words.next()).bind(partner).bind(left);
        for word in words {
            query = query.bind(word);
        }
        let rows: Vec<SqliteRow> = query.fetch_all(&mut *conn).await?;
        for row in &rows {
            hits.push(Hit { id: read_id(row, 0)?, title: row.try_get(1)?, detail: row.try_get(2)? });
        }
        if hits.len() >= each as usize {
            break;
        }
    }
    Ok(hits)
}
