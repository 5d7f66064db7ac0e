//! XLSX, ODS and XLS: values, formulas, sheets, and files made to hurt.

use super::fixtures::*;
use super::{all, table};
use crate::import::{Existing, ImportError, Upload, preview};
use proptest::prelude::*;

#[test]
fn values_of_an_xlsx_are_text() -> Outcome {
    let data = r#"
        <row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="inlineStr"><is><t>Website</t></is></c><c r="C2" t="str"><v>Since</v></c><c r="D2" t="str"><v>Size</v></c><c r="E2" t="str"><v>Rate</v></c></row>
        <row r="4"><c r="A4" t="s"><v>1</v></c><c r="C4" s="1"><v>45352</v></c><c r="D4"><v>1200</v></c><c r="E4"><v>0.5</v></c></row>
        <row r="5"><c r="A5" t="s"><v>1</v></c><c r="B5" t="b"><v>1</v></c><c r="C5" s="1"><v>45352.5</v></c><c r="D5" t="e"><v>#N/A</v></c></row>"#;
    let shared = r#"<sst count="2" uniqueCount="2"><si><t>Company</t></si><si><r><t xml:space="preserve">Polder </t></r><r><t>Port &amp; Co</t></r></si></sst>"#;
    let table = table("list.xlsx", xlsx(&[("Accounts", data)], shared))?;
    assert_eq!(
        all(&table),
        [
            (2, vec!["Company", "Website", "Since", "Size", "Rate"]),
            (4, vec!["Polder Port & Co", "", "2024-03-01", "1200", "0.5"]),
            (5, vec!["Polder Port & Co", "TRUE", "2024-03-01 12:00:00"]),
        ]
    );
    assert_eq!(table.format, "XLSX");
    assert_eq!(table.notes, ["1 cell holds an error such as #N/A, read as empty."]);
    Ok(())
}

#[test]
fn a_formula_gives_its_stored_result() -> Outcome {
    let data = r#"
        <row r="1"><c r="A1" t="str"><v>Name</v></c></row>
        <row r="2"><c r="A2" t="str"><f>CONCATENATE("Hal","den")</f><v>Halden</v></c></row>
        <row r="3"><c r="A3" t="str"><v>=cmd|' /C calc'!A1</v></c><c r="B3"><f>WEBSERVICE("http://x")</f></c></row>"#;
    let table = table("list.xlsx", xlsx(&[("Accounts", data)], ""))?;
    assert_eq!(all(&table), [(1, vec!["Name"]), (2, vec!["Halden"]), (3, vec!["=cmd|' /C calc'!A1"])]);
    let notes = table.notes.join(" ");
    assert!(notes.contains("1 cell holds a formula; the stored results"), "{notes}");
    assert!(notes.contains("without a stored result"), "{notes}");
    Ok(())
}

#[test]
fn a_sheet_is_chosen_by_name() -> Outcome {
    let one = r#"<row><c t="str"><v>Name</v></c></row><row><c t="str"><v>Halden</v></c></row>"#;
    let two = r#"<row><c t="str"><v>Name</v></c></row><row><c t="str"><v>Merivale</v></c></row>"#;
    let upload =
        Upload::read("list.xlsx", xlsx(&[("One", one), ("Zwei &amp; drei", two), ("Empty", "")], ""))?;
    assert_eq!(upload.sheets(), ["One", "Zwei & drei", "Empty"]);
    assert_eq!(all(&upload.table(None)?), [(1, vec!["Name"]), (2, vec!["Halden"])]);
    assert_eq!(all(&upload.table(Some("Zwei & drei"))?), [(1, vec!["Name"]), (2, vec!["Merivale"])]);
    assert_eq!(upload.table(Some("Empty")).err(), Some(ImportError::EmptySheet { name: "Empty".into() }));
    assert_eq!(upload.table(Some("Four")).err(), Some(ImportError::NoSuchSheet { name: "Four".into() }));
    Ok(())
}

