//! What the targets begin with: the bytes of the snapshots, which have one of everything, and some files.

use domain::{DealId, RowKey, ScopeId, Table};
use protocol::{frame, segment};
use uuid::Uuid;

const FROM_DEVICE: &str = include_str!(
    "../../crates/protocol/src/tests/snapshots/protocol__tests__frames__devices_send_these_bytes.snap"
);
const FROM_HUB: &str = include_str!(
    "../../crates/protocol/src/tests/snapshots/protocol__tests__frames__hubs_send_these_bytes.snap"
);
const MUTATIONS: &str = include_str!(
    "../../crates/domain/src/tests/snapshots/domain__tests__stored_form__mutations_travel_as_these_bytes.snap"
);
const ROWS: &str = include_str!(
    "../../crates/domain/src/tests/snapshots/domain__tests__stored_form__rows_are_stored_as_these_bytes.snap"
);

/// Samples of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "frames" => [bytes_in(FROM_DEVICE), bytes_in(FROM_HUB)].concat(),
        "frame_bodies" => bodies(FROM_DEVICE, &[]).into_iter().chain([Vec::new(), vec![0; 4]]).collect(),
        "repeats" => [bodies(FROM_DEVICE, &[]), bodies(FROM_HUB, &[])].concat(),
        "mutations" => bytes_in(MUTATIONS),
        "rows" => bytes_in(ROWS),
        "segments" => segments(),
        "links" => links(),
        "device_frames_in_turn" => bodies(FROM_DEVICE, &[0]),
        "hub_frames_in_turn" => bodies(FROM_HUB, &[0]),
        "imports" => imports(),
        "connections" => connections(),
        "vault_files" => vault_files(),
        _ => Vec::new(),
    }
}

/// A segment with a row in two scopes, as it is and unpacked.
fn segments() -> Vec<Vec<u8>> {
    let mut writer = segment::Writer::default();
    let deal = ScopeId::Deal(DealId(Uuid::from_u128(7)));
    for (n, scope) in [(1, ScopeId::Program), (2, deal)] {
        let key = RowKey { table: Table::Messages, id: Uuid::from_u128(n) };
        writer.section(scope, std::iter::once((key, 5, &b"body"[..])));
    }
    let (_, bytes) = writer.finish().unwrap();
    let raw = zstd::bulk::decompress(&bytes, 1 << 20).unwrap();
    vec![bytes, raw, vec![1]]
}

/// The listings of a snapshot: a name, and below it bytes in lines that begin with two spaces.
fn bytes_in(snapshot: &str) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for line in snapshot.splitn(3, "---\n").nth(2).unwrap().lines() {
        match line.strip_prefix("  ") {
            None => found.push(Vec::new()),
            Some(hex) => {
                let bytes = hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap());
                found.last_mut().unwrap().extend(bytes);
            }
        }
    }
    assert!(found.len() > 5 && found.iter().all(|bytes| !bytes.is_empty()), "the snapshot has another form");
    found
}

/// Each frame of a snapshot alone, and all of them one after the other; `first` stands before each.
fn bodies(snapshot: &str, first: &[u8]) -> Vec<Vec<u8>> {
    let frames: Vec<Vec<u8>> = bytes_in(snapshot).into_iter().map(|frame| [first, &frame].concat()).collect();
    let mut bodies: Vec<Vec<u8>> = frames.chunks(1).map(frame::to_body).collect();
    bodies.push(frame::to_body(&frames));
    bodies.extend(frames.windows(3).map(frame::to_body));
    bodies
}

fn links() -> Vec<Vec<u8>> {
    let token = "0123456789abcdef".repeat(4);
    [
        format!("https://hub.example/join#{token}"),
        format!("https://hub.example:8443/base/join#{token}.0190000000007000800000000000000a"),
        format!(" http://127.0.0.1:4100/join#{token}\n"),
        format!("http://[::1]:4100/join#{token}"),
        format!("memory://hub/join#{token}"),
    ]
    .map(String::into_bytes)
    .to_vec()
}

