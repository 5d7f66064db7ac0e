//! Days that lie behind, as people write them: "nov", "last week", "3 days ago", "12 nov 2025", "q2". They
//! are the days of the fields for dates (`ui/src/lib/typed/day.ts`), turned around: those look ahead,
//! because deadlines lie there, and these look back. What names no year is the last such day.

use crate::date::Date;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// First and last day of what was named.
pub type Period = (Date, Date);

/// The period that `typed` names, or none when it names none.
pub fn period(typed: &str, today: Date) -> Option<Period> {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let one = |day: Date| Some((day, day));
    match *words.as_slice() {
        ["today"] => one(today),
        ["yesterday"] => one(today.plus_days(-1)),
        [word] => one_word(word, today),
        ["this" | "last" | "past", unit] => named(unit, words.first() != Some(&"this"), today),
        [count, unit, "ago"] => one(back(count, unit, today)?),
        ["last" | "past", count, unit] => Some((back(count, unit, today)?, today)),
        [a, b] => two_words(a, b, today),
        [day, month, year] => match (month_of(month), month_of(day)) {
            (Some(month), _) => one(date(year_of(year)?, month, day_of(day)?)?),
            (_, Some(in_front)) => one(date(year_of(year)?, in_front, day_of(month)?)?),
            _ => None,
        },
        _ => None,
    }
}

fn one_word(word: &str, today: Date) -> Option<Period> {
    if let Ok(day) = word.parse::<Date>() {
        return Some((day, day));
    }
    if let Some(month) = month_of(word) {
        let (year, now) = year_and_month(today)?;
        return span(if month > now { year - 1 } else { year }, month, 1);
    }
    if let Some(at) = position(&WEEKDAYS, word) {
        // Today's own name is today.
        let since = (weekday(today) - at).rem_euclid(7);
        let day = today.plus_days(-since);
        return Some((day, day));
    }
    if let Some(quarter) = quarter_of(word) {
        let (year, now) = year_and_month(today)?;
        let first = quarter * 3 - 2;
        return span(if first > now { year - 1 } else { year }, first, 3);
    }
    let parts: Vec<&str> = word.split(['-', '/', '.']).filter(|part| !part.is_empty()).collect();
    match *parts.as_slice() {
        [year] if word.len() == 4 => span(year_of(year)?, 1, 12),
        [year, month] if year.len() == 4 => span(year_of(year)?, month.parse().ok()?, 1),
        [year, month, day] if year.len() == 4 => {
            let day = date(year_of(year)?, month.parse().ok()?, day.parse().ok()?)?;
            Some((day, day))
        }
        // Day before month, as most of the world writes it, unless it cannot be.
        [a, b, ref rest @ ..] if rest.len() < 2 => {
            let (a, b): (i32, i32) = (a.parse().ok()?, b.parse().ok()?);
            let (day, month) = if b > 12 && a <= 12 { (b, a) } else { (a, b) };
            let day = match rest {
                [year] => date(year_of(year)?, month, day)?,
                _ => last(month, day, today)?,
            };
            Some((day, day))
        }
        _ => None,
    }
}

fn two_words(a: &str, b: &str, today: Date) -> Option<Period> {
    if let Some(quarter) = quarter_of(a) {
        return span(year_of(b)?, quarter * 3 - 2, 3);
    }
    let one = |day: Date| Some((day, day));
    match (month_of(a), month_of(b)) {
        (None, Some(month)) => one(last(month, day_of(a)?, today)?),
        (Some(month), None) if b.len() > 2 && year_of(b).is_some() => span(year_of(b)?, month, 1),
        (Some(month), None) => one(last(month, day_of(b)?, today)?),
        _ => None,
    }
}

/// "this week", "last month": the week begins on Monday.
fn named(unit: &str, last: bool, today: Date) -> Option<Period> {
    let (year, month) = year_and_month(today)?;
    let step = i32::from(last);
    match unit {
        "week" => {
            let monday = today.plus_days(-weekday(today) - 7 * step);
            Some((monday, monday.plus_days(6)))
        }
        "month" => months_from(year, month - step, 1),
        "quarter" => months_from(year, month - (month - 1) % 3 - 3 * step, 3),
        "year" => span(year - step, 1, 12),
        weekday_name if last => {
            let at = position(&WEEKDAYS, weekday_name)?;
            let since = (weekday(today) - at).rem_euclid(7);
            let day = today.plus_days(if since == 0 { -7 } else { -since });
            Some((day, day))
        }
        _ => None,
    }
}

fn back(count: &str, unit: &str, today: Date) -> Option<Date> {
    let count: i32 = match count {
        "a" | "an" | "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        number => number.parse().ok().filter(|count| (0..=999).contains(count))?,
    };
    match unit {
        "d" | "day" | "days" => Some(today.plus_days(-count)),
        "w" | "week" | "weeks" => Some(today.plus_days(-count * 7)),
        "m" | "month" | "months" => months_back(today, count),
        "y" | "year" | "years" => months_back(today, count * 12),
        _ => None,
    }
}

/// The last day of a shorter month stands in for a day it does not have.
fn months_back(today: Date, months: i32) -> Option<Date> {
    let (year, month) = year_and_month(today)?;
    let day = day_in_month(today)?;
    let (first, last) = months_from(year, month - months, 1)?;
    Some(first.plus_days(day - 1).min(last))
}

fn months_from(year: i32, month: i32, length: i32) -> Option<Period> {
    span(year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1, length)
}

/// `length` months from the first of one on.
fn span(year: i32, month: i32, length: i32) -> Option<Period> {
    let next = month - 1 + length;
    let after = date(year + next.div_euclid(12), next.rem_euclid(12) + 1, 1)?;
    Some((date(year, month, 1)?, after.plus_days(-1)))
}

/// The last such day that is not ahead. Eight years back, for the 29th of February.
fn last(month: i32, day: i32, today: Date) -> Option<Date> {
    let (year, _) = year_and_month(today)?;
    (0..=8).filter_map(|back| date(year - back, month, day)).find(|day| *day <= today)
}

fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    format!("{year:04}-{month:02}-{day:02}").parse().ok()
}

fn part(day: Date, at: std::ops::Range<usize>) -> Option<i32> {
    day.to_string().get(at)?.parse().ok()
}
fn year_and_month(day: Date) -> Option<(i32, i32)> {
    Some((part(day, 0..4)?, part(day, 5..7)?))
}
fn day_in_month(day: Date) -> Option<i32> {
    part(day, 8..10)
}

/// 0 for Monday. Day 0 was a Thursday.
fn weekday(day: Date) -> i32 {
    (day.days() + 3).rem_euclid(7)
}

/// The one that begins with at least three letters of it.
fn position(names: &[&str], word: &str) -> Option<i32> {
    let word = word.trim_end_matches('.');
    let at = names.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
    i32::try_from(at).ok()
}

fn month_of(word: &str) -> Option<i32> {
    position(&MONTHS, if word == "sept" { "sep" } else { word }).map(|at| at + 1)
}

fn quarter_of(word: &str) -> Option<i32> {
    word.strip_prefix('q')?.parse().ok().filter(|quarter| (1..=4).contains(quarter))
}

fn day_of(word: &str) -> Option<i32> {
    word.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h', '.']).parse().ok()
}

/// 1990 to 2099; two digits are of this century.
fn year_of(word: &str) -> Option<i32> {
    let word = word.trim_start_matches('\'');
    let year: i32 = word.parse().ok()?;
    let year = if word.len() == 2 { 2_000 + year } else { year };
    (1990..2100).contains(&year).then_some(year)
}
