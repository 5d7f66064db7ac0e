//! What a hit shows, and how well it answers.

use super::document::Document;
use super::query::Words;
use super::text::{self, Word};
use std::ops::Range;

/// Where a text has what is looked for, in bytes, in order and without overlaps.
pub fn marks(text: &str, asked: &[Words]) -> Vec<Range<usize>> {
    let words = text::words(text);
    let mut marks: Vec<Range<usize>> = Vec::new();
    for sought in asked {
        for found in places(&words, sought) {
            marks.extend(found.iter().enumerate().map(|(at, word)| {
                let only_begun = sought.begins && word.unspaced && at + 1 == found.len();
                if only_begun { word.first.clone() } else { word.at.clone() }
            }));
        }
    }
    marks.sort_by_key(|mark| (mark.start, mark.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        match merged.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => merged.push(mark),
        }
    }
    merged
}

/// Every place where the words follow each other.
fn places<'w>(words: &'w [Word], sought: &'w Words) -> impl Iterator<Item = &'w [Word]> {
    words.windows(sought.words.len().max(1)).filter(move |window| fits(window, sought))
}

fn fits(window: &[Word], sought: &Words) -> bool {
    let last = sought.words.len().saturating_sub(1);
    !sought.words.is_empty()
        && window.len() == sought.words.len()
        && window.iter().zip(&sought.words).enumerate().all(|(at, (word, sought_word))| {
            word.folded == *sought_word
                || (sought.begins && at == last && word.folded.starts_with(sought_word.as_str()))
        })
}

/// Whether a document has all that is looked for: what an index has to find, word by word.
pub fn has_words(document: &Document, asked: &[Words]) -> bool {
    let parts = document.words();
    asked.iter().all(|sought| parts.iter().any(|words| places(words, sought).next().is_some()))
}

/// How well a document answers, more is better: what is sought in the title counts most, then how much of
/// the title that is, then words that stand close together and early. A pure function of the document, so
/// that a hit does not move when others come.
pub fn score(document: &Document, asked: &[Words]) -> u32 {
    let [title, text] = document.words();
    let in_title = asked.iter().filter(|sought| places(&title, sought).next().is_some()).count();
    let mut score = 0_usize;
    if !asked.is_empty() && in_title > 0 {
        let sought: usize = asked.iter().map(|sought| sought.words.len()).sum();
        score += 1_000 * in_title / asked.len() + 1_000 * sought.min(title.len()) / title.len().max(1);
    }
    let spots: Vec<usize> = asked
        .iter()
        .filter_map(|sought| text.windows(sought.words.len().max(1)).position(|at| fits(at, sought)))
        .collect();
    if let (Some(first), Some(last)) = (spots.iter().min(), spots.iter().max()) {
        score += 500 / (1 + last - first).max(spots.len()) + 100 / (1 + first);
        let often: usize = asked.iter().map(|sought| places(&text, sought).take(5).count()).sum();
        score += 20 * often;
    }
    u32::try_from(score).unwrap_or(u32::MAX)
}

/// A piece of a text around the first place that is marked, with marks in UTF-16 units as a page counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The piece, on one line.
    pub text: String,
    /// Starts and ends of marks.
    pub marks: Vec<(u32, u32)>,
}

/// Cuts a piece of at most about `length` characters out of a text. Spaces and line breaks become one
/// space each.
pub fn snippet(full: &str, asked: &[Words], length: usize) -> Snippet {
    let marks = marks(full, asked);
    let first = marks.first().map_or(0, |mark| mark.start);
    // A third of the room is for what comes before.
    let before = full.get(..first).unwrap_or_default().chars().count().saturating_sub(length / 3);
    let mut start = match full.chars().count() <= length {
        true => 0,
        false => full.char_indices().nth(before).map_or(0, |(at, _)| at),
    };
    if start > 0 {
        let ahead = full.get(start..first).unwrap_or_default();
        start += ahead.find(char::is_whitespace).map_or(0, |space| space + 1);
    }
    let start = if full.is_char_boundary(start) { start } else { first };
    let mut out = Snippet::default();
    let mut units = 0_u32;
    let mut put = |out: &mut Snippet, c: char| {
        out.text.push(c);
        units += u32::try_from(c.len_utf16()).unwrap_or_default();
        units
    };
    if start > 0 {
        put(&mut out, '…');
    }
    let mut open: Option<u32> = None;
    let mut spaced = true;
    let mut marks = marks.into_iter().skip_while(|mark| mark.end <= start).peekable();
    let mut written = out.text.encode_utf16().count();
    let mut taken = 0;
    for (at, c) in full.get(start..).unwrap_or_default().char_indices() {
        let at = at + start;
        let now = u32::try_from(written).unwrap_or(u32::MAX);
        if marks.peek().is_some_and(|mark| at >= mark.end) {
            out.marks.extend(open.take().map(|from| (from, now)));
            marks.next();
        }
        if marks.peek().is_some_and(|mark| at >= mark.start) {
            open.get_or_insert(now);
        }
        if taken >= length {
            put(&mut out, '…');
            break;
        }
        let space = c.is_whitespace() || c.is_control();
        if !(space && spaced) {
            let c = if space { ' ' } else { c };
            written = put(&mut out, c) as usize;
            taken += 1;
        }
        spaced = space;
    }
    let end = u32::try_from(written).unwrap_or(u32::MAX);
    out.marks.extend(open.filter(|from| *from < end).map(|from| (from, end)));
    out
}
