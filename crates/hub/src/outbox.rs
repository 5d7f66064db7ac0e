//! What waits to be written to one connection.
//!
//! The program's task puts frames in and never waits; whoever writes to the connection takes them out.
//! Above the budget the sequencer is told to hold back, and the connection is not read until it has
//! drained, so that a peer that does not listen costs a bounded amount of memory.

use domain::ScopeId;
use protocol::frame::{self, FromHub, Goodbye, Reason};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Bytes that may wait before a connection counts as congested.
pub(crate) const BUDGET: usize = 256 << 10;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    /// Something to write, or the end.
    ready: Notify,
    /// Room again, or the end.
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    /// Bytes put in and not written yet, with those being written.
    waiting: usize,
    congested: bool,
    /// Nothing more comes; what waits is still written.
    closing: bool,
    signed_in: bool,
}

impl Outbox {
    /// Puts a frame in; `true` when that made the connection congested.
    pub fn put(&self, frame: Vec<u8>) -> bool {
        let mut state = self.lock();
        if state.closing {
            return false;
        }
        state.waiting += frame.len();
        state.frames.push_back(frame);
        let congested = state.waiting > BUDGET && !state.congested;
        state.congested |= congested;
        drop(state);
        self.ready.notify_one();
        congested
    }

    /// Takes rows of these scopes, or everything without any, out of what waits; `true` when the
    /// connection is no longer congested. What is being written at this moment cannot be called back.
    pub fn withhold(&self, scopes: Option<&BTreeSet<ScopeId>>) -> bool {
        let mut state = self.lock();
        let before: usize = state.frames.iter().map(Vec::len).sum();
        match scopes {
            None => state.frames.clear(),
            Some(scopes) => frame::withhold(state.frames.iter_mut(), scopes),
        }
        let after: usize = state.frames.iter().map(Vec::len).sum();
        state.waiting += after.saturating_sub(before);
        drop(state);
        self.written(before.saturating_sub(after))
    }

    /// Says why, and ends.
    pub fn goodbye(&self, reason: Reason, message: &str, retry_after_ms: Option<u64>) {
        let goodbye = Goodbye { reason, message: message.to_owned(), retry_after_ms };
        self.put(frame::encode(&FromHub::Goodbye(goodbye)));
        self.close();
    }

    /// Nothing more will be put in.
    pub fn close(&self) {
        self.lock().closing = true;
        self.ready.notify_one();
        self.room.notify_one();
    }

    /// Whether it was ended, though something may still wait.
    pub fn is_closing(&self) -> bool {
        self.lock().closing
    }

    /// Whether it was ended and everything was taken out.
    pub fn is_finished(&self) -> bool {
        let state = self.lock();
        state.closing && state.frames.is_empty()
    }

    /// Notes that the device behind the connection is known.
    pub fn sign_in(&self) {
        self.lock().signed_in = true;
    }

    /// Whether the device behind the connection is known.
    pub fn is_signed_in(&self) -> bool {
        self.lock().signed_in
    }

    /// The next frame, as soon as there is one; `None` at the end. To be followed by
    /// [`Outbox::written`].
    pub async fn next(&self) -> Option<Vec<u8>> {
        loop {
            {
                let mut state = self.lock();
                match state.frames.pop_front() {
                    Some(frame) => return Some(frame),
                    None if state.closing => return None,
                    None => {}
                }
            }
            self.ready.notified().await;
        }
    }

    /// Waits until there is something to take, or the end.
    pub async fn filled(&self) {
        loop {
            {
                let state = self.lock();
                if state.closing || !state.frames.is_empty() {
                    return;
                }
            }
            self.ready.notified().await;
        }
    }

    /// Takes frames of at most `max` bytes in all, or one that is longer.
    pub fn take(&self, max: usize) -> Vec<Vec<u8>> {
        let mut state = self.lock();
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(frame) = state.frames.front() {
            bytes += frame.len();
            if !taken.is_empty() && bytes > max {
                break;
            }
            taken.extend(state.frames.pop_front());
        }
        taken
    }

    /// Notes that so many bytes were written; `true` when the connection is no longer congested.
    pub fn written(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        state.waiting = state.waiting.saturating_sub(bytes);
        let drained = state.congested && state.waiting <= BUDGET / 4;
        if drained {
            state.congested = false;
            drop(state);
            self.room.notify_one();
        }
        drained
    }

