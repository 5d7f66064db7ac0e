//! Countries by code or by any name people write.

use super::fold::fold;
use std::collections::HashMap;
use std::sync::LazyLock;

/// ISO 3166-1, all 249 codes. A data file because nobody reviews a country list inside code.
const TABLE: &str = include_str!("countries.tsv");

static BY_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut by_name = HashMap::with_capacity(4096);
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(code), Some(alpha3), Some(names)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        by_name.insert(fold(code), code);
        by_name.insert(fold(alpha3), code);
        for name in names.split('|') {
            by_name.entry(fold(name)).or_insert(code);
        }
    }
    by_name
});

/// The ISO 3166-1 alpha-2 code of a country given by code or name.
pub(super) fn country_code(text: &str) -> Option<&'static str> {
    let mut key = fold(text);
    if key.split(' ').all(|part| part.len() == 1) {
        // "U.S.A." is written with points, not with words.
        key.retain(|c| c != ' ');
    }
    if let Some(code) = BY_NAME.get(&key) {
        return Some(code);
    }
    // "Germany (DE)", "DE - Germany": both halves must mean the same country.
    let (first, last) = (key.split(' ').next()?, key.rsplit(' ').next()?);
    for (code, name) in [(first, key.strip_prefix(first)?), (last, key.strip_suffix(last)?)] {
        let named = BY_NAME.get(name.trim()).filter(|_| code.len() <= 3);
        if let (Some(named), Some(coded)) = (named, BY_NAME.get(code))
            && named == coded
        {
            return Some(named);
        }
    }
    let without = key.strip_prefix("the ")?;
    BY_NAME.get(without).copied()
}
