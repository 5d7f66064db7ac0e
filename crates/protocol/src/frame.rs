//! Frames: what travels between a device and a hub, as CBOR in binary websocket messages or in
//! bodies of a long poll.
//!
//! A frame is a two-element array: its number and its fields. Fields are numbered too; what a newer
//! side adds is skipped, and a frame of an unknown number is ignored ([`Incoming::Unknown`]), so that
//! either side may be upgraded first. Rows and mutations travel as opaque bytes.

use crate::link::Token;
use crate::segment::{Segments, Took};
use domain::entity::{InvitationKind, Key, Role};
use domain::{DeviceId, MemberId, ProgramId, Refusal, RowKey, ScopeId, Table, Timestamp};
use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encode};
use std::collections::BTreeSet;

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

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl<C> Encode<C> for Signature {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Signature {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
        let wrong = |_| Error::message("a signature has 64 bytes");
        d.bytes()?.try_into().map(Self).map_err(wrong)
    }
}

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

/// Takes rows of these scopes out of frames of a hub that wait for a device, in their order. Answers and
/// how far each leads stay as they are. What the device itself did may be among what is left out now, so
/// that from there on nothing says that all is here: it keeps its own on the screen until the change
/// that ended its access has come, which follows behind all of these.
pub fn withhold<'f>(frames: impl Iterator<Item = &'f mut Vec<u8>>, scopes: &BTreeSet<ScopeId>) {
    let mut left_out = false;
    for frame in frames.filter(|frame| number(frame) == Some(DELTA)) {
        let Ok(Incoming::Known(FromHub::Delta(mut delta))) = decode(frame) else { continue };
        let before = delta.rows.len();
        delta.rows.retain(|row| !scopes.contains(&row.scope));
        left_out |= delta.rows.len() < before;
        if left_out {
            if delta.resume.is_none() {
                delta.beyond = delta.beyond.or(delta.to.checked_add(1));
            }
            *frame = encode(&FromHub::Delta(delta));
        }
    }
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

/// The hub introduces itself.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Challenge {
    /// Newest version the hub speaks.
    #[n(0)]
    pub proto: u32,
    /// Oldest version it still accepts.
    #[n(1)]
    pub proto_min: u32,
    /// What the hub can do beyond the version; unknown names are ignored.
    #[n(2)]
    pub capabilities: Vec<String>,
    /// To be signed; never repeats.
    #[n(3)]
    pub nonce: Key,
    /// Hub time.
    #[n(4)]
    pub now: Timestamp,
}

/// A device signs in.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// Version the device speaks on this connection.
    #[n(0)]
    pub proto: u32,
    /// What it can do beyond the version.
    #[n(1)]
    pub capabilities: Vec<String>,
    /// The device.
    #[n(2)]
    pub device: DeviceId,
    /// Over program, device and nonce, see [`crate::seal::hello_bytes`].
    #[n(3)]
    pub signature: Signature,
    /// Epoch the cursor belongs to; 0 for a device that has nothing.
    #[n(4)]
    pub epoch: u64,
    /// Everything up to this sequence number is on the device.
    #[n(5)]
    pub cursor: u64,
    /// Where an interrupted catch-up goes on.
    #[n(6)]
    pub resume: Option<Resume>,
    /// Highest own mutation whose answer is on the device.
    #[n(7)]
    pub answered: u64,
}

/// Where a catch-up in pages stands. Pages run over the scopes that are new to the device in the
/// order of [`ScopeId`], then over the tail of the others.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Resume {
    /// The head all pages of this catch-up lead to.
    #[n(0)]
    pub head: u64,
    /// The new scope reached; `None` once in the tail.
    #[cbor(n(1), decode_with = "domain::codec::closed")]
    pub scope: Option<ScopeId>,
    /// Rows up to this sequence number were sent of it.
    #[n(2)]
    pub after: u64,
}

/// The hub lets a device in.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    /// Version both speak.
    #[n(0)]
    pub proto: u32,
    /// Names the hub's present run: cursors reached from here on belong to it.
    #[n(1)]
    pub epoch: u64,
    /// Last sequence number of the program.
    #[n(2)]
    pub head: u64,
    /// Last mutation of this device that the hub has.
    #[n(3)]
    pub last_n: u64,
    /// Hash of the device's chain there.
    #[n(4)]
    pub chain: Key,
    /// Answers the device has not seen, in order.
    #[n(5)]
    pub answers: Vec<Answer>,
    /// Hub time.
    #[n(6)]
    pub now: Timestamp,
    /// The device's rows are of a history that this hub does not continue (it was restored from a
    /// backup), or older than what the hub remembers of deletions: everything is sent anew, and what
    /// the hub does not have of the device's own mutations is to be pushed again.
    #[n(7)]
    pub start_over: bool,
    /// Days from `now` for which the device may show what it has without meeting the hub again; absent
    /// from a hub that knows no leases.
    #[n(8)]
    pub lease_days: Option<u32>,
}

