//! The file as it is laid out, held as a snapshot.

use crate::people::*;
use sqlx::Row as _;

#[tokio::test]
async fn schema() {
    let world = World::before_first_sync().await;
    let mut conn = world.alice.raw().await;
    let rows = sqlx::query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name")
        .fetch_all(&mut conn)
        .await
        .unwrap();
    let schema: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    insta::assert_snapshot!(schema.join(";\n"));
    for row in rows.iter().map(|row| row.get::<&str, _>(0)) {
        assert!(
            !row.starts_with("CREATE TABLE")
                || row.contains("STRICT")
                || row.contains("sqlite_")
                // FTS5's own.
                || row.contains("'find_"),
            "{row}"
        );
    }
}

#[tokio::test]
async fn the_connection_that_writes_is_set_up_to_lose_and_leak_nothing() {
    let world = World::before_first_sync().await;
    // Settings of the file; those of the connection follow from what other tests see.
    let mut conn = world.alice.raw().await;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut conn).await.unwrap();
    assert_eq!(mode, "wal");
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut conn).await.unwrap();
    assert_eq!(version, 8);
}

#[tokio::test]
async fn a_newer_file_is_opened_as_long_as_it_can_be_read() {
    let mut world = World::new().await;
    world.alice.restart().await;
    world.alice.store.close().await.unwrap();
    raise(&world.alice, 9, 8).await;
    let reopened = store::Store::open(&world.alice.path, &file_key(), world.alice.identity.clone()).await;
    reopened.unwrap().close().await.unwrap();
    raise(&world.alice, 10, 9).await;
    let before = std::fs::read(&world.alice.path).unwrap();
    let refused = store::Store::open(&world.alice.path, &file_key(), world.alice.identity.clone()).await;
    assert_eq!(refused.unwrap_err().code(), store::Code::NewerSchema);
    assert_eq!(std::fs::read(&world.alice.path).unwrap(), before);
}

async fn raise(person: &Person, version: u32, readable_from: u32) {
    use sqlx::{ConnectOptions, Connection};
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&person.path)
        .pragma("key", file_key_pragma())
        .foreign_keys(false);
    let mut conn = options.connect().await.unwrap();
    let sql = format!("PRAGMA user_version = {version}; UPDATE meta SET readable_from = {readable_from}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}
