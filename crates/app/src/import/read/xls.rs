//! Excel workbooks from before 2007, read by `calamine` after a look at their skeleton.
//!
//! The parser follows every chain and builds every grid that the file claims. This walk follows the
//! same chains with a bound and adds up the same grids first, because an endless chain or a cell in the
//! last corner would end the program, not the import.

use super::xlsx::{listed, write_value};
use super::{Oddities, guarded};
use crate::import::table::TableBuilder;
use crate::import::{ImportError, Kind, MAX_TEXT_BYTES, Table};
use calamine::{Data, DataRef, Reader, Xls, XlsError};
use std::io::Cursor;

/// First bytes of a compound file.
pub(super) const MAGIC: [u8; 8] = *b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

const END_OF_CHAIN: u32 = 0xffff_fffe;
/// Sector numbers from here on mean something else.
const LAST_SECTOR: u32 = 0xffff_fffa;
/// All cells of all grids: 65,536 rows of 200 columns fit.
const MAX_GRID: u64 = 16_000_000;
/// A workbook of this format has at most this many sheets.
const MAX_SHEETS: usize = 255;

/// An opened workbook.
pub(super) type Workbook = Xls<Cursor<Vec<u8>>>;

/// Checks that reading the workbook needs a bounded amount of memory, opens it and lists its worksheets.
pub(super) fn open(bytes: Vec<u8>) -> Result<(Workbook, Vec<String>), ImportError> {
    check_grids(&Compound::open(&bytes).ok_or(ImportError::Damaged)?.workbook()?)?;
    guarded(|| {
        let workbook: Workbook = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
            XlsError::Password => ImportError::Protected,
            _ => ImportError::Damaged,
        })?;
        let sheets = listed(workbook.sheets_metadata());
        Ok((workbook, sheets))
    })
}

/// Reads one worksheet.
pub(super) fn read(workbook: &mut Workbook, sheet: &str) -> Result<Table, ImportError> {
    guarded(|| {
        let values = workbook.worksheet_range(sheet).map_err(|_| ImportError::Damaged)?;
        let formulas = workbook.worksheet_formula(sheet).map_err(|_| ImportError::Damaged)?;
        let mut builder = TableBuilder::default();
        let mut oddities = Oddities::default();
        let (top, left) = values.start().unwrap_or_default();
        let mut text = String::new();
        for (row, number) in values.rows().zip(top.saturating_add(1)..) {
            for (value, column) in row.iter().zip(left as usize..) {
                text.clear();
                write_value(&mut text, &borrowed(value), &mut oddities);
                builder.cell_at(column, &text, number)?;
            }
            builder.end_row(number, false)?;
        }
        let (formula_top, formula_left) = formulas.start().unwrap_or_default();
        for (row, column, _) in formulas.used_cells() {
            let place = (formula_top.saturating_add(row as u32), formula_left.saturating_add(column as u32));
            match values.get_value(place) {
                None | Some(Data::Empty) => oddities.without_result += 1,
                Some(_) => oddities.formulas += 1,
            }
        }
        let mut table = builder.finish();
        table.notes = oddities.notes();
        Ok(table)
    })
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(value) => DataRef::Int(*value),
        Data::Float(value) => DataRef::Float(*value),
        Data::String(value) => DataRef::SharedString(value),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(value) => DataRef::DateTime(*value),
        Data::DateTimeIso(value) | Data::DurationIso(value) => DataRef::SharedString(value),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|chunk| u32::from_le_bytes(*chunk))
}

/// A compound file: a small file system with chains of sectors.
struct Compound<'a> {
    bytes: &'a [u8],
    sector_size: usize,
    chain: Vec<u32>,
    mini_chain: Vec<u32>,
    mini_stream: Vec<u8>,
    directory: Vec<u8>,
}

