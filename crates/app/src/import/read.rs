//! Recognising an uploaded file and reading it into a [`Table`].
//!
//! The content decides, never the name: people rename `.csv` to `.xls` so that it opens with a double
//! click, and programs save workbooks under any name. Everything that could make a parser eat memory
//! without end is refused before the parser sees it, because running out of memory cannot be caught.

mod archive;
mod csv;
mod ods;
mod xls;
mod xlsx;

use super::{ImportError, MAX_UPLOAD_BYTES, Table};
use crate::say;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// An uploaded file whose format is known and whose sheets can be read.
pub struct Upload {
    name: String,
    size: usize,
    source: Source,
    sheets: Vec<String>,
}

/// The file, as far as it is worth keeping between two sheets: opening a workbook reads all its strings,
/// and reading a sheet moves a position inside it, hence the locks.
enum Source {
    Csv(Vec<u8>),
    Xlsx(Mutex<xlsx::Workbook>),
    Xls(Mutex<xls::Workbook>),
    Ods(Vec<u8>),
}

impl Source {
    fn extensions(&self) -> &'static [&'static str] {
        match self {
            Self::Csv(_) => &["csv", "tsv", "txt", "tab"],
            Self::Xlsx(_) => &["xlsx", "xlsm", "xltx", "xltm"],
            Self::Xls(_) => &["xls", "xlt"],
            Self::Ods(_) => &["ods", "ots"],
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Csv(_) => "CSV",
            Self::Xlsx(_) => "XLSX",
            Self::Xls(_) => "XLS",
            Self::Ods(_) => "ODS",
        }
    }

    fn is_workbook(&self) -> bool {
        !matches!(self, Self::Csv(_))
    }
}

impl Upload {
    /// Recognises a file by its content, checks that it is safe to read, and lists its sheets.
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Self, ImportError> {
        if bytes.len() > MAX_UPLOAD_BYTES {
            return Err(ImportError::TooLarge);
        }
        let size = bytes.len();
        let (source, sheets) = if bytes.starts_with(b"PK\x03\x04") {
            match archive::inspect(&bytes)? {
                archive::Contents::Xlsx => {
                    let (workbook, sheets) = xlsx::open(bytes)?;
                    (Source::Xlsx(Mutex::new(workbook)), sheets)
                }
                archive::Contents::Ods { sheets } => (Source::Ods(bytes), sheets),
            }
        } else if bytes.starts_with(&xls::MAGIC) {
            let (workbook, sheets) = xls::open(bytes)?;
            (Source::Xls(Mutex::new(workbook)), sheets)
        } else {
            csv::inspect(&bytes)?;
            (Source::Csv(bytes), Vec::new())
        };
        if source.is_workbook() && sheets.is_empty() {
            return Err(ImportError::Empty);
        }
        Ok(Self { name: name.to_owned(), size, source, sheets })
    }

    /// File name as given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Sheets of a workbook in their order; none for CSV.
    pub fn sheets(&self) -> &[String] {
        &self.sheets
    }

    /// Reads one sheet, the first when none is named. This is the costly step: keep the table.
    pub fn table(&self, sheet: Option<&str>) -> Result<Table, ImportError> {
        let sheet = match sheet {
            Some(name) => {
                if self.source.is_workbook() && !self.sheets.iter().any(|known| known == name) {
                    return Err(ImportError::NoSuchSheet { name: name.to_owned() });
                }
                name
            }
            None => self.sheets.first().map_or("", String::as_str),
        };
        let mut table = match &self.source {
            Source::Csv(bytes) => csv::read(bytes)?,
            Source::Xlsx(workbook) => {
                xlsx::read(&mut workbook.lock().unwrap_or_else(PoisonError::into_inner), sheet)?
            }
            Source::Xls(workbook) => {
                xls::read(&mut workbook.lock().unwrap_or_else(PoisonError::into_inner), sheet)?
            }
            Source::Ods(bytes) => ods::read(bytes, sheet)?,
        };
        if table.is_empty() {
            return Err(if self.sheets.len() > 1 {
                ImportError::EmptySheet { name: sheet.to_owned() }
            } else {
                ImportError::Empty
            });
        }
        if table.format.is_empty() {
            table.format = self.source.label().to_owned();
        }
        table.sheets.clone_from(&self.sheets);
        if let Some(note) = self.wrong_extension() {
            table.notes.insert(0, note);
        }
        Ok(table)
    }

    fn wrong_extension(&self) -> Option<String> {
        let (_, extension) = self.name.rsplit_once('.')?;
        let extension = extension.to_lowercase();
        let known = self.source.extensions().contains(&extension.as_str());
        (!known).then(|| {
            let label = self.source.label();
            say!(
                "The file name ends in .{extension}, but the content is {label}; it was read as {label}.",
                extension = extension,
                label = label
            )
        })
    }
}

/// Runs a workbook parser over bytes from a stranger. `calamine` indexes freely; a damaged workbook
/// must cost this import, never the program.
fn guarded<T>(parse: impl FnOnce() -> Result<T, ImportError>) -> Result<T, ImportError> {
    catch_unwind(AssertUnwindSafe(parse)).unwrap_or(Err(ImportError::Damaged))
}

/// What went on in a workbook that the person should know.
#[derive(Debug, Default)]
struct Oddities {
    formulas: u32,
    without_result: u32,
    errors: u32,
}

impl Oddities {
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        match self.formulas {
            0 => {}
            1 => notes.push(say!("1 cell holds a formula; the stored results were taken.")),
            cells => {
                notes.push(say!("{cells} cells hold formulas; the stored results were taken.", cells = cells))
            }
        }
        match self.without_result {
            0 => {}
            1 => notes.push(say!(
                "1 cell holds a formula without a stored result, read as empty. Open the file in a spreadsheet \
                 program and save it to store the results."
            )),
            cells => notes.push(say!(
                "{cells} cells hold formulas without a stored result, read as empty. Open the file in a \
                 spreadsheet program and save it to store the results.",
                cells = cells
            )),
        }
        match self.errors {
            0 => {}
            1 => notes.push(say!("1 cell holds an error such as #N/A, read as empty.")),
            cells => {
                notes.push(say!("{cells} cells hold errors such as #N/A, read as empty.", cells = cells))
            }
        }
        notes
    }
}

/// A number as a spreadsheet shows it without a format: no trailing `.0`, no exponent.
fn number_text(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() }
}
