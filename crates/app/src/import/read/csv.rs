//! Delimited text: which encoding, which delimiter, which rows.

use crate::import::table::TableBuilder;
use crate::import::{ImportError, Kind, Table};
use crate::say;
use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// How much of the file decides about the delimiter.
const SAMPLE_BYTES: usize = 64 * 1024;
const SAMPLE_RECORDS: usize = 100;
/// No table has this many columns; a file of nothing but commas must not become a record.
const MAX_DELIMITERS_IN_LINE: usize = 100_000;

/// What common files begin with, so that the refusal can name them.
const SIGNATURES: [(&[u8], Kind); 10] = [
    (b"%PDF-", Kind::Pdf),
    (b"\x89PNG", Kind::Image),
    (b"\xff\xd8\xff", Kind::Image),
    (b"GIF8", Kind::Image),
    (b"\x1f\x8b", Kind::CompressedArchive),
    (b"7z\xbc\xaf", Kind::CompressedArchive),
    (b"Rar!\x1a", Kind::CompressedArchive),
    (b"PK\x05\x06", Kind::EmptyArchive),
    (b"SQLite format 3", Kind::Database),
    (b"{\\rtf", Kind::Rtf),
];

/// Refuses what is not a table of text.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), ImportError> {
    for (signature, what) in SIGNATURES {
        if bytes.starts_with(signature) {
            return Err(ImportError::NotAList(what));
        }
    }
    let decoded = decode(bytes)?;
    let text = decoded.text.trim_start();
    if text.is_empty() {
        return Err(ImportError::Empty);
    }
    let what = if text.starts_with('<') {
        Kind::WebPage
    } else if text.starts_with("{\"") || text.starts_with("[{") {
        Kind::Json
    } else {
        return Ok(());
    };
    Err(ImportError::NotAList(what))
}

struct Decoded<'a> {
    text: Cow<'a, str>,
    encoding: &'static str,
    note: Option<String>,
}

fn decode(bytes: &[u8]) -> Result<Decoded<'_>, ImportError> {
    let utf16 = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Err(binary()),
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    };
    let decoded = if let Some(encoding) = utf16 {
        let (text, replaced) = encoding.decode_with_bom_removal(bytes);
        let note = replaced.then(|| say!("Some characters could not be read and were replaced by �."));
        Decoded { text, encoding: "UTF-16", note }
    } else if bytes.contains(&0) {
        return Err(binary());
    } else {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                Decoded { text: Cow::Borrowed(text), encoding: "UTF-8", note: None }
            }
            Err(_) => Decoded {
                text: WINDOWS_1252.decode_without_bom_handling(bytes).0,
                encoding: "Windows-1252",
                note: Some(say!(
                    "The text is not UTF-8 and was read as Windows-1252. Please check the accented letters."
                )),
            },
        }
    };
    // Text has next to no control characters; one in a hundred means a binary format without a
    // signature. A NUL never belongs in text, in any encoding.
    let control = decoded.text.bytes().filter(|b| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')).count();
    if control * 100 > decoded.text.len() || decoded.text.as_bytes().contains(&0) {
        return Err(binary());
    }
    Ok(decoded)
}

fn binary() -> ImportError {
    ImportError::NotAList(Kind::Binary)
}

