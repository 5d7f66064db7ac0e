//! What comes from a disk or a socket, taken by the parts that are the product: import, hub, vault.

use app::import::{Existing, ImportError, Mapping, Upload, preview, rows};
use hub::{Hub, Options};
use std::io::{Cursor, Write};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use vault::{Keychain, MAX_PASSPHRASE_BYTES, Passphrase, ProfileLock, State, Vault};
use zip::write::SimpleFileOptions;

pub use crate::wire::Target;

/// Everything in this module.
pub const TARGETS: &[Target] =
    &[("imports", imports), ("connections", connections), ("vault_files", vault_files)];

/// Bytes as an uploaded list, or as one part of a workbook that is whole otherwise, which the first byte
/// says: recognised, read, mapped and checked, or refused.
pub fn imports(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let file = match which % 8 {
        part @ 1..=4 => xlsx_with(part, bytes),
        5 => zip(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", bytes)]),
        _ => bytes.to_vec(),
    };
    let Ok(upload) = Upload::read("list", file) else { return };
    let sheets = upload.sheets().iter().map(|sheet| Some(sheet.as_str()));
    for sheet in sheets.chain([None]).take(4) {
        let table = match upload.table(sheet) {
            Ok(table) => table,
            Err(ImportError::NoSuchSheet { name }) => {
                panic!("the workbook has no sheet {name} that it named")
            }
            Err(_) => continue,
        };
        let existing = Existing::default();
        let shown = preview(&table, None, &existing);
        let mapping = Mapping::new(&table, Some(&shown.mapping));
        let good = rows(&table, &mapping, &existing).filter(Result::is_ok).count();
        assert!(shown.blocked.is_some() || good == shown.good as usize, "the preview counted otherwise");
    }
}

const WORKBOOK: &[u8] = br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Accounts" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &[u8] = br#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const ROOT: &[u8] = br#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const STYLES: &[u8] =
    br#"<styleSheet><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
const STRINGS: &[u8] = br#"<sst count="2"><si><t>Name</t></si><si><t>Polder Port</t></si></sst>"#;
const SHEET: &[u8] = br#"<worksheet><sheetData><row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row></sheetData></worksheet>"#;

fn xlsx_with(part: u8, bytes: &[u8]) -> Vec<u8> {
    let mut parts = [
        ("[Content_Types].xml", &b"<Types/>"[..]),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/worksheets/sheet1.xml", SHEET),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/styles.xml", STYLES),
        ("_rels/.rels", ROOT),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
    ];
    if let Some((_, content)) = parts.get_mut(usize::from(part)) {
        *content = bytes;
    }
    zip(&parts)
}

fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in parts {
        archive.start_file(*name, stored).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Bytes as all that a connection to a hub ever sends: the hub answers or hangs up, and serves the next.
pub fn connections(bytes: &[u8]) {
    static HUB: OnceLock<(Runtime, Hub)> = OnceLock::new();
    let (runtime, hub) = HUB.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut options = Options::memory();
        options.limits.poll_wait = Duration::from_millis(1);
        let hub = runtime.block_on(Hub::open(options)).unwrap();
        (runtime, hub)
    });
    runtime.block_on(async {
        exchange(hub, bytes).await;
        let healthy = exchange(hub, b"GET /healthz HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n").await;
        assert!(healthy.starts_with(b"HTTP/1.1 200"), "the hub serves nobody any more");
    });
}

/// How often the hub gets a turn before the peer hangs up.
const TURNS: usize = 100;

async fn exchange(hub: &Hub, bytes: &[u8]) -> Vec<u8> {
    let (mut near, far) = tokio::io::duplex(64 << 10);
    hub.serve_stream(far);
    let mut answer = Vec::new();
    let talk = async {
        let (mut reading, mut writing) = tokio::io::split(&mut near);
        let write = async {
            let _ = writing.write_all(bytes).await;
            // Who hangs up at once is not answered.
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let _ = writing.shutdown().await;
        };
        let _ = tokio::join!(write, reading.read_to_end(&mut answer));
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), talk).await;
    assert!(ended.is_ok(), "the hub did not let go of a connection that had ended");
    answer
}

/// Bytes as a file of a profile, which one the first byte says: it is read or reported as damaged.
pub fn vault_files(bytes: &[u8]) {
    static OPEN: OnceLock<(Runtime, TempDir, ProfileLock, Vault)> = OnceLock::new();
    let (runtime, _, profile, vault) = OPEN.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileLock::take(folder.path()).unwrap();
        let State::Open(vault) = runtime.block_on(Vault::open(&profile, &Keychain::memory())).unwrap() else {
            panic!("a new profile does not open");
        };
        vault.create_program("fuzzed").unwrap();
        (runtime, folder, profile, vault)
    });
    let Some((which, bytes)) = bytes.split_first() else { return };
    let name = ["profile.json", "vault.json", "programs/fuzzed/key"][usize::from(which % 3)];
    let path = profile.dir().join(name);
    let before = std::fs::read(&path).ok();
    std::fs::write(&path, bytes).unwrap();
    runtime.block_on(async {
        if which % 3 == 2 {
            let _ = vault.program("fuzzed");
        } else {
            let _ = Vault::open(profile, &Keychain::memory()).await;
            // One that is too long costs no stretching: what is asked is whether the file can be read.
            let _ = Vault::unlock(profile, Passphrase::new("x".repeat(MAX_PASSPHRASE_BYTES + 1))).await;
        }
    });
    match before {
        Some(before) => std::fs::write(&path, before).unwrap(),
        None => std::fs::remove_file(&path).unwrap(),
    }
}
