//! Quiet hours: pure, by the clock and calendar of wherever the device is.

use crate::dto::{NoticeChoice, Weekday};
use jiff::civil::{Date, DateTime};

/// Quiet days in a row are looked at as one for so long.
const DAYS_ON: usize = 8;

/// When the quiet that holds at `now` ends; none when it is not quiet. Hours that end at or before
/// they begin end on the next day, and belong to the day on which they begin.
pub(super) fn quiet_until(chosen: &NoticeChoice, now: DateTime) -> Option<DateTime> {
    let mut end = end_of(chosen, now)?;
    // One period may begin as another ends.
    for _ in 0..DAYS_ON {
        match end_of(chosen, end) {
            Some(later) => end = later,
            None => break,
        }
    }
    Some(end)
}

fn end_of(chosen: &NoticeChoice, now: DateTime) -> Option<DateTime> {
    if !chosen.quiet {
        return None;
    }
    let days = [Some(now.date()), now.date().yesterday().ok()];
    days.into_iter().flatten().find_map(|day| {
        let (from, until) = period(chosen, day)?;
        (from <= now && now < until).then_some(until)
    })
}

/// The quiet that begins on a day.
fn period(chosen: &NoticeChoice, day: Date) -> Option<(DateTime, DateTime)> {
    if !chosen.quiet_days.contains(&weekday(day)) {
        return None;
    }
    let over_night = chosen.quiet_until <= chosen.quiet_from;
    let last = if over_night { day.tomorrow().ok()? } else { day };
    Some((at(day, chosen.quiet_from)?, at(last, chosen.quiet_until)?))
}

fn at(day: Date, minutes: u32) -> Option<DateTime> {
    let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
    Some(day.to_datetime(jiff::civil::Time::new(hour, minute, 0, 0).ok()?))
}

fn weekday(day: Date) -> Weekday {
    match day.weekday() {
        jiff::civil::Weekday::Monday => Weekday::Monday,
        jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
        jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
        jiff::civil::Weekday::Thursday => Weekday::Thursday,
        jiff::civil::Weekday::Friday => Weekday::Friday,
        jiff::civil::Weekday::Saturday => Weekday::Saturday,
        jiff::civil::Weekday::Sunday => Weekday::Sunday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn nights(from: u32, until: u32, days: &[Weekday]) -> NoticeChoice {
        NoticeChoice {
            quiet: true,
            quiet_from: from * 60,
            quiet_until: until * 60,
            quiet_days: days.to_vec(),
            ..NoticeChoice::default()
        }
    }

    /// Friday 27 November 2026 is day 27.
    fn on(day: i8, hour: i8, minute: i8) -> DateTime {
        date(2026, 11, day).at(hour, minute, 0, 0)
    }

    #[test]
    fn a_night_goes_on_past_midnight() {
        let chosen = nights(20, 7, &Weekday::ALL);
        assert_eq!(quiet_until(&chosen, on(27, 19, 59)), None);
        assert_eq!(quiet_until(&chosen, on(27, 20, 0)), Some(on(28, 7, 0)));
        assert_eq!(quiet_until(&chosen, on(27, 23, 59)), Some(on(28, 7, 0)));
        assert_eq!(quiet_until(&chosen, on(28, 0, 0)), Some(on(28, 7, 0)));
        assert_eq!(quiet_until(&chosen, on(28, 6, 59)), Some(on(28, 7, 0)));
        assert_eq!(quiet_until(&chosen, on(28, 7, 0)), None);
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let fridays = nights(20, 7, &[Weekday::Friday]);
        assert_eq!(quiet_until(&fridays, on(27, 5, 0)), None, "that is Thursday's night");
        assert_eq!(quiet_until(&fridays, on(27, 21, 0)), Some(on(28, 7, 0)));
        assert_eq!(quiet_until(&fridays, on(28, 5, 0)), Some(on(28, 7, 0)));
        assert_eq!(quiet_until(&fridays, on(28, 21, 0)), None);
    }

    #[test]
    fn hours_of_one_day_end_on_it() {
        let lunch = nights(12, 14, &Weekday::ALL);
        assert_eq!(quiet_until(&lunch, on(27, 11, 59)), None);
        assert_eq!(quiet_until(&lunch, on(27, 13, 0)), Some(on(27, 14, 0)));
        assert_eq!(quiet_until(&lunch, on(27, 14, 0)), None);
    }

    #[test]
    fn the_same_hour_twice_is_a_whole_day_and_days_in_a_row_are_one() {
        let weekend = nights(0, 0, &[Weekday::Saturday, Weekday::Sunday]);
        assert_eq!(quiet_until(&weekend, on(27, 23, 59)), None);
        assert_eq!(quiet_until(&weekend, on(28, 0, 0)), Some(on(30, 0, 0)));
        assert_eq!(quiet_until(&weekend, on(29, 12, 0)), Some(on(30, 0, 0)));
        assert_eq!(quiet_until(&weekend, on(30, 0, 0)), None);
        assert!(quiet_until(&nights(0, 0, &Weekday::ALL), on(27, 12, 0)).is_some(), "it ends the search");
    }

    #[test]
    fn months_and_years_end_too() {
        let chosen = nights(20, 7, &Weekday::ALL);
        let new_year = date(2027, 1, 1).at(0, 30, 0, 0);
        assert_eq!(quiet_until(&chosen, new_year), Some(date(2027, 1, 1).at(7, 0, 0, 0)));
    }

    #[test]
    fn who_asked_for_none_has_none() {
        let off = NoticeChoice { quiet: false, ..nights(20, 7, &Weekday::ALL) };
        assert_eq!(quiet_until(&off, on(27, 22, 0)), None);
        assert_eq!(quiet_until(&nights(20, 7, &[]), on(27, 22, 0)), None);
    }
}
