//! Frames: what travels between a device and a hub, as CBOR in binary websocket messages or in
//! bodies of a long poll.
//!
//! A frame is a two-element array: its number and its fields. Fields are numbered too; what a newer
//! side adds is skipped, and a frame of an unknown number is ignored ([`Incoming::Unknown`]), so that
//! either side may be upgraded first. Rows and mutations travel as opaque bytes.

mod delta;
mod down;
mod up;

pub use delta::{Answer, Delta, DeltaRow, NewerRow, newer_rows, withhold};
pub use down::{Challenge, Goodbye, Inspected, Joined, Preview, Reason, Welcome};
pub use up::{Header, Hello, Inspect, Join, Push, Resume, Sealed, Signature};

use crate::segment::{Segments, Took};
use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encode};

/// The protocol version this code speaks.
pub const PROTO: u32 = 1;
/// The oldest version it still understands.
pub const PROTO_MIN: u32 = 1;
/// Largest frame either side accepts, in bytes.
pub const FRAME_MAX: usize = 1 << 20;
/// Largest payload of one mutation, in bytes.
pub const PAYLOAD_MAX: usize = 256 << 10;
/// Most mutations in one [`Push`].
pub const PUSH_MAX: usize = 512;

/// Frames a device sends.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum FromDevice {
    /// Signs in; the answer is [`Welcome`] or [`Goodbye`].
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// Hands over mutations, in order.
    #[n(1)]
    Push(#[n(0)] Push),
    /// Asks what an invitation leads to, before signing in.
    #[n(2)]
    Inspect(#[n(0)] Inspect),
    /// Takes an invitation, before signing in.
    #[n(3)]
    Join(#[n(0)] Join),
    /// Answers [`Segments`].
    #[n(4)]
    Took(#[n(0)] Took),
}

/// Frames a hub sends.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum FromHub {
    /// The first frame on every connection.
    #[n(0)]
    Challenge(#[n(0)] Challenge),
    /// Signed in.
    #[n(1)]
    Welcome(#[n(0)] Welcome),
    /// Rows and answers.
    #[n(2)]
    Delta(#[n(0)] Delta),
    /// Answer to [`Inspect`].
    #[n(3)]
    Inspected(#[n(0)] Inspected),
    /// Answer to [`Join`].
    #[n(4)]
    Joined(#[n(0)] Joined),
    /// The last frame: the hub hangs up, and why.
    #[n(5)]
    Goodbye(#[n(0)] Goodbye),
    /// Where to fetch all that a new device lacks; answered by [`Took`].
    #[n(6)]
    Segments(#[n(0)] Segments),
}

/// A frame that arrived.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming<F> {
    /// A frame of this version.
    Known(F),
    /// A frame with a number of a newer version: to be ignored.
    Unknown(u32),
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Larger than [`FRAME_MAX`].
    #[error("the frame has {0} bytes, more than the {FRAME_MAX} allowed")]
    TooLarge(usize),
    /// Not CBOR of the expected form.
    #[error("the frame is malformed")]
    Malformed,
}

/// Writes a frame.
pub fn encode<F: Encode<()>>(frame: &F) -> Vec<u8> {
    // Writing to a vector cannot fail.
    minicbor::to_vec(frame).unwrap_or_default()
}

/// Reads a frame of either direction.
///
/// # Errors
/// [`FrameError`], after which the connection is of no more use.
pub fn decode<F>(bytes: &[u8]) -> Result<Incoming<F>, FrameError>
where
    F: for<'b> Decode<'b, ()> + Numbered,
{
    if bytes.len() > FRAME_MAX {
        return Err(FrameError::TooLarge(bytes.len()));
    }
    let number = number(bytes).ok_or(FrameError::Malformed)?;
    if number > F::LAST {
        return Ok(Incoming::Unknown(number));
    }
    minicbor::decode(bytes).map(Incoming::Known).map_err(|_| FrameError::Malformed)
}

/// Frames as one body of a long poll: each after its length as four bytes, least significant first.
pub fn to_body(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::with_capacity(frames.iter().map(|frame| frame.len() + 4).sum());
    for frame in frames {
        // A frame is at most FRAME_MAX long.
        body.extend_from_slice(&u32::try_from(frame.len()).unwrap_or(u32::MAX).to_le_bytes());
        body.extend_from_slice(frame);
    }
    body
}

/// The frames of a body that [`to_body`] made; `None` when it is cut off or a frame is too long.
pub fn from_body(mut body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut frames = Vec::new();
    while !body.is_empty() {
        let (length, rest) = body.split_first_chunk::<4>()?;
        let length =
            usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= FRAME_MAX)?;
        let (frame, rest) = rest.split_at_checked(length)?;
        frames.push(frame.to_vec());
        body = rest;
    }
    Some(frames)
}

/// The number of a frame, without reading the rest of it.
fn number(bytes: &[u8]) -> Option<u32> {
    let mut d = Decoder::new(bytes);
    d.array().ok()?;
    d.u32().ok()
}

/// Whether a frame of a device is about an invitation: [`Inspect`] or [`Join`].
pub fn is_about_invitation(bytes: &[u8]) -> bool {
    matches!(number(bytes), Some(2 | 3))
}

/// How many mutations a frame of a device says it brings; 0 when it is no [`Push`].
pub fn mutations_in(bytes: &[u8]) -> u64 {
    let mut d = Decoder::new(bytes);
    let mut read = || {
        d.array()?;
        let number = d.u32()?;
        // Around the fields of the variant, around those of `Push`, around the mutations.
        d.array()?;
        d.array()?;
        // One of indefinite length counts as full.
        let many = if number == 1 { d.array()?.unwrap_or(PUSH_MAX as u64) } else { 0 };
        Ok::<_, Error>(many)
    };
    read().unwrap_or(0)
}

/// Frames of one direction are numbered from 0.
pub trait Numbered {
    /// The highest number this version knows.
    const LAST: u32;
}

impl Numbered for FromDevice {
    const LAST: u32 = 4;
}

/// Number of [`FromHub::Delta`].
const DELTA: u32 = 2;

impl Numbered for FromHub {
    const LAST: u32 = 6;
}
