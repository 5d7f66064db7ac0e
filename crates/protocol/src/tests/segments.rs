//! Segments: what they hold, and bytes that are none; the order in which a device fetches them.

use crate::bootstrap::*;
use crate::frame::DeltaRow;
use crate::segment::*;
use domain::entity::Key;
use domain::{DealId, RowKey, ScopeId, Table};
use proptest::prelude::*;
use uuid::Uuid;

fn deal(n: u128) -> ScopeId {
    ScopeId::Deal(DealId(Uuid::from_u128(n)))
}

fn row(scope: ScopeId, n: u128, seq: u64, body: &[u8]) -> DeltaRow {
    let key = RowKey { table: Table::Messages, id: Uuid::from_u128(n) };
    DeltaRow { key, scope, seq, body: Some(body.to_vec()) }
}

fn packed(rows: &[DeltaRow]) -> (SegmentRef, Vec<u8>) {
    let mut writer = Writer::default();
    for rows in rows.chunk_by(|a, b| a.scope == b.scope) {
        let section = rows.iter().map(|row| (row.key, row.seq, row.body.as_deref().unwrap_or_default()));
        writer.section(rows[0].scope, section);
    }
    writer.finish().unwrap()
}

/// Packs bytes that no writer would write.
fn pack(raw: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(raw, 1).unwrap()
}

proptest! {
    #[test]
    fn what_was_packed_is_what_is_read(
        rows in prop::collection::vec((0..5_u128, 0..1_000_u128, 1..100_u64, prop::collection::vec(any::<u8>(), 0..40)), 0..200),
    ) {
        let rows: Vec<DeltaRow> =
            rows.iter().map(|(scope, n, seq, body)| row(deal(*scope), *n, *seq, body)).collect();
        let (announced, bytes) = packed(&rows);
        prop_assert_eq!(announced.rows, rows.len() as u64);
        prop_assert_eq!(read(&announced, &bytes), Ok(Contents { rows, newer: vec![] }));
    }

    #[test]
    fn a_changed_segment_is_another(at in any::<prop::sample::Index>(), by in 1..=255_u8) {
        let (announced, mut bytes) = packed(&[row(deal(1), 1, 1, b"one"), row(deal(1), 2, 2, b"two")]);
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        prop_assert_eq!(read(&announced, &bytes), Err(SegmentError::Another));
    }
}

#[test]
fn a_truncated_or_lengthened_segment_is_another() {
    let (announced, bytes) = packed(&[row(deal(1), 1, 1, b"one")]);
    assert_eq!(read(&announced, &bytes[..bytes.len() - 1]), Err(SegmentError::Another));
    assert_eq!(read(&announced, &[&bytes[..], &[0]].concat()), Err(SegmentError::Another));
    assert_eq!(read(&SegmentRef { rows: 2, ..announced }, &bytes), Err(SegmentError::Malformed));
}

#[test]
fn a_bomb_is_defused() {
    // Packed it is a few kilobytes, unpacked many times what is allowed.
    let bomb = pack(&vec![0; 40 << 20]);
    assert!((bomb.len() as u64) < BYTES_MAX);
    assert_eq!(decode(&bomb), Err(SegmentError::Packing));
    let large = vec![0; usize::try_from(BYTES_MAX).unwrap() + 1];
    assert_eq!(decode(&large), Err(SegmentError::Packing));
}

#[test]
fn more_rows_than_allowed_are_not_read() {
    let mut raw = minicbor::to_vec(1_u32).unwrap();
    let mut e = minicbor::Encoder::new(&mut raw);
    // It says that there are more rows than there are atoms, and begins.
    e.array(2).unwrap().encode(ScopeId::Program).unwrap().array(u64::MAX).unwrap();
    for n in 0..=ROWS_MAX {
        let mut e = minicbor::Encoder::new(&mut raw);
        e.array(4).unwrap().u8(1).unwrap().bytes(&[0; 16]).unwrap().u64(n).unwrap().bytes(&[]).unwrap();
    }
    assert_eq!(decode(&pack(&raw)), Err(SegmentError::Malformed));
}

#[test]
fn garbage_is_malformed() {
    for raw in [&[][..], &[2], &[1, 0x82], &[1, 0x82, 0x82, 0, 0x80, 0x81, 0x80], &[1, 0x80], &[1, 0xff]] {
        assert_eq!(decode(&pack(raw)), Err(SegmentError::Malformed), "{raw:?}");
    }
    assert_eq!(decode(b"no zstd"), Err(SegmentError::Packing));
    assert_eq!(decode(&pack(&[1])), Ok(Contents::default()), "nothing is fine");
}

