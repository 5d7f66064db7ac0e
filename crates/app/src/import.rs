//! Importing an account list: from the bytes of a file to rows that can become accounts.
//!
//! Three steps, each pure: [`Upload::read`] recognises the file and refuses what is unsafe or no list;
//! [`Mapping::new`] finds the header and decides which column feeds which field; [`rows`] checks every
//! row. [`preview`] runs the last two and counts. The job that writes asks [`rows`] for the same rows
//! again and takes them in chunks; nothing here waits, writes or knows the time.
//!
//! ```text
//! bytes ── Upload::read ── table ──┬── preview ── what the window shows
//!                                  └── rows ───── what the job writes
//! ```

mod check;
mod country;
mod fold;
mod map;
mod read;
mod table;
#[cfg(test)]
mod tests;

pub use check::{AccountRowIn, Existing, MAX_NAME_CHARS, Verdict, name_key, normalise_domain, verdicts};
pub use map::Mapping;
pub use read::Upload;
pub use table::{Row, Table};

use crate::dto::{ColumnMapping, ImportPreview, RowError};
use crate::say;
use std::fmt;

/// Largest file.
pub const MAX_UPLOAD_BYTES: usize = 64 << 20;
/// Most rows below the header.
pub const MAX_ROWS: usize = 200_000;
/// Most columns.
pub const MAX_COLUMNS: usize = 200;
/// Largest cell, in bytes of UTF-8.
pub const MAX_CELL_BYTES: usize = 32 << 10;
/// Most text in all cells: a workbook can repeat one long string in every cell at no cost.
pub const MAX_TEXT_BYTES: usize = 256 << 20;
/// Most that a workbook may unpack to.
pub const MAX_UNPACKED_BYTES: u64 = 512 << 20;

const SAMPLE_ROWS: usize = 20;
const SAMPLE_CHARS: usize = 200;
const SHOWN_ERRORS: usize = 100;
const SHOWN_DUPLICATES: usize = 3;

/// Why a file cannot be imported at all. Its words are a sentence for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportError {
    /// Nothing in it.
    Empty,
    /// Nothing in the chosen sheet.
    EmptySheet {
        /// The sheet.
        name: String,
    },
    /// No such sheet.
    NoSuchSheet {
        /// The sheet asked for.
        name: String,
    },
    /// Larger than an upload may be.
    TooLarge,
    /// Too many rows.
    TooManyRows,
    /// Too many columns.
    TooManyColumns {
        /// Row as a spreadsheet counts.
        row: u32,
    },
    /// A cell that is no field of an account.
    CellTooLong {
        /// Row as a spreadsheet counts.
        row: u32,
        /// Letters of the column.
        column: String,
    },
    /// Too much text in all.
    TooMuchText,
    /// Unpacks to more than any list needs.
    Bomb,
    /// Not readable as what it claims to be.
    Damaged,
    /// Encrypted.
    Protected,
    /// Some other kind of file.
    NotAList(Kind),
}

/// Kinds of files that are no lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is said in its sentence")]
pub enum Kind {
    Pdf,
    Image,
    CompressedArchive,
    EmptyArchive,
    Archive,
    Database,
    Rtf,
    WebPage,
    Json,
    Binary,
    BinaryWorkbook,
    Text,
    Presentation,
    Numbers,
    OtherDocument,
    OtherOffice,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Empty => say!("The file is empty."),
            Self::EmptySheet { name } => {
                say!("The sheet “{name}” is empty. Choose another one.", name = name)
            }
            Self::NoSuchSheet { name } => say!("The workbook has no sheet “{name}”.", name = name),
            Self::TooLarge => say!(
                "The file is larger than {most} MB. Split it into several files.",
                most = MAX_UPLOAD_BYTES >> 20
            ),
            Self::TooManyRows => say!("The list has more than 200,000 rows. Split it into several files."),
            Self::TooManyColumns { row } => say!(
                "Row {row} has more than {most} columns. Remove the columns that are not needed.",
                row = row,
                most = MAX_COLUMNS
            ),
            Self::CellTooLong { row, column } => say!(
                "The cell {cell} holds more than {most} KB of text. Perhaps a quotation mark is missing there.",
                cell = format!("{column}{row}"),
                most = MAX_CELL_BYTES >> 10
            ),
            Self::TooMuchText => say!(
                "The list holds more than {most} MB of text. Split it into several files.",
                most = MAX_TEXT_BYTES >> 20
            ),
            Self::Bomb => say!(
                "The workbook would take up too much memory and was not opened. Save the list as CSV instead."
            ),
            Self::Damaged => say!("The file is damaged. Open it in a spreadsheet program and save it again."),
            Self::Protected => say!("The file is protected by a password. Save a copy without one."),
            Self::NotAList(kind) => say!(
                "The file is {what}, not a list. Save the list as CSV or XLSX.",
                what = kind.words()
            ),
        })
    }
}

