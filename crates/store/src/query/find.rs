//! Finding things by what is written in them.

use super::people::{Directory, directory};
use crate::error::Result;
use crate::find::{SIGN, floor, kind_of, layouts, sign_of};
use crate::meta::{damaged, unsigned};
use crate::store::Store;
use crate::tables::{UNPLACED, layout};
use domain::search::show::score;
use domain::search::{self, Asked, Document, Has, Kind, Words, text};
use domain::{DealId, MemberId, OrganizationId, Timestamp};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Hits are counted up to this number.
pub const COUNT_MAX: usize = 1_000;
/// Hits that are ranked: the newest ones, and those that are no messages.
const RANKED: i64 = 1_000;
/// People or deals that one name can stand for.
const NAMED_MAX: usize = 200;
/// Documents that are looked through for those of one partner.
const LOOKED_THROUGH: usize = 20_000;

/// What to look for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What was typed.
    pub asked: &'a Asked,
    /// Only in deals of this partner.
    pub partner: Option<OrganizationId>,
    /// Not before this.
    pub since: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    /// Hits to return.
    pub limit: usize,
    /// Best first instead of newest first.
    pub ranked: bool,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its id.
    pub id: Uuid,
    /// What is looked in.
    pub document: Document,
    /// Title and customer of its deal.
    pub deal: Option<(String, String)>,
    /// Where a message stands in its room; none while it waits, and for what is none.
    pub position: Option<u64>,
    /// Its place in the order of time, over all programs.
    pub order: i64,
    /// How well it answers.
    pub score: u32,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The first hits.
    pub hits: Vec<Hit>,
    /// How many there are, as far as they were counted.
    pub count: usize,
    /// There are more than were counted.
    pub more: bool,
}

/// Finds rows by their words: newest first, or best first among the newest thousand and all that are no
/// messages. Nothing is found for a question that asks nothing. What has not been indexed yet is not found:
/// see [`unindexed`].
///
/// # Errors
/// Whatever the disk has to say.
pub async fn search(store: &Store, sought: Search<'_>) -> Result<Found> {
    let mut found = Found::default();
    if sought.asked.is_empty() {
        store.unlocked()?;
        return Ok(found);
    }
    let directory = directory(store).await?;
    let mut snapshot = store.showing_one().await?;
    let conn = &mut *snapshot;
    let Some(expression) = expression(conn, &directory, store.identity().member, sought.asked).await? else {
        return Ok(found);
    };
    let kinds = sought.asked.kinds.iter().copied();
    let kinds: Vec<Kind> = if sought.asked.kinds.is_empty() { Kind::ALL.to_vec() } else { kinds.collect() };
    let mut docs = documents(conn, &expression, &kinds, &sought, COUNT_MAX as i64 + 1).await?;
    found.more = docs.len() > COUNT_MAX;
    docs.truncate(COUNT_MAX);
    found.count = docs.len();
    if sought.ranked {
        docs.truncate(RANKED as usize);
        if found.more {
            let things: Vec<Kind> = kinds.into_iter().filter(|kind| *kind != Kind::Message).collect();
            docs.extend(documents(conn, &expression, &things, &sought, RANKED).await?);
            docs.sort_unstable_by(|a, b| b.cmp(a));
            docs.dedup();
        }
    } else {
        docs.truncate(sought.limit);
    }
    found.hits = read(conn, &docs, sought.asked).await?;
    if sought.ranked {
        found.hits.sort_by_key(|hit| std::cmp::Reverse((hit.score, hit.order)));
        found.hits.truncate(sought.limit);
    }
    Ok(found)
}

/// Rows that are not indexed yet, and rows there are; `None` when all are.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn unindexed(store: &Store) -> Result<Option<(u64, u64)>> {
    let mut snapshot = store.showing_one().await?;
    let (mut left, mut all) = (0, 0);
    for layout in layouts() {
        let sql = format!("SELECT count(*) FROM {} WHERE doc IS NULL", layout.name);
        left += unsigned(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *snapshot).await?);
    }
    if left == 0 {
        return Ok(None);
    }
    for layout in layouts() {
        let sql = format!("SELECT count(*) FROM {}", layout.name);
        all += unsigned(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *snapshot).await?);
    }
    Ok(Some((left, all)))
}

