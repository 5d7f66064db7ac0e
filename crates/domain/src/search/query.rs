//! What somebody looks for, as it is typed: words, `"phrases"`, and filters.
//!
//! Everything that is no filter is a word, whatever signs it has: nothing typed is an error. A filter that
//! cannot be understood (yet) narrows nothing and says so.

use super::document::Kind;
use super::{day, text};
use crate::date::Date;
use std::collections::BTreeSet;

/// Characters of a question that are read.
const LENGTH_MAX: usize = 1_000;
/// Words and phrases that are looked for.
const TERMS_MAX: usize = 12;
/// Words of one phrase.
const PHRASE_MAX: usize = 24;
/// Words a date can have.
const DAY_WORDS: usize = 3;

/// Words that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// As they are compared; at least one.
    pub words: Vec<String>,
    /// The last one is only the beginning of a word.
    pub begins: bool,
}

/// What a hit must have besides its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Has {
    /// The address of a page.
    Link,
    /// A message that it answers.
    Reply,
    /// A due date.
    Due,
}

/// A filter as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// What is before the colon, in lower case.
    pub name: String,
    /// What is after it, without quotes.
    pub value: String,
    /// How it was understood, for a date: its days.
    pub days: Option<day::Period>,
    /// Whether it was understood, and narrows.
    pub understood: bool,
    /// Where it is written, in bytes.
    pub at: std::ops::Range<usize>,
}

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// All of these have to occur.
    pub words: Vec<Words>,
    /// Written by one of these people, or people of these companies, by name.
    pub from: Vec<String>,
    /// In one of these deals, by title, customer or number.
    pub inside: Vec<String>,
    /// Of one of these kinds; all when empty.
    pub kinds: BTreeSet<Kind>,
    /// Has all of these.
    pub has: BTreeSet<Has>,
    /// Not before this day.
    pub since: Option<Date>,
    /// Not after this day.
    pub until: Option<Date>,
    /// The filters, in order.
    pub filters: Vec<Filter>,
}

impl Asked {
    /// Nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.filters.iter().any(|filter| filter.understood)
    }
}

/// A piece of what was typed.
struct Piece<'t> {
    text: &'t str,
    start: usize,
    /// After the closing quote.
    end: usize,
    quoted: bool,
    /// Something that parts words follows.
    ended: bool,
}

/// Reads what was typed. `typing`: the last word may be unfinished.
pub fn read(typed: &str, typing: bool, today: Date) -> Asked {
    let end = typed.char_indices().nth(LENGTH_MAX).map_or(typed.len(), |(at, _)| at);
    let pieces = pieces(typed.get(..end).unwrap_or_default());
    let mut asked = Asked::default();
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        at += 1;
        let named = if piece.quoted { None } else { piece.text.split_once(':') };
        match named.and_then(|(name, value)| Some((filter_name(name)?, value))) {
            Some((name, value)) => at += filter(&mut asked, name, value, piece, pieces.get(at..), today),
            None => add(&mut asked.words, piece, typing),
        }
    }
    asked
}

fn filter_name(typed: &str) -> Option<&'static str> {
    let known = ["from", "in", "has", "kind", "before", "after", "on"];
    known.into_iter().find(|name| typed.eq_ignore_ascii_case(name))
}

/// Cuts at spaces outside of quotes. A quote that is never closed ends where the text does.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = None;
    let mut quote = false;
    let mut put = |from: usize, to: usize, end: usize, quoted: bool| {
        let piece = text.get(from..to).unwrap_or_default();
        if !piece.is_empty() {
            pieces.push(Piece { text: piece, start: from, end, quoted, ended: to < text.len() });
        }
    };
    for (at, c) in text.char_indices() {
        let is_quote = matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}');
        match (start, quote) {
            (Some(from), true) if is_quote => {
                put(from, at, at + c.len_utf8(), true);
                (start, quote) = (None, false);
            }
            (_, true) => {}
            (Some(from), false) if c.is_whitespace() => {
                put(from, at, at, false);
                start = None;
            }
            (Some(from), false) if is_quote => {
                put(from, at, at, false);
                (start, quote) = (Some(at + c.len_utf8()), true);
            }
            (None, false) if is_quote => (start, quote) = (Some(at + c.len_utf8()), true),
            (None, false) if !c.is_whitespace() => start = Some(at),
            _ => {}
        }
    }
    if let Some(from) = start {
        put(from, text.len(), text.len(), quote);
    }
    pieces
}

