//! Delimited text, mapping and checks; workbooks have a file of their own.

mod fixtures;
mod workbooks;

use super::*;
use crate::dto::AccountField;
use domain::entity::Relation;
use fixtures::Outcome;
use proptest::prelude::*;

fn table(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Table, ImportError> {
    Upload::read(name, bytes.into())?.table(None)
}

/// Every row with its number.
fn all(table: &Table) -> Vec<(u32, Vec<&str>)> {
    table.rows_from(0).map(|row| (row.number(), row.cells().collect())).collect()
}

fn looked_at(text: impl Into<Vec<u8>>) -> Result<ImportPreview, ImportError> {
    Ok(preview(&table("list.csv", text)?, None, &Existing::default()))
}

/// Does with a file all that the program does, and expects no more than that it comes back.
fn exercise(name: &str, bytes: Vec<u8>) {
    let Ok(upload) = Upload::read(name, bytes) else { return };
    for sheet in upload.sheets().iter().map(|sheet| Some(sheet.as_str())).chain([None]) {
        let Ok(table) = upload.table(sheet) else { continue };
        let existing = Existing::default();
        let seen = preview(&table, None, &existing);
        let good = rows(&table, &Mapping::new(&table, None), &existing).filter(Result::is_ok).count();
        if seen.blocked.is_none() {
            assert_eq!(seen.rows, seen.good + seen.duplicates + seen.bad);
            assert_eq!(good, seen.good as usize);
        }
    }
}

fn account(row: u32, name: &str, domain: Option<&str>, country: Option<&str>) -> AccountRowIn {
    AccountRowIn {
        row,
        name: name.to_owned(),
        domain: domain.map(str::to_owned),
        country: country.map(str::to_owned),
        industry: None,
        owner: None,
        duns: None,
        relation: None,
        named: None,
        on_file: false,
    }
}

fn error(row: u32, message: &str, value: &str) -> RowError {
    RowError { row, message: message.to_owned(), value: value.to_owned() }
}

fn judged(text: &str) -> Result<Vec<Result<AccountRowIn, RowError>>, ImportError> {
    let table = table("list.csv", text)?;
    Ok(rows(&table, &Mapping::new(&table, None), &Existing::default()).collect())
}

#[test]
fn a_german_list_from_excel() -> Outcome {
    // Semicolons, Windows-1252 and Windows line ends: what "Save as CSV" writes in Germany.
    let bytes = b"Firmenname;Webseite;Land;Branche;Betreuer\r\n\
        M\xfcller & S\xf6hne GmbH;https://www.Mueller.example/Start;\xd6sterreich;Maschinenbau;Jana Weber\r\n\
        Polder Port;polder-port.example;NL;;\r\n";
    let seen = looked_at(bytes.as_slice())?;
    assert_eq!(seen.format, "CSV, semicolon, Windows-1252");
    assert_eq!((seen.rows, seen.good, seen.bad, seen.duplicates, seen.blocked), (2, 2, 0, 0, None));
    assert_eq!(
        seen.mapping.iter().map(|m| m.field).collect::<Vec<_>>(),
        [
            AccountField::Name,
            AccountField::Domain,
            AccountField::Country,
            AccountField::Industry,
            AccountField::Owner
        ]
        .map(Some)
    );
    assert_eq!(seen.notes.len(), 1);
    assert!(seen.notes.iter().all(|note| note.contains("Windows-1252")));

    let table = table("list.csv", bytes.as_slice())?;
    let rows: Vec<_> = rows(&table, &Mapping::new(&table, None), &Existing::default()).collect();
    assert_eq!(
        rows,
        [
            Ok(AccountRowIn {
                industry: Some("Maschinenbau".to_owned()),
                owner: Some("Jana Weber".to_owned()),
                ..account(2, "Müller & Söhne GmbH", Some("mueller.example"), Some("AT"))
            }),
            Ok(account(3, "Polder Port", Some("polder-port.example"), Some("NL"))),
        ]
    );
    Ok(())
}

#[test]
fn what_an_account_is_to_the_vendor() -> Outcome {
    let text = "Account name;Website;DUNS;Relationship;Named account\n\
        Polder Port;polder.example;12-345-6789;Customer;yes\n\
        Meer;meer.example;1234567;Open opportunity;\n\
        Haven;haven.example;;lead;no\n\
        Sluis;sluis.example;;Closed lost opportunity;\n\
        Dijk;dijk.example;0;;\n\
        Kade;kade.example;12 34;Kunde;x\n";
    let seen = judged(text)?;
    let expected = |row, name, domain| AccountRowIn {
        relation: Some(Relation::Prospect),
        named: Some(false),
        ..account(row, name, Some(domain), None)
    };
    assert_eq!(
        seen,
        [
            Ok(AccountRowIn {
                duns: Some("123456789".to_owned()),
                relation: Some(Relation::Customer),
                named: Some(true),
                ..expected(2, "Polder Port", "polder.example")
            }),
            // A spreadsheet has dropped the zeros at the front.
            Ok(AccountRowIn {
                duns: Some("001234567".to_owned()),
                relation: Some(Relation::OpenOpportunity),
                ..expected(3, "Meer", "meer.example")
            }),
            Ok(expected(4, "Haven", "haven.example")),
            Err(error(5, "Write customer, open opportunity or prospect.", "Closed lost opportunity")),
            Err(error(6, "A DUNS number has nine digits.", "0")),
            Err(error(7, "A DUNS number has nine digits.", "12 34")),
        ]
    );
    Ok(())
}

#[test]
fn what_is_on_file_is_brought_up_to_date_where_the_list_says_more() -> Outcome {
    let mut existing = Existing::default();
    existing.add(Some("polder.example"), "Polder Port");
    let more = table("list.csv", "Name;Website;Relationship\nPolder;polder.example;Customer\n")?;
    let same = table("list.csv", "Name;Website;Owner\nPolder;polder.example;Bob\n")?;
    assert_eq!(preview(&more, None, &existing).duplicates, 1, "a partner's list stays as it is");
    let existing = existing.updating();
    let seen = preview(&more, None, &existing);
    assert_eq!((seen.good, seen.duplicates), (1, 0));
    assert!(seen.notes.iter().any(|note| note.contains("on file already")));
    let rows: Vec<_> = rows(&more, &Mapping::new(&more, None), &existing).collect();
    assert!(rows.iter().all(|row| row.as_ref().is_ok_and(|account| account.on_file)));
    assert_eq!(preview(&same, None, &existing).duplicates, 1, "it says nothing new");
    Ok(())
}

#[test]
fn utf_16_and_utf_8_with_a_mark() -> Outcome {
    let text = "Name\tPays\r\nSociété Générale\tFrance\r\n";
    let little: Vec<u8> = "\u{feff}"
        .chars()
        .chain(text.chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = "\u{feff}"
        .chars()
        .chain(text.chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let utf8 = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for (bytes, encoding) in [(little, "UTF-16"), (big, "UTF-16"), (utf8, "UTF-8")] {
        let table = table("list.csv", bytes)?;
        assert_eq!(table.format, format!("CSV, tab, {encoding}"));
        assert_eq!(all(&table), [(1, vec!["Name", "Pays"]), (2, vec!["Société Générale", "France"])]);
    }
    Ok(())
}

#[test]
fn what_is_no_list_is_refused_by_name() {
    let refused = |bytes: &[u8]| table("list.csv", bytes).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(refused(b""), Err("The file is empty.".to_owned()));
    assert_eq!(refused(b" \r\n\n"), Err("The file is empty.".to_owned()));
    assert_eq!(refused(b",,,\n,,,\n"), Err("The file is empty.".to_owned()));
    for (bytes, what) in [
        (&b"%PDF-1.7"[..], "PDF"),
        (b"\x89PNG\r\n", "image"),
        (b"<html><table>", "web page"),
        (b"[{\"name\": 1}]", "JSON"),
        (b"Name\0,Domain\nA,b", "binary"),
        (b"N\0a\0m\0e\0", "byte order mark"),
        (b"\xff\xfe\0\0N\0\0\0", "binary"),
        (b"\x01\x02\x03\x04\x05abc\xff\xfe\x80", "binary"),
    ] {
        assert!(refused(bytes).is_err_and(|sentence| sentence.contains(what)), "{what}");
    }
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_does() -> Outcome {
    for newline in ["\n", "\r\n", "\r"] {
        let text =
            ["", "Name,Domain", "", "\"Halden\nOslo\",halden.example", ",", "Merivale,merivale.example", ""]
                .join(newline);
        let table = table("list.csv", text)?;
        let numbers: Vec<u32> = table.rows_from(0).map(|row| row.number()).collect();
        assert_eq!(numbers, [2, 4, 6], "{newline:?}");
    }
    Ok(())
}

#[test]
fn quoted_newlines_and_delimiters_stay_in_their_cell() -> Outcome {
    let text = "Company,Website\n\"Halden,\r\nOslo \"\"North\"\"\",halden.example\n";
    assert_eq!(judged(text)?, [Ok(account(2, "Halden, Oslo \"North\"", Some("halden.example"), None))]);
    Ok(())
}

#[test]
fn ragged_rows_are_errors_of_their_own() -> Outcome {
    let text = "Company,Website,Country\nHalden,halden.example,NO\nPolder, Port,polder.example,NL\nMerivale\nArdent,,\nSolis,solis.example,PT,,\n";
    assert_eq!(
        judged(text)?,
        [
            Ok(account(2, "Halden", Some("halden.example"), Some("NO"))),
            Err(error(3, "The row has 4 cells where the first row has 3.", "Polder")),
            Err(error(4, "The row has 1 cell where the first row has 3.", "Merivale")),
            Ok(account(5, "Ardent", None, None)),
            Ok(account(6, "Solis", Some("solis.example"), Some("PT"))),
        ]
    );
    Ok(())
}

#[test]
fn an_open_quotation_mark_spoils_its_row_only() -> Outcome {
    let text = "Company,Country\nHalden,NO\n\"Polder,NL\nMerivale,FR\n";
    assert_eq!(
        judged(text)?,
        [
            Ok(account(2, "Halden", None, Some("NO"))),
            Err(error(
                3,
                "A quotation mark that opens in this row is never closed.",
                "Polder,NL\nMerivale,FR"
            )),
        ]
    );
    assert_eq!(judged("Company,Country\nHalden,\"NO\"")?, [Ok(account(2, "Halden", None, Some("NO")))]);
    Ok(())
}

#[test]
fn a_formula_is_text() -> Outcome {
    let text = "Company,Phone\n=HYPERLINK(\"http://x\"),+49 30 1234\n@SUM(A1),-12.5\n+1+1,-\n-cmd,\n";
    let seen = looked_at(text)?;
    assert_eq!(
        seen.notes,
        ["4 cells begin with =, +, - or @; they stay plain text and are never calculated."]
    );
    assert_eq!(seen.good, 4);
    assert!(seen.sample.iter().flatten().any(|cell| cell == "@SUM(A1)"));
    Ok(())
}

#[test]
fn the_delimiter_is_the_one_that_divides_evenly() -> Outcome {
    for (text, format) in [
        ("Name;Umsatz\nHalden, Oslo;1,5\nPolder;2,5\n", "semicolon"),
        ("Name,Note\nHalden,a;b;c\nPolder,a;b;c\n", "comma"),
        ("Name|Country\nHalden, Inc.|NO\n", "pipe"),
        ("Name\nHalden, Inc.\nPolder\n", "comma"),
        ("sep=|\nName|Country|a;b;c;d\nHalden|NO|\n", "pipe"),
    ] {
        let table = table("list.csv", text)?;
        assert_eq!(table.format, format!("CSV, {format}, UTF-8"), "{text}");
        assert_eq!(table.row(0).map(|row| row.number()), Some(1));
    }
    Ok(())
}

#[test]
fn a_header_without_rows_blocks_the_import() -> Outcome {
    let seen = looked_at("Company,Domain\n")?;
    assert_eq!(seen.headers, ["Company", "Domain"]);
    assert_eq!((seen.rows, seen.good), (0, 0));
    assert_eq!(seen.blocked.as_deref(), Some("The file has a header, but no rows below it."));
    Ok(())
}

#[test]
fn duplicate_and_missing_headers_are_told_apart() -> Outcome {
    let seen = looked_at("Name,Name,,Country\nHalden,Other,x,NO\n")?;
    assert_eq!(seen.headers, ["Name", "Name (2)", "Column C", "Country"]);
    let fields: Vec<_> = seen.mapping.iter().map(|m| m.field).collect();
    assert_eq!(fields, [Some(AccountField::Name), None, None, Some(AccountField::Country)]);
    assert!(seen.notes.iter().any(|note| note.contains("(Name)")));
    assert_eq!(seen.good, 1);
    Ok(())
}

#[test]
fn headers_in_six_languages() -> Outcome {
    use AccountField::*;
    for header in [
        "Account Name,Website,Billing Country,Industry,Account Owner",
        "Unternehmen,Internetadresse,Land,Branche,Zuständig",
        "Raison sociale,Site web,Pays,Secteur d’activité,Responsable",
        "Razón social,Página web,País,Sector,Propietario",
        "Razão social,Página da web,País,Setor,Responsável",
        "Bedrijfsnaam,Webadres,Landcode,Bedrijfstak,Accounteigenaar",
    ] {
        let seen = looked_at(format!("{header}\nHalden,halden.example,NO,Ports,Ada\n"))?;
        let fields: Vec<_> = seen.mapping.iter().filter_map(|m| m.field).collect();
        assert_eq!(fields, [Name, Domain, Country, Industry, Owner], "{header}");
    }
    // Words that look like a field and are another thing.
    let seen = looked_at(
        "Contact Name,Parent Company,Company size,Account,Owner email\na,b,1,Halden,x@y.example\n",
    )?;
    let fields: Vec<_> = seen.mapping.iter().map(|m| m.field).collect();
    assert_eq!(fields, [None, None, None, Some(Name), None]);
    Ok(())
}

#[test]
fn a_title_above_the_header_is_left_out() -> Outcome {
    let table = table(
        "list.xlsx",
        fixtures::xlsx_rows(&[&["Accounts of 2026"], &[], &["Firma", "Land"], &["Halden", "Norwegen"]]),
    )?;
    let seen = preview(&table, None, &Existing::default());
    assert_eq!(seen.headers, ["Firma", "Land"]);
    assert_eq!((seen.rows, seen.good), (1, 1));
    assert_eq!(seen.notes, ["Row 3 is the header; what stands above it was left out."]);
    Ok(())
}

#[test]
fn a_list_without_header_is_mapped_by_content() -> Outcome {
    let seen = looked_at("Halden AS,halden.example,Norway\nPolder Port,www.polder.example,Netherlands\n")?;
    assert_eq!(seen.headers, ["Column A", "Column B", "Column C"]);
    assert_eq!((seen.rows, seen.good, seen.blocked), (2, 2, None));
    Ok(())
}

#[test]
fn the_mapping_of_a_person_overrides_the_guess() -> Outcome {
    let table = table("list.csv", "Company,Brand,Country\nHalden Holding,Halden,NO\n")?;
    let map = |column, field| ColumnMapping { column, field };
    let told = [map(0, None), map(1, Some(AccountField::Name))];
    let seen = preview(&table, Some(&told), &Existing::default());
    assert_eq!(seen.mapping, [map(0, None), map(1, Some(AccountField::Name)), map(2, None)]);
    let mapping = Mapping::new(&table, Some(&told));
    assert_eq!(
        rows(&table, &mapping, &Existing::default()).collect::<Vec<_>>(),
        [Ok(account(2, "Halden", None, None))]
    );

    let blocked = |told: &[ColumnMapping]| preview(&table, Some(told), &Existing::default()).blocked;
    assert_eq!(blocked(&[]).as_deref(), Some("Choose the column that holds the company name."));
    assert_eq!(
        blocked(&[map(0, Some(AccountField::Name)), map(1, Some(AccountField::Name))]).as_deref(),
        Some("Two columns feed the company name; choose one.")
    );
    assert_eq!(
        blocked(&[map(9, Some(AccountField::Name))]).as_deref(),
        Some("The mapping names column J, but the file has 3 columns.")
    );
    Ok(())
}

#[test]
fn each_field_is_checked() -> Outcome {
    let long = "x".repeat(201);
    let text = format!(
        "Company,Website,Country,Industry\n\
         -,a.example,DE,\n\
         {long},a.example,DE,\n\
         Halden,not a domain,DE,\n\
         Halden,a.example,Atlantis,\n\
         Halden,a.example,DE,{long}\n\
         Halden,n/a,NA,-\n"
    );
    assert_eq!(
        judged(&text)?,
        [
            Err(error(2, "The name is missing.", "-")),
            Err(error(3, "The name is longer than 200 characters.", &format!("{}…", "x".repeat(199)))),
            Err(error(4, "This is not a web domain.", "not a domain")),
            Err(error(5, "This is not a country name or ISO 3166 code.", "Atlantis")),
            Err(error(6, "The industry is longer than 200 characters.", &format!("{}…", "x".repeat(199)))),
            Ok(account(7, "Halden", None, Some("NA"))),
        ]
    );
    Ok(())
}

#[test]
fn domains_are_registrable_and_countries_have_codes() {
    for (text, domain) in [
        ("https://www.Acme.co.uk:443/about?x#y", Some("acme.co.uk")),
        ("info@bücher.example", Some("xn--bcher-kva.example")),
        ("ACME.EXAMPLE.", Some("acme.example")),
        ("shop.acme.github.io", Some("acme.github.io")),
        ("co.uk", None),
        ("192.168.0.1", None),
        ("localhost", None),
        ("", None),
    ] {
        assert_eq!(normalise_domain(text).as_deref(), domain, "{text}");
    }
    for (text, code) in [
        ("de", Some("DE")),
        ("DEU", Some("DE")),
        ("Deutschland", Some("DE")),
        ("ESPAÑA", Some("ES")),
        ("Espagne", Some("ES")),
        ("the Netherlands", Some("NL")),
        ("Nederland", Some("NL")),
        ("Côte d’Ivoire", Some("CI")),
        ("日本", Some("JP")),
        ("U.S.A.", Some("US")),
        ("UK", Some("GB")),
        ("Germany (DE)", Some("DE")),
        ("FR - France", Some("FR")),
        ("Germany (FR)", None),
        ("Atlantis", None),
        ("", None),
    ] {
        assert_eq!(country::country_code(text), code, "{text}");
    }
    assert_eq!(include_str!("countries.tsv").lines().filter(|line| !line.starts_with('#')).count(), 249);
}

#[test]
fn duplicates_in_the_file_and_on_file() -> Outcome {
    let mut existing = Existing::default();
    existing.add(Some("known.example"), "Known");
    existing.add(None, "Nameless Ltd.");
    let text = "Company,Website\n\
        Halden,halden.example\n\
        Halden AS,www.HALDEN.example\n\
        Halden,halden-brand.example\n\
        HALDEN,\n\
        Other,https://known.example/\n\
        Known,\n\
        Nameless  Ltd,nameless.example\n\
        Known,known-too.example\n";
    let table = table("list.csv", text)?;
    let rows: Vec<_> = rows(&table, &Mapping::new(&table, None), &existing).collect();
    let on_file = "This account is already on file.";
    assert_eq!(
        rows,
        [
            Ok(account(2, "Halden", Some("halden.example"), None)),
            Err(error(3, "This row repeats row 2.", "halden.example")),
            Ok(account(4, "Halden", Some("halden-brand.example"), None)),
            Err(error(5, "This row repeats row 2.", "HALDEN")),
            Err(error(6, on_file, "known.example")),
            Err(error(7, on_file, "Known")),
            Err(error(8, on_file, "nameless.example")),
            Ok(account(9, "Known", Some("known-too.example"), None)),
        ]
    );
    let seen = preview(&table, None, &existing);
    assert_eq!((seen.good, seen.duplicates, seen.bad), (3, 5, 0));
    assert_eq!(
        seen.notes.first().map(String::as_str),
        Some("Row 3 (halden.example): This row repeats row 2.")
    );
    Ok(())
}

#[test]
fn limits_are_sentences() {
    let refused =
        |text: String| table("list.csv", text).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused(format!("Name\n{}", "a\n".repeat(MAX_ROWS + 1))).contains("200,000 rows"));
    assert!(
        refused(format!("Name\n{}x", "a,".repeat(MAX_COLUMNS))).contains("Row 2 has more than 200 columns")
    );
    assert!(refused(format!("Name\n{}", ",".repeat(1 << 20))).contains("200 columns"));
    assert!(
        refused(format!("Name,x\na,{}", "x".repeat(MAX_CELL_BYTES + 1)))
            .contains("The cell B2 holds more than 32 KB")
    );
    let upload = Upload::read("list.csv", vec![b'a'; MAX_UPLOAD_BYTES + 1]);
    assert_eq!(upload.err(), Some(ImportError::TooLarge));
    assert!(
        table("list.csv", format!("Name\n{}", "a\n".repeat(MAX_ROWS)))
            .is_ok_and(|table| table.len() == MAX_ROWS + 1)
    );
}

#[test]
fn fifty_thousand_rows() -> Outcome {
    let seen = looked_at(long_list(50_000))?;
    assert_eq!((seen.rows, seen.good, seen.duplicates, seen.bad), (50_000, 49_500, 250, 250));
    assert_eq!((seen.sample.len(), seen.errors.len()), (20, 100));
    assert_eq!(seen.errors.first().map(|error| error.row), Some(101));
    Ok(())
}

/// A list in which every 200th row is wrong and every 200th repeats the one before.
fn long_list(rows: usize) -> String {
    let mut text = String::from("Company,Website,Country,Industry,Owner\n");
    for row in 1..=rows {
        let row = if row % 200 == 0 { row - 1 } else { row };
        let country = if row % 200 == 100 { "Atlantis" } else { "Niederlande" };
        text += &format!(
            "Company {row} B.V.,https://www.company-{row}.co.uk/about,{country},Logistics,Ada Lovelace\n"
        );
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_an_error_or_a_table(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        exercise("list.csv", bytes);
    }

    #[test]
    fn any_text_is_an_error_or_a_table(text in "(Name|Firma|Domain|[a-c\"=é\u{feff} ,;\t|\n\r]){0,80}") {
        exercise("list.csv", text.into_bytes());
    }

    #[test]
    fn any_bytes_behind_a_known_beginning(start in 0..4usize, bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let start: &[u8] = match start {
            0 => b"PK\x03\x04",
            1 => b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            2 => b"\xff\xfe",
            _ => b"sep=;\n",
        };
        exercise("list", [start, &bytes].concat());
    }

    #[test]
    fn a_written_list_is_read_back(cells in prop::collection::vec(prop::collection::vec("[a-zé,;|\"\n=]{1,6}[a-z]", 3), 1..20)) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut text = String::from("Company;Country;Owner\n");
        for row in &cells {
            text += &row.iter().map(quoted).collect::<Vec<_>>().join(";");
            text.push('\n');
        }
        let table = table("list.csv", text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let read: Vec<Vec<&str>> = table.rows_from(1).map(|row| row.cells().collect()).collect();
        let written: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(|cell| cell.trim()).collect()).collect();
        prop_assert_eq!(read, written);
    }
}
