//! The file of one program is damaged, its key is lost: the others go on, and there is a way back.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that is surprised fails")]

use app::Keychain;
use app::dto::{
    AppState, Appearance, Density, InProgram, Language, Passphrase, ProgramTrouble, SavedFile, Security,
    SyncStatus, Theme, VaultState, WorkOffline,
};
use journeys::hub::HubProcess;
use journeys::person::{self, Person};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

const PASSPHRASE: &str = "correct horse battery";
/// Bytes of a page of SQLCipher.
const PAGE: u64 = 4_096;

/// Alice in two programs, each on a hub of its own; her key is under a passphrase, so that her profile can
/// be opened again in a test.
struct Two {
    _hubs: [HubProcess; 2],
    _bob: Person,
    alice: Person,
    /// The program that bob runs, where she works on the deal below.
    halden: String,
    deal: String,
    /// The other program, where nothing happens to her.
    kestrel: String,
}

async fn alice_in_two_programs() -> anyhow::Result<Two> {
    let hubs = [HubProcess::start().await?, HubProcess::start().await?];
    let (mut bob, mut carol) = (Person::new("Bob").await?, Person::new("Carol").await?);
    bob.join(&hubs[0].founding).await?;
    carol.join(&hubs[1].founding).await?;
    let mut alice = Person::new("Alice").await?;
    let invitation = carol.add_partner("Northbeam").await?;
    carol.settled().await?;
    let kestrel = alice.join(&invitation.link).await?.id;
    alice.register("Havenzicht customs", "havenzicht.example").await?;
    let invitation = bob.add_partner("Northbeam").await?;
    bob.settled().await?;
    let halden = alice.join(&invitation.link).await?.id;
    let deal = alice.register("Polder rollout", "polder.example").await?;
    for number in 0..400 {
        alice.say(&deal, &format!("Message {number} about the quay, {}", "x".repeat(200))).await?;
    }
    alice.settled().await?;
    let asked = Passphrase { passphrase: PASSPHRASE.to_owned() };
    alice.ask::<_, Security>("key_to_passphrase", asked).await?;
    Ok(Two { _hubs: hubs, _bob: bob, alice, halden, deal, kestrel })
}

impl Two {
    fn file(&self, name: &str) -> PathBuf {
        self.alice.profile().join("programs").join(&self.halden).join(name)
    }

    /// Closes the application, lets `happen` and opens it again.
    async fn after(&mut self, happen: impl FnOnce(&Self)) -> anyhow::Result<AppState> {
        self.alice.app.close().await;
        happen(self);
        self.alice.app = person::open(&self.alice.profile(), Keychain::Memory).await?;
        let asked = Passphrase { passphrase: PASSPHRASE.to_owned() };
        let state: AppState = self.alice.ask("vault_passphrase", asked).await?;
        assert_eq!(state.vault, VaultState::Open);
        Ok(state)
    }

    async fn state(&self) -> anyhow::Result<AppState> {
        self.alice.ask("app_state", ()).await
    }

    /// What she sees of the program that nothing happened to.
    async fn works_in_kestrel(&mut self) -> anyhow::Result<()> {
        self.alice.program.clone_from(&self.kestrel);
        let deals = self.alice.deals().await?;
        let here: Vec<_> = deals.iter().filter(|row| row.program == self.kestrel).collect();
        assert_eq!(here.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["Havenzicht customs"]);
        self.alice.say(&here[0].id, "Still here").await?;
        self.alice.settled().await?;
        self.alice.program.clone_from(&self.halden);
        Ok(())
    }
}

fn overwrite(file: &PathBuf, at: u64, length: usize) {
    let mut file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&vec![0xA5; length]).unwrap();
}