#[test]
fn the_content_decides_not_the_extension() -> Outcome {
    let workbook = xlsx_rows(&[&["Company", "Land"], &["Halden", "Norwegen"]]);
    let table = table("accounts.CSV", workbook)?;
    assert_eq!(table.format, "XLSX");
    assert_eq!(table.notes, ["The file name ends in .csv, but the content is XLSX; it was read as XLSX."]);
    assert_eq!(preview(&table, None, &Existing::default()).good, 1);

    let table = super::table("accounts.xlsx", b"Company;Land\nHalden;NO\n".to_vec())?;
    assert_eq!(table.format, "CSV, semicolon, UTF-8");
    assert_eq!(table.notes.len(), 1);
    Ok(())
}

#[test]
fn a_cell_in_the_last_corner_does_not_become_a_grid() -> Outcome {
    let far_down = r#"<row><c t="str"><v>Name</v></c></row><row r="1048576"><c r="A1048576" t="str"><v>Halden</v></c></row>"#;
    let table = table("list.xlsx", xlsx(&[("Accounts", far_down)], ""))?;
    assert_eq!(all(&table), [(1, vec!["Name"]), (1_048_576, vec!["Halden"])]);

    let far_right = r#"<row r="3"><c r="XFD3" t="str"><v>Halden</v></c></row>"#;
    let refused = super::table("list.xlsx", xlsx(&[("Accounts", far_right)], "")).err();
    assert_eq!(refused, Some(ImportError::TooManyColumns { row: 3 }));
    Ok(())
}

/// Overwrites the unpacked size that the archive declares for every part.
fn declare(mut archive: Vec<u8>, size: u32) -> Vec<u8> {
    for (mark, offset) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let places: Vec<usize> =
            archive.windows(4).enumerate().filter(|(_, w)| w == mark).map(|(at, _)| at).collect();
        for at in places {
            if let Some(field) = archive.get_mut(at + offset..at + offset + 4) {
                field.copy_from_slice(&size.to_le_bytes());
            }
        }
    }
    archive
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let workbook = xlsx_rows(&[&["Company"], &["Halden"]]);
    let refused = Upload::read("bomb.xlsx", declare(workbook, 400_000_000)).err();
    assert_eq!(refused, Some(ImportError::Bomb));
}

// The guard trusts declared sizes because the archive reader enforces them; this notices if it stops.
#[test]
fn a_part_ends_at_its_declared_size() -> Outcome {
    let spaces = vec![b' '; 4 << 20];
    let data = format!("<row>{}</row>", String::from_utf8_lossy(&spaces));
    let bomb = declare(xlsx(&[("Accounts", &data)], ""), 10_000);
    assert!(bomb.len() < 10_000);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bomb.as_slice()))?;
    let mut part = archive.by_name("xl/worksheets/sheet1.xml")?;
    let mut unpacked = Vec::new();
    assert!(std::io::copy(&mut part, &mut unpacked).is_err());
    assert!(unpacked.len() <= 100_000, "{}", unpacked.len());
    assert_eq!(table("bomb.xlsx", bomb.as_slice()).err(), Some(ImportError::Damaged));
    Ok(())
}

#[test]
fn a_declared_number_of_strings_reserves_nothing() {
    let shared = r#"<sst uniqueCount="99999999999999"><si><t>Name</t></si></sst>"#;
    let refused = Upload::read("list.xlsx", xlsx(&[("Accounts", "")], shared)).err();
    assert_eq!(refused, Some(ImportError::Bomb));
}

#[test]
fn one_long_string_in_every_cell_is_refused() {
    let shared = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(30_000));
    let mut data = String::new();
    for row in 1..100 {
        data += &format!(r#"<row r="{row}">{}</row>"#, r#"<c t="s"><v>0</v></c>"#.repeat(200));
    }
    let refused = table("list.xlsx", xlsx(&[("Accounts", &data)], &shared)).err();
    assert_eq!(refused, Some(ImportError::TooMuchText));
}

