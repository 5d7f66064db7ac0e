//! Hub time.

use domain::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Hub time: the system's, except that it never goes back while the hub runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    latest: Arc<AtomicI64>,
    /// Added to the system's time.
    ahead: i64,
}

impl Clock {
    /// A clock that is ahead of the system's.
    pub fn ahead_by(ahead: Duration) -> Self {
        Self { latest: Arc::default(), ahead: i64::try_from(ahead.as_millis()).unwrap_or(0) }
    }

    pub fn now(&self) -> Timestamp {
        let now = jiff::Timestamp::now().as_millisecond().saturating_add(self.ahead);
        Timestamp(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }
}