/// What the index is asked; `None` when a name stands for nobody.
async fn expression(
    conn: &mut SqliteConnection,
    directory: &Directory,
    me: MemberId,
    asked: &Asked,
) -> Result<Option<String>> {
    let mut all: Vec<String> = asked.words.iter().map(quoted).collect();
    if !asked.from.is_empty() {
        let people = asked.from.iter().flat_map(|name| people(directory, me, name));
        let signs: Vec<String> = people.take(NAMED_MAX).map(|id| sign_of('a', id.0)).collect();
        match any(&signs) {
            Some(any) => all.push(any),
            None => return Ok(None),
        }
    }
    if !asked.inside.is_empty() {
        let mut signs = Vec::new();
        for name in &asked.inside {
            signs.extend(deals(conn, name).await?.into_iter().map(|deal| sign_of('d', deal.0)));
        }
        match any(&signs) {
            Some(any) => all.push(any),
            None => return Ok(None),
        }
    }
    for has in &asked.has {
        let sign = match has {
            Has::Link => 'l',
            Has::Reply => 'r',
            Has::Due => 'u',
        };
        all.push(format!("\"{SIGN}{sign}\""));
    }
    if all.is_empty() {
        all.push(format!("\"{SIGN}\""));
    }
    Ok(Some(all.join(" AND ")))
}

/// Words that follow each other, as the index reads them. They have letters and digits only.
fn quoted(words: &Words) -> String {
    let begins = if words.begins { " *" } else { "" };
    format!("\"{}\"{begins}", words.words.join(" "))
}

fn any(signs: &[String]) -> Option<String> {
    let signs: Vec<String> = signs.iter().map(|sign| format!("\"{sign}\"")).collect();
    (!signs.is_empty()).then(|| format!("({})", signs.join(" OR ")))
}

/// Whether every word sought begins a word of the name.
fn is_named(name: &str, sought: &str) -> bool {
    let words = text::words(name);
    let (sought, _) = text::asked(sought);
    !sought.is_empty()
        && sought.iter().all(|part| words.iter().any(|word| word.folded.starts_with(&part.folded)))
}

/// People of a name, or of a company of that name. `me` is whoever asks.
fn people<'d>(directory: &'d Directory, me: MemberId, name: &'d str) -> impl Iterator<Item = MemberId> + 'd {
    let own = name.eq_ignore_ascii_case("me");
    directory.members.iter().filter_map(move |(id, member)| {
        let company = directory.organizations.get(&member.organization);
        let fits =
            is_named(&member.name, name) || company.is_some_and(|company| is_named(&company.name, name));
        (if own { *id == me } else { fits }).then_some(*id)
    })
}

/// Deals with that title, customer or number, the newest ones.
async fn deals(conn: &mut SqliteConnection, name: &str) -> Result<Vec<DealId>> {
    let (words, _) = text::asked(name);
    let words: Vec<String> =
        words.into_iter().map(|word| quoted(&Words { words: vec![word.folded], begins: true })).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT d.id, d.search FROM find AS f CROSS JOIN deals AS d ON d.doc = f.rowid
         WHERE find MATCH ? AND (f.rowid & 7) = {} ORDER BY f.rowid DESC LIMIT ?",
        Kind::Deal.number()
    );
    let found: Vec<(Vec<u8>, String)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(words.join(" AND "))
        .bind(NAMED_MAX as i64)
        .fetch_all(conn)
        .await?;
    let mut deals = Vec::new();
    // Its index knows the whole registration.
    for (id, _) in found.iter().filter(|(_, search)| is_named(search, name)) {
        deals.push(Uuid::from_slice(id).map(DealId::from).map_err(damaged)?);
    }
    Ok(deals)
}

