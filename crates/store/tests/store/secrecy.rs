//! Nothing readable on the disk, and no key but the right one.

use crate::people::*;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use std::path::Path;
use store::{Code, FileKey, Store};

pub const CANARY: &str = "canary-of-the-polder-4711";

fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    path.with_file_name(format!("program.db{suffix}"))
}

pub fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// All bytes of file and log, free pages and old frames included, as they are under the cipher.
pub fn deciphered(path: &Path) -> Vec<u8> {
    const PAGE: usize = 4_096;
    const RESERVE: usize = 80;
    let mut plain = Vec::new();
    let mut page_of = |page: &[u8], skip: usize| {
        let (cipher, reserve) = page.split_at(PAGE - RESERVE);
        let mut blocks: Vec<aes::Block> =
            cipher[skip..].chunks_exact(16).map(|block| aes::Block::try_from(block).unwrap()).collect();
        let iv: [u8; 16] = reserve[..16].try_into().unwrap();
        cbc::Decryptor::<aes::Aes256>::new(&FILE_KEY.into(), &iv.into()).decrypt_blocks(&mut blocks);
        plain.extend(blocks.iter().flatten());
    };
    let file = std::fs::read(path).unwrap();
    for (number, page) in file.chunks_exact(PAGE).enumerate() {
        // The first page begins with the salt.
        page_of(page, if number == 0 { 16 } else { 0 });
    }
    let log = std::fs::read(beside(path, "-wal")).unwrap_or_default();
    for frame in log.get(32..).unwrap_or_default().chunks_exact(24 + PAGE) {
        let is_first_page = frame[..4] == [0, 0, 0, 1];
        page_of(&frame[24..], if is_first_page { 16 } else { 0 });
    }
    plain
}

#[tokio::test]
async fn nothing_in_the_files_can_be_read() {
    let mut world = World::new().await;
    let deal = world.shared_deal(CANARY).await;
    world.alice.store.commit(say(deal, CANARY), now()).await.unwrap();
    let scan = |path: &Path| {
        for suffix in ["", "-wal", "-shm"] {
            let bytes = std::fs::read(beside(path, suffix)).unwrap_or_default();
            assert!(!holds(&bytes, CANARY), "the canary is readable in program.db{suffix}");
            assert!(!holds(&bytes, "SQLite format 3"), "program.db{suffix} is not encrypted");
            assert!(!holds(&bytes, "CREATE TABLE"), "program.db{suffix} shows its schema");
        }
    };
    assert!(std::fs::metadata(beside(&world.alice.path, "-wal")).unwrap().len() > 0, "the log is in use");
    scan(&world.alice.path);
    assert!(holds(&deciphered(&world.alice.path), CANARY), "with the key it is there");
    world.alice.store.close().await.unwrap();
    scan(&world.alice.path);
}

#[tokio::test]
async fn a_wrong_key_opens_nothing_and_touches_nothing() {
    let mut world = World::new().await;
    world.shared_deal("Pump station").await;
    let alice = world.alice;
    // As after a crash: with a log that has not been written back.
    let crashed = alice.dir.path().join("crashed");
    std::fs::create_dir(&crashed).unwrap();
    for suffix in ["", "-wal"] {
        std::fs::copy(beside(&alice.path, suffix), crashed.join(format!("program.db{suffix}"))).unwrap();
    }
    let path = crashed.join("program.db");
    let before = snapshot(&crashed);

    let wrong = FileKey::from_bytes(&[0xa5; 32]);
    let error = Store::open(&path, &wrong, alice.identity.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::WrongKey);
    assert_eq!(snapshot(&crashed), before, "files and their contents are as they were");

    let opened = Store::open(&path, &file_key(), alice.identity.clone()).await.unwrap();
    assert_eq!(opened.sync_state().await.unwrap(), alice.store.sync_state().await.unwrap());
}

fn snapshot(dir: &Path) -> Vec<(String, Vec<u8>, std::time::SystemTime)> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let modified = entry.metadata().unwrap().modified().unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap(), modified)
        })
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_file_is_opened_only_by_its_own_device_and_made_only_once() {
    let world = World::new().await;
    let (alice, bob) = (world.alice, world.bob);
    alice.store.close().await.unwrap();
    let error = Store::open(&alice.path, &file_key(), bob.identity.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::Foreign);
    let error = Store::create(&alice.path, &file_key(), alice.identity.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);
    let nowhere = alice.dir.path().join("nowhere.db");
    let error = Store::open(&nowhere, &file_key(), alice.identity.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::Missing);
    assert!(!nowhere.exists(), "looking for a file does not make one");
}

#[tokio::test]
async fn erasing_leaves_no_file_behind() {
    let world = World::new().await;
    world.alice.store.close().await.unwrap();
    Store::erase(&world.alice.path).await.unwrap();
    Store::erase(&world.alice.path).await.unwrap();
    assert_eq!(std::fs::read_dir(world.alice.dir.path()).unwrap().count(), 0);
}

#[test]
fn a_key_is_read_from_its_literal_and_never_shown() {
    let literal = format!("x'{}'", "0f".repeat(32));
    assert!(FileKey::from_literal(&literal).is_some());
    for wrong in ["", "x''", "0f", "x'0g'", &literal[1..], &literal.replace("0f0f", "0f")] {
        assert!(FileKey::from_literal(wrong).is_none(), "{wrong}");
    }
    assert_eq!(format!("{:?}", FileKey::from_bytes(&[1; 32])), "FileKey(..)");
}
