//! The bytes of everything that is stored or sent. A change here breaks every store and every older
//! device: numbers are never reused, fields are only added, and only as `Option`s.

use super::samples::{entities, mutations};
use crate::mutation::Mutation;
use crate::row::Table;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Name and bytes, sixteen a line.
fn listing<'a>(items: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> String {
    let mut text = String::new();
    for (name, bytes) in items {
        writeln!(text, "{name}").unwrap();
        for line in bytes.chunks(16) {
            let line: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(text, "  {}", line.join(" ")).unwrap();
        }
    }
    text
}

#[test]
fn rows_are_stored_as_these_bytes() {
    let samples = entities();
    let tables: BTreeSet<Table> = samples.iter().map(|sample| sample.table).collect();
    assert_eq!(tables, Table::ALL.into(), "every table has a sample");
    insta::assert_snapshot!(listing(samples.into_iter().map(|sample| (sample.name, sample.body))));
}

#[test]
fn mutations_travel_as_these_bytes() {
    let samples = mutations();
    let names: BTreeSet<&str> = samples.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, Mutation::NAMES.iter().copied().collect(), "every mutation has a sample");
    assert_eq!(names.len(), Mutation::NAMES.len(), "every name is its own");
    for (name, mutation) in &samples {
        assert_eq!(&Mutation::from_payload(name, &mutation.to_payload()).unwrap(), mutation);
    }
    insta::assert_snapshot!(listing(samples.iter().map(|(name, mutation)| (*name, mutation.to_payload()))));
}

#[test]
fn a_payload_is_read_under_its_own_name_only() {
    let (_, first) = mutations().swap_remove(0);
    for name in ["", "program_destroy", "PROGRAM_CREATE", &"x".repeat(10_000)] {
        let refusal = Mutation::from_payload(name, &first.to_payload()).unwrap_err();
        assert_eq!(refusal.rule, crate::Rule::Unreadable);
        let told: usize = refusal.evidence.iter().map(|(_, value)| value.chars().count()).sum();
        assert!(told <= 40, "a name of any length does not come back at that length");
    }
}
