//! Words of a text, as they are compared.
//!
//! A word is a run of letters and digits, without regard to case and Latin diacritics. Scripts that are
//! written without spaces (Chinese, Japanese, Thai and their like) are cut into overlapping pairs of
//! characters, and the last character of a run stands alone once more: so every character begins a word,
//! a piece of two or more characters is a sequence of pairs, and one character is the beginning of a word.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters of a word that count.
const WORD_MAX: usize = 64;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is compared.
    pub folded: String,
    /// Where it is written, in bytes.
    pub at: Range<usize>,
    /// Where its first character is written, in bytes.
    pub first: Range<usize>,
    /// Of a script without spaces.
    pub unspaced: bool,
}

/// All words of a text, in order.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut run: Vec<(usize, char)> = Vec::new();
    let mut unspaced = false;
    for (at, c) in text.char_indices() {
        let part = is_part(c);
        let changes = part && !is_combining_mark(c) && !run.is_empty() && is_unspaced(c) != unspaced;
        if !part || changes {
            cut(text, &run, unspaced, &mut words);
            run.clear();
        }
        if part {
            if run.is_empty() {
                unspaced = is_unspaced(c);
            }
            run.push((at, c));
        }
    }
    cut(text, &run, unspaced, &mut words);
    words
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Scripts that put no space between words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff // Thai, Lao, Myanmar, Khmer
        | 0x3005..=0x3007 | 0x3040..=0x30ff | 0x31f0..=0x31ff // Kana
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff // Han
        | 0xff66..=0xff9f | 0x20000..=0x3ffff)
}

fn cut(text: &str, run: &[(usize, char)], unspaced: bool, words: &mut Vec<Word>) {
    let spot = |(at, c): (usize, char)| at..at + c.len_utf8();
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
    let mut push = |at: Range<usize>, first: Range<usize>| {
        let folded = fold(text.get(at.clone()).unwrap_or_default());
        if !folded.is_empty() {
            words.push(Word { folded, at, first, unspaced });
        }
    };
    if !unspaced {
        push(first.0..spot(*last).end, spot(*first));
        return;
    }
    for pair in run.windows(2) {
        if let [a, b] = pair {
            push(a.0..spot(*b).end, spot(*a));
        }
    }
    push(spot(*last), spot(*last));
}

/// A run of letters and digits as it is compared.
pub(crate) fn fold(run: &str) -> String {
    // What compatibility forms turn into may be signs that part words; they are left out.
    let letters = run.nfkd().flat_map(char::to_lowercase).filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    letters.nfc().filter(|c| is_part(*c)).take(WORD_MAX).collect()
}

/// The words of a question: as those of a text, but a piece that ends in a script without spaces ends in
/// its last pair. `true` when the last one is only the beginning of a word by nature.
pub fn asked(text: &str) -> (Vec<Word>, bool) {
    let mut words = words(text);
    let Some(last) = words.last().filter(|last| last.unspaced) else { return (words, false) };
    let within = words.len().checked_sub(2).and_then(|at| words.get(at));
    let pair = within.is_some_and(|pair| pair.unspaced && pair.at.end == last.at.end);
    if pair {
        words.pop();
    }
    (words, !pair)
}
