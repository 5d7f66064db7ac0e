//! Importing an account list from CSV or XLSX.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Answer of the raw `upload` door: the file is held in memory until imported or dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Uploaded {
    /// Handle for `import_preview` and `import_start`.
    pub upload: String,
    /// File name as given.
    pub name: String,
    /// Bytes.
    pub size: f64,
}

/// Argument of `import_preview` and `import_start`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportRequest {
    /// Program.
    pub program: String,
    /// Handle.
    pub upload: String,
    /// Sheet of a workbook; the first when none.
    pub sheet: Option<String>,
    /// Which column feeds which field; none lets the importer guess.
    pub mapping: Option<Vec<ColumnMapping>>,
}

/// One column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ColumnMapping {
    /// Zero-based column.
    pub column: u32,
    /// Field it feeds; none leaves it out.
    pub field: Option<AccountField>,
}

/// Fields of an account that a file can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AccountField {
    /// Company name. Required.
    Name,
    /// Web domain or address of the web site.
    Domain,
    /// Country, name or ISO code.
    Country,
    /// Industry.
    Industry,
    /// Who looks after it.
    Owner,
    /// DUNS number.
    Duns,
    /// What it is to the vendor: customer, open opportunity, or nothing yet. For a vendor's list.
    Relation,
    /// Whether it is a named account. For a vendor's list.
    Named,
}

/// Answer of `import_preview`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportPreview {
    /// What was recognised: "CSV, semicolon, Windows-1252" or "XLSX".
    pub format: String,
    /// Sheets of a workbook.
    pub sheets: Vec<String>,
    /// Header of each column.
    pub headers: Vec<String>,
    /// The mapping used, one entry a column.
    pub mapping: Vec<ColumnMapping>,
    /// The first 20 rows as text.
    pub sample: Vec<Vec<String>>,
    /// Data rows in the file.
    pub rows: u32,
    /// Rows that would be imported.
    pub good: u32,
    /// Rows that repeat an account in the file or already on file.
    pub duplicates: u32,
    /// The first 100 rows that cannot be imported.
    pub errors: Vec<RowError>,
    /// How many cannot be imported.
    pub bad: u32,
    /// What keeps the import from starting, a sentence.
    pub blocked: Option<String>,
    /// Things worth knowing, for example that formulas are taken as text.
    pub notes: Vec<String>,
}

/// Why one row cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RowError {
    /// Row as a spreadsheet counts, header is 1.
    pub row: u32,
    /// What is wrong.
    pub message: String,
    /// The cell in question.
    pub value: String,
}

/// Answer of `import_start` and `import_status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportJob {
    /// Job id.
    pub id: String,
    /// Program.
    pub program: String,
    /// File name.
    pub name: String,
    /// Rows to import.
    pub total: u32,
    /// Rows imported.
    pub done: u32,
    /// Rows left out.
    pub skipped: u32,
    /// Where it stands.
    pub state: ImportState,
    /// What went wrong, when it failed.
    pub message: Option<String>,
}

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ImportState {
    /// Writing.
    Running,
    /// All rows written.
    Finished,
    /// Stopped by the person; what was written stays.
    Cancelled,
    /// Stopped by an error; what was written stays.
    Failed,
}

/// Argument of `import_status` and `import_cancel`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportOf {
    /// Job id.
    pub job: String,
}
