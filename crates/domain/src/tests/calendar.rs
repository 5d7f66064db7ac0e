//! Days and instants.

use super::world::{MONDAY, day};
use crate::date::{DAY_MS, Date, NotADate, Timestamp};
use proptest::prelude::*;

const FIRST: i32 = -719_162;
const LAST: i32 = 2_932_896;

#[test]
fn days_of_the_whole_calendar_read_back() {
    // Every day of the years people plan in, and every seventeenth of the others.
    let near = day("1950-01-01").days()..day("2101-01-01").days();
    let days = (FIRST..=LAST).filter(|days| near.contains(days) || (LAST - days) % 17 == 0);
    let mut before = String::new();
    for days in days {
        let date = Date::from_days(days).unwrap();
        let text = date.to_string();
        assert!(text.len() == 10 && text > before, "{text} comes after {before}");
        assert_eq!(text.parse(), Ok(date), "{text}");
        before = text;
    }
    assert_eq!(before, "9999-12-31");
}

#[test]
fn two_days_of_every_week_are_a_weekend() {
    // 0001-01-01 was a Monday.
    for days in FIRST..=LAST {
        assert_eq!(Date::from_days(days).unwrap().is_weekend(), (days - FIRST) % 7 >= 5, "{days}");
    }
}

#[test]
fn known_days() {
    for (text, days) in [
        ("0001-01-01", FIRST),
        ("1969-12-31", -1),
        ("1970-01-01", 0),
        ("2000-02-29", 11_016),
        ("2026-03-02", 20_514),
        ("9999-12-31", LAST),
    ] {
        assert_eq!(day(text).days(), days, "{text}");
        assert_eq!(Date::from_days(days).unwrap().to_string(), text);
    }
    assert_eq!(MONDAY.date(), day("2026-03-02"));
    assert!(
        !day("2026-03-06").is_weekend() && day("2026-03-07").is_weekend() && day("2026-03-08").is_weekend()
    );
}

#[test]
fn what_is_no_date_is_refused() {
    let texts = [
        "",
        "2026",
        "2026-03",
        "2026-3-2",
        "26-03-02",
        "2026-02-29",
        "2026-02-30",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "0000-01-01",
        "-001-01-01",
        "10000-01-01",
        "02.03.2026",
        "2026/03/02",
        "20260302",
        "2026-03-02T09:00",
        "2026-03-02 09:00:00",
        "2026-03-02T09:00:00Z",
        "2026-03-02[Europe/Oslo]",
        "+002026-03-02",
        " 2026-03-02",
        "2026-03-02\n",
        "２０２６-03-02",
        "2026-W10-1",
        "2026-061",
    ];
    for text in texts {
        assert_eq!(text.parse::<Date>(), Err(NotADate), "{text:?}");
    }
    assert_eq!(Date::from_days(FIRST - 1), None);
    assert_eq!(Date::from_days(LAST + 1), None);
}

#[test]
fn days_stay_in_the_calendar() {
    assert_eq!(day("2024-02-28").plus_days(2), day("2024-03-01"));
    assert_eq!(day("2026-03-02").plus_days(-61), day("2025-12-31"));
    assert_eq!(day("2026-03-02").days_since(day("2026-02-28")), 2);
    assert_eq!(day("2026-02-28").days_since(day("2026-03-02")), -2);
    for days in [1, i32::MAX] {
        assert_eq!(day("9999-12-31").plus_days(days), day("9999-12-31"));
    }
    for days in [-1, i32::MIN] {
        assert_eq!(day("0001-01-01").plus_days(days), day("0001-01-01"));
    }
}

#[test]
fn the_day_of_an_instant_is_always_in_the_calendar() {
    for (instant, text) in [
        (0, "1970-01-01"),
        (-1, "1969-12-31"),
        (DAY_MS - 1, "1970-01-01"),
        (DAY_MS, "1970-01-02"),
        (i64::from(LAST) * DAY_MS, "9999-12-31"),
        (2_910_000 * DAY_MS, "9937-04-24"),
        (i64::MAX, "9999-12-31"),
        (i64::MIN, "0001-01-01"),
    ] {
        let date = Timestamp(instant).date();
        assert_eq!(date.to_string(), text, "{instant}");
        let stored = minicbor::to_vec(date).unwrap();
        assert_eq!(minicbor::decode::<Date>(&stored).unwrap(), date, "what is written can be read");
    }
}

#[test]
fn business_days_skip_the_weekend() {
    // From each day of a week: after one, three and five business days.
    let table = [
        ("2026-03-02", "2026-03-03", "2026-03-05", "2026-03-09"),
        ("2026-03-03", "2026-03-04", "2026-03-06", "2026-03-10"),
        ("2026-03-04", "2026-03-05", "2026-03-09", "2026-03-11"),
        ("2026-03-05", "2026-03-06", "2026-03-10", "2026-03-12"),
        ("2026-03-06", "2026-03-09", "2026-03-11", "2026-03-13"),
        ("2026-03-07", "2026-03-09", "2026-03-11", "2026-03-13"),
        ("2026-03-08", "2026-03-09", "2026-03-11", "2026-03-13"),
    ];
    for (from, one, three, five) in table {
        let at = Timestamp(i64::from(day(from).days()) * DAY_MS + 34_567_890);
        assert_eq!(at.plus_business_days(0), at);
        for (days, to) in [(1, one), (3, three), (5, five)] {
            let due = at.plus_business_days(days);
            assert_eq!(due.date(), day(to), "{from} and {days}");
            assert_eq!(due.0.rem_euclid(DAY_MS), 34_567_890, "the time of day stays");
        }
    }
}

#[test]
fn instants_saturate_at_the_ends_of_time() {
    assert_eq!(Timestamp(i64::MAX).plus_days(1), Timestamp(i64::MAX));
    assert_eq!(Timestamp(i64::MIN).plus_days(-1), Timestamp(i64::MIN));
    assert_eq!(Timestamp(0).plus_days(i64::MAX), Timestamp(i64::MAX));
    assert_eq!(Timestamp(i64::MAX).plus_business_days(3), Timestamp(i64::MAX));
}

proptest! {
    #[test]
    fn business_days_never_end_on_a_weekend(days in 0..3_000_000_i64, count in 1..60u32) {
        let from = Timestamp(days * DAY_MS);
        let due = from.plus_business_days(count);
        prop_assert!(!due.date().is_weekend() || due.date() == day("9999-12-31"));
        prop_assert_eq!(from.plus_business_days(count + 1), due.plus_business_days(1));
    }

    #[test]
    fn any_text_is_a_date_or_not(text in "\\PC{0,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}") {
        if let Ok(date) = text.parse::<Date>() {
            prop_assert_eq!(date.to_string(), text);
        }
    }
}
