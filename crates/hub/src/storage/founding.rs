//! Invitations of the hub itself. They are made while the hub runs or by another process, which must
//! not touch the database: it leaves a file named by the token's hash in [`PENDING`], taken in when
//! somebody shows the token.

use super::{Storage, sql, stored};
use crate::Error;
use domain::Timestamp;
use domain::entity::Key;
use protocol::sequencer::Founding;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Folder of invitations not taken in yet.
pub(super) const PENDING: &str = "founding";

impl Storage {
    /// Notes an invitation; one that is known already stays as it is.
    pub async fn invite(&self, token_hash: &Key, expires_at: Timestamp) -> Result<(), Error> {
        sqlx::query("INSERT INTO founding (token_hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(&token_hash.0[..])
            .bind(stored(expires_at))
            .execute(&self.0.writer)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Those of the invitations that exist.
    pub async fn founding(&self, hashes: &[Key]) -> Result<BTreeMap<Key, Founding>, Error> {
        let mut found = BTreeMap::new();
        for hash in hashes {
            if found.contains_key(hash) {
                continue;
            }
            let mut row = self.founding_row(hash).await?;
            if row.is_none() && self.take_in(hash).await? {
                row = self.founding_row(hash).await?;
            }
            if let Some((expires_at, used_at)) = row {
                found.insert(*hash, Founding { expires_at: Timestamp(expires_at), used: used_at.is_some() });
            }
        }
        Ok(found)
    }

    async fn founding_row(&self, hash: &Key) -> Result<Option<(i64, Option<i64>)>, Error> {
        sqlx::query_as("SELECT expires_at, used_at FROM founding WHERE token_hash = ?")
            .bind(&hash.0[..])
            .fetch_optional(&self.0.readers)
            .await
            .map_err(|error| self.failed(error))
    }

    /// Moves an invitation another process left into the database. The file goes last: taking it in
    /// twice changes nothing.
    async fn take_in(&self, hash: &Key) -> Result<bool, Error> {
        let Some(folder) = &self.0.folder else { return Ok(false) };
        let file = folder.join(PENDING).join(format!("{hash:?}"));
        let Ok(text) = tokio::fs::read_to_string(&file).await else { return Ok(false) };
        let Ok(expires_at) = text.trim().parse() else { return Err(sql::unreadable("invitation")) };
        self.invite(hash, Timestamp(expires_at)).await?;
        if let Err(error) = tokio::fs::remove_file(&file).await {
            tracing::warn!(%error, "an invitation was taken in, but its file stays");
        }
        Ok(true)
    }
}

/// Leaves an invitation for the hub of `folder`, running or not.
pub(crate) fn leave_invitation(folder: &Path, hash: &Key, expires_at: Timestamp) -> Result<(), Error> {
    if !folder.join(super::open::FILE).is_file() {
        return Err(Error::NoHub(folder.to_owned()));
    }
    let path = folder.join(PENDING).join(format!("{hash:?}"));
    let write = || {
        let mut file = std::fs::File::create_new(&path)?;
        write!(file, "{}", stored(expires_at))?;
        file.sync_all()?;
        super::open::sync_names(&path)
    };
    write().map_err(|source| Error::Folder { path: path.clone(), source })
}
