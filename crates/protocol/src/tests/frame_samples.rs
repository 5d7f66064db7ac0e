//! One of every frame, with fixed ids.

use crate::frame::*;
use crate::link::Token;
use crate::seal::{Chain, DeviceKey};
use crate::segment::{SegmentRef, Segments, Ticket, Took};
use domain::entity::{InvitationKind, Key, Role};
use domain::mutation::{MemberLeave, MessageSend};
use domain::{Refusal, RowKey, Rule, ScopeId, Table, Timestamp};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Monday 2 March 2026, nine o'clock UTC.
pub const MONDAY: Timestamp = Timestamp(1_772_442_000_000);

/// An id that a test can name by a number.
pub fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | n))
}

/// The key of alice's laptop.
pub fn alices_key() -> DeviceKey {
    DeviceKey::from_seed(&[7; 32])
}

/// What alice's laptop says for the `n`th time.
pub fn message(n: u64) -> domain::Mutation {
    let body = format!("message {n}");
    MessageSend { message: id(0x2000 + u128::from(n)), deal: id(1), body, reply_to: None }.into()
}

/// The first `count` sealed mutations of alice's laptop, and the end of its chain after each.
pub fn sealed(count: u64) -> Vec<(Sealed, Chain)> {
    // Made once: signing is slow, and every laptop in these tests says the same.
    static SEALED: Mutex<Vec<(Sealed, Chain)>> = Mutex::new(Vec::new());
    let mut all = SEALED.lock().unwrap_or_else(PoisonError::into_inner);
    let count = usize::try_from(count).unwrap();
    while all.len() < count {
        let end = all.last().map_or(Chain::start(id(0x10), id(0x200)), |(_, end)| *end);
        all.push(alices_key().seal(&end, &message(end.n + 1), MONDAY));
    }
    all[..count].to_vec()
}

pub fn refusal() -> Refusal {
    Refusal::new(Rule::WrongState, "This registration is closed.").because("deal", "Polder rollout")
}

/// Frames of a device: first with everything, then without what can be absent.
pub fn from_device() -> Vec<(&'static str, FromDevice)> {
    let nonce = Key([9; 32]);
    let hello = Hello {
        proto: PROTO,
        capabilities: vec!["pages".into()],
        device: id(0x200),
        signature: alices_key().sign(&crate::seal::hello_bytes(id(0x10), id(0x200), &nonce)),
        epoch: 5,
        cursor: 4_000,
        resume: Some(Resume { head: 4_100, scope: Some(ScopeId::Deal(id(1))), after: 77 }),
        answered: 12,
    };
    let leave = MemberLeave { member: id(0x100) };
    let (first, chain) = sealed(1).remove(0);
    let (second, _) = alices_key().seal(&chain, &leave.into(), Timestamp(-1));
    let payload = vec![1, 2, 3];
    vec![
        ("hello", FromDevice::Hello(hello.clone())),
        (
            "hello, new",
            FromDevice::Hello(Hello {
                capabilities: vec![],
                epoch: 0,
                cursor: 0,
                resume: None,
                answered: 0,
                ..hello
            }),
        ),
        ("push", FromDevice::Push(Push { sealed: vec![first, second] })),
        ("push, empty", FromDevice::Push(Push { sealed: vec![] })),
        ("inspect", FromDevice::Inspect(Inspect { token: Token([0x5A; 32]) })),
        (
            "join",
            FromDevice::Join(Join {
                token: Token([0x5A; 32]),
                name: "invitation_accept".into(),
                signature: alices_key().sign(&payload),
                payload,
            }),
        ),
        ("took", FromDevice::Took(Took { cursor: Some(4_000) })),
        ("took, pages please", FromDevice::Took(Took { cursor: None })),
    ]
}

fn answers() -> Vec<Answer> {
    vec![
        Answer { n: 1, seq: 4_001, refusal: None, at: MONDAY },
        Answer { n: 2, seq: 4_001, refusal: Some(refusal()), at: MONDAY },
    ]
}

