//! Single rows by id.

use super::read_id;
use crate::error::Result;
use crate::meta::damaged;
use crate::store::Store;
use domain::codec::Entity;
use domain::entity::Status;
use domain::{DealId, RowKey};
use sqlx::Row as _;
use uuid::Uuid;

impl Store {
    /// The entity with this id; `None` when it is not here, or a newer version wrote it in a form this
    /// one cannot read.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn entity<E: Entity>(&self, id: impl Into<Uuid>) -> Result<Option<E>> {
        let key = RowKey::of::<E>(id);
        let mut conn = self.showing().await?;
        let found = crate::rows::read(&mut conn, [&key]).await?;
        Ok(found.get(&key).and_then(|row| E::from_body(&row.body).ok()))
    }

    /// Where every registration stands.
    ///
    /// # Errors
    /// Whatever the disk has to say.
    pub async fn registration_statuses(&self) -> Result<Vec<(DealId, Status)>> {
        let mut conn = self.showing().await?;
        let rows =
            sqlx::query("SELECT id, status FROM deals WHERE status >= 0").fetch_all(&mut *conn).await?;
        let mut statuses = Vec::with_capacity(rows.len());
        for row in &rows {
            let number = minicbor::to_vec(row.try_get::<i64, _>(1)?).unwrap_or_default();
            statuses.push((read_id(row, 0)?, minicbor::decode(&number).map_err(damaged)?));
        }
        Ok(statuses)
    }
}