/// Mutations on their way up: consecutive numbers of one device.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Push {
    /// At most [`PUSH_MAX`].
    #[n(0)]
    pub sealed: Vec<Sealed>,
}

/// A mutation as a device signed it: clear routing header, opaque payload.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Sealed {
    /// Header.
    #[n(0)]
    pub header: Header,
    /// The encoded mutation.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload: Vec<u8>,
    /// Of the chain hash that ends with this mutation.
    #[n(2)]
    pub signature: Signature,
    /// That hash, in place of the payload, for a mutation that is to have no effect: one that was
    /// refused before the hub lost it. It is sent because the chain must not have a hole.
    #[n(3)]
    pub void: Option<Key>,
}

/// What a hub must know of a mutation to route it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// Counts the device's mutations from 1, without gaps.
    #[n(0)]
    pub n: u64,
    /// Its lane.
    #[n(1)]
    pub lane: ScopeId,
    /// Its name.
    #[n(2)]
    pub name: String,
    /// When the device says it was made. Evidence only; orders nothing.
    #[n(3)]
    pub at: Timestamp,
}

/// What became of one mutation.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Answer {
    /// The device's number of it.
    #[n(0)]
    pub n: u64,
    /// The sequence number it got; for a refusal the head at that moment.
    #[n(1)]
    pub seq: u64,
    /// Set when it was refused.
    #[n(2)]
    pub refusal: Option<Refusal>,
    /// Hub time.
    #[n(3)]
    pub at: Timestamp,
}

/// Rows and answers on their way down. After the last page (`resume` is `None`) everything up to
/// `to` is on the device.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Delta {
    /// Head this delta leads to.
    #[n(0)]
    pub to: u64,
    /// Answers to own mutations; those with `seq` above `to` count once the cursor has reached them.
    #[n(1)]
    pub answers: Vec<Answer>,
    /// Latest versions of rows. Those of tables that this version does not know are passed over when
    /// reading, see [`newer_rows`].
    #[cbor(n(2), decode_with = "known_rows")]
    pub rows: Vec<DeltaRow>,
    /// Set when more pages follow.
    #[n(3)]
    pub resume: Option<Resume>,
    /// Set on the last page when the hub's head has moved on since the first: how far at least. Rows that
    /// changed after `to`, or whose scope was taken away after it, were left out and the change follows,
    /// so what the device itself did up to `to` may not be among its rows yet.
    #[n(4)]
    pub beyond: Option<u64>,
}

/// The latest version of a row.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeltaRow {
    /// Which row.
    #[n(0)]
    pub key: RowKey,
    /// Its scope.
    #[n(1)]
    pub scope: ScopeId,
    /// Its sequence number.
    #[n(2)]
    pub seq: u64,
    /// Its body; `None` when it was deleted.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub body: Option<Vec<u8>>,
}

/// A row of a table, or in a kind of scope, that only a newer version knows: kept as it came until this
/// device is updated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewerRow {
    /// Number of its table.
    pub table: u32,
    /// Its id.
    pub id: Vec<u8>,
    /// Its scope, as it travels.
    pub scope: Vec<u8>,
    /// Its sequence number.
    pub seq: u64,
    /// Its body; `None` when it was deleted.
    pub body: Option<Vec<u8>>,
}

/// The rows of a delta that [`decode`] passes over; empty for any other frame.
pub fn newer_rows(bytes: &[u8]) -> Vec<NewerRow> {
    read_newer(bytes).unwrap_or_default()
}

