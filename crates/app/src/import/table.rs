//! The table every format is read into: rows of trimmed text cells in one buffer.
//!
//! A list of 200,000 rows has millions of cells; one `String` each would cost more than the text.
//! Cells therefore lie end to end in a single buffer, and a row is a range of cell ends.

use super::{ImportError, MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROWS, MAX_TEXT_BYTES};

/// A sheet as rows of text, with the row numbers a spreadsheet shows.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What was recognised: "CSV, semicolon, Windows-1252" or "XLSX".
    pub format: String,
    /// Worksheets of the workbook the table comes from; none for CSV.
    pub sheets: Vec<String>,
    /// Things worth knowing about how the file was read.
    pub notes: Vec<String>,
    /// Whether a row with another number of cells than the header is an error. In CSV it means a lost
    /// quotation mark or delimiter; a workbook simply leaves empty cells out.
    pub strict_width: bool,
    text: String,
    ends: Vec<u32>,
    rows: Vec<RowSpan>,
}

#[derive(Debug, Clone, Copy)]
struct RowSpan {
    number: u32,
    first: u32,
    cells: u32,
    unclosed_quote: bool,
}

/// One row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    span: RowSpan,
}

impl Table {
    /// Rows that are not empty, the header among them.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no row holds anything.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row at `index`, counting only rows that are not empty.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        Some(Row { table: self, span: *self.rows.get(index)? })
    }

    /// The rows from `index` on.
    pub fn rows_from(&self, index: usize) -> impl Iterator<Item = Row<'_>> {
        self.rows.get(index..).unwrap_or_default().iter().map(|span| Row { table: self, span: *span })
    }

    fn end(&self, cell: u32) -> usize {
        self.ends.get(cell as usize).map_or(self.text.len(), |end| *end as usize)
    }
}

impl<'a> Row<'a> {
    /// The number a spreadsheet shows beside the row; the first is 1.
    pub fn number(&self) -> u32 {
        self.span.number
    }

    /// How many cells were written, empty ones included.
    pub fn len(&self) -> usize {
        self.span.cells as usize
    }

    /// Whether the row holds no cell.
    pub fn is_empty(&self) -> bool {
        self.span.cells == 0
    }

    /// Whether a quotation mark opened in this row is never closed.
    pub fn unclosed_quote(&self) -> bool {
        self.span.unclosed_quote
    }

    /// The text of a cell; empty where the row has none.
    pub fn cell(&self, column: usize) -> &'a str {
        if column >= self.len() {
            return "";
        }
        let cell = self.span.first + column as u32;
        let start = cell.checked_sub(1).map_or(0, |before| self.table.end(before));
        self.table.text.get(start..self.table.end(cell)).unwrap_or_default()
    }

    /// All cells of the row.
    pub fn cells(self) -> impl Iterator<Item = &'a str> {
        (0..self.len()).map(move |column| self.cell(column))
    }

    /// Cells up to the last one that is not empty.
    pub fn used(&self) -> usize {
        (0..self.len()).rev().find(|column| !self.cell(*column).is_empty()).map_or(0, |last| last + 1)
    }
}

/// Collects the cells of a [`Table`] in reading order and stops at the limits.
#[derive(Debug, Default)]
pub(super) struct TableBuilder {
    table: Table,
    first: u32,
    filled: bool,
}

impl TableBuilder {
    /// Cells of the row being written.
    fn column(&self) -> usize {
        self.table.ends.len() - self.first as usize
    }

    /// Adds the next cell of row `number`.
    pub(super) fn cell(&mut self, text: &str, number: u32) -> Result<(), ImportError> {
        let text = trimmed(text);
        let column = self.column();
        if text.len() > MAX_CELL_BYTES {
            return Err(ImportError::CellTooLong { row: number, column: column_name(column) });
        }
        if column >= MAX_COLUMNS {
            // Spreadsheets write formatted but empty cells far to the right.
            return if text.is_empty() { Ok(()) } else { Err(ImportError::TooManyColumns { row: number }) };
        }
        self.filled |= !text.is_empty();
        self.table.text.push_str(text);
        if self.table.text.len() > MAX_TEXT_BYTES {
            return Err(ImportError::TooMuchText);
        }
        // Fits: the text is bounded well below 4 GB.
        self.table.ends.push(self.table.text.len() as u32);
        Ok(())
    }

    /// Adds the cell of column `column` of row `number`, filling the gap before it with empty cells.
    pub(super) fn cell_at(&mut self, column: usize, text: &str, number: u32) -> Result<(), ImportError> {
        if text.is_empty() {
            return Ok(());
        }
        if column >= MAX_COLUMNS {
            return Err(ImportError::TooManyColumns { row: number });
        }
        while self.column() < column {
            self.cell("", number)?;
        }
        self.cell(text, number)
    }

    /// Ends row `number`; a row without text leaves no trace.
    pub(super) fn end_row(&mut self, number: u32, unclosed_quote: bool) -> Result<(), ImportError> {
        let next = self.table.ends.len() as u32;
        if !self.filled {
            self.table.ends.truncate(self.first as usize);
            return Ok(());
        }
        // One more than the limit, because the header is a row here.
        if self.table.rows.len() > MAX_ROWS {
            return Err(ImportError::TooManyRows);
        }
        self.table.rows.push(RowSpan { number, first: self.first, cells: next - self.first, unclosed_quote });
        self.first = next;
        self.filled = false;
        Ok(())
    }

    /// Adds a copy of the last row under another number, as workbooks store repeated rows.
    pub(super) fn repeat_row(&mut self, number: u32) -> Result<(), ImportError> {
        let Some(span) = self.table.rows.last().copied() else { return Ok(()) };
        if self.table.rows.len() > MAX_ROWS {
            return Err(ImportError::TooManyRows);
        }
        // The same cells serve again: nothing is copied, however often the row is repeated.
        self.table.rows.push(RowSpan { number, ..span });
        Ok(())
    }

    /// Whether the row being written holds text.
    pub(super) fn row_filled(&self) -> bool {
        self.filled
    }

    /// The finished table.
    pub(super) fn finish(self) -> Table {
        self.table
    }
}

fn trimmed(text: &str) -> &str {
    // Nearly every cell of a list has nothing to trim.
    if let (Some(first), Some(last)) = (text.as_bytes().first(), text.as_bytes().last())
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return text;
    }
    // Zero-width marks travel along when people copy from web pages; no name begins with one.
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// The letters a spreadsheet shows above a column: A, B, …, Z, AA.
pub(super) fn column_name(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        letters.push(char::from(b'A' + (rest % 26) as u8));
        match (rest / 26).checked_sub(1) {
            Some(next) => rest = next,
            None => break,
        }
    }
    letters.iter().rev().collect()
}
