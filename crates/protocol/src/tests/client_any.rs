//! Whatever happens in whatever order: no panic, nothing sent where it must not be, nothing lost.

use super::desk::{Desk, EPOCH, challenge, pushed};
use super::frame_samples::*;
use crate::client::*;
use crate::frame::*;
use crate::seal::Chain;
use domain::entity::Key;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn some_state() -> impl Strategy<Value = SyncState> {
    (0..3_u64, 0..200_u64, 0..1_500_u64, any::<bool>()).prop_map(|(epoch, cursor, answered, paging)| {
        SyncState {
            epoch,
            cursor,
            resume: paging.then_some(Resume { head: cursor + 9, scope: None, after: 1 }),
            answered,
            chain: Chain { n: answered, hash: Key([4; 32]) },
        }
    })
}

fn some_frame() -> impl Strategy<Value = Vec<u8>> {
    let frames: Vec<Vec<u8>> = from_hub().iter().map(|(_, frame)| encode(frame)).collect();
    prop_oneof![
        6 => select(frames),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        2 => (0..3_u64, 0..1_500_u64, any::<bool>()).prop_map(|(epoch, last_n, start_over)| {
            let welcome = Welcome {
                proto: PROTO, epoch, head: 100, last_n, chain: Key([4; 32]), answers: vec![], now: MONDAY,
                start_over,
                lease_days: None,
                again_after: None,
            };
            encode(&FromHub::Welcome(welcome))
        }),
    ]
}

fn some_event() -> impl Strategy<Value = ClientEvent> {
    prop_oneof![
        some_state().prop_map(ClientEvent::Loaded),
        Just(()).prop_map(|()| ClientEvent::Opened),
        Just(()).prop_map(|()| ClientEvent::Lost { message: "gone".into() }),
        some_frame().prop_map(|bytes| ClientEvent::Received { bytes }),
        some_frame().prop_map(|bytes| ClientEvent::Received { bytes }),
        Just(()).prop_map(|()| ClientEvent::Queued),
        (0..6_usize).prop_map(|count| {
            ClientEvent::OutboxRead(sealed(6).into_iter().take(count).map(|(sealed, _)| sealed).collect())
        }),
        any::<bool>().prop_map(ClientEvent::ChainChecked),
        some_state().prop_map(ClientEvent::Applied),
        Just(()).prop_map(|()| ClientEvent::StoreFailed { message: "full".into() }),
        any::<bool>().prop_map(ClientEvent::WorkOffline),
        Just(()).prop_map(|()| ClientEvent::TryNow),
        Just(()).prop_map(|()| ClientEvent::Timer),
    ]
}

fn is_welcome(event: &ClientEvent) -> bool {
    let ClientEvent::Received { bytes } = event else { return false };
    matches!(decode::<FromHub>(bytes), Ok(Incoming::Known(FromHub::Welcome(_))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn no_sequence_of_events_panics_or_pushes_before_the_welcome(
        offline in any::<bool>(),
        start in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
        events in proptest::collection::vec((0..40_000_u64, some_event()), 0..60),
    ) {
        let mut client = Client::new(id(0x10), id(0x200), alices_key(), offline, start);
        let mut now: Tick = start;
        // Since the line was asked for: a line is open, the hub has welcomed us, the chain was compared.
        let (mut opened, mut welcomed, mut compared) = (false, false, false);
        for (later, event) in events {
            now = now.saturating_add(later);
            opened |= matches!(event, ClientEvent::Opened);
            welcomed |= opened && is_welcome(&event);
            compared |= welcomed && matches!(event, ClientEvent::ChainChecked(true));
            let told = format!("{event:?}");
            let effects = client.step(now, event);
            let timers = effects.iter().filter(|effect| matches!(effect, ClientEffect::Timer { .. }));
            prop_assert!(timers.count() <= 1);
            for effect in effects {
                match effect {
                    ClientEffect::Connect => (opened, welcomed, compared) = (false, false, false),
                    ClientEffect::HangUp => (opened, welcomed, compared) = (false, false, false),
                    ClientEffect::Send { bytes } => match decode::<FromDevice>(&bytes) {
                        Ok(Incoming::Known(FromDevice::Hello(_))) => prop_assert!(opened, "{}", told),
                        Ok(Incoming::Known(FromDevice::Push(_) | FromDevice::Took(_))) => prop_assert!(compared, "{}", told),
                        other => prop_assert!(false, "a client sends no {other:?}"),
                    },
                    ClientEffect::Timer { at } => prop_assert!(at >= now),
                    ClientEffect::ReadOutbox { items, bytes, .. } => {
                        prop_assert!((1..=PUSH_ITEMS).contains(&items) && bytes > 0);
                    }
                    ClientEffect::CheckChain(_) => prop_assert!(welcomed, "{}", told),
                    ClientEffect::KeepNewer(_)
                    | ClientEffect::FetchSegments { .. }
                    | ClientEffect::Apply { .. }
                    | ClientEffect::Adopt { .. }
                    | ClientEffect::Reset { .. } => {
                        prop_assert!(compared, "{}", told);
                    }
                    ClientEffect::Renew { .. } | ClientEffect::Status(_) => {}
                }
            }
        }
    }
}

/// What the hub of the next test does at one point.
#[derive(Debug, Clone)]
enum Turn {
    /// Alice writes some messages.
    Write(u64),
    /// The hub works on some of the pushes that have arrived, and answers.
    Work(Index),
    /// The hub works on some of them, and the answers are lost with the line.
    Lose(Index),
    /// Alice's disk fails once.
    Break,
    /// Alice works offline for a moment.
    Offline,
    /// The hub is restored from a backup of a moment ago.
    Restore(Index),
}

fn some_turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        3 => (1..20_u64).prop_map(Turn::Write),
        1 => (300..900_u64).prop_map(Turn::Write),
        4 => any::<Index>().prop_map(Turn::Work),
        2 => any::<Index>().prop_map(Turn::Lose),
        1 => Just(Turn::Break),
        1 => Just(Turn::Offline),
        1 => any::<Index>().prop_map(Turn::Restore),
    ]
}

