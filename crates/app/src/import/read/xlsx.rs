//! Excel workbooks, cell by cell: a sheet with one cell in its last corner must not become a grid.

use super::{Oddities, guarded, number_text};
use crate::import::table::TableBuilder;
use crate::import::{ImportError, MAX_COLUMNS, Table};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use std::fmt::Write as _;
use std::io::Cursor;

/// An opened workbook.
pub(super) type Workbook = Xlsx<Cursor<Vec<u8>>>;

/// Opens a workbook and lists its worksheets.
pub(super) fn open(bytes: Vec<u8>) -> Result<(Workbook, Vec<String>), ImportError> {
    guarded(|| {
        let workbook: Workbook = Xlsx::new(Cursor::new(bytes)).map_err(refusal)?;
        let sheets = listed(workbook.sheets_metadata());
        Ok((workbook, sheets))
    })
}

fn refusal(error: XlsxError) -> ImportError {
    match error {
        XlsxError::Password => ImportError::Protected,
        _ => ImportError::Damaged,
    }
}

/// The worksheets that a person sees; all of them when none is visible.
pub(super) fn listed(sheets: &[calamine::Sheet]) -> Vec<String> {
    let worksheets = || sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let visible: Vec<String> =
        worksheets().filter(|s| s.visible == SheetVisible::Visible).map(|s| s.name.clone()).collect();
    if visible.is_empty() { worksheets().map(|sheet| sheet.name.clone()).collect() } else { visible }
}

/// Reads one worksheet.
pub(super) fn read(workbook: &mut Workbook, sheet: &str) -> Result<Table, ImportError> {
    guarded(|| {
        let mut cells = workbook.worksheet_cells_reader(sheet).map_err(refusal)?;
        let mut builder = TableBuilder::default();
        let mut oddities = Oddities::default();
        let mut row: Vec<String> = Vec::new();
        let mut current = None;
        while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(refusal)? {
            let (row_index, column) = (cell.pos.0, cell.pos.1 as usize);
            if current != Some(row_index) {
                flush(&mut builder, &mut row, current)?;
                current = Some(row_index);
            }
            let empty = matches!(cell.value, DataRef::Empty)
                || matches!(&cell.value, DataRef::String(text) if text.is_empty());
            match (cell.formula.is_some(), empty) {
                (true, true) => oddities.without_result += 1,
                (true, false) => oddities.formulas += 1,
                _ => {}
            }
            if empty {
                continue;
            }
            if column >= MAX_COLUMNS {
                return Err(ImportError::TooManyColumns { row: row_index.saturating_add(1) });
            }
            if row.len() <= column {
                row.resize_with(column + 1, String::new);
            }
            if let Some(text) = row.get_mut(column) {
                text.clear();
                write_value(text, &cell.value, &mut oddities);
            }
        }
        flush(&mut builder, &mut row, current)?;
        let mut table = builder.finish();
        table.notes = oddities.notes();
        Ok(table)
    })
}

/// Writes the collected row and empties it, keeping its buffers.
fn flush(builder: &mut TableBuilder, row: &mut [String], index: Option<u32>) -> Result<(), ImportError> {
    let Some(index) = index else { return Ok(()) };
    let number = index.saturating_add(1);
    for (column, text) in row.iter_mut().enumerate() {
        builder.cell_at(column, text, number)?;
        text.clear();
    }
    builder.end_row(number, false)
}

pub(super) fn write_value(text: &mut String, value: &DataRef<'_>, oddities: &mut Oddities) {
    match value {
        DataRef::String(value) => text.push_str(value),
        DataRef::SharedString(value) => text.push_str(value),
        DataRef::Int(value) => {
            let _ = write!(text, "{value}");
        }
        DataRef::Float(value) => text.push_str(&number_text(*value)),
        DataRef::Bool(value) => text.push_str(if *value { "TRUE" } else { "FALSE" }),
        DataRef::DateTime(value) => text.push_str(&date_text(value)),
        DataRef::DateTimeIso(value) => text.push_str(&iso_text(value)),
        DataRef::DurationIso(value) => text.push_str(value),
        DataRef::Error(_) => oddities.errors += 1,
        DataRef::Empty => {}
    }
}

/// `2026-03-01T12:00:00` as `2026-03-01 12:00:00`, and midnight as the date alone.
pub(super) fn iso_text(value: &str) -> String {
    value.trim_end_matches("T00:00:00").replacen('T', " ", 1)
}

/// A stored date, time or duration as text that reads the same in every country.
pub(super) fn date_text(value: &ExcelDateTime) -> String {
    let days = value.as_f64();
    if !(0.0..3_000_000.0).contains(&days) {
        return number_text(days);
    }
    if value.is_duration() {
        let seconds = (days * 86_400.0).round() as u64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if days < 1.0 {
        time
    } else if days.fract() == 0.0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {time}")
    }
}
