//! Open Document spreadsheets.
//!
//! `calamine` reads them too, but into full grids of up to 100 million cells, and it never returns from
//! a `content.xml` that ends early. A streaming reader with our limits is shorter than guards for that.

use super::xlsx::iso_text;
use super::{Oddities, archive, number_text};
use crate::import::table::TableBuilder;
use crate::import::{ImportError, Kind, MAX_CELL_BYTES, MAX_COLUMNS, Table};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::io::{BufRead, BufReader, Read};

/// Names of the sheets, in order.
pub(super) fn inspect(archive: &mut archive::Archive<'_>) -> Result<Vec<String>, ImportError> {
    let mut mimetype = String::new();
    let part = archive.by_name("mimetype").map_err(|_| ImportError::Damaged)?;
    part.take(200).read_to_string(&mut mimetype).map_err(|_| ImportError::Damaged)?;
    if !mimetype.trim().starts_with("application/vnd.oasis.opendocument.spreadsheet") {
        return Err(ImportError::NotAList(Kind::OtherDocument));
    }
    if let Ok(part) = archive.by_name("META-INF/manifest.xml") {
        let mut manifest = Vec::new();
        part.take(1 << 20).read_to_end(&mut manifest).map_err(|_| ImportError::Damaged)?;
        let mark = b"encryption-data";
        if manifest.windows(mark.len()).any(|window| window == mark) {
            return Err(ImportError::Protected);
        }
    }
    let mut sheets = Vec::new();
    let mut depth = 0u32;
    walk(archive, |event, _| {
        match event {
            Event::Start(tag) if tag.local_name().as_ref() == "table" => {
                if depth == 0 {
                    sheets.push(attribute(&tag, "name")?.unwrap_or_default());
                }
                depth += 1;
            }
            Event::End(tag) if tag.local_name().as_ref() == "table" => depth = depth.saturating_sub(1),
            _ => {}
        }
        Ok(true)
    })?;
    Ok(sheets)
}

/// Reads one sheet.
pub(super) fn read(bytes: &[u8], sheet: &str) -> Result<Table, ImportError> {
    let mut archive = archive::open(bytes)?;
    let mut reading = Reading::default();
    let (mut inside, mut done) = (false, false);
    walk(&mut archive, |event, xml| {
        match event {
            Event::Start(tag) if tag.local_name().as_ref() == "table" => {
                inside = attribute(&tag, "name")?.unwrap_or_default() == sheet;
                if !inside {
                    let name = tag.name().as_ref().to_owned();
                    skip(xml, &name)?;
                }
            }
            Event::End(tag) if tag.local_name().as_ref() == "table" => {
                done = inside;
                return Ok(!inside);
            }
            Event::Start(tag) if inside => reading.start(&tag, xml)?,
            Event::End(tag) if inside && tag.local_name().as_ref() == "table-row" => reading.end_row()?,
            _ => {}
        }
        Ok(true)
    })?;
    if !done {
        return Err(ImportError::Damaged);
    }
    let mut table = reading.builder.finish();
    table.notes = reading.oddities.notes();
    Ok(table)
}

type Xml<'r> = Reader<Box<dyn BufRead + 'r>>;

/// Passes the events of `content.xml` to `visit` until it answers `false`.
fn walk<V>(archive: &mut archive::Archive<'_>, mut visit: V) -> Result<(), ImportError>
where
    V: FnMut(Event<'_>, &mut Xml<'_>) -> Result<bool, ImportError>,
{
    let part = archive.by_name("content.xml").map_err(|_| ImportError::Damaged)?;
    let part: Box<dyn BufRead + '_> = Box::new(BufReader::new(part));
    let mut xml = Reader::from_reader(part);
    xml.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|_| ImportError::Damaged)? {
            Event::Eof => return Ok(()),
            event => {
                if !visit(event, &mut xml)? {
                    return Ok(());
                }
            }
        }
    }
}

/// Skips to the end of the element `name` that was just entered.
fn skip(xml: &mut Xml<'_>, name: &str) -> Result<(), ImportError> {
    let mut buffer = Vec::new();
    xml.read_to_end_into(quick_xml::name::QName(name), &mut buffer).map_err(|_| ImportError::Damaged)?;
    Ok(())
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, ImportError> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| ImportError::Damaged)?;
        if attribute.key.local_name().as_ref() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            return Ok(Some(value.map_err(|_| ImportError::Damaged)?.into_owned()));
        }
    }
    Ok(None)
}

#[derive(Default)]
struct Reading {
    builder: TableBuilder,
    oddities: Oddities,
    /// Number of the row being read, from 1.
    row: u32,
    row_repeats: u32,
    column: usize,
}

impl Reading {
    fn start(&mut self, tag: &BytesStart<'_>, xml: &mut Xml<'_>) -> Result<(), ImportError> {
        match tag.local_name().as_ref() {
            "table-row" => {
                self.row = self.row.saturating_add(1);
                self.row_repeats = repeats(tag, "number-rows-repeated")?;
                self.column = 0;
                Ok(())
            }
            "table-cell" | "covered-table-cell" => self.cell(tag, xml),
            // Drawings and forms of the sheet may hold text and tables of their own.
            "shapes" | "forms" => skip(xml, tag.name().as_ref()),
            _ => Ok(()),
        }
    }

