//! Ids that repeat on a connection travel once: in a room every message names the same deal and often the
//! same author, 17 bytes each.
//!
//! Each direction of a websocket keeps the last [`SLOTS`] ids that travelled. In a frame as it is sent, the
//! byte [`MARK`] and a number stand for CBOR's `50` and the id in that slot; everything else is as it was.
//! Whoever does not offer [`NAME`] as websocket subprotocol gets plain frames. This is all there is of
//! compression: nothing is inflated, 2 bytes never become more than 17, and a frame never more than
//! [`FRAME_MAX`].

use crate::frame::{FRAME_MAX, FrameError};

/// Websocket subprotocol of connections that do this.
pub const NAME: &str = "lockstep.ids.1";
/// Ids that are remembered.
const SLOTS: usize = 64;
const ID: usize = 16;
/// A CBOR byte string of 16 bytes begins.
const HEAD: u8 = 0x50;
/// Begins what has another meaning. In CBOR and in UTF-8 it means nothing; in keys and signatures it is
/// written as `MARK LITERAL`.
const MARK: u8 = 0xFC;
/// After the mark: the mark itself.
const LITERAL: u8 = 0xFF;
/// After the mark: a head with fewer than 16 bytes behind it.
const NO_ID: u8 = 0xFE;

/// One direction of a connection.
#[derive(Debug, Default)]
pub struct Repeats {
    ids: Vec<[u8; ID]>,
    next: usize,
}

impl Repeats {
    /// A frame as it is sent.
    pub fn shorten(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut short = Vec::with_capacity(frame.len());
        let mut rest = frame;
        while let Some((byte, after)) = copied(rest, &mut short) {
            rest = after;
            match (byte, after.split_first_chunk::<ID>()) {
                (HEAD, Some((id, after))) => {
                    rest = after;
                    match self.ids.iter().position(|known| known == id).map(u8::try_from) {
                        Some(Ok(slot)) => short.extend([MARK, slot]),
                        _ => {
                            short.push(HEAD);
                            short.extend(id);
                            self.remember(*id);
                        }
                    }
                }
                (HEAD, None) => short.extend([MARK, NO_ID]),
                _ => short.extend([MARK, LITERAL]),
            }
        }
        short
    }

    /// The frame that was sent as `short`.
    ///
    /// # Errors
    /// [`FrameError`], after which the connection is of no more use.
    pub fn restore(&mut self, short: &[u8]) -> Result<Vec<u8>, FrameError> {
        let mut frame = Vec::with_capacity(short.len());
        let mut rest = short;
        while let Some((byte, after)) = copied(rest, &mut frame) {
            rest = if byte == HEAD {
                let (id, after) = after.split_first_chunk::<ID>().ok_or(FrameError::Malformed)?;
                self.remember(*id);
                frame.push(HEAD);
                frame.extend(id);
                after
            } else {
                let (which, after) = after.split_first().ok_or(FrameError::Malformed)?;
                match *which {
                    LITERAL => frame.push(MARK),
                    NO_ID => frame.push(HEAD),
                    slot => {
                        frame.push(HEAD);
                        frame.extend(self.ids.get(usize::from(slot)).ok_or(FrameError::Malformed)?);
                    }
                }
                after
            };
            if frame.len() > FRAME_MAX {
                return Err(FrameError::TooLarge(frame.len()));
            }
        }
        Ok(frame)
    }

    fn remember(&mut self, id: [u8; ID]) {
        match self.ids.get_mut(self.next) {
            Some(slot) => *slot = id,
            None => self.ids.push(id),
        }
        self.next = (self.next + 1) % SLOTS;
    }
}

/// Copies up to the next head or mark; that byte and what is behind it, `None` at the end.
fn copied<'a>(rest: &'a [u8], to: &mut Vec<u8>) -> Option<(u8, &'a [u8])> {
    let at = rest.iter().position(|byte| matches!(*byte, HEAD | MARK)).unwrap_or(rest.len());
    let (plain, rest) = rest.split_at_checked(at)?;
    to.extend_from_slice(plain);
    rest.split_first().map(|(byte, rest)| (*byte, rest))
}
