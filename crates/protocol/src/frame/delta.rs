//! Rows and answers on their way down: what a delta holds, what of it only a newer version can place, and
//! what is taken out of one that waits.

use super::{DELTA, FromHub, Incoming, Resume, decode, encode, number};
use domain::{Refusal, RowKey, ScopeId, Table, Timestamp};
use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encode};
use std::collections::BTreeSet;

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

/// Takes rows of these scopes out of frames of a hub that wait for a device, in their order. Answers stay
/// as they are. What the device itself did may be among what is left out now, so that from there on nothing
/// says that all is here: it keeps its own on the screen until the change that ended its access has come,
/// which follows behind all of these. Nor does any of them lead further than what the device has: should
/// that change be lost with the hub's disk, the rows are still owed.
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
                delta.to = 0;
            }
            *frame = encode(&FromHub::Delta(delta));
        }
    }
}