    fn end_row(&mut self) -> Result<(), ImportError> {
        let filled = self.builder.row_filled();
        self.builder.end_row(self.row, false)?;
        let more = self.row_repeats.saturating_sub(1);
        if filled {
            // Ends at the row limit, whatever the file says.
            for _ in 0..more {
                self.row = self.row.saturating_add(1);
                self.builder.repeat_row(self.row)?;
            }
        } else {
            self.row = self.row.saturating_add(more);
        }
        Ok(())
    }

    fn cell(&mut self, tag: &BytesStart<'_>, xml: &mut Xml<'_>) -> Result<(), ImportError> {
        let mut times = 1usize;
        let (mut kind, mut value, mut formula, mut error) = (String::new(), None, false, false);
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| ImportError::Damaged)?;
            let text = || {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                value.map(|text| text.into_owned()).map_err(|_| ImportError::Damaged)
            };
            match attribute.key.as_ref() {
                "office:value-type" => kind = text()?,
                "office:value"
                | "office:string-value"
                | "office:date-value"
                | "office:time-value"
                | "office:boolean-value" => value = Some(text()?),
                "table:number-columns-repeated" => {
                    times = text()?.parse().map_err(|_| ImportError::Damaged)?
                }
                "calcext:value-type" => error = attribute.value == "error",
                "table:formula" => formula = true,
                _ => {}
            }
        }
        let shown = self.paragraphs(tag, xml)?;
        let text = match (kind.as_str(), value) {
            _ if error => {
                self.oddities.errors += 1;
                String::new()
            }
            ("float" | "currency", Some(value)) => value.parse().map_or(value, number_text),
            ("date", Some(value)) => iso_text(&value),
            ("boolean", Some(value)) => value.to_uppercase(),
            // Percentages and times read better the way the sheet shows them.
            ("percentage" | "time", _) => shown,
            (_, Some(value)) if shown.is_empty() => value,
            _ => shown,
        };
        if formula && !error {
            let counter =
                if text.is_empty() { &mut self.oddities.without_result } else { &mut self.oddities.formulas };
            *counter += 1;
        }
        if text.is_empty() {
            self.column = self.column.saturating_add(times);
            return Ok(());
        }
        if self.column.saturating_add(times) > MAX_COLUMNS {
            return Err(ImportError::TooManyColumns { row: self.row });
        }
        for _ in 0..times {
            self.builder.cell_at(self.column, &text, self.row)?;
            self.column += 1;
        }
        Ok(())
    }

    /// The text of a cell, one line a paragraph, up to the end of the cell.
    fn paragraphs(&mut self, cell: &BytesStart<'_>, xml: &mut Xml<'_>) -> Result<String, ImportError> {
        let mut text = String::new();
        let mut buffer = Vec::new();
        let (mut depth, mut paragraphs) = (0u32, 0u32);
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|_| ImportError::Damaged)? {
                Event::Start(tag) => {
                    match tag.local_name().as_ref() {
                        "p" => {
                            if paragraphs > 0 {
                                text.push('\n');
                            }
                            paragraphs += 1;
                        }
                        "s" => {
                            let count = attribute(&tag, "c")?.and_then(|c| c.parse().ok()).unwrap_or(1);
                            text.extend(std::iter::repeat_n(' ', count.min(MAX_CELL_BYTES)));
                        }
                        "tab" => text.push('\t'),
                        "line-break" => text.push('\n'),
                        // A comment, a picture or a table inside the cell is not its text.
                        "annotation" | "frame" | "table" => {
                            let name = tag.name().as_ref().to_owned();
                            skip(xml, &name)?;
                            continue;
                        }
                        _ => {}
                    }
                    depth += 1;
                }
                Event::Text(part) if paragraphs > 0 => text.push_str(&part.xml10_content()),
                Event::CData(part) if paragraphs > 0 => text.push_str(&part.xml10_content()),
                Event::GeneralRef(entity) => {
                    if let Some(c) = entity.resolve_char_ref().map_err(|_| ImportError::Damaged)? {
                        text.push(c);
                    } else {
                        let known = quick_xml::escape::resolve_xml_entity(&entity);
                        text.push_str(known.ok_or(ImportError::Damaged)?);
                    }
                }
                Event::End(tag) if depth == 0 => {
                    return if tag.name() == cell.name() { Ok(text) } else { Err(ImportError::Damaged) };
                }
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(ImportError::Damaged),
                _ => {}
            }
            if text.len() > 2 * MAX_CELL_BYTES {
                let column = crate::import::table::column_name(self.column);
                return Err(ImportError::CellTooLong { row: self.row, column });
            }
        }
    }
}

fn repeats(tag: &BytesStart<'_>, name: &str) -> Result<u32, ImportError> {
    match attribute(tag, name)? {
        Some(count) => count.trim().parse().map_err(|_| ImportError::Damaged),
        None => Ok(1),
    }
}
