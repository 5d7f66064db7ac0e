//! For how long a device may show a program's data without meeting its hub.
//!
//! The hub says its time and the days each time a device signs in. From then on the device counts what
//! has passed, by its own clock and by the time it has been running, and never less than it has counted
//! before: a clock that is set back gives nothing back. Clocks count from the moment of signing in, so
//! one that was always wrong is as good as any other.

use domain::Timestamp;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// See the module documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Hub time when it was given.
    pub given_at: Timestamp,
    /// For so many days.
    pub days: u32,
    /// This device's clock at that moment.
    pub clock: Timestamp,
    /// Milliseconds that have passed since, as far as was ever counted.
    pub passed_ms: i64,
}

impl Lease {
    /// A lease just given.
    pub fn given(at: Timestamp, days: u32, clock: Timestamp) -> Self {
        Self { given_at: at, days, clock, passed_ms: 0 }
    }

    /// Counts on: this device's clock says `clock`, and it has been running for `ran_ms` since the last
    /// count.
    #[must_use]
    pub fn counted(self, clock: Timestamp, ran_ms: u64) -> Self {
        if domain::planted!(LeaseClockTrusted) {
            return Self { passed_ms: clock.0.saturating_sub(self.clock.0), ..self };
        }
        let ran = i64::try_from(ran_ms).unwrap_or(i64::MAX);
        let by_clock = clock.0.saturating_sub(self.clock.0);
        Self { passed_ms: self.passed_ms.saturating_add(ran).max(by_clock), ..self }
    }

    /// The same lease given anew: the hub was heard at this moment.
    #[must_use]
    pub fn renewed(self, clock: Timestamp, ran_ms: u64) -> Self {
        // Without a statement of the hub its time goes on as the device ran, whatever its clock does.
        let ran = i64::try_from(ran_ms).unwrap_or(i64::MAX);
        Self::given(Timestamp(self.given_at.0.saturating_add(ran)), self.days, clock)
    }

    /// Whether the data may not be shown until the hub is met again.
    pub fn is_over(&self) -> bool {
        self.left_ms() <= 0
    }

    /// Milliseconds until then; none or less when it is over.
    pub fn left_ms(&self) -> i64 {
        i64::from(self.days).saturating_mul(DAY_MS).saturating_sub(self.passed_ms)
    }

    /// When it ends, hub time.
    pub fn ends_at(&self) -> Timestamp {
        self.given_at.plus_days(i64::from(self.days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;
    const HUB: Timestamp = Timestamp(1_800_000_000_000);

    fn month(clock: Timestamp) -> Lease {
        Lease::given(HUB, 30, clock)
    }

    #[test]
    fn it_ends_after_its_days_and_not_before() {
        let lease = month(HUB);
        assert_eq!(lease.ends_at(), HUB.plus_days(30));
        assert!(!lease.counted(Timestamp(HUB.plus_days(30).0 - 1), 0).is_over());
        assert!(lease.counted(HUB.plus_days(30), 0).is_over());
    }

    #[test]
    fn a_clock_that_was_always_wrong_counts_as_well() {
        for years in [-10, 10] {
            let clock = HUB.plus_days(365 * years);
            let lease = month(clock);
            assert!(!lease.counted(clock.plus_days(29), 0).is_over());
            assert!(lease.counted(clock.plus_days(30), 0).is_over());
        }
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing_back() {
        let over = month(HUB).counted(HUB.plus_days(31), 0);
        assert!(over.counted(HUB, 0).is_over());
        assert!(over.counted(HUB.plus_days(-4_000), MINUTE).is_over());

        let half = month(HUB).counted(HUB.plus_days(20), 0);
        let back = half.counted(HUB.plus_days(1), 0);
        assert_eq!(back.passed_ms, half.passed_ms, "what was counted stays counted");
    }

    #[test]
    fn running_counts_while_the_clock_stands_still() {
        let mut lease = month(HUB);
        for _ in 0..30 * 24 * 60 {
            assert!(!lease.is_over());
            lease = lease.counted(HUB.plus_days(-1), MINUTE);
        }
        assert!(lease.is_over());
    }

    #[test]
    fn running_and_the_clock_do_not_add_up() {
        let mut lease = month(HUB);
        for minute in 1..=1_000_i64 {
            lease = lease.counted(Timestamp(HUB.0 + minute * 60_000), MINUTE);
        }
        assert_eq!(lease.passed_ms, 1_000 * 60_000);
    }

    #[test]
    fn meeting_the_hub_begins_anew() {
        let over = month(HUB).counted(HUB.plus_days(40), 0);
        let again = Lease::given(HUB.plus_days(2), 7, HUB.plus_days(40));
        assert!(over.is_over() && !again.is_over());
        assert!(!over.renewed(HUB.plus_days(40), 0).is_over());
    }
}