impl std::error::Error for ImportError {}

impl Kind {
    /// What it is, with its article.
    fn words(self) -> String {
        match self {
            Self::Pdf => say!("a PDF document"),
            Self::Image => say!("an image"),
            Self::CompressedArchive => say!("a compressed archive"),
            Self::EmptyArchive => say!("an empty archive"),
            Self::Archive => say!("an archive without a workbook"),
            Self::Database => say!("a database"),
            Self::Rtf => say!("an RTF document"),
            Self::WebPage => say!("a web page or XML document"),
            Self::Json => say!("a JSON document"),
            Self::Binary => say!("binary data or text without a byte order mark"),
            Self::BinaryWorkbook => say!("a binary workbook (.xlsb)"),
            Self::Text => say!("a text document"),
            Self::Presentation => say!("a presentation"),
            Self::Numbers => say!("a Numbers document"),
            Self::OtherDocument => say!("a document that is no spreadsheet"),
            Self::OtherOffice => say!("an Office file without a workbook"),
        }
    }
}

/// The rows below the header, checked: an account to write, or why the row is left out, because it is
/// wrong or because it repeats another one.
pub fn rows<'a>(
    table: &'a Table,
    mapping: &'a Mapping,
    existing: &'a Existing,
) -> impl Iterator<Item = Result<AccountRowIn, RowError>> + 'a {
    verdicts(table, mapping, existing).map(|verdict| match verdict {
        Verdict::Good(account) => Ok(account),
        Verdict::Duplicate(error) | Verdict::Bad(error) => Err(error),
    })
}

/// What an import of this table would do. `told` overrides the guessed mapping.
pub fn preview(table: &Table, told: Option<&[ColumnMapping]>, existing: &Existing) -> ImportPreview {
    let mapping = Mapping::new(table, told);
    let headers = mapping.headers().to_vec();
    let sample = mapping
        .data(table)
        .take(SAMPLE_ROWS)
        .map(|row| {
            (0..headers.len()).map(|column| crate::shortened(row.cell(column), SAMPLE_CHARS)).collect()
        })
        .collect();
    let mut preview = ImportPreview {
        format: table.format.clone(),
        sheets: table.sheets.clone(),
        mapping: mapping.columns(),
        headers,
        sample,
        rows: mapping.data_len(table) as u32,
        good: 0,
        duplicates: 0,
        errors: Vec::new(),
        bad: 0,
        blocked: mapping.blocked().map(str::to_owned),
        notes: table.notes.iter().chain(mapping.notes()).cloned().collect(),
    };
    if preview.blocked.is_some() {
        // Without a name column every row is wrong, and a hundred times the same message helps nobody.
        return preview;
    }
    let (mut repeats, mut updates) = (Vec::new(), 0_u32);
    for verdict in verdicts(table, &mapping, existing) {
        match verdict {
            Verdict::Good(account) => {
                preview.good += 1;
                updates += u32::from(account.on_file);
            }
            Verdict::Duplicate(repeat) => {
                preview.duplicates += 1;
                if repeats.len() < SHOWN_DUPLICATES {
                    repeats.push(say!(
                        "Row {row} ({value}): {message}",
                        row = repeat.row,
                        value = repeat.value,
                        message = repeat.message
                    ));
                }
            }
            Verdict::Bad(error) => {
                preview.bad += 1;
                if preview.errors.len() < SHOWN_ERRORS {
                    preview.errors.push(error);
                }
            }
        }
    }
    if updates > 0 {
        preview.notes.push(say!(
            "{count} of them are on file already; what the list says of them to us is brought up to date.",
            count = updates
        ));
    }
    preview.notes.append(&mut repeats);
    if preview.good == 0 {
        preview.blocked = Some(match (preview.rows, preview.bad) {
            (0, _) => say!("The file has a header, but no rows below it."),
            (_, 0) => say!("All accounts of the file are already on file."),
            _ => say!("No row of the file can be imported."),
        });
    }
    preview
}