fn read_newer(bytes: &[u8]) -> Result<Vec<NewerRow>, Error> {
    let mut newer = Vec::new();
    let mut d = Decoder::new(bytes);
    d.array()?;
    if d.u32()? != DELTA {
        return Ok(newer);
    }
    // The variant's fields, then those of the delta: where it leads to, answers, rows.
    d.array()?;
    d.array()?;
    d.skip()?;
    d.skip()?;
    for _ in 0..d.array()?.unwrap_or(0) {
        let fields = d.array()?.unwrap_or(0);
        d.array()?;
        let (table, id) = (d.u32()?, d.bytes()?);
        let start = d.position();
        d.skip()?;
        let scope = bytes.get(start..d.position()).unwrap_or_default();
        let seq = d.u64()?;
        let body: Option<&[u8]> =
            if fields > 3 { d.decode::<Option<&minicbor::bytes::ByteSlice>>()?.map(|b| &**b) } else { None };
        let is_known = u8::try_from(table).is_ok_and(|table| Table::from_number(table).is_some());
        if !(is_known && minicbor::decode::<ScopeId>(scope).is_ok()) {
            let (id, scope, body) = (id.to_vec(), scope.to_vec(), body.map(<[u8]>::to_vec));
            newer.push(NewerRow { table, id, scope, seq, body });
        }
    }
    Ok(newer)
}

fn known_rows<'b, C>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Vec<DeltaRow>, Error> {
    let count = d.array()?.ok_or_else(|| Error::message("lists have a length"))?;
    let mut rows = Vec::new();
    for _ in 0..count {
        let start = d.position();
        match DeltaRow::decode(d, ctx) {
            Ok(row) => rows.push(row),
            Err(error) if error.is_unknown_variant() => {
                d.set_position(start);
                d.skip()?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

/// Asks what an invitation leads to.
#[derive(Clone, PartialEq, Encode, Decode)]
pub struct Inspect {
    /// The token of the link.
    #[n(0)]
    pub token: Token,
}

impl std::fmt::Debug for Inspect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inspect(..)")
    }
}

/// Answer to [`Inspect`].
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Inspected {
    /// What it leads to; `None` with a refusal.
    #[n(0)]
    pub preview: Option<Preview>,
    /// Why it cannot be taken.
    #[n(1)]
    pub refusal: Option<Refusal>,
}

/// What an invitation leads to.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Preview {
    /// Member or device; `None` for a founding invitation.
    #[n(0)]
    pub kind: Option<InvitationKind>,
    /// Program, when there is one already.
    #[n(1)]
    pub program_name: Option<String>,
    /// Organization one would join.
    #[n(2)]
    pub organization_name: Option<String>,
    /// For a device link: whose device it becomes.
    #[n(3)]
    pub member_name: Option<String>,
    /// Role one would have.
    #[n(4)]
    pub role: Option<Role>,
    /// When it stops working, hub time.
    #[n(5)]
    pub expires_at: Timestamp,
}

/// Takes an invitation, or founds a program with a founding one.
#[derive(Clone, PartialEq, Encode, Decode)]
pub struct Join {
    /// The token of the link.
    #[n(0)]
    pub token: Token,
    /// `invitation_accept` or `program_create`.
    #[n(1)]
    pub name: String,
    /// The encoded mutation.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub payload: Vec<u8>,
    /// By the new device's key, see [`crate::seal::join_bytes`].
    #[n(3)]
    pub signature: Signature,
}

impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Join").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Answer to [`Join`].
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Joined {
    /// The program.
    #[n(0)]
    pub program: ProgramId,
    /// The member this device acts as; `None` with a refusal.
    #[n(1)]
    pub member: Option<MemberId>,
    /// Why it could not be taken.
    #[n(2)]
    pub refusal: Option<Refusal>,
}

/// The hub hangs up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Goodbye {
    /// Why.
    #[n(0)]
    pub reason: Reason,
    /// A sentence for the person or the log.
    #[n(1)]
    pub message: String,
    /// Earliest moment of the next attempt, milliseconds from now. Attempts are spread evenly over as
    /// long again, so that a hub with many devices asks for more and gets them back one by one.
    #[n(2)]
    pub retry_after_ms: Option<u64>,
}

/// Why a hub hangs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Reason {
    /// A frame was no frame, or came out of turn.
    #[n(0)]
    Malformed,
    /// A frame was larger than allowed.
    #[n(1)]
    TooLarge,
    /// The versions do not meet.
    #[n(2)]
    Version,
    /// The hub does not know the device, or the signature is not its.
    #[n(3)]
    UnknownDevice,
    /// The device or its member was revoked.
    #[n(4)]
    Revoked,
    /// Two installations use the same device identity.
    #[n(5)]
    Forked,
    /// The hub cannot serve now; try later.
    #[n(6)]
    Busy,
    /// The hub shuts down.
    #[n(7)]
    ShuttingDown,
    /// There is no such program on this hub.
    #[n(8)]
    UnknownProgram,
}