fn add(words: &mut Vec<Words>, piece: &Piece<'_>, typing: bool) {
    let (found, by_nature) = text::asked(piece.text);
    let at_end = found.last().is_some_and(|last| last.at.end == piece.text.len());
    let mut found: Vec<String> = found.into_iter().map(|word| word.folded).collect();
    let cut = found.len() > PHRASE_MAX;
    found.truncate(PHRASE_MAX);
    let Some(last) = found.last() else { return };
    // One letter begins too many words to be of use.
    let typed = typing && !piece.ended && at_end && !piece.quoted && last.chars().nth(1).is_some();
    if words.len() < TERMS_MAX {
        words.push(Words { begins: !cut && (typed || by_nature), words: found });
    }
}

/// Takes in a filter; returns how many of the pieces after it belong to it.
fn filter(
    asked: &mut Asked,
    name: &'static str,
    value: &str,
    piece: &Piece<'_>,
    rest: Option<&[Piece<'_>]>,
    today: Date,
) -> usize {
    let rest = rest.unwrap_or_default();
    let mut value = value.to_owned();
    let mut end = piece.end;
    let mut taken = 0;
    // `from:"Orla Byrne"`
    if let Some(next) = rest.first().filter(|next| value.is_empty() && next.quoted) {
        (value, taken, end) = (next.text.to_owned(), 1, next.end);
    }
    let mut days = None;
    if matches!(name, "before" | "after" | "on") {
        days = day::period(&value, today);
        let mut longer = value.clone();
        let unquoted = if taken == 0 { rest } else { &[] };
        for (more, next) in unquoted.iter().enumerate().take(DAY_WORDS - 1) {
            if next.quoted || next.text.contains(':') {
                break;
            }
            longer = format!("{longer} {}", next.text);
            if let Some(found) = day::period(&longer, today) {
                (days, value, taken) = (Some(found), longer.trim().to_owned(), more + 1);
                end = next.end;
            }
        }
    }
    let understood = narrow(asked, name, &value, days);
    let at = piece.start..end;
    asked.filters.push(Filter { name: name.to_owned(), value, days, understood, at });
    taken
}

/// Narrows by a filter; false when it says nothing (yet).
fn narrow(asked: &mut Asked, name: &str, value: &str, days: Option<day::Period>) -> bool {
    let lower = value.to_lowercase();
    match (name, days) {
        ("from" | "in", _) if text::words(value).is_empty() => return false,
        ("from", _) => asked.from.push(value.to_owned()),
        ("in", _) => asked.inside.push(value.to_owned()),
        ("has", _) => match lower.as_str() {
            "link" | "links" => _ = asked.has.insert(Has::Link),
            "reply" => _ = asked.has.insert(Has::Reply),
            "due" => _ = asked.has.insert(Has::Due),
            _ => return false,
        },
        ("kind", _) => {
            let is = |kind: &Kind| lower == kind.name() || lower.strip_suffix('s') == Some(kind.name());
            let other = match lower.as_str() {
                "people" => Some(Kind::Person),
                "companies" | "organization" | "partner" => Some(Kind::Company),
                "step" | "plan" => Some(Kind::Milestone),
                _ => None,
            };
            match Kind::ALL.into_iter().find(is).or(other) {
                Some(kind) => _ = asked.kinds.insert(kind),
                None => return false,
            }
        }
        ("before", Some((first, _))) => until(asked, first.plus_days(-1)),
        ("after", Some((first, _))) => since(asked, first),
        ("on", Some((first, last))) => {
            since(asked, first);
            until(asked, last);
        }
        _ => return false,
    }
    true
}

fn since(asked: &mut Asked, day: Date) {
    asked.since = asked.since.max(Some(day));
}
fn until(asked: &mut Asked, day: Date) {
    asked.until = Some(asked.until.map_or(day, |known| known.min(day)));
}