fn imports() -> Vec<Vec<u8>> {
    let csv = "Name;Domain;Country\n\"Polder, Port\";polder-port.nl;NL\r\nQuay & Söhne;quay.de;Germany\n";
    let tabs = "Company\tWebsite\nPolder Port\thttps://www.polder-port.nl/about\n";
    let wide: Vec<u8> = "Name,Domain\nKai,kai.de\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let sheet = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Name</t></is></c>\
                 <c r=\"B1\" t=\"s\"><v>1</v></c></row><row r=\"2\"><c r=\"A2\" s=\"1\"><v>45000.5</v></c>\
                 <c t=\"b\"><v>1</v></c><c t=\"e\"><v>#N/A</v></c></row></sheetData></worksheet>";
    let workbook = "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
                    <workbookPr date1904=\"1\"/><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    let strings = "<sst count=\"1\"><si><r><t>Na</t></r><r><t xml:space=\"preserve\">me </t></r></si></sst>";
    let styles = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy\"/></numFmts>\
                  <cellXfs><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
    let ods = "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"A\">\
               <table:table-row table:number-rows-repeated=\"3\"><table:table-cell table:number-columns-repeated=\"2\">\
               <text:p>Name</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>\
               </office:body></office:document-content>";
    let xls = [&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0; 600]].concat();
    let parts: [(u8, &[u8]); 11] = [
        (0, csv.as_bytes()),
        (0, tabs.as_bytes()),
        (0, &[&[0xFF, 0xFE], &wide[..]].concat()),
        (0, b"\xEF\xBB\xBFName\nPort"),
        (1, workbook.as_bytes()),
        (2, sheet.as_bytes()),
        (3, strings.as_bytes()),
        (4, styles.as_bytes()),
        (5, ods.as_bytes()),
        (0, &xls),
        (0, b"PK\x03\x04\x14\x00\x00\x00\x00\x00"),
    ];
    parts.iter().map(|(which, bytes)| [&[*which], *bytes].concat()).collect()
}

fn connections() -> Vec<Vec<u8>> {
    let program = "0190a000-0000-7000-8000-000000000001";
    let upgrade = |place: &str| {
        format!(
            "GET /v1/{place}/socket HTTP/1.1\r\nhost: hub\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
    };
    let masked = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        [&[0x82, 0x80 | 126], &length[..], &[0; 4], bytes].concat()
    };
    let mut samples: Vec<Vec<u8>> = Vec::new();
    for request in ["GET /healthz", "GET /v1/hub", "GET /join", "HEAD /join.css", "PUT /x"] {
        samples.push(format!("{request} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n").into_bytes());
    }
    for frame in bytes_in(FROM_DEVICE) {
        samples.push([upgrade("founding").into_bytes(), masked(&frame)].concat());
        let body = frame::to_body(&[frame]);
        let head = format!(
            "POST /v1/founding/poll HTTP/1.1\r\nhost: hub\r\nx-forwarded-for: 203.0.113.7\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        samples.push([head.into_bytes(), body].concat());
    }
    samples.push([upgrade(&format!("programs/{program}")).into_bytes(), masked(&[0x82, 0x00])].concat());
    samples
}

fn vault_files() -> Vec<Vec<u8>> {
    let profile = r#"{"version":1,"id":"00112233445566778899aabbccddeeff","home":"Keychain","check":"AAAAAAAAAAAAAAAAAAAAAA=="}"#;
    let vault = format!(
        r#"{{"version":1,"kdf":"argon2id","memory_kib":65536,"passes":3,"lanes":1,"salt":"{}","nonce":"{}","wrapped":"{}"}}"#,
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "A".repeat(64)
    );
    let key = [1; 120];
    [(0, profile.as_bytes()), (1, vault.as_bytes()), (2, &key[..]), (2, &[])]
        .iter()
        .map(|(which, bytes)| [&[*which], *bytes].concat())
        .collect()
}
