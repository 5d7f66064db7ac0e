//! Segments: many rows in one compressed piece, named by the hash of its bytes, so that a device that
//! has nothing fetches its first million rows as files and not as a conversation.
//!
//! A segment holds live rows of a few scopes, each scope's in the order of their sequence numbers. The
//! hub lists those that make up what an organization sees in a [`Segments`] frame and serves their bytes
//! over HTTP with ranges. Once all are in, the device has everything up to [`Segments::head`], and the
//! ordinary deltas go on from there.
//!
//! Uncompressed, a segment is a row of CBOR items: the version of the form, then for each scope an array
//! of the scope and its rows, each an array of table, id, sequence number and body. What a newer side
//! adds at the end of an array is skipped; rows that this version cannot place are handed on as
//! [`NewerRow`], as those of a delta are.

use crate::frame::{DeltaRow, NewerRow};
use domain::entity::Key;
use domain::{RowKey, ScopeId, Table};
use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encode};
use std::io::Read;
use uuid::Uuid;

/// Capability of a device that can fetch segments.
pub const CAPABILITY: &str = "segments";
/// Largest segment, in bytes as it travels.
pub const BYTES_MAX: u64 = 4 << 20;
/// Largest segment unpacked, in bytes. Reading stops there, whatever the packed bytes claim.
pub const RAW_MAX: u64 = 16 << 20;
/// Unpacked bytes at which a hub begins the next segment.
pub const RAW_FULL: usize = 3 << 20;
/// Most segments in one list.
pub const LIST_MAX: usize = 8_192;
/// Most rows in one segment.
pub const ROWS_MAX: u64 = 1 << 18;
/// Version of the form. Another one cannot be read at all.
const FORM: u32 = 1;
/// The fastest: rows are short and repeat, and higher levels gain a tenth for three times the work.
const LEVEL: i32 = 1;
/// Windows larger than this are refused, as base 2 logarithm: they are memory taken before a byte is read.
const WINDOW_LOG_MAX: u32 = 23;

/// What lets a device fetch segments for a while; made and checked by the hub alone.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Ticket(#[cbor(with = "minicbor::bytes")] pub Vec<u8>);

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// The segments that bring a device up to `head`, to be taken in as listed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Segments {
    /// With all of them a device has everything up to here, and may have some of what came after.
    #[n(0)]
    pub head: u64,
    /// For fetching them.
    #[n(1)]
    pub ticket: Ticket,
    /// At most [`LIST_MAX`]. Grants come before the scopes they open.
    #[n(2)]
    pub list: Vec<SegmentRef>,
}

/// One segment as it is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SegmentRef {
    /// BLAKE3 of its bytes.
    #[n(0)]
    pub hash: Key,
    /// Its length as it travels.
    #[n(1)]
    pub bytes: u64,
    /// Rows in it.
    #[n(2)]
    pub rows: u64,
}

/// A device has taken in what it was offered, or wants pages instead.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Took {
    /// Everything up to here is on the device; `None` asks for pages.
    #[n(0)]
    pub cursor: Option<u64>,
}

/// Why bytes are not the segment they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// Their hash or length is another one.
    #[error("the segment is not the one that was announced")]
    Another,
    /// They cannot be unpacked, or are longer than allowed.
    #[error("the segment cannot be unpacked or is larger than allowed")]
    Packing,
    /// What was packed has another form.
    #[error("the segment is malformed")]
    Malformed,
}

/// What a segment holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Rows this version knows.
    pub rows: Vec<DeltaRow>,
    /// Rows only a newer version can place.
    pub newer: Vec<NewerRow>,
}

/// Writes one segment.
#[derive(Debug)]
pub struct Writer {
    raw: Vec<u8>,
    rows: u64,
}

impl Default for Writer {
    fn default() -> Self {
        let mut raw = Vec::new();
        append(&mut raw, &FORM);
        Self { raw, rows: 0 }
    }
}

impl Writer {
    /// Adds rows of one scope, in the order of their sequence numbers: key, number, body.
    pub fn section<'r>(
        &mut self,
        scope: ScopeId,
        rows: impl ExactSizeIterator<Item = (RowKey, u64, &'r [u8])>,
    ) {
        let mut e = minicbor::Encoder::new(&mut self.raw);
        // Writing to a vector cannot fail.
        let _ = e.array(2).and_then(|e| e.encode(scope)).and_then(|e| e.array(rows.len() as u64));
        for (key, seq, body) in rows {
            let table = key.table.number();
            let row = e.array(4).and_then(|e| e.u8(table)).and_then(|e| e.bytes(key.id.as_bytes()));
            let _ = row.and_then(|e| e.u64(seq)).and_then(|e| e.bytes(body));
            self.rows += 1;
        }
    }