/// Documents that fit, newest first.
async fn documents(
    conn: &mut SqliteConnection,
    expression: &str,
    kinds: &[Kind],
    sought: &Search<'_>,
    limit: i64,
) -> Result<Vec<i64>> {
    let numbers: Vec<String> = kinds.iter().map(|kind| kind.number().to_string()).collect();
    let narrowed = match kinds.len() == Kind::ALL.len() {
        true => String::new(),
        false => format!("AND (rowid & 7) IN ({})", numbers.join(",")),
    };
    let sql = format!(
        "SELECT rowid FROM find WHERE find MATCH ? AND rowid >= ? AND rowid < ? {narrowed}
         ORDER BY rowid DESC LIMIT ?"
    );
    let from = sought.since.map_or(0, floor);
    let mut to = sought.until.map_or(i64::MAX, floor);
    let mut found = Vec::new();
    let mut looked_through = 0;
    loop {
        let docs: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .bind(expression)
            .bind(from)
            .bind(to)
            .bind(limit)
            .fetch_all(&mut *conn)
            .await?;
        let Some(partner) = sought.partner else { return Ok(docs) };
        looked_through += docs.len();
        let last = docs.last().copied().filter(|_| docs.len() as i64 == limit);
        found.extend(of_partner(conn, docs, partner).await?);
        match last.filter(|_| looked_through < LOOKED_THROUGH && (found.len() as i64) < limit) {
            Some(last) => to = last,
            None => break,
        }
    }
    found.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(found)
}

/// Those among documents that belong to deals of a partner, in the same order.
async fn of_partner(
    conn: &mut SqliteConnection,
    docs: Vec<i64>,
    partner: OrganizationId,
) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    for (kind, deal) in [(Kind::Message, "t.deal"), (Kind::Milestone, "t.deal"), (Kind::Deal, "t.id")] {
        let Some(layout) = layout(kind.table()) else { continue };
        let of_kind: Vec<i64> = docs.iter().copied().filter(|doc| kind_of(*doc) == Some(kind)).collect();
        if of_kind.is_empty() {
            continue;
        }
        let sql = format!(
            "SELECT t.doc FROM json_each(?) AS j CROSS JOIN {} AS t ON t.doc = j.value
             CROSS JOIN deals AS d ON d.id = {deal} WHERE d.partner = ?",
            layout.name
        );
        let of_partner: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(super::list(&of_kind))
            .bind(partner.as_bytes().as_slice())
            .fetch_all(&mut *conn)
            .await?;
        found.extend(of_partner);
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Reads documents; in the order given.
async fn read(conn: &mut SqliteConnection, docs: &[i64], asked: &Asked) -> Result<Vec<Hit>> {
    let mut hits: BTreeMap<i64, Hit> = BTreeMap::new();
    for kind in Kind::ALL {
        let of_kind: Vec<i64> = docs.iter().copied().filter(|doc| kind_of(*doc) == Some(kind)).collect();
        let Some(layout) = layout(kind.table()).filter(|_| !of_kind.is_empty()) else { continue };
        let (position, deal) = match kind {
            Kind::Message => ("t.position", "d.id = t.deal"),
            Kind::Milestone => ("NULL", "d.id = t.deal"),
            _ => ("NULL", "d.id = t.id"),
        };
        let sql = format!(
            "SELECT t.doc, t.id, t.body, {position}, d.title, d.customer
             FROM json_each(?) AS j CROSS JOIN {} AS t ON t.doc = j.value LEFT JOIN deals AS d ON {deal}",
            layout.name
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(super::list(&of_kind)).fetch_all(&mut *conn).await?;
        for row in rows {
            let order = row.try_get(0)?;
            let id = Uuid::from_slice(row.try_get(1)?).map_err(damaged)?;
            let Some(document) = search::document(layout.table, id, row.try_get(2)?) else { continue };
            let position: Option<i64> = row.try_get(3)?;
            let title: Option<String> = row.try_get(4)?;
            let score = score(&document, &asked.words);
            hits.insert(
                order,
                Hit {
                    id,
                    deal: title.zip(row.try_get::<Option<String>, _>(5)?),
                    position: position.filter(|at| *at < UNPLACED).map(unsigned),
                    document,
                    order,
                    score,
                },
            );
        }
    }
    Ok(docs.iter().filter_map(|doc| hits.remove(doc)).collect())
}
