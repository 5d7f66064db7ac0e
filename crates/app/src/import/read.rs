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
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An uploaded file whose format is known and whose sheets can be read.
#[derive(Debug, Clone)]
pub struct Upload {
    name: String,
    bytes: Vec<u8>,
    kind: Kind,
    sheets: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Xlsx,
    Xls,
    Ods,
}

impl Kind {
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Csv => &["csv", "tsv", "txt", "tab"],
            Self::Xlsx => &["xlsx", "xlsm", "xltx", "xltm"],
            Self::Xls => &["xls", "xlt"],
            Self::Ods => &["ods", "ots"],
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "XLSX",
            Self::Xls => "XLS",
            Self::Ods => "ODS",
        }
    }
}

impl Upload {
    /// Recognises a file by its content, checks that it is safe to read, and lists its sheets.
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Self, ImportError> {
        if bytes.len() > MAX_UPLOAD_BYTES {
            return Err(ImportError::TooLarge);
        }
        let (kind, sheets) = if bytes.starts_with(b"PK\x03\x04") {
            match archive::inspect(&bytes)? {
                archive::Contents::Xlsx => (Kind::Xlsx, xlsx::sheets(&bytes)?),
                archive::Contents::Ods { sheets } => (Kind::Ods, sheets),
            }
        } else if bytes.starts_with(&xls::MAGIC) {
            xls::inspect(&bytes)?;
            (Kind::Xls, xls::sheets(&bytes)?)
        } else {
            csv::inspect(&bytes)?;
            (Kind::Csv, Vec::new())
        };
        if kind != Kind::Csv && sheets.is_empty() {
            return Err(ImportError::Empty);
        }
        Ok(Self { name: name.to_owned(), bytes, kind, sheets })
    }

    /// File name as given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Sheets of a workbook in their order; none for CSV.
    pub fn sheets(&self) -> &[String] {
        &self.sheets
    }

    /// Reads one sheet, the first when none is named. This is the costly step: keep the table.
    pub fn table(&self, sheet: Option<&str>) -> Result<Table, ImportError> {
        let sheet = match sheet {
            Some(name) => {
                if self.kind != Kind::Csv && !self.sheets.iter().any(|known| known == name) {
                    return Err(ImportError::NoSuchSheet { name: name.to_owned() });
                }
                name
            }
            None => self.sheets.first().map_or("", String::as_str),
        };
        let mut table = match self.kind {
            Kind::Csv => csv::read(&self.bytes)?,
            Kind::Xlsx => xlsx::read(&self.bytes, sheet)?,
            Kind::Xls => xls::read(&self.bytes, sheet)?,
            Kind::Ods => ods::read(&self.bytes, sheet)?,
        };
        if table.is_empty() {
            return Err(if self.sheets.len() > 1 {
                ImportError::EmptySheet { name: sheet.to_owned() }
            } else {
                ImportError::Empty
            });
        }
        if table.format.is_empty() {
            table.format = self.kind.label().to_owned();
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
        let known = self.kind.extensions().contains(&extension.as_str());
        (!known).then(|| {
            let label = self.kind.label();
            format!("The file name ends in .{extension}, but the content is {label}; it was read as {label}.")
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
        let cells = |n: u32| if n == 1 { "1 cell holds".to_owned() } else { format!("{n} cells hold") };
        if self.formulas > 0 {
            notes.push(format!("{} a formula; the stored result was taken.", cells(self.formulas)));
        }
        if self.without_result > 0 {
            notes.push(format!(
                "{} a formula without a stored result and count as empty. Open the file in a spreadsheet \
                 program and save it to store the results.",
                cells(self.without_result)
            ));
        }
        if self.errors > 0 {
            notes.push(format!("{} an error such as #N/A and count as empty.", cells(self.errors)));
        }
        notes
    }
}

/// A number as a spreadsheet shows it without a format: no trailing `.0`, no exponent.
fn number_text(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() }
}
