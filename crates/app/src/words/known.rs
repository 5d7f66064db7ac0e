//! Sentences that are made where no language is known: by the rules, by hubs, by the line to them. They come
//! in English, from hubs of any version. One that is known is said in the person's language, any other as it
//! came.

use super::{filled, spoken, translated};
use crate::dto::Language;
use crate::say;
use std::fmt::Display;

/// Sentences with blanks, as somebody else filled them in. The test beside this knows where they are made.
pub(super) const WITH_BLANKS: [&str; 9] = [
    "{label} is missing.",
    "{label} is longer than {max} characters.",
    "{label} holds control characters.",
    "A deal is shared with at most {most} more companies.",
    "{hub} is not a hub address: {why}",
    "the hub cannot be reached: {why}",
    "there is no Lockstep hub at this address: {why}",
    "it answered {status}",
    "The connection broke: {why}",
];

/// A sentence from elsewhere in the language of the task.
pub(crate) fn sentence(english: &str) -> String {
    let language = spoken();
    if language == Language::English {
        return english.to_owned();
    }
    if let Some(said) = translated(english, language) {
        return said.to_owned();
    }
    let known =
        WITH_BLANKS.iter().find_map(|known| Some((translated(known, language)?, read(known, english)?)));
    let Some((said, values)) = known else { return english.to_owned() };
    let values: Vec<(&str, &str)> = values
        .into_iter()
        .map(|(blank, value)| (blank, translated(value, language).unwrap_or(value)))
        .collect();
    let blanks: Vec<(&str, &dyn Display)> =
        values.iter().map(|(blank, value)| (*blank, value as &dyn Display)).collect();
    filled(said, &blanks, language)
}

/// The label of a fact behind a refusal.
pub(crate) fn label(english: &str) -> String {
    if english == "field" { say!("Field") } else { sentence(english) }
}

/// The value of a fact: the name of a field, or something that somebody wrote.
pub(crate) fn fact(label: &str, value: &str) -> String {
    match (label, value) {
        ("field", "CloseDate") => say!("Expected close"),
        ("field", "Need") => say!("Needs"),
        ("field", "Amount") => say!("Amount"),
        ("field", "Customer") => say!("Customer"),
        ("field", "Product") => say!("Product"),
        ("field", "Region") => say!("Region"),
        ("field", "Stage") => say!("Stage"),
        ("field", "Title") => say!("Title"),
        ("field", "domain") => say!("Domain"),
        ("field", "owner") => say!("Owner"),
        ("field", _) => sentence(value),
        _ => value.to_owned(),
    }
}

/// What stands in the blanks of a known sentence; none when this is another one.
fn read<'t>(known: &'static str, sentence: &'t str) -> Option<Vec<(&'static str, &'t str)>> {
    let mut values = Vec::new();
    let (start, mut pattern) = known.split_once('{')?;
    let mut rest = sentence.strip_prefix(start)?;
    loop {
        let (blank, after) = pattern.split_once('}')?;
        let (until, next) = after.split_once('{').map_or((after, None), |(until, next)| (until, Some(next)));
        let (value, left) = match next {
            None => (rest.strip_suffix(until)?, ""),
            Some(_) => rest.split_once(until)?,
        };
        values.push((blank, value));
        rest = left;
        match next {
            None => return Some(values),
            Some(next) => pattern = next,
        }
    }
}