#[test]
fn what_a_newer_hub_adds_is_kept_or_skipped() {
    let mut raw = minicbor::to_vec(1_u32).unwrap();
    let mut e = minicbor::Encoder::new(&mut raw);
    // A section with one more field, rows with one more, a table and a scope of a later version.
    e.array(3).unwrap().encode(ScopeId::Program).unwrap().array(2).unwrap();
    for table in [8_u32, 4_000] {
        e.array(5).unwrap().u32(table).unwrap().bytes(&[7; 16]).unwrap();
        e.u64(3).unwrap().bytes(b"body").unwrap().str("later").unwrap();
    }
    e.str("later").unwrap();
    e.array(2).unwrap();
    let scope = raw.len();
    // Kind 99, with an id.
    let mut e = minicbor::Encoder::new(&mut raw);
    e.array(2).unwrap().u32(99).unwrap().array(1).unwrap().bytes(&[9; 16]).unwrap();
    let scope = raw[scope..].to_vec();
    let mut e = minicbor::Encoder::new(&mut raw);
    e.array(1).unwrap().array(4).unwrap().u32(8).unwrap().bytes(&[6; 16]).unwrap();
    e.u64(4).unwrap().bytes(b"more").unwrap();

    let contents = decode(&pack(&raw)).unwrap();
    assert_eq!(contents.rows.len(), 1);
    let newer: Vec<_> = contents.newer.iter().map(|row| (row.table, row.seq, row.scope.clone())).collect();
    let program = minicbor::to_vec(ScopeId::Program).unwrap();
    assert_eq!(newer, [(4_000, 3, program), (8, 4, scope)]);
}

#[test]
fn a_ticket_shows_nothing_of_itself() {
    assert_eq!(format!("{:?}", Ticket(vec![1, 2, 3])), "Ticket(..)");
}

// The order of fetching.

fn list(many: u8) -> Vec<SegmentRef> {
    (1..=many).map(|n| SegmentRef { hash: Key([n; 32]), bytes: 10, rows: 100 }).collect()
}

fn begin(list: &[SegmentRef], done: &[SegmentRef]) -> (Bootstrap, Vec<BootstrapEffect>) {
    let mut machine = Bootstrap::new(list.to_vec());
    let done = done.iter().map(|segment| segment.hash).collect();
    let effects = machine.step(BootstrapEvent::Begun { done });
    (machine, effects)
}

fn fetches(effects: &[BootstrapEffect]) -> Vec<(u8, u64)> {
    let fetch = |effect: &BootstrapEffect| match effect {
        BootstrapEffect::Fetch { segment, from } => Some((segment.hash.0[0], *from)),
        _ => None,
    };
    effects.iter().filter_map(fetch).collect()
}

fn end(effects: &[BootstrapEffect]) -> Option<&End> {
    effects.iter().find_map(|effect| match effect {
        BootstrapEffect::End(end) => Some(end),
        _ => None,
    })
}

/// Everything goes well from here on; returns what was fetched and how it ended.
fn run(machine: &mut Bootstrap, mut todo: Vec<BootstrapEffect>) -> (Vec<(u8, u64)>, Option<End>) {
    let mut fetched = Vec::new();
    let mut stored = Vec::new();
    while !todo.is_empty() {
        let effect = todo.remove(0);
        fetched.extend(fetches(std::slice::from_ref(&effect)));
        let events = match effect {
            BootstrapEffect::Fetch { segment, from } => {
                let rest = usize::try_from(segment.bytes - from).unwrap();
                vec![BootstrapEvent::Piece(vec![0; rest]), BootstrapEvent::Fetched]
            }
            BootstrapEffect::Check { segment, bytes } => {
                assert_eq!(bytes.len() as u64, segment.bytes);
                vec![BootstrapEvent::Checked(Ok(Contents::default()))]
            }
            BootstrapEffect::Store { segment, .. } => {
                stored.push(segment.hash.0[0]);
                vec![BootstrapEvent::Stored]
            }
            BootstrapEffect::Pause(_) => vec![BootstrapEvent::Rested],
            BootstrapEffect::End(end) => {
                assert!(stored.is_sorted(), "in the order of the list: {stored:?}");
                return (fetched, Some(end));
            }
        };
        todo.extend(events.into_iter().flat_map(|event| machine.step(event)));
    }
    (fetched, None)
}