impl<'a> Compound<'a> {
    /// Follows the chains that any reader has to follow; `None` when one does not end.
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let sector_size = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut file = Self {
            bytes,
            sector_size,
            chain: Vec::new(),
            mini_chain: Vec::new(),
            mini_stream: Vec::new(),
            directory: Vec::new(),
        };
        let sectors = bytes.len() / sector_size + 1;
        let mut tables: Vec<u32> = numbers(bytes.get(76..512)?).collect();
        let mut next = u32_at(bytes, 68)?;
        let mut steps = 0;
        while next < LAST_SECTOR {
            steps += 1;
            if steps > sectors {
                return None;
            }
            tables.extend(numbers(file.sector(next)?));
            next = tables.pop()?;
        }
        tables.retain(|id| *id < LAST_SECTOR);
        if tables.len() > sectors {
            return None;
        }
        for id in tables {
            let entries: Vec<u32> = numbers(file.sector(id)?).collect();
            file.chain.extend(entries);
        }
        file.directory = file.stream(u32_at(bytes, 48)?, usize::MAX)?;
        if u32_at(bytes, 64)? > 0 {
            let minis = file.stream(u32_at(bytes, 60)?, usize::MAX)?;
            file.mini_chain = numbers(&minis).collect();
            let root = file.directory.get(..128)?;
            file.mini_stream = file.stream(u32_at(root, 116)?, file.length(root)?)?;
        }
        Some(file)
    }

    /// The length in a directory entry: 64 bits where sectors are large, 32 where they are small.
    fn length(&self, entry: &[u8]) -> Option<usize> {
        let high = if self.sector_size == 4096 { u32_at(entry, 124)? } else { 0 };
        usize::try_from(u64::from(high) << 32 | u64::from(u32_at(entry, 120)?)).ok()
    }

    fn sector(&self, id: u32) -> Option<&'a [u8]> {
        let start = (id as usize).checked_add(1)?.checked_mul(self.sector_size)?;
        self.bytes.get(start..(start + self.sector_size).min(self.bytes.len()))
    }

    fn stream(&self, start: u32, len: usize) -> Option<Vec<u8>> {
        let mut stream = Vec::new();
        let (mut id, mut steps) = (start, 0);
        while id != END_OF_CHAIN && stream.len() < len {
            steps += 1;
            if steps > self.chain.len() {
                return None;
            }
            stream.extend_from_slice(self.sector(id)?);
            id = *self.chain.get(id as usize)?;
        }
        stream.truncate(len);
        Some(stream)
    }

    fn mini(&self, start: u32, len: usize) -> Option<Vec<u8>> {
        let mut stream = Vec::new();
        let (mut id, mut steps) = (start, 0);
        while id != END_OF_CHAIN && stream.len() < len {
            steps += 1;
            if steps > self.mini_chain.len() {
                return None;
            }
            let at = (id as usize).checked_mul(64)?;
            stream.extend_from_slice(self.mini_stream.get(at..(at + 64).min(self.mini_stream.len()))?);
            id = *self.mini_chain.get(id as usize)?;
        }
        stream.truncate(len);
        Some(stream)
    }

    /// The stream that holds the workbook.
    fn workbook(&self) -> Result<Vec<u8>, ImportError> {
        let find = |wanted: &str| {
            self.directory.as_chunks::<128>().0.iter().find(|entry| {
                let mut name = entry.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
                let same = wanted.bytes().all(|b| {
                    name.next()
                        .and_then(|unit| u8::try_from(unit).ok())
                        .is_some_and(|c| c.eq_ignore_ascii_case(&b))
                });
                same && name.next() == Some(0)
            })
        };
        let Some(entry) = find("Workbook").or_else(|| find("Book")) else {
            return Err(if find("EncryptedPackage").is_some() {
                ImportError::Protected
            } else if find("WordDocument").is_some() {
                ImportError::NotAList(Kind::Text)
            } else {
                ImportError::NotAList(Kind::OtherOffice)
            });
        };
        let read = || {
            let (start, len) = (u32_at(entry, 116)?, self.length(entry)?);
            if len < 4096 { self.mini(start, len) } else { self.stream(start, len) }
        };
        read().ok_or(ImportError::Damaged)
    }
}

/// Kind and content of the records of a workbook stream.
fn records(mut stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, len) = (u16_at(stream, 0)?, u16_at(stream, 2)? as usize);
        let data = stream.get(4..4 + len)?;
        stream = stream.get(4 + len..)?;
        Some((kind, data))
    })
}

/// Adds up what the sheets will need.
fn check_grids(workbook: &[u8]) -> Result<(), ImportError> {
    let mut sheets = Vec::new();
    let mut strings: Vec<&[u8]> = Vec::new();
    let mut in_strings = false;
    for (kind, data) in records(workbook) {
        in_strings = kind == 0x00fc || (in_strings && kind == 0x003c);
        match kind {
            0x002f if u16_at(data, 0) != Some(0) => return Err(ImportError::Protected),
            0x0085 => sheets.push(u32_at(data, 0).ok_or(ImportError::Damaged)? as usize),
            0x000a => break,
            _ if in_strings => strings.push(data),
            _ => {}
        }
    }
    if sheets.len() > MAX_SHEETS {
        return Err(ImportError::Damaged);
    }
    let lengths = string_lengths(strings);
    let mut total = Total::default();
    for start in sheets {
        total.add_sheet(workbook.get(start..).ok_or(ImportError::Damaged)?, &lengths)?;
    }
    Ok(())
}

#[derive(Default)]
struct Total {
    cells: u64,
    grid: u64,
    text: u64,
}

