//! Reading and writing rows, many at a time.

use crate::error::{Code, Result, StoreError};
use crate::meta::{damaged, signed, unsigned};
use crate::tables::{self, Layout, Value};
use crate::tx::Tx;
use crate::{deals, find};
use domain::row::lookups_of;
use domain::{LookupKey, Row, RowKey, ScopeId, Table};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Row as _, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex};
use uuid::Uuid;

/// Batch sizes of statements with many rows. Few, so that each stays prepared; what is left is one more.
const BATCHES: [usize; 4] = [500, 150, 50, 15];

/// One row to write.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) key: RowKey,
    pub(crate) scope: ScopeId,
    /// The version the row is based on. A stored row with a newer one stays as it is.
    pub(crate) seq: u64,
    /// `None` deletes.
    pub(crate) body: Option<Vec<u8>>,
}

type Shape = (&'static str, usize);
static SQL: LazyLock<Mutex<HashMap<Shape, Arc<str>>>> = LazyLock::new(Mutex::default);

/// The statement of a kind for a number of rows, written once.
fn sql(kind: &'static str, rows: usize, write: impl FnOnce() -> String) -> AssertSqlSafe<Arc<str>> {
    // A poisoned cache is still a cache: entries are whole or absent.
    let mut cache = SQL.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let statement = cache.entry((kind, rows)).or_insert_with(|| write().into());
    AssertSqlSafe(Arc::clone(statement))
}

/// `(?,?),(?,?)`: `rows` tuples of `columns` parameters.
fn tuples(columns: usize, rows: usize) -> String {
    let tuple = format!("({})", vec!["?"; columns].join(","));
    vec![tuple; rows].join(",")
}

fn bind(arguments: &mut SqliteArguments, value: Value) -> Result<()> {
    let bound = match value {
        Value::Null => arguments.add(None::<i64>),
        Value::Int(value) => arguments.add(value),
        Value::Text(value) => arguments.add(value),
        Value::Blob(value) => arguments.add(value),
    };
    bound.map_err(|error| StoreError::caused(Code::Internal, "binding a value", error))
}

/// Inserts `rows` of `columns` values each with `head VALUES (…),(…) tail`, in batches. `kind` names
/// the statement in the cache.
pub(crate) async fn insert_many(
    conn: &mut SqliteConnection,
    kind: &'static str,
    (head, tail): (&str, &str),
    columns: usize,
    rows: Vec<Vec<Value>>,
) -> Result<()> {
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let size = BATCHES.into_iter().find(|size| *size <= rows.len()).unwrap_or(rows.len());
        let statement = sql(kind, size, || format!("{head} VALUES {} {tail}", tuples(columns, size)));
        let mut arguments = SqliteArguments::default();
        arguments.reserve(columns * size, 0);
        for value in rows.by_ref().take(size).flatten() {
            bind(&mut arguments, value)?;
        }
        sqlx::query_with(statement, arguments).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Ids as a JSON list of hexadecimal digits, for `json_each` and `unhex`.
pub(crate) fn id_list(ids: impl IntoIterator<Item = Uuid>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", ids.join(","))
}

/// Runs `head (the ids) tail`, unless there are none; `tail` may close brackets.
pub(crate) async fn for_ids(
    conn: &mut SqliteConnection,
    kind: &'static str,
    (head, tail): (&str, &str),
    ids: &[Uuid],
) -> Result<()> {
    if !ids.is_empty() {
        let statement = sql(kind, 0, || format!("{head} (SELECT unhex(value) FROM json_each(?)) {tail}"));
        sqlx::query(statement).bind(id_list(ids.iter().copied())).execute(conn).await?;
    }
    Ok(())
}

/// The stored rows among `keys`.
pub(crate) async fn read<'k>(
    conn: &mut SqliteConnection,
    keys: impl IntoIterator<Item = &'k RowKey>,
) -> Result<BTreeMap<RowKey, Row>> {
    let mut by_table: BTreeMap<Table, Vec<Uuid>> = BTreeMap::new();
    for key in keys {
        by_table.entry(key.table).or_default().push(key.id);
    }
    let mut found = BTreeMap::new();
    for (table, ids) in by_table {
        // Claims and counters never leave the hub: here they are always absent.
        let Some(layout) = tables::layout(table) else { continue };
        let statement = sql(read_kind(layout), 0, || {
            let name = layout.name;
            format!(
                "SELECT id, scope, seq, body FROM {name} WHERE id IN (SELECT unhex(value) FROM json_each(?))"
            )
        });
        for row in sqlx::query(statement).bind(id_list(ids)).fetch_all(&mut *conn).await? {
            let row = decode(table, &row)?;
            found.insert(row.key, row);
        }
    }
    Ok(found)
}

/// Names of statements in the cache; a table's own name means "write".
fn read_kind(layout: &Layout) -> &'static str {
    match layout.table {
        Table::Programs => "read programs",
        Table::Organizations => "read organizations",
        Table::Members => "read members",
        Table::Devices => "read devices",
        Table::Invitations => "read invitations",
        Table::Grants => "read grants",
        Table::Accounts => "read accounts",
        Table::Deals => "read deals",
        Table::Messages => "read messages",
        Table::ReadMarks => "read read_marks",
        Table::ActionPlans => "read action_plans",
        Table::Milestones => "read milestones",
        Table::FieldHistory => "read field_history",
        Table::PutAways => "read put_aways",
        Table::Rules => "read rules",
        Table::Claims | Table::Counters | Table::Listed => "read nothing",
    }
}

