//! The small encrypted file of the device itself: joined programs and settings.

use crate::error::{Code, Result, StoreError};
use crate::key::FileKey;
use crate::open;
use domain::{DeviceId, MemberId, ProgramId, Timestamp};
use sqlx::{Connection, Row as _, SqliteConnection};
use std::path::Path;
use tokio::sync::Mutex;
use uuid::Uuid;

const SCHEMA: &str = include_str!("../../../migrations/desktop/0001_device.sql");

/// One program that this device has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedProgram {
    /// The program.
    pub program: ProgramId,
    /// Base address of its hub, without a trailing slash.
    pub hub: String,
    /// This device in it.
    pub device: DeviceId,
    /// Whose device this is.
    pub member: MemberId,
    /// When it was joined, this device's clock.
    pub joined_at: Timestamp,
    /// Whether its own file was written; not yet when joining was interrupted.
    pub written: bool,
}

/// The device file. One connection serves it: it is read at start and written when a person joins,
/// leaves or changes a setting.
#[derive(Debug)]
pub struct DeviceFile {
    conn: Mutex<Option<SqliteConnection>>,
}

impl DeviceFile {
    /// Opens the file, or writes an empty one.
    ///
    /// # Errors
    /// [`Code::WrongKey`] (the file is not touched), [`Code::NewerSchema`], and whatever the disk has
    /// to say.
    pub async fn open(path: &Path, key: &FileKey) -> Result<Self> {
        let exists = match open::check_key(path, key).await {
            Ok(()) => true,
            Err(error) if error.code() == Code::Missing => {
                open::remove(path).await?;
                false
            }
            Err(error) => return Err(error),
        };
        let mut conn = open::writer(path, key, !exists).await?;
        let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut conn).await?;
        match version {
            0 => {
                let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
                sqlx::raw_sql(SCHEMA).execute(&mut *tx).await?;
                sqlx::raw_sql("PRAGMA user_version = 1").execute(&mut *tx).await?;
                tx.commit().await?;
            }
            1 => {}
            _ => return Err(StoreError::new(Code::NewerSchema, "opening the device file")),
        }
        Ok(Self { conn: Mutex::new(Some(conn)) })
    }

    /// The joined programs, oldest first.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn joined(&self) -> Result<Vec<JoinedProgram>> {
        let mut conn = self.conn.lock().await;
        let conn = conn.as_mut().ok_or_else(closed)?;
        let rows = sqlx::query(
            "SELECT program, hub, device, member, joined_at, written FROM joined ORDER BY joined_at",
        )
        .fetch_all(conn)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(JoinedProgram {
                    program: ProgramId(id(row, 0)?),
                    hub: row.try_get(1)?,
                    device: DeviceId(id(row, 2)?),
                    member: MemberId(id(row, 3)?),
                    joined_at: Timestamp(row.try_get(4)?),
                    written: row.try_get(5)?,
                })
            })
            .collect()
    }

    /// Notes a joined program.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn add(&self, joined: &JoinedProgram) -> Result<()> {
        let mut conn = self.conn.lock().await;
        let conn = conn.as_mut().ok_or_else(closed)?;
        let sql =
            "INSERT INTO joined (program, hub, device, member, joined_at, written) VALUES (?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(joined.program.as_bytes().as_slice())
            .bind(&joined.hub)
            .bind(joined.device.as_bytes().as_slice())
            .bind(joined.member.as_bytes().as_slice())
            .bind(joined.joined_at.0)
            .bind(joined.written)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Notes that the program's own file was written.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn set_written(&self, program: ProgramId) -> Result<()> {
        let mut conn = self.conn.lock().await;
        let conn = conn.as_mut().ok_or_else(closed)?;
        sqlx::query("UPDATE joined SET written = 1 WHERE program = ?")
            .bind(program.as_bytes().as_slice())
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Forgets a program.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn remove(&self, program: ProgramId) -> Result<()> {
        let mut conn = self.conn.lock().await;
        let conn = conn.as_mut().ok_or_else(closed)?;
        sqlx::query("DELETE FROM joined WHERE program = ?")
            .bind(program.as_bytes().as_slice())
            .execute(conn)
            .await?;
        Ok(())
    }

    /// A setting.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn setting(&self, name: &str) -> Result<Option<String>> {
        let mut conn = self.conn.lock().await;
        let conn = conn.as_mut().ok_or_else(closed)?;
        Ok(sqlx::query_scalar("SELECT value FROM setting WHERE name = ?")
            .bind(name)
            .fetch_optional(conn)
            .await?)
    }

    /// The settings whose names begin with `beginning`, by name.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn settings_like(&self, beginning: &str) -> Result<Vec<(String, String)>> {
        let mut conn = self.conn.lock().await;
        let conn = conn.as_mut().ok_or_else(closed)?;
        let sql = "SELECT name, value FROM setting WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name";
        Ok(sqlx::query_as(sql).bind(beginning).fetch_all(conn).await?)
    }

    /// Forgets a setting.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn remove_setting(&self, name: &str) -> Result<()> {
        let mut conn = self.conn.lock().await;
        let conn = conn.as_mut().ok_or_else(closed)?;
        sqlx::query("DELETE FROM setting WHERE name = ?").bind(name).execute(conn).await?;
        Ok(())
    }

    /// Changes a setting.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        let mut conn = self.conn.lock().await;
        let conn = conn.as_mut().ok_or_else(closed)?;
        sqlx::query(
            "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(conn)
        .await?;
        Ok(())
    }

    /// Closes the file; everything fails with [`Code::Closed`] from then on.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn close(&self) -> Result<()> {
        match self.conn.lock().await.take() {
            Some(conn) => Ok(conn.close().await?),
            None => Ok(()),
        }
    }
}

fn closed() -> StoreError {
    StoreError::new(Code::Closed, "using the device file")
}

fn id(row: &sqlx::sqlite::SqliteRow, column: usize) -> Result<Uuid> {
    let bytes: &[u8] = row.try_get(column)?;
    Uuid::from_slice(bytes).map_err(|_| StoreError::new(Code::Damaged, "reading the device file"))
}