#[test]
fn other_archives_and_documents_are_named() {
    let what = |parts: &[(&str, &[u8])]| Upload::read("list.xlsx", zip(parts)).err();
    let named = |kind| Some(ImportError::NotAList(kind));
    assert_eq!(what(&[("readme.txt", b"")]), named(crate::import::Kind::Archive));
    assert_eq!(
        what(&[("[Content_Types].xml", b""), ("word/document.xml", b"")]),
        named(crate::import::Kind::Text)
    );
    assert_eq!(what(&[("xl/workbook.bin", b"")]), named(crate::import::Kind::BinaryWorkbook));
    assert_eq!(what(&[("Index/Document.iwa", b"")]), named(crate::import::Kind::Numbers));
    assert_eq!(what(&[("[Content_Types].xml", b"<Types/>")]), Some(ImportError::Damaged));
}

#[test]
fn an_ods_is_read_with_its_repeats() -> Outcome {
    let sheet = r#"<table:table table:name="Leer"><table:table-row><table:table-cell/></table:table-row></table:table>
        <table:table table:name="Konten">
        <table:table-row><table:table-cell office:value-type="string"><text:p>Firma</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Umsatz</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Seit</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>
        <table:table-row><table:table-cell office:value-type="string"><office:annotation><text:p>Notiz</text:p></office:annotation><text:p>Polder<text:s text:c="2"/>&amp; <text:span>Söhne</text:span></text:p></table:table-cell><table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"><text:p>2,00 €</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-03-01"><text:p>1. März</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>x</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16382"/></table:table-row>
        <table:table-row table:number-rows-repeated="4294967295"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        </table:table>"#;
    let upload = Upload::read("list.ods", ods(sheet))?;
    assert_eq!(upload.sheets(), ["Leer", "Konten"]);
    assert_eq!(upload.table(None).err(), Some(ImportError::EmptySheet { name: "Leer".into() }));
    let table = upload.table(Some("Konten"))?;
    assert_eq!(
        all(&table),
        [
            (1, vec!["Firma", "Umsatz", "Seit"]),
            (5, vec!["Polder  & Söhne", "2", "2024-03-01"]),
            (6, vec!["x", "x"]),
            (7, vec!["x", "x"]),
        ]
    );
    assert_eq!(table.notes, ["1 cell holds a formula; the stored results were taken."]);
    Ok(())
}