/// Reads delimited text.
pub(super) fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    let decoded = decode(bytes)?;
    let (told, text) = told_delimiter(&decoded.text);
    let delimiter = told.unwrap_or_else(|| guess_delimiter(text));
    for (line, number) in text.split(['\n', '\r']).zip(1..) {
        if line.len() > MAX_DELIMITERS_IN_LINE
            && line.bytes().filter(|b| *b == delimiter).count() > MAX_DELIMITERS_IN_LINE
        {
            return Err(ImportError::TooManyColumns { row: number });
        }
    }

    let mut builder = TableBuilder::default();
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let (mut row, mut start, mut formulas) = (0u32, 0usize, 0u32);
    loop {
        // Reading text from memory fails for no reason but invalid UTF-8, which was ruled out.
        if !reader.read_record(&mut record).map_err(|_| ImportError::Damaged)? {
            break;
        }
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        row = row.saturating_add(1).saturating_add(blank_lines(text.as_bytes(), start, end));
        for cell in &record {
            formulas += u32::from(looks_like_formula(cell));
            builder.cell(cell, row)?;
        }
        // Only the last record can run into the end of the file.
        let unclosed = end >= text.len() && text.get(start..).is_some_and(|raw| is_unclosed(raw, delimiter));
        builder.end_row(row, unclosed)?;
        start = end;
    }

    let mut table = builder.finish();
    table.strict_width = true;
    table.format = say!(
        "CSV, {delimiter}, {encoding}",
        delimiter = delimiter_name(delimiter),
        encoding = decoded.encoding
    );
    table.notes.extend(decoded.note);
    match formulas {
        0 => {}
        1 => table
            .notes
            .push(say!("1 cell begins with =, +, - or @; they stay plain text and are never calculated.")),
        cells => table.notes.push(say!(
            "{cells} cells begin with =, +, - or @; they stay plain text and are never calculated.",
            cells = cells
        )),
    }
    Ok(table)
}

/// Excel's own first line `sep=;`, which it neither shows nor counts.
fn told_delimiter(text: &str) -> (Option<u8>, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim_end_matches('\r').trim_matches('"');
    match line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP=")).map(str::as_bytes) {
        Some([delimiter @ (b',' | b';' | b'\t' | b'|')]) => (Some(*delimiter), rest),
        _ => (None, text),
    }
}

/// The delimiter under which most records have the same number of cells.
fn guess_delimiter(text: &str) -> u8 {
    let mut cut = text.len().min(SAMPLE_BYTES);
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    let sample = text.get(..cut).unwrap_or_default();
    let mut best = (0, b',');
    for delimiter in [b',', b';', b'\t', b'|'] {
        let score = delimiter_score(sample, delimiter, cut < text.len());
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

fn delimiter_score(sample: &str, delimiter: u8, cut: bool) -> usize {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample.as_bytes());
    let mut widths: Vec<usize> =
        reader.records().map_while(Result::ok).take(SAMPLE_RECORDS).map(|record| record.len()).collect();
    if cut && widths.len() > 1 && widths.len() < SAMPLE_RECORDS {
        // The last record of a cut sample is a torn one.
        widths.pop();
    }
    let Some(header) = widths.first().copied() else { return 0 };
    if header < 2 {
        // Without it in the header it is part of the text: "Acme, Inc.;acme.example".
        return usize::from(widths.iter().any(|width| *width > 1));
    }
    let same = widths.iter().filter(|width| **width == header).count();
    // Agreement first, then the finer division.
    2 + same * 1000 / widths.len() * 1000 + header.min(500)
}

fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b';' => say!("semicolon"),
        b'\t' => say!("tab"),
        b'|' => say!("pipe"),
        _ => say!("comma"),
    }
}

/// Blank lines before the record that lies in `start..end`. The reader skips them, a spreadsheet
/// counts them.
fn blank_lines(text: &[u8], start: usize, end: usize) -> u32 {
    let mut bytes = text.get(start..end).unwrap_or_default();
    // The reader stops between the two halves of a line end.
    if start.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'\r') {
        bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
    }
    let mut blank = 0;
    while let [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] = bytes {
        blank += 1;
        bytes = rest;
    }
    blank
}

/// Whether the text ends inside quotation marks: if so, it swallows whatever follows.
fn is_unclosed(raw: &str, delimiter: u8) -> bool {
    if !raw.contains('"') {
        return false;
    }
    let probe = format!("{raw}\nend");
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(probe.as_bytes());
    let last = reader.records().map_while(Result::ok).last();
    last.is_none_or(|record| record.len() != 1 || record.get(0) != Some("end"))
}

/// A cell that a spreadsheet would calculate. Numbers, telephone numbers and dashes are not meant.
fn looks_like_formula(cell: &str) -> bool {
    let mut bytes = cell.trim_start().bytes();
    match bytes.next() {
        Some(b'=' | b'@') => true,
        Some(b'+' | b'-') => bytes.any(|b| {
            !(b.is_ascii_digit() || matches!(b, b' ' | b'.' | b',' | b'-' | b'/' | b'(' | b')' | b'%'))
        }),
        _ => false,
    }
}