impl Total {
    fn add_sheet(&mut self, stream: &[u8], lengths: &[u32]) -> Result<(), ImportError> {
        let mut depth = 0u32;
        let (mut values, mut formulas) = (Corners::default(), Corners::default());
        for (kind, data) in records(stream) {
            match kind {
                0x0809 => depth += 1,
                0x000a if depth <= 1 => break,
                0x000a => depth -= 1,
                0x0200 => check_declared(data)?,
                // Every kind of cell begins with its row and column.
                0x0006 | 0x0203 | 0x0204 | 0x0205 | 0x027e | 0x00d6 | 0x00fd | 0x00bd => {
                    let row = u16_at(data, 0).unwrap_or(0);
                    let first = u16_at(data, 2).unwrap_or(0);
                    let last = match kind {
                        0x00bd => u16_at(data, data.len().saturating_sub(2)).unwrap_or(first),
                        _ => first,
                    };
                    values.include(row, first, last);
                    self.cells += 1;
                    if kind == 0x0006 {
                        formulas.include(row, first, first);
                    }
                    if kind == 0x00fd {
                        let index = u32_at(data, 6).unwrap_or(0) as usize;
                        let length = lengths.get(index).copied().unwrap_or(u32::from(u16::MAX));
                        self.text += u64::from(length);
                    }
                }
                _ => {}
            }
            if self.text > MAX_TEXT_BYTES as u64 {
                return Err(ImportError::TooMuchText);
            }
            if self.cells > MAX_GRID {
                return Err(ImportError::Bomb);
            }
        }
        self.grid += values.area() + formulas.area();
        if self.grid > MAX_GRID { Err(ImportError::Bomb) } else { Ok(()) }
    }
}

/// The parser reserves room for the declared size of the sheet.
fn check_declared(data: &[u8]) -> Result<(), ImportError> {
    let corners = if data.len() == 10 {
        (|| {
            let rows = (u32::from(u16_at(data, 0)?), u32::from(u16_at(data, 2)?));
            Some((rows, u16_at(data, 4)?, u16_at(data, 6)?))
        })()
    } else {
        (|| Some(((u32_at(data, 0)?, u32_at(data, 4)?), u16_at(data, 8)?, u16_at(data, 10)?)))()
    };
    let Some(((top, bottom), left, right)) = corners else { return Err(ImportError::Damaged) };
    if bottom == 0 || right == 0 {
        return Ok(());
    }
    let height = u64::from(bottom.checked_sub(top).ok_or(ImportError::Damaged)?);
    let width = u64::from(if left > 0xff || right < left { right } else { right - left });
    // Some writers declare the whole sheet; it is only reserved, so the full grid may pass.
    if height.saturating_mul(width) > 65_536 * 256 { Err(ImportError::Bomb) } else { Ok(()) }
}

#[derive(Default)]
struct Corners(Option<[u16; 4]>);

impl Corners {
    fn include(&mut self, row: u16, first: u16, last: u16) {
        let [top, bottom, left, right] = self.0.unwrap_or([row, row, first, last]);
        self.0 = Some([top.min(row), bottom.max(row), left.min(first), right.max(first).max(last)]);
    }

    fn area(&self) -> u64 {
        let Some([top, bottom, left, right]) = self.0 else { return 0 };
        (u64::from(bottom - top) + 1) * (u64::from(right.saturating_sub(left)) + 1)
    }
}

/// Upper bounds of the lengths of the shared strings, in bytes of UTF-8.
fn string_lengths(mut chunks: Vec<&[u8]>) -> Vec<u32> {
    chunks.reverse();
    let mut bytes = Chunks { current: chunks.pop().unwrap_or_default(), later: chunks };
    let mut lengths = Vec::new();
    // Two counts come first.
    let mut more = bytes.skip(8);
    while more.is_some() {
        more = (|| {
            let characters = usize::from(bytes.byte()?) | usize::from(bytes.byte()?) << 8;
            let flags = bytes.byte()?;
            let mut extra = 0;
            if flags & 8 != 0 {
                extra += (usize::from(bytes.byte()?) | usize::from(bytes.byte()?) << 8) * 4;
            }
            if flags & 4 != 0 {
                let size = [bytes.byte()?, bytes.byte()?, bytes.byte()?, bytes.byte()?];
                extra += u32::from_le_bytes(size) as usize;
            }
            lengths.push(characters as u32 * if flags & 1 == 0 { 2 } else { 3 });
            bytes.skip_characters(characters, flags & 1 != 0)?;
            bytes.skip(extra)
        })();
    }
    lengths
}

/// The bytes of a record and of the records that continue it.
struct Chunks<'a> {
    current: &'a [u8],
    later: Vec<&'a [u8]>,
}

impl Chunks<'_> {
    fn byte(&mut self) -> Option<u8> {
        while self.current.is_empty() {
            self.current = self.later.pop()?;
        }
        let (byte, rest) = self.current.split_first()?;
        self.current = rest;
        Some(*byte)
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > self.current.len() {
            count -= self.current.len();
            self.current = self.later.pop()?;
        }
        self.current = self.current.get(count..)?;
        Some(())
    }

    /// A string that runs into the next record says there anew how wide its characters are.
    fn skip_characters(&mut self, mut count: usize, mut wide: bool) -> Option<()> {
        loop {
            let width = if wide { 2 } else { 1 };
            let here = self.current.len() / width;
            if count <= here {
                return self.skip(count * width);
            }
            count -= here;
            self.current = self.later.pop()?;
            wide = self.byte()? & 1 != 0;
        }
    }
}
