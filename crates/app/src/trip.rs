//! What a person who will be without network has with them: what is here, how old it is, and until
//! when it may be read.

use crate::app::App;
use crate::dto::{CommandError, Trip, TripProgram};
use crate::map;
use crate::session::{Joined, Session};
use crate::sync_page::{connection, first_catch_up};
use protocol::client::Line;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::query::here;

impl App {
    pub(crate) async fn trip(self: &Arc<Self>, (): ()) -> Result<Trip, CommandError> {
        let session = self.session()?;
        let mut programs = Vec::new();
        for joined in session.programs() {
            programs.push(self.trip_program(&session, &joined).await?);
        }
        let mut shut = Vec::new();
        for program in session.shut() {
            shut.push(self.shut_program(&session, &program).await.name);
        }
        Ok(Trip { programs, shut, work_offline: self.work_offline.load(Ordering::Relaxed) })
    }

    async fn trip_program(&self, session: &Session, joined: &Joined) -> Result<TripProgram, CommandError> {
        let status = joined.with_link(|link| link.status().borrow().clone());
        let counts = joined.store.counts().await.map_err(|error| map::store_error(&error))?;
        let locked = joined.store.is_locked();
        let here = match here::count(&joined.store).await {
            Ok(here) => here,
            Err(_) if locked => here::Here::default(),
            Err(error) => return Err(map::store_error(&error)),
        };
        let now = Self::now();
        let lease = joined.store.lease();
        let left = lease.map(|lease| lease.counted(now, 0).left_ms());
        // Before the hub was met in this run, the lease knows when that was last. Without a cursor not all
        // was here then.
        let complete = joined.store.sync_state().await.is_ok_and(|state| state.cursor > 0);
        let met = lease.filter(|_| complete).map(|lease| lease.clock.0);
        let path = session.store_path(joined.id)?;
        Ok(TripProgram {
            program: joined.id.to_string(),
            name: self.name_of(session, joined).await,
            connection: connection(status.as_ref().map_or(Line::Offline, |status| status.line)),
            synced_at: status.as_ref().and_then(|status| status.synced_at).or(met).map(|at| at as f64),
            trying_at: status.as_ref().and_then(|status| status.retry_at).map(|at| at as f64),
            first: status.as_ref().and_then(|status| status.first).map(first_catch_up),
            message: status.and_then(|status| status.message),
            locked,
            readable_until: left.map(|left| now.0.saturating_add(left) as f64),
            lease_days: lease.map_or(0, |lease| lease.days),
            waiting: crate::deals::small(counts.waiting),
            needs_you: crate::deals::small(counts.refused),
            rooms: here.rooms as f64,
            deals: here.deals as f64,
            accounts: here.accounts as f64,
            messages: here.messages as f64,
            steps: here.milestones as f64,
            bytes: bytes(&path).await,
        })
    }
}

/// What a program takes on the disk, with what was not folded into its file yet.
async fn bytes(path: &std::path::Path) -> f64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let mut sum = 0;
    for file in [path, std::path::Path::new(&log)] {
        sum += tokio::fs::metadata(file).await.map_or(0, |found| found.len());
    }
    sum as f64
}
