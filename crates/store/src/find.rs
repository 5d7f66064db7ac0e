//! The index of words: kept in the transaction of the rows, or filled in afterwards.
//!
//! It holds no text and no ids, only which words occur in which document; the row knows the number of its
//! document (`doc`). What was indexed of a row follows from its body, so a row is taken out by naming the
//! same words again. Rows that come by the hundred thousand are left for later: [`Store::index_some`].

use crate::error::Result;
use crate::rows::{id_list, insert_many};
use crate::store::Store;
use crate::tables::{self, Layout, Value};
use crate::tx::Tx;
use domain::search::{self, Document, Kind};
use domain::{Table, Timestamp};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use uuid::Uuid;

/// Begins words that nobody can type: what is filtered by. Alone it is in every document.
pub(crate) const SIGN: char = '\u{e000}';
/// Parts title and text, so that no phrase goes across.
const PART: char = '\u{e001}';
/// 2020-01-01, in minutes since 1970.
const START: i64 = 26_297_280;
/// Bits of the number within a minute, and of the kind.
const SLOT_BITS: u32 = 9;
const KIND_BITS: u32 = 3;
/// Rows that are indexed in one transaction when filling in, about ten milliseconds.
const SLICE: i64 = 400;
/// Rows that are many to look for one by one.
const MANY: usize = 100;
/// More documents than these are erased by rewriting the index without them.
const ERASE_ONE_BY_ONE: usize = 300;

/// Where documents of that time begin.
pub(crate) fn floor(at: Timestamp) -> i64 {
    let minute = at.0.div_euclid(60_000).saturating_sub(START).clamp(0, (1 << 30) - 1);
    minute << (SLOT_BITS + KIND_BITS)
}

/// The kind of a document.
pub(crate) fn kind_of(doc: i64) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.number() == doc & ((1 << KIND_BITS) - 1))
}

/// The words of a document as the index takes them.
fn words_of(document: &Document) -> String {
    let mut words = String::new();
    for (number, part) in document.words().iter().enumerate() {
        if number > 0 && !part.is_empty() && !words.is_empty() {
            words.push(PART);
            words.push(' ');
        }
        for word in part {
            words.push_str(&word.folded);
            words.push(' ');
        }
    }
    words.push(SIGN);
    for (sign, id) in
        [('a', document.author.map(|id| *id.as_bytes())), ('d', document.deal.map(|id| *id.as_bytes()))]
    {
        if let Some(id) = id {
            words.push(' ');
            words.push_str(&sign_of(sign, Uuid::from_bytes(id)));
        }
    }
    for (sign, has) in [('l', document.has_link()), ('r', document.is_reply), ('u', document.is_due)] {
        if has {
            // Writing to a string cannot fail.
            let _ = write!(words, " {SIGN}{sign}");
        }
    }
    words
}

/// The word for an author (`a`) or a deal (`d`).
pub(crate) fn sign_of(sign: char, id: Uuid) -> String {
    format!("{SIGN}{sign}{}", id.simple())
}

/// What is taken out of the index: document and words.
type Taken = Vec<(i64, String)>;

async fn take_out(conn: &mut SqliteConnection, mut taken: Taken) -> Result<()> {
    // In the order of the index: otherwise it writes itself down after every document.
    taken.sort_unstable();
    let rows =
        taken.into_iter().map(|(doc, words)| vec![Value::Text("delete".into()), doc.into(), words.into()]);
    insert_many(conn, "unfind", ("INSERT INTO find (find, rowid, words)", ""), 3, rows.collect()).await
}

/// What the index has of a row.
#[derive(Debug)]
struct Indexed {
    /// Number of the document, -1 where there is nothing to index.
    doc: i64,
    /// Its floor and its words.
    document: Option<(i64, String)>,
}

/// The rows that a transaction has written or deleted, with what the index has of them: it follows at the
/// end. Rows that come and go meanwhile, as when waiting changes are done again on top of others, never reach it.
#[derive(Debug, Default)]
pub(crate) struct Touched(BTreeMap<Table, BTreeMap<Uuid, Option<Indexed>>>);

fn as_indexed(table: Table, id: Uuid, body: &[u8]) -> Option<(i64, String)> {
    search::document(table, id, body).map(|document| (floor(document.at), words_of(&document)))
}