/// A hub that follows alice's chain.
struct Hub {
    epoch: u64,
    end: Chain,
    seq: u64,
    answers: Vec<Answer>,
}

impl Hub {
    /// Takes some of the mutations that were sent on this line, or all, and answers them.
    fn works(&mut self, desk: &mut Desk, share: Option<Index>) -> Vec<Answer> {
        let sent: Vec<Sealed> = desk.did.drain(..).filter_map(pushed).flatten().collect();
        let count = share.map_or(sent.len(), |share| share.index(sent.len() + 1));
        let from = self.answers.len();
        for sealed in sent.into_iter().take(count) {
            let next = self.end.after(&sealed.header, &sealed.payload).expect("no gap and nothing twice");
            self.end = next;
            self.seq += 1;
            self.answers.push(Answer { n: next.n, seq: self.seq, refusal: None, at: MONDAY });
        }
        self.answers[from..].to_vec()
    }

    /// Forgets what came after the first of alice's messages.
    fn restored(&mut self, desk: &Desk, share: Index) {
        let kept = share.index(self.answers.len() + 1);
        self.answers.truncate(kept);
        self.end = desk.ends[kept];
        self.seq = 100 + kept as u64;
        self.epoch += 1;
    }

    /// Lets alice in again.
    fn lets_in(&self, desk: &mut Desk) {
        desk.lately();
        desk.happens(ClientEvent::Opened);
        desk.hears(FromHub::Challenge(challenge()));
        let answers = self.answers.iter().filter(|answer| answer.n > desk.state.answered).cloned().collect();
        desk.hears(FromHub::Welcome(Welcome {
            proto: PROTO,
            epoch: self.epoch,
            head: self.seq,
            last_n: self.end.n,
            chain: self.end.hash,
            answers,
            now: MONDAY,
            start_over: desk.state.epoch != self.epoch,
            lease_days: Some(30),
            again_after: None,
        }));
        self.delivers(desk, vec![]);
    }

    fn delivers(&self, desk: &mut Desk, answers: Vec<Answer>) {
        desk.hears(FromHub::Delta(Delta { to: self.seq, answers, rows: vec![], resume: None, beyond: None }));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn through_every_break_each_message_arrives_once_and_in_order(
        turns in proptest::collection::vec(some_turn(), 1..25),
    ) {
        let mut desk = Desk::dialling();
        let mut hub = Hub { epoch: EPOCH, end: desk.state.chain, seq: 100, answers: vec![] };
        hub.lets_in(&mut desk);
        for turn in turns {
            match turn {
                Turn::Write(count) => desk.writes(count),
                Turn::Work(share) => {
                    let answers = hub.works(&mut desk, Some(share));
                    let rest = desk.client.sent() > hub.end.n;
                    hub.delivers(&mut desk, answers);
                    if rest {
                        // What the hub did not get to is lost with the line, so that it comes again.
                        desk.loses_the_line();
                        desk.waits();
                        hub.lets_in(&mut desk);
                    }
                }
                Turn::Lose(share) => {
                    hub.works(&mut desk, Some(share));
                    desk.loses_the_line();
                    desk.waits();
                    hub.lets_in(&mut desk);
                }
                Turn::Break => {
                    desk.broken = true;
                    hub.delivers(&mut desk, vec![]);
                    desk.broken = false;
                    desk.waits();
                    hub.lets_in(&mut desk);
                }
                Turn::Offline => {
                    desk.happens(ClientEvent::WorkOffline(true));
                    desk.happens(ClientEvent::WorkOffline(false));
                    hub.lets_in(&mut desk);
                }
                Turn::Restore(share) => {
                    desk.loses_the_line();
                    hub.restored(&desk, share);
                    desk.waits();
                    hub.lets_in(&mut desk);
                }
            }
            prop_assert!(desk.client.sent().saturating_sub(desk.state.answered) <= IN_FLIGHT_MAX);
            prop_assert_eq!(desk.line(), Line::Online);
        }
        while hub.end.n < desk.state.chain.n {
            let answers = hub.works(&mut desk, None);
            prop_assert!(!answers.is_empty(), "the outbox goes on");
            hub.delivers(&mut desk, answers);
        }
        prop_assert_eq!(hub.end, desk.state.chain);
        prop_assert_eq!(desk.state.answered, desk.state.chain.n);
    }
}
