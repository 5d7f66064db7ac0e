//! What lies on the disk of a device, and who may open it.
#![expect(clippy::unwrap_used, reason = "a test that is surprised fails")]

use app::Keychain;
use app::dto::{AppState, Connection, ImportState, InProgram, VaultState, WorkOffline};
use journeys::person::{self, halden_and_northbeam};
use std::path::Path;

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// How often `canary` and a number appears in any file below a folder.
fn hits(folder: &Path, canary: &[u8]) -> usize {
    files(folder)
        .iter()
        .map(|file| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes.windows(canary.len()).filter(|window| *window == canary).count()
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_person_writes_is_readable_in_the_profile_folder() -> anyhow::Result<()> {
    let (_hub, _bob, alice) = halden_and_northbeam().await?;
    let deal = alice.register("xKANARIENx deal", "canary.example").await?;
    for number in 0..500 {
        alice.say(&deal, &format!("xKANARIENx message {number}")).await?;
    }
    let rows: String =
        (0..500).map(|number| format!("xKANARIENx account {number},canary{number}.example\n")).collect();
    let job = alice.import(format!("Name,Domain\n{rows}")).await?;
    assert_eq!((job.done, job.state), (500, ImportState::Finished));

    let folder = alice.profile();
    assert!(files(&folder).len() >= 3, "there are files to look at");
    assert_eq!(hits(&folder, b"xKANARIENx"), 0, "while open: database, log and shared memory");
    alice.app.close().await;
    assert_eq!(hits(&folder, b"xKANARIENx"), 0, "after closing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_on_the_same_profile_says_so_and_touches_nothing() -> anyhow::Result<()> {
    let (_hub, _bob, alice) = halden_and_northbeam().await?;
    let profile = alice.profile();
    let second = person::open(&profile, Keychain::Memory).await?;
    let state = second.dispatch("app_state", serde_json::Value::Null).await.unwrap();
    let state: AppState = serde_json::from_value(state)?;
    assert_eq!(state.vault, VaultState::InUse);
    assert!(state.programs.is_empty());
    alice.register("Polder rollout", "polder.nl").await?;
    alice.settled().await?;

    // Once the first is closed, trying again opens it: here with another key, so that it says the key
    // is lost, and makes no new one.
    alice.app.close().await;
    let state = second.dispatch("vault_retry", serde_json::Value::Null).await.unwrap();
    let state: AppState = serde_json::from_value(state)?;
    assert_eq!(state.vault, VaultState::KeyLost);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn working_offline_queues_and_signing_out_erases() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    alice.ask::<_, app::dto::SyncStatus>("work_offline", WorkOffline { on: true }).await?;
    alice.register("Polder rollout", "polder.nl").await?;
    let status = alice.sync().await?;
    assert_eq!((status.connection, status.waiting), (Connection::Offline, 1));
    assert!(bob.deals().await?.is_empty());
    alice.ask::<_, app::dto::SyncStatus>("work_offline", WorkOffline { on: false }).await?;
    alice.settled().await?;
    bob.until("the deal", async || Ok(bob.deals().await?.pop())).await?;

    let asked = InProgram { program: alice.program.clone() };
    alice.ask::<_, app::dto::Done>("program_sign_out", asked).await?;
    let state: AppState = alice.ask("app_state", ()).await?;
    assert!(state.programs.is_empty());
    let left: Vec<_> = files(&alice.profile().join("programs"));
    assert!(left.is_empty(), "nothing of the program is left: {left:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_thousand_accounts_are_imported_with_progress_while_commands_answer() -> anyhow::Result<()> {
    let (_hub, _bob, alice) = halden_and_northbeam().await?;
    alice.ask::<_, app::dto::SyncStatus>("work_offline", WorkOffline { on: true }).await?;
    let rows: String = (0..50_000)
        .map(|number| {
            format!("Account {number} GmbH;https://www.account-{number}.example/;DE;Retail;Alice\n")
        })
        .collect();
    let csv =
        format!("Firma;Webseite;Land;Branche;Betreuer\n{rows}=cmd|' /C calc'!A0;;;;\n;no-name.example;;;\n");
    let job = alice.import(csv).await?;
    assert_eq!(job.state, ImportState::Finished);
    assert_eq!((job.done, job.skipped), (50_001, 1));
    let asked = app::dto::AccountQuery {
        lens: app::dto::Lens::default(),
        text: "account 4999".to_owned(),
        offset: 0,
        limit: 50,
    };
    let found: app::dto::AccountWindow = alice.ask("account_list", asked).await?;
    assert_eq!((found.all, found.total), (50_001, 15));
    assert!(found.rows.iter().all(|row| row.country == "DE"));
    Ok(())
}
