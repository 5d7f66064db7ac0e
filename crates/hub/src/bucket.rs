//! Token buckets: how much of something may be done at once, and how fast it may go on.

use std::time::Duration;
use tokio::time::Instant;

/// How much, how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many at once after a rest.
    pub burst: u32,
    /// So many a second for as long as one likes.
    pub per_second: u32,
}

/// What one party has left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    /// Below 0 after something large, which is let through as long as anything is left.
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: f64::from(rate.burst), at: now }
    }

    /// Takes tokens out.
    ///
    /// # Errors
    /// The time until a tenth of the burst is there again; nothing is taken then.
    pub fn take(&mut self, rate: Rate, tokens: u64, now: Instant) -> Result<(), Duration> {
        self.fill(rate, now);
        if self.tokens <= 0.0 {
            let lacking = f64::from(rate.burst) / 10.0 - self.tokens;
            return Err(Duration::from_secs_f64((lacking / f64::from(rate.per_second.max(1))).min(3_600.0)));
        }
        self.tokens -= tokens as f64;
        Ok(())
    }

    /// Whether it holds nothing worth remembering.
    pub fn is_full(&mut self, rate: Rate, now: Instant) -> bool {
        self.fill(rate, now);
        self.tokens >= f64::from(rate.burst)
    }

    fn fill(&mut self, rate: Rate, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * f64::from(rate.per_second)).min(f64::from(rate.burst));
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 100, per_second: 10 };

    #[test]
    fn a_burst_passes_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::full(RATE, start);
        for _ in 0..100 {
            assert_eq!(bucket.take(RATE, 1, start), Ok(()));
        }
        assert_eq!(bucket.take(RATE, 1, start), Err(Duration::from_secs(1)), "a tenth of the burst");
        let later = start + Duration::from_secs(1);
        for _ in 0..10 {
            assert_eq!(bucket.take(RATE, 1, later), Ok(()));
        }
        assert!(bucket.take(RATE, 1, later).is_err());
        assert!(!bucket.is_full(RATE, later));
        assert!(bucket.is_full(RATE, later + Duration::from_secs(10)));
    }

    #[test]
    fn something_large_passes_and_is_paid_for_afterwards() {
        let start = Instant::now();
        let mut bucket = Bucket::full(RATE, start);
        assert_eq!(bucket.take(RATE, 600, start), Ok(()));
        assert_eq!(bucket.take(RATE, 1, start), Err(Duration::from_secs(51)));
    }
}