#[test]
fn all_are_fetched_in_order_and_those_that_are_in_are_not() {
    let list = list(4);
    let (mut machine, effects) = begin(&list, &list[1..2]);
    assert_eq!(machine.progress().rows, 100);
    assert_eq!(machine.progress().bytes, 10);
    let (fetched, end) = run(&mut machine, effects);
    assert_eq!(fetched, [(1, 0), (3, 0), (4, 0)]);
    assert_eq!(end, Some(End::Complete));
    let whole = Progress { rows: 400, rows_total: 400, bytes: 40, bytes_total: 40 };
    assert_eq!(machine.progress(), whole);
    let (mut machine, effects) = begin(&list, &list);
    assert_eq!(run(&mut machine, effects), (vec![], Some(End::Complete)));
}

#[test]
fn a_broken_transfer_goes_on_at_its_byte() {
    let list = list(1);
    let (mut machine, _) = begin(&list, &[]);
    machine.step(BootstrapEvent::Piece(vec![0; 4]));
    let effects = machine.step(BootstrapEvent::Broke { message: "cut".into() });
    assert!(matches!(effects[..], [BootstrapEffect::Pause(_)]), "{effects:?}");
    assert_eq!(fetches(&machine.step(BootstrapEvent::Rested)), [(1, 4)]);
    // The hub ends the transfer early without a word.
    machine.step(BootstrapEvent::Piece(vec![0; 3]));
    let effects = machine.step(BootstrapEvent::Fetched);
    assert!(matches!(effects[..], [BootstrapEffect::Pause(_)]), "{effects:?}");
    assert_eq!(fetches(&machine.step(BootstrapEvent::Rested)), [(1, 7)]);
    assert_eq!(machine.progress().bytes, 7);
}

#[test]
fn what_cannot_be_fetched_ends_it_after_a_while() {
    let list = list(1);
    let (mut machine, _) = begin(&list, &[]);
    let broke = || BootstrapEvent::Broke { message: "no route".into() };
    let mut times = 0;
    loop {
        let effects = machine.step(broke());
        times += 1;
        if let Some(end) = end(&effects) {
            assert_eq!(end, &End::Unreachable("no route".into()));
            break;
        }
        machine.step(BootstrapEvent::Rested);
    }
    assert_eq!(times, 7);
    let (mut machine, _) = begin(&list, &[]);
    let effects = machine.step(BootstrapEvent::Gone { message: "gone".into() });
    assert_eq!(end(&effects), Some(&End::Gone("gone".into())));
    assert!(machine.step(BootstrapEvent::Fetched).is_empty(), "nothing follows");
}

#[test]
fn a_wrong_segment_is_fetched_anew_and_given_up_the_third_time() {
    let list = list(2);
    let (mut machine, _) = begin(&list, &[]);
    for time in 1..=3 {
        machine.step(BootstrapEvent::Piece(vec![0; 10]));
        let effects = machine.step(BootstrapEvent::Fetched);
        assert!(matches!(effects[..], [BootstrapEffect::Check { .. }]), "{effects:?}");
        let effects = machine.step(BootstrapEvent::Checked(Err(SegmentError::Another)));
        if time < 3 {
            assert!(matches!(effects[..], [BootstrapEffect::Pause(_)]), "{effects:?}");
            assert_eq!(fetches(&machine.step(BootstrapEvent::Rested)), [(1, 0)], "from the beginning");
        } else {
            assert!(matches!(end(&effects), Some(End::Useless(_))));
        }
    }
}

#[test]
fn more_bytes_than_announced_are_not_even_kept() {
    let (mut machine, _) = begin(&list(1), &[]);
    let effects = machine.step(BootstrapEvent::Piece(vec![0; 11]));
    assert!(matches!(end(&effects), Some(End::Useless(_))));
}

#[test]
fn one_is_fetched_while_another_is_written() {
    let (mut machine, _) = begin(&list(4), &[]);
    machine.step(BootstrapEvent::Piece(vec![0; 10]));
    machine.step(BootstrapEvent::Fetched);
    let effects = machine.step(BootstrapEvent::Checked(Ok(Contents::default())));
    assert!(
        matches!(effects[..], [BootstrapEffect::Store { .. }, BootstrapEffect::Fetch { .. }]),
        "{effects:?}"
    );
    machine.step(BootstrapEvent::Piece(vec![0; 10]));
    machine.step(BootstrapEvent::Fetched);
    // The first is still being written: one more may wait, and then no other is fetched.
    let effects = machine.step(BootstrapEvent::Checked(Ok(Contents::default())));
    assert!(effects.is_empty(), "{effects:?}");
    let effects = machine.step(BootstrapEvent::Stored);
    assert!(
        matches!(effects[..], [BootstrapEffect::Store { .. }, BootstrapEffect::Fetch { .. }]),
        "{effects:?}"
    );
}