#[test]
fn an_ods_cannot_grow_without_end() {
    let cell = r#"<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>"#;
    let row = |rows: &str| ods(&format!(r#"<table:table table:name="A">{rows}</table:table>"#));
    let rows =
        row(&format!(r#"<table:table-row table:number-rows-repeated="4000000000">{cell}</table:table-row>"#));
    assert_eq!(table("list.ods", rows).err(), Some(ImportError::TooManyRows));
    let wide = cell.replace("office:", r#"table:number-columns-repeated="4000000000" office:"#);
    let columns = row(&format!("<table:table-row>{wide}</table:table-row>"));
    assert_eq!(table("list.ods", columns).err(), Some(ImportError::TooManyColumns { row: 1 }));
    let spaces = cell.replace(
        "x<",
        r#"<text:s text:c="4000000000"/><text:s text:c="4000000000"/><text:s text:c="4000000000"/>x<"#,
    );
    let spaces = row(&format!("<table:table-row>{spaces}</table:table-row>"));
    assert_eq!(
        table("list.ods", spaces).err(),
        Some(ImportError::CellTooLong { row: 1, column: "A".into() })
    );
    for cut in [
        r#"<table:table table:name="A">"#,
        r#"<table:table table:name="A"><table:table-row><table:table-cell>"#,
    ] {
        let content = format!("<office:spreadsheet>{cut}");
        let file = zip(&[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("content.xml", content.as_bytes()),
        ]);
        assert_eq!(table("list.ods", file).err(), Some(ImportError::Damaged));
    }
}

fn old_workbook() -> Vec<u8> {
    let number = [&[1, 0, 1, 0, 0, 0][..], &1200f64.to_le_bytes()].concat();
    xls(
        &["Company", "Halden", "Size"],
        &[label(0, 0, 0), label(0, 1, 2), label(1, 0, 1), record(0x0203, &number)],
    )
}

#[test]
fn an_old_workbook_is_read() -> Outcome {
    let upload = Upload::read("list.xls", old_workbook())?;
    assert_eq!(upload.sheets(), ["Accounts"]);
    let table = upload.table(None)?;
    assert_eq!(table.format, "XLS");
    assert_eq!(all(&table), [(1, vec!["Company", "Size"]), (2, vec!["Halden", "1200"])]);
    Ok(())
}

#[test]
fn an_old_workbook_cannot_grow_without_end() {
    let corner = xls(&["Company"], &[label(0, 0, 0), label(u16::MAX, u16::MAX, 0)]);
    assert_eq!(Upload::read("list.xls", corner).err(), Some(ImportError::Bomb));
    let dimensions = [&0u32.to_le_bytes()[..], &u32::MAX.to_le_bytes(), &[0, 0, 0xff, 0xff, 0, 0]].concat();
    let declared = xls(&["Company"], &[record(0x0200, &dimensions)]);
    assert_eq!(Upload::read("list.xls", declared).err(), Some(ImportError::Bomb));
    let long = "x".repeat(8_000);
    let repeated = xls(&[&long], &vec![label(0, 0, 0); 20_000]);
    assert_eq!(Upload::read("list.xls", repeated).err(), Some(ImportError::TooMuchText));

    // The directory points to itself.
    let mut ring = old_workbook();
    if let Some(next) = ring.get_mut(516..520) {
        next.copy_from_slice(&1u32.to_le_bytes());
    }
    assert_eq!(Upload::read("list.xls", ring).err(), Some(ImportError::Damaged));
}

// An upload waits in the state of the program, and a preview runs on another thread.
#[test]
fn an_upload_may_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Upload>();
    crosses::<crate::import::Table>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_damaged_workbook_is_an_error_or_a_table(
        which in 0..3usize,
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = match which {
            0 => xlsx_rows(&[&["Company", "Domain"], &["Halden", "halden.example"]]),
            1 => ods(r#"<table:table table:name="A"><table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>"#),
            _ => old_workbook(),
        };
        for (place, value) in hits {
            let place = place.index(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        super::exercise("list.xlsx", bytes);
    }

    // Damage inside the XML, which the checksums of the archive would hide.
    #[test]
    fn torn_xml_is_an_error_or_a_table(
        part in 0..5usize,
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..3),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = xlsx(
            &[("A", r#"<row r="1"><c r="A1" t="s" s="1"><f t="shared" si="0" ref="A1:A2">1</f><v>0</v></c><c r="B1"><v>1</v></c></row>"#)],
            r#"<sst uniqueCount="1"><si><r><t>x &amp; y</t></r></si></sst>"#,
        );
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(whole)).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let mut parts = Vec::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let name = file.name().map(|name| name.into_owned()).unwrap_or_default();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut file, &mut text).map_err(|e| TestCaseError::fail(e.to_string()))?;
            parts.push((name, text));
        }
        if let Some((_, text)) = parts.get_mut(part + 2) {
            let mut chars: Vec<char> = text.chars().collect();
            for (place, value) in hits {
                let place = place.index(chars.len());
                if let Some(c) = chars.get_mut(place) {
                    *c = value;
                }
            }
            chars.truncate(cut.index(chars.len()) + 1);
            *text = chars.into_iter().collect();
        }
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        super::exercise("list.xlsx", zip(&parts));
    }
}
