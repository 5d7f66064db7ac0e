//! What travels: frames, mutations, rows, links, and the two machines that take them.

use domain::codec::Entity;
use domain::entity::*;
use domain::row::lookups_of;
use domain::{Context, Mode, Mutate, Mutation, ReadSet, RowKey, Rows, ScopeId, Table, Timestamp};
use protocol::bootstrap::End;
use protocol::brief::Brief;
use protocol::client::{Client, ClientEffect, ClientEvent, SyncState};
use protocol::frame::{self, FromDevice, FromHub, Incoming};
use protocol::link::InvitationLink;
use protocol::repeats::Repeats;
use protocol::seal::{Chain, DeviceKey};
use protocol::segment;
use protocol::sequencer::{DeviceRecord, HubEffect, HubEvent, Load, Loaded, Page, Sequencer, Settings};
use uuid::Uuid;

/// A body, its fuzz target by name.
pub type Target = (&'static str, fn(&[u8]));

/// Everything in this module.
pub const TARGETS: &[Target] = &[
    ("frames", frames),
    ("frame_bodies", frame_bodies),
    ("repeats", repeats),
    ("mutations", mutations),
    ("rows", rows),
    ("segments", segments),
    ("links", links),
    ("device_frames_in_turn", device_frames_in_turn),
    ("hub_frames_in_turn", hub_frames_in_turn),
];

/// Bytes as a frame of either direction: refused, or they read back as what they were read as.
pub fn frames(bytes: &[u8]) {
    if let Ok(Incoming::Known(read)) = frame::decode::<FromHub>(bytes) {
        assert_eq!(frame::decode(&frame::encode(&read)), Ok(Incoming::Known(read)));
    }
    let said = frame::mutations_in(bytes);
    if let Ok(Incoming::Known(read)) = frame::decode::<FromDevice>(bytes) {
        assert_eq!(frame::decode(&frame::encode(&read)), Ok(Incoming::Known(read.clone())));
        let brought = if let FromDevice::Push(push) = &read { push.sealed.len() as u64 } else { 0 };
        assert!(said >= brought.min(frame::PUSH_MAX as u64), "{brought} mutations came as {said}");
        let about = matches!(read, FromDevice::Inspect(_) | FromDevice::Join(_));
        assert_eq!(frame::is_about_invitation(bytes), about);
    }
}

/// Bytes as the body of a long poll.
pub fn frame_bodies(bytes: &[u8]) {
    if let Some(frames) = frame::from_body(bytes) {
        assert_eq!(frame::to_body(&frames), bytes);
    }
}

/// Bytes as frames with their ids shortened, or as pushes in few bytes, one after the other on one connection, and as frames to
/// shorten.
pub fn repeats(bytes: &[u8]) {
    let Some(frames) = frame::from_body(bytes) else { return };
    let mut receiver = Repeats::default();
    if frames.iter().all(|short| receiver.restore(short).is_ok_and(|frame| frame.len() <= frame::FRAME_MAX)) {
        receiver.restore(bytes).ok();
    }
    let mut receiver = Brief::default();
    if frames.iter().all(|short| receiver.restore(short).is_ok_and(|frame| frame.len() <= frame::FRAME_MAX)) {
        receiver.restore(bytes).ok();
    }
    let (mut sender, mut receiver) = (Repeats::default(), Repeats::default());
    let (mut device, mut hub) = (Brief::default(), Brief::default());
    for frame in frames {
        assert_eq!(hub.restore(&device.shorten(&frame)), Ok(frame.clone()));
        assert_eq!(receiver.restore(&sender.shorten(&frame)), Ok(frame));
    }
}

/// Bytes as a segment, and as what a segment unpacks to: refused, or as many rows as it may have.
pub fn segments(bytes: &[u8]) {
    let packed = zstd::bulk::compress(bytes, 1).unwrap_or_default();
    for bytes in [bytes, &packed] {
        let Ok(contents) = segment::decode(bytes) else { continue };
        let rows = contents.rows.len() + contents.newer.len();
        assert!(rows as u64 <= segment::ROWS_MAX);
        let mut writer = segment::Writer::default();
        for row in &contents.rows {
            let body = row.body.as_deref().unwrap_or_default();
            writer.section(row.scope, std::iter::once((row.key, row.seq, body)));
        }
        if let Ok((announced, bytes)) = writer.finish() {
            let again = segment::read(&announced, &bytes).map(|contents| contents.rows);
            assert_eq!(again, Ok(contents.rows));
        }
    }
}

/// Bytes as the payload of every mutation; what can be read is applied on both sides to an empty program.
pub fn mutations(bytes: &[u8]) {
    for name in Mutation::NAMES {
        let Ok(mutation) = Mutation::from_payload(name, bytes) else { continue };
        let written = mutation.to_payload();
        assert_eq!(Mutation::from_payload(name, &written).map(|again| again.to_payload()), Ok(written));
        mutation.lane();
        mutation.opens_lane();
        for mode in [Mode::Optimistic, Mode::Authoritative] {
            for actor in [None, Some(somebody())] {
                let program = Uuid::from_u128(1).into();
                let ctx = Context { mode, program, actor, now: Timestamp(1_700_000_000_000), seq: 7 };
                let mut rows = Rows::default();
                for _ in 0..3 {
                    answer(&mutation.reads(&ctx, &rows), &mut rows);
                }
                let _ = mutation.apply(&ctx, &rows);
                mutation.inverse(&rows);
            }
        }
    }
}

fn somebody() -> domain::Actor {
    domain::Actor {
        member: Uuid::from_u128(2).into(),
        organization: Uuid::from_u128(3).into(),
        side: Side::Partner,
        role: Role::Admin,
        device: Uuid::from_u128(4).into(),
    }
}

/// There is nothing of what is asked for.
fn answer(reads: &ReadSet, rows: &mut Rows) {
    for key in &reads.keys {
        rows.insert(*key, None);
    }
    for lookup in &reads.lookups {
        rows.insert_lookup(lookup.clone(), Vec::new());
    }
}

/// Bytes as the body of every kind of row.
pub fn rows(bytes: &[u8]) {
    fn stable<E: Entity>(bytes: &[u8]) {
        let Ok(entity) = E::from_body(bytes) else { return };
        let written = entity.to_body();
        let again = E::from_body(&written).map(|entity| entity.to_body());
        assert_eq!(again.ok(), Some(written), "{:?} is not stable", E::TABLE);
    }
    stable::<Program>(bytes);
    stable::<Organization>(bytes);
    stable::<Member>(bytes);
    stable::<Device>(bytes);
    stable::<Invitation>(bytes);
    stable::<Grant>(bytes);
    stable::<Account>(bytes);
    stable::<Deal>(bytes);
    stable::<Claim>(bytes);
    stable::<Counter>(bytes);
    stable::<Message>(bytes);
    stable::<ReadMark>(bytes);
    stable::<ActionPlan>(bytes);
    stable::<Milestone>(bytes);
    stable::<FieldHistory>(bytes);
    for table in Table::ALL {
        lookups_of(RowKey { table, id: Uuid::nil() }, bytes);
    }
    if let Some(scope) = ScopeId::from_bytes(bytes) {
        assert_eq!(scope.to_bytes(), bytes);
    }
}

/// Bytes as a pasted link.
pub fn links(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(link) = text.parse::<InvitationLink>() {
        let again: Result<InvitationLink, _> = link.to_string().parse();
        assert_eq!(again, Ok(link));
    }
}

/// Frames of devices in any order, each on the connection that its first byte names, against the
/// sequencer of a program that knows nobody: it answers or hangs up, and the store is asked one thing at
/// a time.
pub fn device_frames_in_turn(bytes: &[u8]) {
    let Some(frames) = frame::from_body(bytes) else { return };
    let mut hub = Sequencer::new(Uuid::from_u128(1).into(), 7, 0, Settings { allow_demo: false });
    let mut now = 1_700_000_000_000;
    let mut events: Vec<HubEvent> =
        (0..2).map(|connection| HubEvent::Opened { connection, nonce: Key([1; 32]) }).collect();
    events.extend(frames.into_iter().take(64).filter_map(|frame| {
        let (first, rest) = frame.split_first()?;
        Some(match (first % 8, u64::from(first >> 7)) {
            (0..=5, connection) => HubEvent::Received { connection, bytes: rest.to_vec() },
            (6, connection) => HubEvent::Congested { connection },
            (_, connection) => HubEvent::Drained { connection },
        })
    }));
    for event in events {
        let mut waiting = vec![event];
        while let Some(event) = waiting.pop() {
            now += 1;
            let effects = hub.step(Timestamp(now), event);
            let answers = effects.into_iter().filter_map(|effect| match effect {
                HubEffect::Send { bytes, .. } => {
                    assert!(matches!(frame::decode::<FromHub>(&bytes), Ok(Incoming::Known(_))));
                    None
                }
                HubEffect::Close { .. } | HubEffect::Withhold { .. } => None,
                HubEffect::Load(load) => Some(HubEvent::Loaded(nothing(&load))),
                HubEffect::Commit(_) => Some(HubEvent::Committed),
                HubEffect::ReadPage { connection, query } => {
                    let page = Page { head: query.from.head, ..Page::default() };
                    Some(HubEvent::PageRead { connection, page })
                }
                HubEffect::FindSegments { connection, .. } => {
                    Some(HubEvent::SegmentsFound { connection, segments: None })
                }
            });
            waiting.extend(answers);
        }
    }
    assert!(hub.is_idle());
    assert_eq!(hub.head(), 0, "a stranger wrote something");
}

fn nothing(load: &Load) -> Loaded {
    let mut loaded = Loaded::default();
    answer(&load.reads, &mut loaded.rows);
    loaded.devices.extend(load.devices.keys().map(|device| (*device, DeviceRecord::default())));
    loaded
}

/// Frames of a hub in any order, and other events that the first byte of each names, against a client whose
/// store holds what it held.
pub fn hub_frames_in_turn(bytes: &[u8]) {
    let Some(frames) = frame::from_body(bytes) else { return };
    let (program, device) = (Uuid::from_u128(1).into(), Uuid::from_u128(4).into());
    let chain = Chain::start(program, device);
    let state = SyncState { epoch: 7, cursor: 100, resume: None, answered: 0, chain };
    let mut client = Client::new(program, device, DeviceKey::from_seed(&[1; 32]), false, 1);
    let mut events = vec![ClientEvent::Loaded(state.clone())];
    events.extend(frames.into_iter().take(64).filter_map(|frame| {
        let (first, rest) = frame.split_first()?;
        Some(match first % 16 {
            0..=11 => ClientEvent::Received { bytes: rest.to_vec() },
            12 => ClientEvent::TryNow,
            13 => ClientEvent::Timer,
            14 => ClientEvent::Lost { message: String::new() },
            _ => ClientEvent::Queued,
        })
    }));
    for (now, event) in (1..).zip(events) {
        let mut waiting = vec![event];
        while let Some(event) = waiting.pop() {
            let answers = client.step(now, event).into_iter().filter_map(|effect| match effect {
                ClientEffect::Connect => Some(ClientEvent::Opened),
                ClientEffect::ReadOutbox { .. } => Some(ClientEvent::OutboxRead(Vec::new())),
                ClientEffect::CheckChain(other) => Some(ClientEvent::ChainChecked(other == chain)),
                ClientEffect::Apply { .. } | ClientEffect::Adopt { .. } | ClientEffect::Reset { .. } => {
                    Some(ClientEvent::Applied(state.clone()))
                }
                ClientEffect::FetchSegments { segments, .. } => Some(match segments.list.len() % 4 {
                    0 => ClientEvent::SegmentsEnded(End::Complete, Some(state.clone())),
                    1 => ClientEvent::SegmentsEnded(End::Gone(String::new()), None),
                    2 => ClientEvent::SegmentsEnded(End::Unreachable(String::new()), None),
                    _ => ClientEvent::SegmentsEnded(End::Useless(String::new()), None),
                }),
                ClientEffect::Timer { at } => {
                    assert!(at >= now && at - now <= 120_000, "a pause of {} ms", at - now);
                    None
                }
                ClientEffect::KeepNewer(_)
                | ClientEffect::Renew { .. }
                | ClientEffect::Send { .. }
                | ClientEffect::HangUp
                | ClientEffect::Status(_) => None,
            });
            waiting.extend(answers);
        }
    }
}