/// A row from the columns id, scope, seq and body.
pub(crate) fn decode(table: Table, row: &SqliteRow) -> Result<Row> {
    let id = Uuid::from_slice(&row.try_get::<Vec<u8>, _>(0)?).map_err(damaged)?;
    Ok(Row {
        key: RowKey { table, id },
        scope: scope(&row.try_get::<Vec<u8>, _>(1)?)?,
        seq: unsigned(row.try_get(2)?),
        body: row.try_get(3)?,
    })
}

/// A stored scope.
pub(crate) fn scope(bytes: &[u8]) -> Result<ScopeId> {
    ScopeId::from_bytes(bytes).ok_or_else(|| StoreError::new(Code::Damaged, "reading a scope"))
}

/// The rows under a lookup key.
pub(crate) async fn under(conn: &mut SqliteConnection, key: &LookupKey) -> Result<Vec<RowKey>> {
    let found: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT tbl, id FROM lookup WHERE key = ? ORDER BY tbl, id")
            .bind(key.0.as_str())
            .fetch_all(conn)
            .await?;
    found.iter().map(|(table, id)| tables::row_key(*table, id)).collect()
}

/// Writes rows with their lookup keys, and whatever is derived from them. Later writes of the same
/// row win. Rows that never leave the hub are passed over.
pub(crate) async fn write(tx: &mut Tx, writes: Vec<Write>) -> Result<()> {
    let mut by_table: BTreeMap<Table, BTreeMap<Uuid, Write>> = BTreeMap::new();
    let (mut rooms, mut plans) = (BTreeSet::new(), BTreeSet::new());
    for write in writes {
        if write.scope == ScopeId::Hub {
            continue;
        }
        if let ScopeId::Deal(deal) = write.scope {
            let (room, plan) = match write.key.table {
                Table::Deals => (true, true),
                table => (table == Table::Messages, table == Table::Milestones),
            };
            rooms.extend(room.then_some(deal.0));
            plans.extend(plan.then_some(deal.0));
        }
        tx.changing.row(write.key);
        by_table.entry(write.key.table).or_default().insert(write.key.id, write);
    }
    for (table, writes) in by_table {
        let Some(layout) = tables::layout(table) else { continue };
        find::touch(tx, layout, writes.keys().copied()).await?;
        write_table(tx.conn()?, layout, writes.into_values().collect()).await?;
    }
    let (rooms, plans): (Vec<_>, Vec<_>) = (rooms.into_iter().collect(), plans.into_iter().collect());
    deals::settle_rooms(tx, &rooms).await?;
    deals::settle_plans(tx, &plans).await
}

async fn write_table(conn: &mut SqliteConnection, layout: &Layout, writes: Vec<Write>) -> Result<()> {
    if layout.has_lookups {
        write_lookups(conn, layout, &writes).await?;
    }
    let mut puts = Vec::with_capacity(writes.len());
    for Write { key, scope, seq, body } in writes {
        let Some(body) = body else {
            if domain::planted!(TombstoneIgnored) && seq != u64::MAX {
                continue;
            }
            let statement = sql("delete", usize::from(layout.table.number()), || {
                format!("DELETE FROM {} WHERE id = ? AND seq <= ?", layout.name)
            });
            let delete = sqlx::query(statement).bind(key.id.as_bytes().as_slice()).bind(signed(seq));
            delete.execute(&mut *conn).await?;
            continue;
        };
        puts.push(written(layout, key, scope, seq, body));
    }
    let columns = layout.columns.len() + 4;
    let (head, tail) = put_sql(layout);
    insert_many(conn, layout.name, (&head, &tail), columns, puts).await
}

/// A row as its table has it.
fn written(layout: &Layout, key: RowKey, scope: ScopeId, seq: u64, body: Vec<u8>) -> Vec<Value> {
    let mut values = vec![key.id.as_bytes().into(), Value::Blob(scope.to_bytes()), Value::Int(signed(seq))];
    values.extend(layout.values(&body));
    values.push(Value::Blob(body));
    values
}

fn put_sql(layout: &Layout) -> (String, String) {
    let (name, columns) = (layout.name, layout.columns.join(", "));
    // A new deal has its activity from the start; later only `deals` knows it.
    let columns_kept = layout.columns.iter().filter(|column| **column != "activity_at");
    let set: Vec<_> = columns_kept.map(|column| format!("{column} = excluded.{column}")).collect();
    let set = set.join(", ");
    let head = format!("INSERT INTO {name} (id, scope, seq, {columns}, body)");
    let tail = format!(
        "ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, seq = excluded.seq, {set}, \
         body = excluded.body WHERE excluded.seq >= {name}.seq"
    );
    (head, tail)
}