/// Before rows are written or deleted: notes what the index has of them.
pub(crate) async fn touch(tx: &mut Tx, layout: &Layout, ids: impl Iterator<Item = Uuid>) -> Result<()> {
    let (table, name) = (layout.table, layout.name);
    if Kind::of(table).is_none() {
        return Ok(());
    }
    let known = tx.touched.0.entry(table).or_default();
    let new: Vec<Uuid> = ids.filter(|id| !known.contains_key(id)).collect();
    known.extend(new.iter().map(|id| (*id, None)));
    if new.is_empty() {
        return Ok(());
    }
    if new.len() > MANY {
        // While a device takes everything in, nothing is indexed: looking for each of them would be in vain.
        let any = format!("SELECT EXISTS (SELECT 1 FROM {name} WHERE doc >= -1)");
        if !sqlx::query_scalar::<_, bool>(AssertSqlSafe(any)).fetch_one(tx.conn()?).await? {
            return Ok(());
        }
    }
    let sql = format!(
        "SELECT t.id, t.doc, t.body FROM json_each(?) AS j CROSS JOIN {name} AS t ON t.id = unhex(j.value)
         WHERE t.doc IS NOT NULL"
    );
    let found = sqlx::query(AssertSqlSafe(sql)).bind(id_list(new)).fetch_all(tx.conn()?).await?;
    let known = tx.touched.0.entry(table).or_default();
    for row in found {
        let id = Uuid::from_slice(row.try_get(0)?).map_err(crate::meta::damaged)?;
        let doc = row.try_get(1)?;
        let document = if doc < 0 { None } else { as_indexed(table, id, row.try_get(2)?) };
        known.insert(id, Some(Indexed { doc, document }));
    }
    Ok(())
}

/// At the end of a transaction: makes the index follow what has become of the rows.
pub(crate) async fn settle(tx: &mut Tx) -> Result<()> {
    let later = tx.index_later;
    let (mut gone, mut documents, mut waiting) = (Taken::new(), Taken::new(), false);
    let mut coming = Vec::new();
    for (table, mut touched) in std::mem::take(&mut tx.touched.0) {
        let Some(layout) = tables::layout(table) else { continue };
        if later {
            // What the index does not have can wait with the others.
            let all = touched.len();
            touched.retain(|_, was| was.is_some());
            waiting |= touched.len() < all;
        }
        if touched.is_empty() {
            continue;
        }
        let sql = format!(
            "SELECT t.rowid, t.id, t.body, t.doc FROM json_each(?) AS j CROSS JOIN {} AS t ON t.id = unhex(j.value)",
            layout.name
        );
        let ids = id_list(touched.keys().copied());
        let (mut new, mut numbers) = (Vec::new(), Vec::new());
        for row in sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch_all(tx.conn()?).await? {
            let id = Uuid::from_slice(row.try_get(1)?).map_err(crate::meta::damaged)?;
            let (rowid, doc): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(3)?);
            let Some(was) = touched.remove(&id).flatten() else {
                new.push(row);
                continue;
            };
            if as_indexed(table, id, row.try_get(2)?) == was.document {
                // It may have been away meanwhile.
                numbers.extend((doc != Some(was.doc)).then(|| format!("[{rowid},{}]", was.doc)));
                continue;
            }
            gone.extend(was.document.map(|(_, words)| (was.doc, words)));
            numbers.extend(doc.map(|_| format!("[{rowid},null]")));
            new.push(row);
        }
        // What is left has been deleted.
        let deleted = touched.into_values().flatten();
        gone.extend(deleted.filter_map(|was| was.document.map(|(_, words)| (was.doc, words))));
        set_numbers(tx.conn()?, layout, &numbers).await?;
        waiting |= !new.is_empty();
        coming.push((layout, new));
    }
    take_out(tx.conn()?, gone).await?;
    if later {
        if waiting {
            tx.rows_unindexed();
        }
        return Ok(());
    }
    for (layout, rows) in coming {
        number(tx.conn()?, layout, rows, &mut documents).await?;
    }
    index(tx.conn()?, documents).await
}

async fn index(conn: &mut SqliteConnection, mut documents: Taken) -> Result<()> {
    documents.sort_unstable();
    let rows = documents.into_iter().map(|(doc, words)| vec![doc.into(), words.into()]).collect();
    insert_many(conn, "find", ("INSERT INTO find (rowid, words)", ""), 2, rows).await
}