/// Frames of a hub: first with everything, then without what can be absent.
pub fn from_hub() -> Vec<(&'static str, FromHub)> {
    let row = DeltaRow {
        key: RowKey { table: Table::Deals, id: id(1) },
        scope: ScopeId::Deal(id(1)),
        seq: 4_001,
        body: Some(vec![0xA0]),
    };
    let gone = DeltaRow { scope: ScopeId::Program, body: None, ..row.clone() };
    let resume = Resume { head: 4_100, scope: None, after: 77 };
    let preview = Preview {
        kind: Some(InvitationKind::Member),
        program_name: Some("Halden Select".into()),
        organization_name: Some("Northbeam".into()),
        member_name: Some("Alice Seller".into()),
        role: Some(Role::Seller),
        expires_at: MONDAY,
    };
    let founding = Preview {
        kind: None,
        program_name: None,
        organization_name: None,
        member_name: None,
        role: None,
        expires_at: MONDAY,
    };
    let mut all = vec![
        (
            "challenge",
            FromHub::Challenge(Challenge {
                proto: PROTO,
                proto_min: PROTO_MIN,
                capabilities: vec!["pages".into()],
                nonce: Key([9; 32]),
                now: MONDAY,
            }),
        ),
        (
            "welcome",
            FromHub::Welcome(Welcome {
                proto: PROTO,
                epoch: 5,
                head: 4_100,
                last_n: 2,
                chain: Key([3; 32]),
                answers: answers(),
                now: MONDAY,
                start_over: false,
                lease_days: Some(30),
                again_after: Some(12),
            }),
        ),
        (
            "delta",
            FromHub::Delta(Delta {
                to: 4_100,
                answers: answers(),
                rows: vec![row, gone],
                resume: Some(resume),
                beyond: None,
            }),
        ),
        (
            "delta, overtaken",
            FromHub::Delta(Delta {
                to: 4_100,
                answers: vec![],
                rows: vec![],
                resume: None,
                beyond: Some(4_107),
            }),
        ),
        (
            "delta, empty",
            FromHub::Delta(Delta { to: 4_100, answers: vec![], rows: vec![], resume: None, beyond: None }),
        ),
        ("inspected", FromHub::Inspected(Inspected { preview: Some(preview), refusal: None })),
        ("inspected, founding", FromHub::Inspected(Inspected { preview: Some(founding), refusal: None })),
        ("inspected, refused", FromHub::Inspected(Inspected { preview: None, refusal: Some(refusal()) })),
        ("joined", FromHub::Joined(Joined { program: id(0x10), member: Some(id(0x100)), refusal: None })),
        (
            "joined, refused",
            FromHub::Joined(Joined { program: id(0x10), member: None, refusal: Some(refusal()) }),
        ),
    ];
    all.extend(REASONS.map(|(name, reason)| {
        let retry_after_ms = (reason == Reason::Busy).then_some(2_000);
        (name, FromHub::Goodbye(Goodbye { reason, message: "Come back later.".into(), retry_after_ms }))
    }));
    all.push((
        "segments",
        FromHub::Segments(Segments {
            head: 4_000,
            ticket: Ticket(vec![0x71; 8]),
            list: vec![SegmentRef { hash: Key([4; 32]), bytes: 70_000, rows: 2_500 }],
        }),
    ));
    all
}

/// Every reason to hang up.
pub const REASONS: [(&str, Reason); 9] = [
    ("goodbye, malformed", Reason::Malformed),
    ("goodbye, too large", Reason::TooLarge),
    ("goodbye, version", Reason::Version),
    ("goodbye, unknown device", Reason::UnknownDevice),
    ("goodbye, revoked", Reason::Revoked),
    ("goodbye, forked", Reason::Forked),
    ("goodbye, busy", Reason::Busy),
    ("goodbye, shutting down", Reason::ShuttingDown),
    ("goodbye, unknown program", Reason::UnknownProgram),
];