    /// Waits while the connection is congested.
    pub async fn room(&self) {
        loop {
            {
                let state = self.lock();
                if state.closing || !state.congested {
                    return;
                }
            }
            self.room.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Step {
        Put(usize),
        /// Takes frames of so many bytes in all, by long poll.
        Take(usize),
        /// Takes one, by websocket.
        Next,
        Close,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (1..BUDGET / 2).prop_map(Step::Put),
            4 => (1..BUDGET).prop_map(Step::Take),
            4 => Just(Step::Next),
            1 => Just(Step::Close),
        ]
    }

    fn delta(scope: ScopeId, body: &[u8]) -> Vec<u8> {
        let key = domain::RowKey { table: domain::Table::Messages, id: uuid::Uuid::nil() };
        let row = frame::DeltaRow { key, scope, seq: 1, body: Some(body.to_vec()) };
        let delta = frame::Delta { to: 1, answers: Vec::new(), rows: vec![row], resume: None, beyond: None };
        frame::encode(&FromHub::Delta(delta))
    }

    #[test]
    fn what_is_withheld_frees_the_room_it_took() {
        let outbox = Outbox::default();
        let deal = ScopeId::Deal(uuid::Uuid::nil().into());
        assert!(!outbox.put(delta(ScopeId::Program, b"stays")));
        assert!(outbox.put(delta(deal, &vec![7; BUDGET])));
        assert!(!outbox.withhold(Some(&BTreeSet::from([ScopeId::Hub]))), "nothing of it waits");
        assert!(outbox.withhold(Some(&BTreeSet::from([deal]))), "no longer congested");
        let left = outbox.take(usize::MAX);
        assert_eq!(left[0], delta(ScopeId::Program, b"stays"));
        let Ok(frame::Incoming::Known(FromHub::Delta(rest))) = frame::decode(&left[1]) else { panic!() };
        assert!(rest.rows.is_empty() && rest.to == 0, "it leads nowhere: rows of its own are owed still");
        assert_eq!(rest.beyond, Some(2), "what the device said there is not said to be here");
        outbox.written(left.iter().map(Vec::len).sum());

        outbox.put(delta(deal, b"left out"));
        outbox.put(delta(ScopeId::Program, b"later"));
        outbox.withhold(Some(&BTreeSet::from([deal])));
        let left = outbox.take(usize::MAX);
        let Ok(frame::Incoming::Known(FromHub::Delta(later))) = frame::decode(&left[1]) else { panic!() };
        assert_eq!((later.rows.len(), later.beyond), (1, Some(2)), "nor by what waits behind it");
        assert!(!outbox.written(left.iter().map(Vec::len).sum()));

        outbox.put(delta(deal, b"gone"));
        outbox.withhold(None);
        outbox.goodbye(Reason::Revoked, "Out.", None);
        assert_eq!(outbox.take(usize::MAX).len(), 1);
    }

    proptest! {
        /// What was put in before the end comes out, all of it, in order: the outbox itself drops
        /// nothing, and says once that there is too much and once that there is room again.
        #[test]
        fn nothing_that_was_put_in_is_dropped(steps in prop::collection::vec(step(), 0..60)) {
            let outbox = Outbox::default();
            let mut expected = VecDeque::new();
            let (mut number, mut congested, mut closed) = (0_u32, false, false);
            let check = |frames: Vec<Vec<u8>>, expected: &mut VecDeque<(u32, usize)>, congested: &mut bool| {
                let mut bytes = 0;
                for frame in frames {
                    let number = u32::from_le_bytes(*frame.first_chunk().unwrap());
                    assert_eq!(Some((number, frame.len())), expected.pop_front());
                    bytes += frame.len();
                }
                if outbox.written(bytes) {
                    assert!(*congested);
                    *congested = false;
                }
            };
            for step in steps {
                match step {
                    Step::Put(size) => {
                        let mut frame = vec![0; size.max(4)];
                        frame[..4].copy_from_slice(&number.to_le_bytes());
                        if !closed {
                            expected.push_back((number, frame.len()));
                        }
                        number += 1;
                        if outbox.put(frame) {
                            assert!(!congested, "said twice");
                            congested = true;
                        }
                    }
                    Step::Take(max) => check(outbox.take(max), &mut expected, &mut congested),
                    Step::Next => {
                        let frame = outbox.take(1);
                        check(frame, &mut expected, &mut congested);
                    }
                    Step::Close => {
                        outbox.close();
                        closed = true;
                    }
                }
                let waiting: usize = expected.iter().map(|(_, size)| size).sum();
                // It may also have been congested and not have drained far enough yet.
                prop_assert!(congested || waiting <= BUDGET || closed);
                prop_assert_eq!(outbox.is_finished(), closed && expected.is_empty());
            }
            check(outbox.take(usize::MAX), &mut expected, &mut congested);
            prop_assert!(expected.is_empty() && !congested);
        }
    }
}