/// Gives rows (rowid, id and body) the numbers of their documents.
async fn number(
    conn: &mut SqliteConnection,
    layout: &Layout,
    rows: Vec<sqlx::sqlite::SqliteRow>,
    documents: &mut Taken,
) -> Result<()> {
    let Some(kind) = Kind::of(layout.table) else { return Ok(()) };
    let mut readable = Vec::with_capacity(rows.len());
    let mut numbered = Vec::with_capacity(rows.len());
    for row in rows {
        let rowid: i64 = row.try_get(0)?;
        let id = Uuid::from_slice(row.try_get(1)?).map_err(crate::meta::damaged)?;
        match search::document(layout.table, id, row.try_get(2)?) {
            Some(document) => readable.push((floor(document.at), rowid, words_of(&document))),
            None => numbered.push(format!("[{rowid},-1]")),
        }
    }
    readable.sort_unstable();
    let mut slots = Slots { layout, kind, next: 0, known: -1 };
    for (floor, rowid, words) in readable {
        let doc = slots.take(conn, floor).await?;
        numbered.push(format!("[{rowid},{doc}]"));
        documents.push((doc, words));
    }
    set_numbers(conn, layout, &numbered).await
}

/// Writes the numbers of documents beside rows: pairs of a rowid and a number or `null`, as JSON.
async fn set_numbers(conn: &mut SqliteConnection, layout: &Layout, numbered: &[String]) -> Result<()> {
    if numbered.is_empty() {
        return Ok(());
    }
    let name = layout.name;
    let sql = format!(
        "UPDATE {name} SET doc = json_extract(j.value, '$[1]') FROM json_each(?) AS j
         WHERE {name}.rowid = json_extract(j.value, '$[0]')"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(format!("[{}]", numbered.join(","))).execute(conn).await?;
    Ok(())
}

/// Hands out free numbers of documents of a table, to floors that ascend.
struct Slots<'l> {
    layout: &'l Layout,
    kind: Kind,
    next: i64,
    /// The minute of which is known what is free: from `next` on.
    known: i64,
}

impl Slots<'_> {
    /// The next free number at or after a floor: that of a later minute when this one is full.
    async fn take(&mut self, conn: &mut SqliteConnection, floor: i64) -> Result<i64> {
        const STEP: i64 = 1 << KIND_BITS;
        const MINUTE: i64 = 1 << (SLOT_BITS + KIND_BITS);
        let sql = format!("SELECT max(doc) FROM {} WHERE doc >= ? AND doc < ?", self.layout.name);
        let mut doc = self.next.max(floor + self.kind.number());
        loop {
            let start = doc - doc % MINUTE;
            if start == self.known {
                break;
            }
            let last: Option<i64> = sqlx::query_scalar(AssertSqlSafe(sql.clone()))
                .bind(start)
                .bind(start + MINUTE)
                .fetch_one(&mut *conn)
                .await?;
            doc = last.map_or(doc, |last| doc.max(last + STEP));
            if doc < start + MINUTE {
                self.known = start;
                break;
            }
            doc = start + MINUTE + self.kind.number();
        }
        self.next = doc + STEP;
        Ok(doc)
    }
}

