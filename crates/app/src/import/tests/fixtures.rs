//! Workbooks written byte by byte, so that they can be wrong in exactly one way.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

pub(super) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A zip file of these parts.
pub(super) fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let written = archive.start_file(*name, SimpleFileOptions::default());
        assert!(written.is_ok() && archive.write_all(content).is_ok());
    }
    archive.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// An Excel workbook; each sheet is its name and the content of `sheetData`.
pub(super) fn xlsx(sheets: &[(&str, &str)], shared_strings: &str) -> Vec<u8> {
    let (mut listed, mut related) = (String::new(), String::new());
    for (index, (name, _)) in sheets.iter().enumerate() {
        listed += &format!(r#"<sheet name="{name}" sheetId="{0}" r:id="rId{0}"/>"#, index + 1);
        related += &format!(
            r#"<Relationship Id="rId{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{0}.xml"/>"#,
            index + 1
        );
    }
    let workbook = format!(
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{listed}</sheets></workbook>"#
    );
    let relations = format!("<Relationships>{related}</Relationships>");
    // Style 1 is a date.
    let styles =
        r#"<styleSheet><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let sheets: Vec<(String, String)> = sheets
        .iter()
        .enumerate()
        .map(|(index, (_, data))| {
            let name = format!("xl/worksheets/sheet{}.xml", index + 1);
            (name, format!("<worksheet><sheetData>{data}</sheetData></worksheet>"))
        })
        .collect();
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        (
            "_rels/.rels",
            br#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
    ];
    if !shared_strings.is_empty() {
        parts.push(("xl/sharedStrings.xml", shared_strings.as_bytes()));
    }
    parts.extend(sheets.iter().map(|(name, data)| (name.as_str(), data.as_bytes())));
    zip(&parts)
}

/// One sheet of rows of inline text.
pub(super) fn xlsx_rows(rows: &[&[&str]]) -> Vec<u8> {
    let mut data = String::new();
    for row in rows {
        data += "<row>";
        for cell in *row {
            data += &format!(r#"<c t="inlineStr"><is><t>{cell}</t></is></c>"#);
        }
        data += "</row>";
    }
    xlsx(&[("Accounts", &data)], "")
}

/// An Open Document spreadsheet around the content of `office:spreadsheet`.
pub(super) fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    zip(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

/// A record of an XLS workbook stream.
pub(super) fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut record = kind.to_le_bytes().to_vec();
    record.extend((data.len() as u16).to_le_bytes());
    record.extend(data);
    record
}

/// A cell with the shared string `index`.
pub(super) fn label(row: u16, column: u16, index: u32) -> Vec<u8> {
    let mut data = Vec::new();
    data.extend(row.to_le_bytes());
    data.extend(column.to_le_bytes());
    data.extend([0, 0]);
    data.extend(index.to_le_bytes());
    record(0x00fd, &data)
}

/// An Excel 97 workbook with one sheet of these records, and shared strings.
pub(super) fn xls(strings: &[&str], sheet: &[Vec<u8>]) -> Vec<u8> {
    let begin = |kind: u16| {
        let mut data = 0x0600u16.to_le_bytes().to_vec();
        data.extend(kind.to_le_bytes());
        data.extend([0; 12]);
        record(0x0809, &data)
    };
    let mut shared = (strings.len() as u32).to_le_bytes().repeat(2);
    for string in strings {
        shared.extend((string.len() as u16).to_le_bytes());
        shared.push(0);
        shared.extend(string.bytes());
    }
    let mut stream = begin(5);
    let sheet_record = |start: u32| {
        let mut data = start.to_le_bytes().to_vec();
        data.extend([0, 0, 8, 0]);
        data.extend(b"Accounts");
        record(0x0085, &data)
    };
    let rest = [record(0x00fc, &shared), record(0x000a, &[])].concat();
    let start = stream.len() + sheet_record(0).len() + rest.len();
    stream.extend(sheet_record(start as u32));
    stream.extend(rest);
    stream.extend(begin(16));
    stream.extend(sheet.concat());
    stream.extend(record(0x000a, &[]));
    compound(&stream)
}

/// A compound file whose only stream is a workbook: first the chains, then the directory, then the data.
fn compound(stream: &[u8]) -> Vec<u8> {
    // Shorter streams would live in a second, smaller file system.
    let len = stream.len().max(4096);
    let sectors = len.div_ceil(512) as u32;
    // Each sector of chains has 128 entries, its own and that of the directory among them.
    let chains = (sectors + 1).div_ceil(127);
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.extend([0; 16]);
    file.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    file.extend([0; 10]);
    for number in [chains, chains, 0, 4096, 0xffff_fffe, 0, 0xffff_fffe, 0] {
        file.extend(u32::to_le_bytes(number));
    }
    for sector in 0..chains {
        file.extend(sector.to_le_bytes());
    }
    file.resize(512, 0xff);
    file.extend(0xffff_fffd_u32.to_le_bytes().repeat(chains as usize));
    file.extend(0xffff_fffe_u32.to_le_bytes());
    for next in chains + 2..chains + 1 + sectors {
        file.extend(next.to_le_bytes());
    }
    file.extend(0xffff_fffe_u32.to_le_bytes());
    let data = 512 * (2 + chains as usize);
    file.resize(data - 512, 0xff);
    for (name, kind, start, len) in
        [("Root Entry", 5, 0xffff_fffe, 0), ("Workbook", 2, chains + 1, len as u32)]
    {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend([name.len() as u8 * 2 + 2, 0, kind, 1]);
        entry.extend([0xff; 12]);
        entry.resize(116, 0);
        entry.extend(u32::to_le_bytes(start));
        entry.extend(u32::to_le_bytes(len));
        entry.resize(128, 0);
        file.extend(entry);
    }
    file.resize(data, 0);
    file.extend(stream);
    file.resize(data + sectors as usize * 512, 0);
    file
}