/// Fills the columns of a table anew from the bodies of its rows.
pub(crate) async fn derive_again(conn: &mut SqliteConnection, table: Table) -> Result<()> {
    let Some(layout) = tables::layout(table) else { return Ok(()) };
    let name = layout.name;
    let select = format!("SELECT id, scope, seq, body FROM {name} WHERE id > ? ORDER BY id LIMIT 500");
    let (head, tail) = put_sql(layout);
    let mut after = Vec::new();
    loop {
        let found = sqlx::query(AssertSqlSafe(select.clone())).bind(&after).fetch_all(&mut *conn).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = last.try_get(0)?;
        let mut puts = Vec::with_capacity(found.len());
        for row in &found {
            let Row { key, scope, seq, body } = decode(table, row)?;
            puts.push(written(layout, key, scope, seq, body));
        }
        insert_many(conn, layout.name, (&head, &tail), layout.columns.len() + 4, puts).await?;
    }
}

/// Replaces the lookup keys of rows. What an entity can be found under never changes while it
/// exists, so keys of an older version that is passed over below are right all the same.
async fn write_lookups(conn: &mut SqliteConnection, layout: &Layout, writes: &[Write]) -> Result<()> {
    let ids: Vec<_> = writes.iter().map(|write| write.key.id).collect();
    let table = layout.table.number();
    let kind = match layout.table {
        Table::Devices => "forget devices",
        Table::Invitations => "forget invitations",
        Table::Grants => "forget grants",
        _ => "forget members",
    };
    for_ids(conn, kind, (&format!("DELETE FROM lookup WHERE tbl = {table} AND id IN"), ""), &ids).await?;
    let mut rows = Vec::new();
    for write in writes {
        let Some(body) = &write.body else { continue };
        for LookupKey(key) in lookups_of(write.key, body) {
            rows.push(vec![key.into(), Value::Int(i64::from(table)), write.key.id.as_bytes().into()]);
        }
    }
    insert_many(conn, "lookup", ("INSERT OR REPLACE INTO lookup (key, tbl, id)", ""), 3, rows).await
}

/// Scopes as a JSON list of hexadecimal digits, for `json_each` and `unhex`.
pub(crate) fn scope_list(scopes: &BTreeSet<ScopeId>) -> String {
    let mut list = String::from("[");
    for scope in scopes {
        list.push_str(if list.len() == 1 { "\"" } else { ",\"" });
        for byte in scope.to_bytes() {
            list.extend(
                [byte >> 4, byte & 15].iter().filter_map(|nibble| char::from_digit(u32::from(*nibble), 16)),
            );
        }
        list.push('"');
    }
    list.push(']');
    list
}

/// Removes every row of some scopes, with their lookup keys, for good.
pub(crate) async fn erase_scopes(tx: &mut Tx, scopes: &BTreeSet<ScopeId>) -> Result<()> {
    if scopes.is_empty() {
        return Ok(());
    }
    let list = scope_list(scopes);
    let mut erased = crate::newer::erase(tx, scopes).await?;
    let kept = |layout: &Layout| domain::planted!(RevokeKeepsRows) && layout.table == Table::Messages;
    let layouts: Vec<&Layout> = tables::layouts().iter().filter(|layout| !kept(layout)).collect();
    find::forget_scopes(tx, &list, &layouts).await?;
    for layout in layouts {
        let (name, table) = (layout.name, layout.table.number());
        if layout.has_lookups {
            let statement = sql("erase lookups", usize::from(table), || {
                format!(
                    "DELETE FROM lookup WHERE tbl = {table} AND id IN (SELECT id FROM {name}
                     WHERE scope IN (SELECT unhex(value) FROM json_each(?)))"
                )
            });
            sqlx::query(statement).bind(&list).execute(tx.conn()?).await?;
        }
        let statement = sql("erase", usize::from(table), || {
            format!("DELETE FROM {name} WHERE scope IN (SELECT unhex(value) FROM json_each(?))")
        });
        let done = sqlx::query(statement).bind(&list).execute(tx.conn()?).await?;
        if done.rows_affected() > 0 {
            erased += done.rows_affected();
            tx.changing.table(layout.table);
        }
    }
    if erased > 0 { crate::access::owe_wipe(tx).await } else { Ok(()) }
}

/// Removes every row of every table.
pub(crate) async fn erase_all(tx: &mut Tx) -> Result<()> {
    find::forget_all(tx).await?;
    for layout in tables::layouts() {
        let statement =
            sql("clear", usize::from(layout.table.number()), || format!("DELETE FROM {}", layout.name));
        sqlx::query(statement).execute(tx.conn()?).await?;
        tx.changing.table(layout.table);
    }
    sqlx::query("DELETE FROM lookup").execute(tx.conn()?).await?;
    crate::access::owe_wipe(tx).await
}