/// Before all rows of scopes (a list of [`crate::rows::scope_list`]) are deleted: takes them out of the index.
pub(crate) async fn forget_scopes(tx: &mut Tx, list: &str, layouts: &[&Layout]) -> Result<()> {
    let mut gone: Vec<(&Layout, Vec<(i64, i64)>)> = Vec::new();
    for layout in layouts.iter().copied().filter(|layout| Kind::of(layout.table).is_some()) {
        let sql = format!(
            "SELECT doc, rowid FROM {} WHERE +doc >= 0 AND scope IN (SELECT unhex(value) FROM json_each(?))",
            layout.name
        );
        let found = sqlx::query_as(AssertSqlSafe(sql)).bind(list).fetch_all(tx.conn()?).await?;
        gone.push((layout, found));
    }
    let many = gone.iter().map(|(_, docs)| docs.len()).sum::<usize>() > ERASE_ONE_BY_ONE;
    if many {
        // Taking each out of its place costs a search for every word of every document.
        command(tx, "INSERT INTO find (find, rank) VALUES ('secure-delete', 0)").await?;
    }
    for (layout, mut docs) in gone {
        docs.sort_unstable();
        for docs in docs.chunks(500) {
            let rowids: Vec<String> = docs.iter().map(|(_, rowid)| rowid.to_string()).collect();
            let sql = format!(
                "SELECT t.doc, t.id, t.body FROM json_each(?) AS j CROSS JOIN {} AS t ON t.rowid = j.value",
                layout.name
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(format!("[{}]", rowids.join(",")))
                .fetch_all(tx.conn()?)
                .await?;
            let mut taken = Taken::new();
            for row in rows {
                let doc: i64 = row.try_get(0)?;
                let id = Uuid::from_slice(row.try_get(1)?).map_err(crate::meta::damaged)?;
                // One that was written before in this transaction is in the index as it was before that.
                let touched = tx.touched.0.get_mut(&layout.table);
                let words = match touched.and_then(|touched| touched.remove(&id)).flatten() {
                    Some(was) => was.document,
                    None => as_indexed(layout.table, id, row.try_get(2)?),
                };
                taken.extend(words.map(|(_, words)| (doc, words)));
            }
            take_out(tx.conn()?, taken).await?;
        }
    }
    if many {
        command(tx, "INSERT INTO find (find) VALUES ('optimize')").await?;
        command(tx, "INSERT INTO find (find, rank) VALUES ('secure-delete', 1)").await?;
    }
    Ok(())
}

/// Takes everything out of the index, before all rows are deleted.
pub(crate) async fn forget_all(tx: &mut Tx) -> Result<()> {
    tx.touched = Touched::default();
    command(tx, "INSERT INTO find (find) VALUES ('delete-all')").await
}

async fn command(tx: &mut Tx, sql: &'static str) -> Result<()> {
    sqlx::query(sql).execute(tx.conn()?).await?;
    Ok(())
}

/// Tables that are looked in, those that are found first first.
pub(crate) fn layouts() -> impl Iterator<Item = &'static Layout> {
    const ORDER: [Table; 6] = [
        Table::Organizations,
        Table::Members,
        Table::Deals,
        Table::Milestones,
        Table::Accounts,
        Table::Messages,
    ];
    ORDER.into_iter().filter_map(tables::layout)
}

/// Makes an index of other rules empty; it is filled in later.
pub(crate) async fn check(conn: &mut SqliteConnection) -> Result<()> {
    let version: i64 = sqlx::query_scalar("SELECT version FROM find_state").fetch_one(&mut *conn).await?;
    if version == search::VERSION {
        return Ok(());
    }
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await?;
    let emptied = empty(conn).await;
    let last = if emptied.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let closed = sqlx::query(last).execute(conn).await;
    emptied?;
    closed?;
    Ok(())
}

async fn empty(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::query("INSERT INTO find (find) VALUES ('delete-all')").execute(&mut *conn).await?;
    for layout in layouts() {
        let sql = format!("UPDATE {} SET doc = NULL WHERE doc IS NOT NULL", layout.name);
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *conn).await?;
    }
    sqlx::query("UPDATE find_state SET version = ?").bind(search::VERSION).execute(conn).await?;
    Ok(())
}

impl Store {
    /// Waits until rows may have come that are not indexed. Returns at once the first time.
    pub async fn until_unindexed(&self) {
        self.inner.unindexed.notified().await;
    }

    /// Indexes some rows that are not: a slice of about ten milliseconds, the newest messages last written
    /// first. True when there may be more. Should the power fail, rows and index lose the same.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn index_some(&self) -> Result<bool> {
        let work = self.write(|tx| Box::pin(async move { fill(tx).await }));
        work.await.map(|(more, _)| more)
    }
}

async fn fill(tx: &mut Tx) -> Result<bool> {
    for layout in layouts() {
        let sql = format!(
            "SELECT rowid, id, body FROM {} WHERE doc IS NULL ORDER BY rowid DESC LIMIT ?",
            layout.name
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(SLICE).fetch_all(tx.conn()?).await?;
        if rows.is_empty() {
            continue;
        }
        let mut documents = Taken::new();
        let conn = tx.conn()?;
        number(conn, layout, rows, &mut documents).await?;
        index(conn, documents).await?;
        return Ok(true);
    }
    Ok(false)
}
