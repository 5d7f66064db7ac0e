//! Times and dates. A [`Timestamp`] is an instant; a [`Date`] is a day on a calendar without a zone,
//! as deadlines are.

use minicbor::decode::Error as DecodeError;
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::fmt;
use std::str::FromStr;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub i64);

/// Milliseconds of one day.
pub const DAY_MS: i64 = 86_400_000;

impl Timestamp {
    /// This instant moved by whole days; saturates at the ends of time.
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY_MS)))
    }

    /// The day of this instant in UTC; the first or last of the calendar for an instant beyond it.
    pub fn date(self) -> Date {
        let days = self.0.div_euclid(DAY_MS).clamp(i64::from(FIRST_DAY), i64::from(LAST_DAY));
        Date(i32::try_from(days).unwrap_or_default())
    }

    /// The same time of day after `days` business days (Monday to Friday, UTC).
    pub fn plus_business_days(self, days: u32) -> Self {
        let mut at = self;
        let mut left = days;
        while left > 0 {
            at = at.plus_days(1);
            if !at.date().is_weekend() {
                left -= 1;
            }
        }
        at
    }

    /// How many business days ([`Timestamp::plus_business_days`]) lead from here to `later` or past it;
    /// 0 when it is not later, and never more than a year of them.
    pub fn business_days_until(self, later: Self) -> u32 {
        const YEAR: u32 = 261;
        (0..YEAR).find(|days| self.plus_business_days(*days) >= later).unwrap_or(YEAR)
    }
}

/// 0001-01-01 in days since 1970-01-01.
const FIRST_DAY: i32 = -719_162;
/// 9999-12-31 in days since 1970-01-01.
const LAST_DAY: i32 = 2_932_896;

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Text form `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

impl Date {
    /// The day that is `days` after 1970-01-01; `None` outside the years 0001 to 9999.
    pub fn from_days(days: i32) -> Option<Self> {
        (FIRST_DAY..=LAST_DAY).contains(&days).then_some(Self(days))
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.0
    }

    /// This day moved by `days`; stays unchanged at the ends of the calendar.
    pub fn plus_days(self, days: i32) -> Self {
        self.0.checked_add(days).and_then(Self::from_days).unwrap_or(self)
    }

    /// Whole days from `other` to this day.
    pub fn days_since(self, other: Self) -> i32 {
        self.0.saturating_sub(other.0)
    }

    /// Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        // Day 0 was a Thursday.
        matches!((self.0 + 3).rem_euclid(7), 5 | 6)
    }

    fn civil(self) -> Option<jiff::civil::Date> {
        jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(self.0)).ok()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
            None => Err(fmt::Error),
        }
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        // The parser also takes dates with a time, a zone, a sign, and without dashes.
        if text.len() != "YYYY-MM-DD".len() {
            return Err(NotADate);
        }
        let day: jiff::civil::Date = text.parse().map_err(|_| NotADate)?;
        let days = day.since(jiff::civil::date(1970, 1, 1)).map_err(|_| NotADate)?.get_days();
        Self::from_days(days).ok_or(NotADate)
    }
}

/// The text is no `YYYY-MM-DD` between the years 0001 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the form YYYY-MM-DD")]
pub struct NotADate;

impl<C> Encode<C> for Date {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.i32(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Date {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Self::from_days(d.i32()?).ok_or_else(|| DecodeError::message("date out of range"))
    }
}
