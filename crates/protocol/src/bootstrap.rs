//! The order in which a device fetches segments and takes them in: one is fetched while another is
//! being written, a broken transfer goes on at its byte, a segment that is not what was announced is
//! fetched anew, and what cannot be had is given up for pages.
//!
//! A machine without I/O, as [`crate::client`] is one. It lives as long as the line on which the list
//! came; the next line brings another list, and what is stored already is not fetched again.

use crate::segment::{Contents, SegmentError, SegmentRef};
use domain::entity::Key;
use std::collections::{BTreeSet, VecDeque};

/// Segments fetched and read that wait to be written, at most: each is megabytes of memory.
const READY_MAX: usize = 1;
/// After so many transfers in a row that brought nothing, the line itself is tried again.
const FAILURES_MAX: u32 = 6;
/// A segment that is wrong so many times is wrong at the hub.
const WRONG_MAX: u32 = 3;
/// First and longest pause after a failed transfer, milliseconds.
const PAUSE_MS: (u64, u64) = (200, 5_000);

/// What happened.
#[derive(Debug)]
pub enum BootstrapEvent {
    /// The store has noted the list; these of it are in already.
    Begun {
        /// Hashes.
        done: BTreeSet<Key>,
    },
    /// Bytes of the segment that is being fetched.
    Piece(Vec<u8>),
    /// The transfer ended as it should.
    Fetched,
    /// The transfer broke.
    Broke {
        /// For the log and the sync page.
        message: String,
    },
    /// The hub does not have the segment any more, or does not give it to this device.
    Gone {
        /// For the log and the sync page.
        message: String,
    },
    /// Answer to [`BootstrapEffect::Check`].
    Checked(Result<Contents, SegmentError>),
    /// Answer to [`BootstrapEffect::Store`]: all of it is on disk.
    Stored,
    /// Answer to [`BootstrapEffect::Pause`].
    Rested,
}

/// What the driver has to do.
#[derive(Debug)]
pub enum BootstrapEffect {
    /// Fetch a segment from a byte on; answered by pieces and [`BootstrapEvent::Fetched`],
    /// [`BootstrapEvent::Broke`] or [`BootstrapEvent::Gone`].
    Fetch {
        /// Which.
        segment: SegmentRef,
        /// Bytes that are here.
        from: u64,
    },
    /// Read a segment with [`crate::segment::read`]; answered by [`BootstrapEvent::Checked`].
    Check {
        /// Which.
        segment: SegmentRef,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Write rows, in transactions small enough that a person's own writes need not wait, and with the
    /// last of them that the segment is in; answered by [`BootstrapEvent::Stored`].
    Store {
        /// Which.
        segment: SegmentRef,
        /// Its rows.
        contents: Contents,
    },
    /// Wait so many milliseconds; answered by [`BootstrapEvent::Rested`].
    Pause(u64),
    /// It is over; nothing follows.
    End(End),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All segments are in.
    Complete,
    /// What was to be fetched is gone; a new line brings a new list.
    Gone(String),
    /// The hub cannot be reached.
    Unreachable(String),
    /// The hub's segments are of no use; pages are.
    Useless(String),
}

/// How much of it is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows written.
    pub rows: u64,
    /// Rows in all segments.
    pub rows_total: u64,
    /// Bytes fetched, with those of an earlier attempt.
    pub bytes: u64,
    /// Bytes of all segments.
    pub bytes_total: u64,
}

/// See the module documentation.
#[derive(Debug)]
pub struct Bootstrap {
    list: Vec<SegmentRef>,
    done: BTreeSet<Key>,
    /// Next in the list to be fetched.
    next: usize,
    fetching: Option<SegmentRef>,
    partial: Vec<u8>,
    checking: Option<SegmentRef>,
    ready: VecDeque<(SegmentRef, Contents)>,
    storing: Option<SegmentRef>,
    resting: bool,
    failures: u32,
    wrong: u32,
    begun: bool,
    ended: bool,
}

impl Bootstrap {
    /// Nothing happens before [`BootstrapEvent::Begun`].
    pub fn new(list: Vec<SegmentRef>) -> Self {
        Self {
            list,
            done: BTreeSet::new(),
            next: 0,
            fetching: None,
            partial: Vec::new(),
            checking: None,
            ready: VecDeque::new(),
            storing: None,
            resting: false,
            failures: 0,
            wrong: 0,
            begun: false,
            ended: false,
        }
    }

