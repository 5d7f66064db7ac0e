//! What waits to be written to one connection.
//!
//! The program's task puts frames in and never waits; whoever writes to the connection takes them out.
//! Above the budget the sequencer is told to hold back, and the connection is not read until it has
//! drained, so that a peer that does not listen costs a bounded amount of memory.

use protocol::frame::{self, FromHub, Goodbye, Reason};
use std::collections::VecDeque;
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