    /// Bytes so far, unpacked.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Packs it: what is announced, and the bytes.
    ///
    /// # Errors
    /// [`SegmentError::Packing`] when it would be larger than a device takes.
    pub fn finish(self) -> Result<(SegmentRef, Vec<u8>), SegmentError> {
        if self.raw.len() as u64 > RAW_MAX || self.rows > ROWS_MAX {
            return Err(SegmentError::Packing);
        }
        let bytes = zstd::bulk::compress(&self.raw, LEVEL).map_err(|_| SegmentError::Packing)?;
        if bytes.len() as u64 > BYTES_MAX {
            return Err(SegmentError::Packing);
        }
        let announced = SegmentRef { hash: hash(&bytes), bytes: bytes.len() as u64, rows: self.rows };
        Ok((announced, bytes))
    }
}

/// The name of a segment.
pub fn hash(bytes: &[u8]) -> Key {
    Key(*blake3::hash(bytes).as_bytes())
}

/// Reads a segment that was announced.
///
/// # Errors
/// [`SegmentError`]: it has to be fetched again, or not used.
pub fn read(announced: &SegmentRef, bytes: &[u8]) -> Result<Contents, SegmentError> {
    let same = bytes.len() as u64 == announced.bytes && hash(bytes) == announced.hash;
    if !same && !domain::planted!(SegmentHashUnchecked) {
        return Err(SegmentError::Another);
    }
    let contents = decode(bytes)?;
    if (contents.rows.len() + contents.newer.len()) as u64 != announced.rows {
        return Err(SegmentError::Malformed);
    }
    Ok(contents)
}

/// Reads the bytes of a segment, whichever it is.
///
/// # Errors
/// [`SegmentError::Packing`] and [`SegmentError::Malformed`].
pub fn decode(bytes: &[u8]) -> Result<Contents, SegmentError> {
    if bytes.len() as u64 > BYTES_MAX {
        return Err(SegmentError::Packing);
    }
    let raw = unpacked(bytes).map_err(|_| SegmentError::Packing)?;
    if raw.len() as u64 > RAW_MAX {
        return Err(SegmentError::Packing);
    }
    sections(&raw).map_err(|_| SegmentError::Malformed)
}

/// At most one byte more than allowed, however much the bytes would unpack to.
fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    let mut raw = Vec::new();
    decoder.take(RAW_MAX + 1).read_to_end(&mut raw)?;
    Ok(raw)
}

fn sections(raw: &[u8]) -> Result<Contents, Error> {
    let mut contents = Contents::default();
    let mut d = Decoder::new(raw);
    if d.u32()? != FORM {
        return Err(Error::message("a segment of another form"));
    }
    while d.position() < raw.len() {
        let fields = length(&mut d, 2)?;
        let start = d.position();
        let scope = match d.decode::<ScopeId>() {
            Ok(scope) => Some(scope),
            Err(error) if error.is_unknown_variant() => {
                d.set_position(start);
                d.skip()?;
                None
            }
            Err(error) => return Err(error),
        };
        let encoded = raw.get(start..d.position()).unwrap_or_default();
        for _ in 0..length(&mut d, 0)? {
            if (contents.rows.len() + contents.newer.len()) as u64 >= ROWS_MAX {
                return Err(Error::message("too many rows"));
            }
            row(&mut d, scope, encoded, &mut contents)?;
        }
        for _ in 2..fields {
            d.skip()?;
        }
    }
    Ok(contents)
}

fn row(
    d: &mut Decoder<'_>,
    scope: Option<ScopeId>,
    encoded: &[u8],
    contents: &mut Contents,
) -> Result<(), Error> {
    let fields = length(d, 4)?;
    let (table, id, seq, body) = (d.u32()?, d.bytes()?, d.u64()?, d.bytes()?);
    for _ in 4..fields {
        d.skip()?;
    }
    let known = u8::try_from(table).ok().and_then(Table::from_number);
    match (known, scope) {
        (Some(table), Some(scope)) => {
            let id = Uuid::from_slice(id).map_err(|_| Error::message("an id has 16 bytes"))?;
            contents.rows.push(DeltaRow { key: RowKey { table, id }, scope, seq, body: Some(body.to_vec()) });
        }
        _ => {
            let (id, scope, body) = (id.to_vec(), encoded.to_vec(), Some(body.to_vec()));
            contents.newer.push(NewerRow { table, id, scope, seq, body });
        }
    }
    Ok(())
}

/// The length of an array of at least so many items.
fn length(d: &mut Decoder<'_>, least: u64) -> Result<u64, Error> {
    d.array()?.filter(|length| *length >= least).ok_or_else(|| Error::message("an array is too short"))
}

fn append(raw: &mut Vec<u8>, item: &impl Encode<()>) {
    // Writing to a vector cannot fail.
    let _ = minicbor::encode(item, raw);
}
