//! How a line ends, and when the next attempt is made.

use super::{Client, ClientEffect, Line, Phase, Tick};
use crate::frame::{Goodbye, Reason};

/// First and longest pause between attempts to connect.
const BACKOFF_MS: (u64, u64) = (250, 30_000);
/// After so many attempts the pauses are the longest.
const ATTEMPTS_LONGEST: u32 = 7;

impl Client {
    pub(super) fn lost(&mut self, now: Tick, message: String, effects: &mut Vec<ClientEffect>) {
        self.reading = false;
        if matches!(self.phase, Phase::Shut(_) | Phase::Down) {
            return;
        }
        self.phase = Phase::Down;
        if self.work_offline {
            self.tell(Line::WorkingOffline, None, None, effects);
            return;
        }
        let pause = self.pause();
        self.retry(now.saturating_add(pause), message, effects);
    }

    fn retry(&mut self, at: Tick, message: String, effects: &mut Vec<ClientEffect>) {
        effects.push(ClientEffect::Timer { at });
        self.tell(Line::Offline, Some(at), Some(message), effects);
    }

    pub(super) fn drop_line(&mut self, now: Tick, message: String, effects: &mut Vec<ClientEffect>) {
        effects.push(ClientEffect::HangUp);
        self.lost(now, message, effects);
    }

    /// Jitter: from a quarter of the exponential limit up to it, so that a thousand devices do not
    /// return in the same moment.
    fn pause(&mut self) -> u64 {
        let (first, longest) = BACKOFF_MS;
        let limit = first.saturating_mul(1 << self.attempts.min(ATTEMPTS_LONGEST)).min(longest);
        self.attempts = self.attempts.saturating_add(1);
        limit / 4 + self.below(limit - limit / 4)
    }

    /// The next of a row of numbers below `limit` that differs from device to device.
    fn below(&mut self, limit: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % limit.max(1)
    }

    pub(super) fn goodbye(&mut self, now: Tick, goodbye: Goodbye, effects: &mut Vec<ClientEffect>) {
        effects.push(ClientEffect::HangUp);
        match goodbye.reason {
            Reason::Revoked | Reason::UnknownDevice => {
                let line = if goodbye.reason == Reason::Revoked { Line::Revoked } else { Line::Forked };
                self.shut(line, goodbye.message, effects);
            }
            Reason::Version => self.shut(Line::Outdated, goodbye.message, effects),
            Reason::Forked => self.shut(Line::Forked, goodbye.message, effects),
            Reason::Busy if domain::planted!(BusyIsFinal) => {
                self.shut(Line::Offline, goodbye.message, effects)
            }
            Reason::Malformed
            | Reason::TooLarge
            | Reason::Busy
            | Reason::ShuttingDown
            | Reason::UnknownProgram => {
                self.phase = Phase::Down;
                self.reading = false;
                if !matches!(goodbye.reason, Reason::Busy | Reason::ShuttingDown) {
                    // What we send next time will be no better.
                    self.attempts = self.attempts.max(ATTEMPTS_LONGEST);
                }
                // Full jitter within the window the hub asks for, see `Goodbye::retry_after_ms`.
                let asked = goodbye.retry_after_ms.unwrap_or(0).min(BACKOFF_MS.1);
                let pause = self.pause().max(asked + self.below(asked));
                self.retry(now.saturating_add(pause), goodbye.message, effects);
            }
        }
    }

    pub(super) fn shut(&mut self, line: Line, message: String, effects: &mut Vec<ClientEffect>) {
        self.phase = Phase::Shut(line);
        self.reading = false;
        self.tell(line, None, Some(message), effects);
    }
}