    /// How much is done.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress { bytes: self.partial.len() as u64, ..Progress::default() };
        for (at, segment) in self.list.iter().enumerate() {
            progress.rows_total += segment.rows;
            progress.bytes_total += segment.bytes;
            let here = self.done.contains(&segment.hash);
            if here {
                progress.rows += segment.rows;
            }
            // Behind `next` all were fetched but the one whose bytes are counted above.
            if here || (at < self.next && self.fetching != Some(*segment)) {
                progress.bytes += segment.bytes;
            }
        }
        progress
    }

    /// Takes one event and says what to do.
    pub fn step(&mut self, event: BootstrapEvent) -> Vec<BootstrapEffect> {
        let mut effects = Vec::new();
        if self.ended {
            return effects;
        }
        match event {
            BootstrapEvent::Begun { done } => {
                self.done = done;
                self.begun = true;
            }
            BootstrapEvent::Piece(bytes) => {
                let most = self.fetching.map_or(0, |segment| segment.bytes);
                self.partial.extend_from_slice(&bytes);
                if self.partial.len() as u64 > most {
                    // More than was announced: not worth keeping, nor waiting for the rest.
                    self.fetching = None;
                    self.partial = Vec::new();
                    self.end(End::Useless(SegmentError::Another.to_string()), &mut effects);
                } else if !bytes.is_empty() {
                    self.failures = 0;
                }
            }
            BootstrapEvent::Fetched => self.fetched(&mut effects),
            BootstrapEvent::Broke { message } => {
                self.failures += 1;
                if self.failures > FAILURES_MAX {
                    self.end(End::Unreachable(message), &mut effects);
                } else {
                    self.rest(&mut effects);
                }
            }
            BootstrapEvent::Gone { message } => self.end(End::Gone(message), &mut effects),
            BootstrapEvent::Checked(read) => match (self.checking.take(), read) {
                (Some(segment), Ok(contents)) => {
                    self.wrong = 0;
                    self.ready.push_back((segment, contents));
                }
                (Some(segment), Err(error)) => {
                    self.wrong += 1;
                    if self.wrong >= WRONG_MAX {
                        self.end(End::Useless(error.to_string()), &mut effects);
                    } else {
                        self.fetching = Some(segment);
                        self.rest(&mut effects);
                    }
                }
                (None, _) => {}
            },
            BootstrapEvent::Stored => self.done.extend(self.storing.take().map(|segment| segment.hash)),
            BootstrapEvent::Rested => {
                if std::mem::take(&mut self.resting)
                    && let Some(segment) = self.fetching
                {
                    effects.push(BootstrapEffect::Fetch { segment, from: self.partial.len() as u64 });
                }
            }
        }
        self.go_on(&mut effects);
        effects
    }

    fn fetched(&mut self, effects: &mut Vec<BootstrapEffect>) {
        let Some(segment) = self.fetching else { return };
        if (self.partial.len() as u64) < segment.bytes {
            // Cut off without a word: the rest is still missing.
            self.failures += 1;
            if self.failures > FAILURES_MAX {
                self.end(End::Unreachable("The hub's answers are cut off.".to_owned()), effects);
            } else {
                self.rest(effects);
            }
            return;
        }
        self.fetching = None;
        self.checking = Some(segment);
        effects.push(BootstrapEffect::Check { segment, bytes: std::mem::take(&mut self.partial) });
    }

    fn rest(&mut self, effects: &mut Vec<BootstrapEffect>) {
        let (first, longest) = PAUSE_MS;
        self.resting = true;
        effects.push(BootstrapEffect::Pause((first << self.failures.min(6)).min(longest)));
    }

    fn end(&mut self, end: End, effects: &mut Vec<BootstrapEffect>) {
        self.ended = true;
        effects.push(BootstrapEffect::End(end));
    }

    /// Starts whatever can be started.
    fn go_on(&mut self, effects: &mut Vec<BootstrapEffect>) {
        if !self.begun || self.ended {
            return;
        }
        if self.storing.is_none()
            && let Some((segment, contents)) = self.ready.pop_front()
        {
            self.storing = Some(segment);
            effects.push(BootstrapEffect::Store { segment, contents });
        }
        let idle = self.fetching.is_none() && self.checking.is_none();
        if idle && self.ready.len() < READY_MAX {
            while let Some(segment) = self.list.get(self.next).copied() {
                self.next += 1;
                if !self.done.contains(&segment.hash) {
                    self.fetching = Some(segment);
                    effects.push(BootstrapEffect::Fetch { segment, from: 0 });
                    break;
                }
            }
        }
        let idle = self.fetching.is_none() && self.checking.is_none();
        if idle && self.storing.is_none() && self.ready.is_empty() && self.next >= self.list.len() {
            self.end(End::Complete, effects);
        }
    }
}
