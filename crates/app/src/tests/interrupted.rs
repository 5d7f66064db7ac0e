//! A power cut in the middle of joining leaves no dead end.

use crate::app::{App, Keychain, Options};
use crate::dto::{Code, ProgramJoin};
use crate::map;
use crate::session::OpenError;
use domain::{DeviceId, MemberId, ProgramId};
use protocol::link::{InvitationLink, Token};
use std::path::Path;
use std::sync::Arc;
use store::JoinedProgram;

/// Where no hub is.
const NOWHERE: &str = "http://127.0.0.1:9";

async fn alice(folder: &Path) -> Arc<App> {
    let options = Options { profile: folder.to_owned(), keychain: Keychain::Memory, dial: None, demo: false };
    App::open(options).await.unwrap()
}

#[tokio::test]
async fn keys_that_an_interrupted_join_left_do_not_bar_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let alice = alice(folder.path()).await;
    let session = alice.session().unwrap();
    let program = ProgramId(map::new_id());
    session.vault.create_program(&program.to_string()).unwrap();
    let link = InvitationLink { hub: NOWHERE.to_owned(), program: Some(program), token: Token([7; 32]) };
    let join = ProgramJoin {
        link: link.to_string(),
        your_name: "Alice".to_owned(),
        device_name: String::new(),
        program_name: String::new(),
        company_name: String::new(),
    };
    let refused = alice.program_join(join).await.unwrap_err();
    assert_eq!(refused.code, Code::HubUnreachable, "{}", refused.message);
    assert_eq!(session.vault.programs().unwrap(), [""; 0], "nor are new ones left");
    alice.close().await;
}

#[tokio::test]
async fn a_store_that_was_not_finished_is_made_when_the_program_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let alice = alice(folder.path()).await;
    let session = alice.session().unwrap();
    for left in [None, Some(&b""[..])] {
        let program = ProgramId(map::new_id());
        let keys = session.vault.create_program(&program.to_string()).unwrap();
        let joined = JoinedProgram {
            program,
            hub: NOWHERE.to_owned(),
            device: DeviceId(map::new_id()),
            member: MemberId(map::new_id()),
            joined_at: App::now(),
            written: false,
        };
        session.device.add(&joined).await.unwrap();
        if let Some(bytes) = left {
            std::fs::write(session.store_path(program).unwrap(), bytes).unwrap();
        }
        let opened = session.open_program(&alice, &joined, &keys).await;
        let opened = opened.unwrap_or_else(|OpenError(_, error)| panic!("{}", error.message));
        assert_eq!(opened.store.sync_state().await.unwrap().cursor, 0);
    }
    alice.close().await;
}
