//! Bytes from anywhere are read or refused; nothing panics and nothing is half-read.

use super::samples::{entities, mutations};
use crate::mutation::Mutation;
use crate::row::{RowKey, Table, lookups_of};
use crate::scope::ScopeId;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

/// A valid encoding with some bytes overwritten and its end cut off or extended.
fn damaged(mut bytes: Vec<u8>, hits: Vec<(Index, u8)>, cut: Option<Index>, tail: Vec<u8>) -> Vec<u8> {
    for (at, byte) in hits {
        let at = at.index(bytes.len().max(1));
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len() + 1));
    }
    bytes.extend(tail);
    bytes
}

/// Reads `bytes` as everything there is; what can be read can be written and read again.
fn read_as_anything(bytes: &[u8]) {
    for sample in entities() {
        if let Some(written) = (sample.rewrite)(bytes) {
            assert_eq!((sample.rewrite)(&written).as_ref(), Some(&written), "{} is not stable", sample.name);
        }
    }
    for table in Table::ALL {
        lookups_of(RowKey { table, id: Uuid::nil() }, bytes);
    }
    for name in Mutation::NAMES {
        if let Ok(mutation) = Mutation::from_payload(name, bytes) {
            assert_eq!(mutation.name(), *name);
            // Not every mutation equals itself bit by bit, but its bytes do.
            let written = mutation.to_payload();
            assert_eq!(Mutation::from_payload(name, &written).unwrap().to_payload(), written);
        }
    }
    if let Some(scope) = ScopeId::from_bytes(bytes) {
        assert_eq!(scope.to_bytes(), bytes);
    }
}

fn some_hits() -> impl Strategy<Value = Vec<(Index, u8)>> {
    proptest::collection::vec((any::<Index>(), any::<u8>()), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_bytes_at_all(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_as_anything(&bytes);
    }

    #[test]
    fn rows_with_some_damage(
        which in any::<Index>(),
        hits in some_hits(),
        cut in proptest::option::of(any::<Index>()),
        tail in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let body = entities().swap_remove(which.index(entities().len())).body;
        read_as_anything(&damaged(body, hits, cut, tail));
    }

    #[test]
    fn mutations_with_some_damage(
        which in any::<Index>(),
        hits in some_hits(),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let payload = which.get(&mutations()).1.to_payload();
        read_as_anything(&damaged(payload, hits, cut, Vec::new()));
    }
}

#[test]
fn a_short_message_that_promises_much_takes_no_memory() {
    // Arrays, maps, texts and byte strings that claim to hold 2^63 items.
    for kind in [0x9B, 0xBB, 0x7B, 0x5B] {
        let mut bytes = vec![kind, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        read_as_anything(&bytes);
        bytes.splice(0..0, [0xA1, 0x02]);
        read_as_anything(&bytes);
    }
    read_as_anything(&[0x81; 100_000]);
}
