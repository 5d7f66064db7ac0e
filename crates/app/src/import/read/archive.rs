//! What lies in a zip file, and whether it may be unpacked.
//!
//! A few kilobytes can unpack to gigabytes. The sizes that the archive declares decide, before anything
//! is unpacked; they cannot lie, because `zip` stops reading a part at its declared size.

use super::ods;
use crate::import::{ImportError, Kind, MAX_UNPACKED_BYTES};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::{BufReader, Cursor};
use zip::ZipArchive;

/// A workbook has a few dozen parts.
const MAX_PARTS: usize = 10_000;
/// Above this a declared number of shared strings is no number of strings.
const MAX_SHARED_STRINGS: u64 = 20_000_000;

/// The workbook formats that come as a zip file.
pub(super) enum Contents {
    /// Office Open XML.
    Xlsx,
    /// Open Document, with the names of its sheets.
    Ods {
        /// Names in order.
        sheets: Vec<String>,
    },
}

pub(super) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

pub(super) fn open(bytes: &[u8]) -> Result<Archive<'_>, ImportError> {
    super::guarded(|| ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::Damaged))
}

/// Checks that the archive is safe to unpack and says which workbook it is.
pub(super) fn inspect(bytes: &[u8]) -> Result<Contents, ImportError> {
    let mut archive = open(bytes)?;
    if archive.len() > MAX_PARTS {
        return Err(ImportError::Damaged);
    }
    let mut names = Vec::with_capacity(archive.len());
    let mut declared = 0u64;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|_| ImportError::Damaged)?;
        if part.encrypted() {
            return Err(ImportError::Protected);
        }
        declared = declared.saturating_add(part.size());
        names.push(part.name().map_err(|_| ImportError::Damaged)?.into_owned());
    }
    if declared > MAX_UNPACKED_BYTES {
        return Err(ImportError::Bomb);
    }

    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    if has("content.xml") && has("mimetype") {
        return Ok(Contents::Ods { sheets: ods::inspect(&mut archive)? });
    }
    if has("xl/workbook.bin") {
        return Err(ImportError::NotAList(Kind::BinaryWorkbook));
    }
    if !has("[Content_Types].xml") || has("word/document.xml") || has("ppt/presentation.xml") {
        let what = if has("word/document.xml") {
            Kind::Text
        } else if has("ppt/presentation.xml") {
            Kind::Presentation
        } else if names.iter().any(|name| name.ends_with(".iwa")) {
            Kind::Numbers
        } else {
            Kind::Archive
        };
        return Err(ImportError::NotAList(what));
    }
    for (index, name) in names.iter().enumerate() {
        if name.to_ascii_lowercase().replace('\\', "/").ends_with("sharedstrings.xml") {
            check_shared_strings(&mut archive, index)?;
        }
    }
    Ok(Contents::Xlsx)
}

/// The parser reserves room for as many shared strings as the part declares, before it reads one.
fn check_shared_strings(archive: &mut Archive<'_>, index: usize) -> Result<(), ImportError> {
    let part = archive.by_index(index).map_err(|_| ImportError::Damaged)?;
    let mut xml = Reader::from_reader(BufReader::new(part));
    xml.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|_| ImportError::Damaged)? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "sst" => {
                for attribute in tag.attributes().with_checks(false) {
                    let attribute = attribute.map_err(|_| ImportError::Damaged)?;
                    let told = attribute.value.trim().parse::<u64>().unwrap_or(0);
                    if attribute.key.as_ref() == "uniqueCount" && told > MAX_SHARED_STRINGS {
                        return Err(ImportError::Bomb);
                    }
                }
                return Ok(());
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}