/// Alice, offline, writes what never leaves her device: a message, and a registration with a message behind it.
async fn writes_on_the_train(two: &Two) -> anyhow::Result<()> {
    two.alice.ask::<_, SyncStatus>("work_offline", WorkOffline { on: true }).await?;
    two.alice.say(&two.deal, "Written on the train and never sent").await?;
    two.alice.register("Lock gate sensors", "lockgate.example").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_although_nobody_reads_there_and_the_program_comes_back_by_joining_again()
-> anyhow::Result<()> {
    let mut two = alice_in_two_programs().await?;
    let link = two.alice.device_link().await?;
    two.alice.settled().await?;
    writes_on_the_train(&two).await?;
    // A sixteenth of the file, in the middle: it opens, and fails where something is read.
    two.after(|two| {
        let pages = std::fs::metadata(two.file("store.db")).unwrap().len() / PAGE;
        let length = usize::try_from(pages / 16 * PAGE).unwrap();
        overwrite(&two.file("store.db"), pages / 2 * PAGE, length);
    })
    .await?;
    let shut = two
        .alice
        .until("the damaged program to be set apart", async || Ok(two.state().await?.shut.pop()))
        .await?;
    assert_eq!((shut.id.as_str(), shut.trouble), (two.halden.as_str(), ProgramTrouble::Damaged));
    assert_eq!(shut.name, "Halden Partner Program", "its name is known without its file");
    two.alice.ask::<_, SyncStatus>("work_offline", WorkOffline { on: false }).await?;
    two.works_in_kestrel().await?;

    let asked = || InProgram { program: two.halden.clone() };
    let state: AppState = two.alice.ask("shut_retry", asked()).await?;
    assert_eq!((state.programs.len(), state.shut.len()), (1, 1), "it is looked through before it is opened");

    // What is still there can be saved first: with what was never sent.
    let saved: SavedFile = two.alice.ask("shut_rescue", asked()).await?;
    let text = std::fs::read_to_string(&saved.path)?;
    std::fs::remove_file(&saved.path)?;
    assert!(text.contains("Parts of the file could not be read"), "{}", head(&text));
    for written in ["Written on the train and never sent", "Lock gate sensors", "Polder rollout"] {
        assert!(text.contains(written), "{written} is missing: {}", head(&text));
    }
    let saved = (0..400).filter(|number| text.contains(&format!("Message {number} about"))).count();
    assert!(saved > 250, "only {saved} of 400 messages");

    // Removed and joined again, everything that had reached the hub is back.
    let state: AppState = two.alice.ask("shut_remove", asked()).await?;
    assert_eq!((state.programs.len(), state.shut.len()), (1, 0));
    assert!(!two.file("store.db").exists() && !two.file("key").exists());
    assert_eq!(two.alice.join(&link.link).await?.id, two.halden);
    assert!(two.alice.room(&two.deal).await?.len() > 100, "with everything in it");
    two.works_in_kestrel().await
}

/// Wherever a file is damaged: it is set apart, or it does not open; what is left of it can be saved; never
/// does a list stay empty without a word.
#[tokio::test(flavor = "multi_thread")]
async fn wherever_it_is_damaged_what_is_left_can_be_saved() -> anyhow::Result<()> {
    let mut two = alice_in_two_programs().await?;
    two.alice.settled().await?;
    writes_on_the_train(&two).await?;
    two.alice.app.close().await;
    let sound = std::fs::read(two.file("store.db"))?;
    let pages = sound.len() as u64 / PAGE;
    let (mut rescued, mut talked) = (0, 0);
    for eighth in [1, 3, 6] {
        std::fs::write(two.file("store.db"), &sound)?;
        let state = two
            .after(|two| {
                let length = usize::try_from(pages / 8 * PAGE).unwrap();
                overwrite(&two.file("store.db"), pages * eighth / 8 * PAGE, length);
            })
            .await?;
        if state.shut.is_empty() {
            two.alice.until("it to be set apart", async || Ok(two.state().await?.shut.pop())).await?;
        }
        let asked = InProgram { program: two.halden.clone() };
        let saved: SavedFile = match two.alice.ask("shut_rescue", asked).await {
            Ok(saved) => saved,
            Err(error) => anyhow::bail!("eighth {eighth}: {error}"),
        };
        let text = std::fs::read_to_string(&saved.path)?;
        std::fs::remove_file(&saved.path)?;
        rescued += usize::from(text.contains("Written on the train and never sent"));
        let messages = (0..400).filter(|number| text.contains(&format!("Message {number} about"))).count();
        talked += usize::from(messages > 200);
    }
    // In a file as small as this one, an eighth may be where a whole table begins.
    assert!(
        rescued >= 2 && talked >= 1,
        "of 3: {rescued} with what was not sent, {talked} with most messages"
    );
    Ok(())
}

fn head(text: &str) -> String {
    text.chars().take(400).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_open_at_all_keeps_nobody_out() -> anyhow::Result<()> {
    let mut two = alice_in_two_programs().await?;
    let state = two.after(|two| overwrite(&two.file("store.db"), 0, 4096)).await?;
    assert_eq!(state.shut[0].trouble, ProgramTrouble::Damaged);
    assert_eq!(state.programs.len(), 1);
    two.works_in_kestrel().await?;
    let asked = InProgram { program: two.halden.clone() };
    let refused = two.alice.ask::<_, SavedFile>("shut_rescue", asked).await.unwrap_err();
    assert!(refused.to_string().contains("Nothing in the file"), "{refused}");

    let state = two.after(|two| std::fs::remove_file(two.file("store.db")).unwrap()).await?;
    assert_eq!(state.shut[0].trouble, ProgramTrouble::Missing);

    let state = two.after(|two| std::fs::write(two.file("key"), b"LSKPKEY").unwrap()).await?;
    assert_eq!(state.shut[0].trouble, ProgramTrouble::KeyLost);
    two.works_in_kestrel().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brought_back_opens_on_the_next_try() -> anyhow::Result<()> {
    let mut two = alice_in_two_programs().await?;
    two.alice.app.close().await;
    let backup = std::fs::read(two.file("store.db"))?;
    let state = two.after(|two| overwrite(&two.file("store.db"), 0, 4096)).await?;
    assert_eq!(state.shut.len(), 1);
    std::fs::write(two.file("store.db"), backup)?;
    let state: AppState = two.alice.ask("shut_retry", InProgram { program: two.halden.clone() }).await?;
    assert_eq!((state.programs.len(), state.shut.len()), (2, 0));
    assert!(two.alice.room(&two.deal).await?.len() > 100, "with everything in it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_look_survives_a_restart() -> anyhow::Result<()> {
    let mut two = alice_in_two_programs().await?;
    assert_eq!(two.state().await?.appearance, Appearance::default());
    let chosen = Appearance {
        theme: Theme::Dark,
        density: Density::Comfortable,
        single_keys: false,
        language: Some(Language::Portuguese),
    };
    two.alice.ask::<_, app::dto::Done>("appearance_set", chosen).await?;
    assert_eq!(two.state().await?.appearance, chosen);
    let state = two.after(|_| {}).await?;
    assert_eq!(state.appearance, chosen);
    assert_eq!(two.alice.app.theme(), Theme::Dark, "and the frame of the window knows it too");
    assert_eq!(two.alice.app.language(), Language::Portuguese);
    Ok(())
}
