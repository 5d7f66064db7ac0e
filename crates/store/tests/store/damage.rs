//! Bytes that change on the disk by themselves: every page is sealed, so a damaged one is an error with
//! a name and never another value.

use crate::life::{Life, Lived, a_life, state_of};
use crate::power::scratch;
use domain::*;
use store::query::room;
use store::{Code, StoreError};

const PAGE: usize = 4_096;

/// A closed file with everything of a life in it.
async fn written(life: &Life) -> Vec<u8> {
    let folder = scratch();
    std::fs::write(Lived::path_in(folder.path()), &life.begin).unwrap();
    let mut lived = Lived::open(folder.path(), &life.identity).await.unwrap();
    for step in &life.steps {
        lived.take(step).await.unwrap();
    }
    lived.store.close().await.unwrap();
    std::fs::read(&lived.path).unwrap()
}

/// What a person would look at, as text.
async fn look(lived: &Lived, deal: DealId) -> Result<String, StoreError> {
    let room = room::window(&lived.store, deal, None, 50).await?;
    let (waiting, refused) = (lived.store.waiting(50).await?, lived.store.refusals().await?);
    let state = lived.store.sync_state().await?;
    let outbox = lived.store.outbox_after(state.answered, 50, usize::MAX).await?;
    Ok(format!("{room:?} {waiting:?} {refused:?} {state:?} {outbox:?}"))
}

#[tokio::test]
async fn a_flipped_bit_is_noticed_or_does_not_matter() {
    let life = a_life().await;
    let sound = written(life).await;
    let folder = scratch();
    let path = Lived::path_in(folder.path());
    std::fs::write(&path, &sound).unwrap();
    let lived = Lived::open(folder.path(), &life.identity).await.unwrap();
    let deal = a_deal(&lived).await;
    let expected = look(&lived, deal).await.unwrap();
    lived.store.close().await.unwrap();

    let mut noticed = 0;
    for page in 0..sound.len() / PAGE {
        for offset in [0, 17, PAGE / 2, PAGE - 70, PAGE - 1] {
            let mut bytes = sound.clone();
            bytes[page * PAGE + offset] ^= 1 << (offset % 8);
            std::fs::write(&path, &bytes).unwrap();
            let seen = match Lived::open(folder.path(), &life.identity).await {
                Ok(lived) => {
                    let seen = look(&lived, deal).await;
                    drop(lived.store.close().await);
                    seen
                }
                Err(error) => Err(error),
            };
            match seen {
                // A page that nobody asked for.
                Ok(seen) => assert_eq!(seen, expected, "page {page}, byte {offset}"),
                Err(error) => {
                    noticed += 1;
                    // Without its first page a file cannot be told from one of another key.
                    let fits = error.code() == Code::Damaged || (page == 0 && error.code() == Code::WrongKey);
                    assert!(fits, "page {page}, byte {offset}: {error:?}");
                }
            }
        }
    }
    assert!(noticed > 40, "only {noticed} noticed");
}

async fn a_deal(lived: &Lived) -> DealId {
    let states = state_of(&lived.path).await;
    let line = states.iter().find(|line| line.starts_with("messages ")).unwrap();
    let scope = line.split("X'").nth(3).unwrap();
    DealId(uuid::Uuid::parse_str(&scope[..32]).unwrap())
}

/// A file that is cut short, as after an emergency repair of the file system.
#[tokio::test]
async fn a_file_that_was_cut_short_is_damaged() {
    let life = a_life().await;
    let sound = written(life).await;
    let folder = scratch();
    let path = Lived::path_in(folder.path());
    for pages in [1, 2, sound.len() / PAGE / 2] {
        std::fs::write(&path, &sound[..pages * PAGE - 100]).unwrap();
        let seen = match Lived::open(folder.path(), &life.identity).await {
            Ok(lived) => lived.store.refusals().await.map(drop),
            Err(error) => Err(error),
        };
        let code = seen.unwrap_err().code();
        assert!(matches!(code, Code::Damaged | Code::WrongKey), "{pages} pages: {code:?}");
    }
}
